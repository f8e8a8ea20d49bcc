"""Joins the identifiers of one person (a D-number's, a fødselsnummer's): a merge, which can be undone."""

from surveys.persons.errors import MergeRefusedError, PersonsError
from surveys.persons.merges import HOLD, check_reason, end_merge, everyone, everyone_at, merge

__all__ = [
    "HOLD",
    "MergeRefusedError",
    "PersonsError",
    "check_reason",
    "end_merge",
    "everyone",
    "everyone_at",
    "merge",
]
