"""The licence of an instrument: what it covers and until when, and the gate that it is."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from instruments.definition import Document

Mode = Literal["electronic", "paper", "interview"]
WARNING = timedelta(days=60)
ONE_DAY = timedelta(days=1)


class Licence(Document, frozen=True):
    """An agreement with the holder of the rights. ``languages`` are BCP 47; an empty tuple covers none.

    ``valid_to`` is the last day it holds, none if it does not end; ``max_patients`` none if it sets no limit.
    """

    instrument_id: str
    holder: str
    terms: str
    reference: str
    languages: tuple[str, ...]
    modes: tuple[Mode, ...]
    valid_from: date
    valid_to: date | None = None
    max_patients: int | None = None


class Standing(StrEnum):
    """How an instrument's licences stand on a day."""

    HOLDS = "holds"
    ENDS_SOON = "ends soon"
    ENDED = "ended"
    NOT_YET = "not yet"
    NONE = "none"


class InvalidLicenceError(Exception):
    """A licence record cannot be one: ``where`` names its field, ``rule`` what that field must be."""

    def __init__(self, where: str, rule: str) -> None:
        super().__init__(f"{where}: {rule}")
        self.where = where
        self.rule = rule


def check_licence(licence: Licence) -> None:
    """Holds a record to what every licence has.

    Raises:
        InvalidLicenceError: the first field that is empty or contradicts another.
    """
    for field in ("instrument_id", "holder", "terms", "reference"):
        if not getattr(licence, field).strip():
            raise InvalidLicenceError(field, "is empty; say what the agreement says")
    for field in ("languages", "modes"):
        values: tuple[str, ...] = getattr(licence, field)
        if not values or not all(value.strip() for value in values):
            raise InvalidLicenceError(field, "names nothing; give at least one")
    if licence.valid_to is not None and licence.valid_to < licence.valid_from:
        raise InvalidLicenceError("valid_to", f"comes before valid_from, {licence.valid_from.isoformat()}")
    if licence.max_patients is not None and licence.max_patients < 0:
        raise InvalidLicenceError("max_patients", "is less than 0")


def licence_on(licences: Sequence[Licence], on: date) -> Licence | None:
    """The record that counts on a day: the newest of those that cover it, ``licences`` being oldest first."""
    return next((one for one in reversed(licences) if _covers(one, on)), None)


def may_publish(
    licence: Licence | None, on: date, languages: Collection[str] = (), mode: Mode = "electronic"
) -> str | None:
    """Why an instrument may not be published on a day in these languages; None where it may."""
    if licence is None:
        return "there is no licence record; register the agreement first"
    return _out_of_time(licence, on) or _out_of_scope(licence, languages, mode)


def may_invite(
    licences: Sequence[Licence], on: date, languages: Collection[str], mode: Mode = "electronic"
) -> str | None:
    """Why nobody new may be asked with an instrument on a day; None where they may.

    The rule is that of publishing, for the record that counts on that day (``licences`` oldest first). How
    many patients it covers is for the caller to count.
    """
    newest = licences[-1] if licences else None
    return may_publish(licence_on(licences, on) or newest, on, languages, mode)


def runs_out_soon(licence: Licence, on: date) -> bool:
    """Whether the licence still holds on a day but has run out 60 days later: time to renew it."""
    return _covers(licence, on) and _ends_soon(licence.valid_to, on)


def last_day(licences: Sequence[Licence], on: date) -> date | None:
    """The last day of unbroken cover from ``on``, a renewal joining on; None where cover does not end.

    Where nothing covers ``on``, the day before it.
    """
    day = on
    while (current := licence_on(licences, day)) is not None:
        if current.valid_to is None or current.valid_to == date.max:
            return None
        day = current.valid_to + ONE_DAY
    return day - ONE_DAY


def standing(licences: Sequence[Licence], on: date) -> Standing:
    """How an instrument's licences (oldest first) stand on a day. A renewal that joins on is no warning."""
    if not licences:
        return Standing.NONE
    if licence_on(licences, on) is None:
        return Standing.NOT_YET if all(on < one.valid_from for one in licences) else Standing.ENDED
    return Standing.ENDS_SOON if _ends_soon(last_day(licences, on), on) else Standing.HOLDS


def _covers(licence: Licence, on: date) -> bool:
    return licence.valid_from <= on and (licence.valid_to is None or on <= licence.valid_to)


def _ends_soon(last: date | None, on: date) -> bool:
    return last is not None and last - on < WARNING


def _out_of_time(licence: Licence, on: date) -> str | None:
    if on < licence.valid_from:
        return f"the licence holds from {licence.valid_from.isoformat()} only"
    if licence.valid_to is not None and on > licence.valid_to:
        return f"the licence ran out on {licence.valid_to.isoformat()}; renew it"
    return None


def _out_of_scope(licence: Licence, languages: Collection[str], mode: Mode) -> str | None:
    if not licence.holder.strip() or not licence.terms.strip():
        return "the licence record names no holder or no terms; complete it"
    if mode not in licence.modes:
        return f"the licence does not cover {mode} use"
    uncovered = sorted(set(languages) - set(licence.languages))
    if uncovered:
        return f"the licence does not cover the language {uncovered[0]}"
    return None
