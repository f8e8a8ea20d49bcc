"""The licence of an instrument: what it covers and until when, and the gate that it is."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Literal

from instruments.definition import Document

Mode = Literal["electronic", "paper", "interview"]
WARNING = timedelta(days=60)


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


def may_publish(
    licence: Licence | None, on: date, languages: Collection[str] = (), mode: Mode = "electronic"
) -> str | None:
    """Why an instrument may not be published on a day in these languages; None where it may."""
    if licence is None:
        return "there is no licence record; register the agreement first"
    return _out_of_time(licence, on) or _out_of_scope(licence, languages, mode)


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


def runs_out_soon(licence: Licence, on: date) -> bool:
    """Whether the licence still holds on a day but ends within 60 days: time to renew it."""
    return licence.valid_to is not None and on <= licence.valid_to < on + WARNING
