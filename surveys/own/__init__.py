"""One person's own view: who used their answers, what is held of them, whether they still take part."""

from surveys.own.participation import Erasure, Participation, own_participation
from surveys.own.uses import Use, Users, own_uses

__all__ = [
    "Erasure",
    "Participation",
    "Use",
    "Users",
    "own_participation",
    "own_uses",
]
