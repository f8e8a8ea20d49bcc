"""How a translation was made and tested: the record that a language needs before it is asked in.

The steps are those of the ISPOR task force (Wild et al., Value in Health 2005;8:94-104, table 1), which the
EORTC Quality of Life Group's translation manual follows.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal

import msgspec

from instruments.definition import Document

MAX_BYTES = 256 * 1024
LONGEST = 2000
FORWARD_TRANSLATORS = 2
SHA_256 = re.compile("[0-9a-f]{64}")

StepName = Literal[
    "forward-translation", "reconciliation", "back-translation", "back-translation-review", "harmonisation",
    "cognitive-debriefing", "proofreading",
]  # fmt: skip
Kind = Literal["original", "translation", "adaptation"]

NEEDED: tuple[StepName, ...] = (
    "forward-translation", "reconciliation", "back-translation", "back-translation-review",
    "cognitive-debriefing", "proofreading",
)  # fmt: skip
"""The steps of a translation. Harmonisation is for those that are made into several languages at a time."""

NEEDED_OF: Mapping[Kind, tuple[StepName, ...]] = MappingProxyType(
    {
        "translation": NEEDED,
        "adaptation": ("reconciliation", "cognitive-debriefing", "proofreading"),
        "original": ("cognitive-debriefing", "proofreading"),
    }
)
"""An adaptation, as from Bokmål to Nynorsk, and the original itself may leave a step out with its reason."""


class Step(Document, frozen=True):
    """One step that was taken: by whom (persons or agencies), when, what for.

    The two forward translations may be two steps or one. ``respondents`` is how many a cognitive debriefing
    asked.
    """

    step: StepName
    by: tuple[str, ...]
    on: date
    purpose: str
    respondents: int | None = None


class LeftOut(Document, frozen=True):
    """A step that was not taken, and why."""

    step: StepName
    reason: str


class TranslationRecord(Document, frozen=True):
    """How the wording in ``language`` came about. ``wording_by`` names who wrote or translated it.

    ``source_language`` is what it was translated or adapted from; empty for an original. ``owner`` holds the
    rights to it, and ``certificate`` is the SHA-256 of the file in which they vouch for it, in hexadecimal
    digits; both may be empty.
    """

    instrument_id: str
    language: str
    kind: Kind
    wording_by: tuple[str, ...]
    source_language: str = ""
    steps: tuple[Step, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    owner: str = ""
    certificate: str = ""
    remarks: str = ""


class InvalidRecordError(Exception):
    """It cannot be the record of a translation: ``where`` names the field, ``rule`` what that must be."""

    def __init__(self, where: str, rule: str) -> None:
        super().__init__(f"{where}: {rule}")
        self.where = where
        self.rule = rule


def read_record(content: bytes) -> TranslationRecord:
    """A record from its JSON.

    Raises:
        InvalidRecordError: it is no such JSON, or see ``check_record``.
    """
    if len(content) > MAX_BYTES:
        raise InvalidRecordError("the record", f"is longer than {MAX_BYTES} bytes")
    try:
        record = msgspec.json.decode(content, type=TranslationRecord)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidRecordError("the record", f"is not a record's JSON: {error}") from error
    check_record(record)
    return record


def check_record(record: TranslationRecord) -> None:
    """Holds a record to what every record says, whatever of the work is done yet.

    Raises:
        InvalidRecordError: the first field that is empty, too long or contradicts another.
    """
    for where, text in _texts_of(record):
        if not text.strip():
            raise InvalidRecordError(where, "is empty")
        if len(text) > LONGEST:
            raise InvalidRecordError(where, f"is longer than {LONGEST} characters")
    for field in ("owner", "remarks"):
        if len(getattr(record, field)) > LONGEST:
            raise InvalidRecordError(field, f"is longer than {LONGEST} characters")
    if record.certificate and not SHA_256.fullmatch(record.certificate):
        raise InvalidRecordError(
            "certificate", "must be the SHA-256 of its file: 64 hexadecimal digits, small"
        )
    if not record.wording_by:
        raise InvalidRecordError("wording_by", "names nobody; say who wrote or translated the wording")
    _check_source(record)
    for number, step in enumerate(record.steps):
        _check_step(f"steps[{number}]", step)
    twice = {one.step for one in record.left_out} & {one.step for one in record.steps}
    if twice:
        raise InvalidRecordError(min(twice), "was taken and left out; say which")


def translators_of(record: TranslationRecord) -> tuple[str, ...]:
    """Everybody who made the wording, none of whom may approve it."""
    forward = [name for one in record.steps if one.step == "forward-translation" for name in one.by]
    return (*record.wording_by, *forward)


def unmet(record: TranslationRecord, known_as: Callable[[str], str]) -> tuple[str, ...]:
    """What the record of a validated instrument still lacks, in words; nothing where it is whole.

    ``known_as`` gives what a name is compared by, where a step takes two people.
    """
    taken = {one.step for one in record.steps}
    excused = set() if record.kind == "translation" else {one.step for one in record.left_out}
    how = "" if record.kind == "translation" else ", nor the reason why it was left out"
    faults = [
        f"the record has no {step}{how}" for step in NEEDED_OF[record.kind] if step not in taken | excused
    ]
    forward = {known_as(name) for one in record.steps if one.step == "forward-translation" for name in one.by}
    if record.kind == "translation" and forward and len(forward) < FORWARD_TRANSLATORS:
        faults.append("the record has a forward-translation by one person only; it takes two")
    return tuple(faults)


def _texts_of(record: TranslationRecord) -> Iterator[tuple[str, str]]:
    yield "instrument_id", record.instrument_id
    yield "language", record.language
    for name in record.wording_by:
        yield "wording_by", name
    for number, step in enumerate(record.steps):
        yield f"steps[{number}].purpose", step.purpose
        for name in step.by:
            yield f"steps[{number}].by", name
    for number, one in enumerate(record.left_out):
        yield f"left_out[{number}].reason", one.reason


def _check_source(record: TranslationRecord) -> None:
    if record.kind == "original":
        if record.source_language:
            raise InvalidRecordError(
                "source_language", "must be left out: an original is translated from nothing"
            )
    elif not record.source_language.strip():
        raise InvalidRecordError("source_language", "is empty; say which language it was translated from")
    elif record.source_language == record.language:
        raise InvalidRecordError("source_language", "is the language itself")


def _check_step(where: str, step: Step) -> None:
    if not step.by:
        raise InvalidRecordError(f"{where}.by", "names nobody")
    if step.step == "cognitive-debriefing":
        if step.respondents is None or step.respondents < 1:
            raise InvalidRecordError(f"{where}.respondents", "must be how many were asked, at least 1")
    elif step.respondents is not None:
        raise InvalidRecordError(f"{where}.respondents", "belongs to a cognitive debriefing alone")
