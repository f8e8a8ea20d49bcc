"""One person's own view: who used their answers, what is held of them, whether they still take part."""

from surveys.own.fhir import write_bundle
from surveys.own.holdings import Holdings
from surveys.own.participation import Erasure, Participation, own_participation
from surveys.own.reading import Reader, Record, read_record
from surveys.own.uses import Use, Users, own_uses
from surveys.own.worded import to_holdings

__all__ = [
    "Erasure",
    "Holdings",
    "Participation",
    "Reader",
    "Record",
    "Use",
    "Users",
    "own_participation",
    "own_uses",
    "read_record",
    "to_holdings",
    "write_bundle",
]
