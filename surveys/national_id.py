"""The Norwegian national identity number and D-number: checked, never used to tell a sex or a birth date.

Control digits: Skatteetaten's scheme, and the one from 2032 in which the first control digit may leave a
remainder of 0 to 3. Synthetic numbers carry month + 80 (Tenor test data).
"""

from enum import StrEnum
from typing import Literal, NamedTuple

FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
FIRST_REMAINDERS = frozenset({0, 1, 2, 3})
SYNTHETIC_MONTHS = range(81, 93)
LENGTH = 11
D_NUMBER_DAY = 40


class Series(StrEnum):
    """Which numbers count: real people's in production, synthetic ones everywhere else, never both."""

    REAL = "real"
    SYNTHETIC = "synthetic"


class NationalId(NamedTuple):
    """A number that is valid in its series."""

    number: str
    kind: Literal["fodselsnummer", "d-number"]


class NationalIdError(ValueError):
    """The text is no national identifier that counts here; the rule is named, the text is not."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"no national identifier: {rule}")
        self.rule = rule


def read(text: str, series: Series) -> NationalId:
    """The national identifier in ``text``.

    Raises:
        NationalIdError: not eleven digits, no day or month, wrong control digits, or of the other series.
    """
    if len(text) != LENGTH or not (text.isascii() and text.isdigit()):
        raise NationalIdError("it must be eleven digits")
    day, month = int(text[:2]), int(text[2:4])
    is_d_number = day > D_NUMBER_DAY
    if not 1 <= (day - D_NUMBER_DAY if is_d_number else day) <= 31:
        raise NationalIdError("the first two digits must be a day, or a day and 40")
    synthetic = month in SYNTHETIC_MONTHS
    if not synthetic and not 1 <= month <= 12:
        raise NationalIdError("the third and fourth digit must be a month")
    if synthetic is not (series is Series.SYNTHETIC):
        raise NationalIdError(f"only {series} numbers count here")
    if not _has_control_digits(text):
        raise NationalIdError("the control digits must fit")
    return NationalId(text, "d-number" if is_d_number else "fodselsnummer")


def with_control_digits(nine: str) -> str | None:
    """The nine digits with control digits of the scheme before 2032, or nothing where there are none."""
    first = -_weighted(nine, FIRST_WEIGHTS) % 11
    second = -_weighted(f"{nine}{first}", SECOND_WEIGHTS) % 11
    return None if 10 in (first, second) else f"{nine}{first}{second}"


def _has_control_digits(text: str) -> bool:
    first = _weighted(text[:10], FIRST_WEIGHTS) % 11
    return first in FIRST_REMAINDERS and _weighted(text, SECOND_WEIGHTS) % 11 == 0


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
