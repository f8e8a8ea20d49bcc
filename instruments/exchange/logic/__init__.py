"""The logic of other people's tables and expressions, read into branches and FHIRPath."""

from instruments.exchange.logic.branch_paths import as_fhirpath, flat
from instruments.exchange.logic.calculations import calculation
from instruments.exchange.logic.conditions import branch_of
from instruments.exchange.logic.enabling import Enabling
from instruments.exchange.logic.meanings import Places, places_of
from instruments.exchange.logic.syntax import LogicError, parse_redcap, parse_xpath

__all__ = [
    "Enabling",
    "LogicError",
    "Places",
    "as_fhirpath",
    "branch_of",
    "calculation",
    "flat",
    "parse_redcap",
    "parse_xpath",
    "places_of",
]
