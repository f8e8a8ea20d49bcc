"""What a follow-up protocol is: a document that says who is asked what, when, and when to stop."""

from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import structs

from instruments.definition import Document
from surveys.followup.errors import InvalidProtocolError, ProtocolFault
from surveys.identifiers import InstrumentVersionId, ProtocolId, StudyId

LANGUAGES = ("nb", "nn", "en")

AnchorDate = Literal[
    "diagnosis", "first-treatment", "surgery", "radiotherapy-start", "radiotherapy-end",
    "chemotherapy-start", "chemotherapy-end", "hormone-start", "surveillance-start",
]  # fmt: skip
StopRule = Literal["death", "emigration", "reservation", "withdrawal"]


class Who(Document, frozen=True):
    """Whom the protocol follows: cases of ``registry`` whose ICD-10 code begins as ``icd10`` says (no dots).

    ``sex`` is 1 (men) or 2 (women), nothing for both. ``minimum_age`` is in whole years on the day of
    diagnosis (for a control, on the index date). ``first_primary`` keeps to a person's earliest such case;
    ``controls`` takes in the population controls that are matched to such cases.
    """

    registry: str
    icd10: tuple[str, ...]
    sex: Literal[1, 2] | None = None
    minimum_age: int = 18
    first_primary: bool = True
    controls: bool = False


class Anchor(Document, frozen=True):
    """A date that waves count from: the first of ``first_known`` that the registry knows of the case."""

    anchor_id: str
    first_known: tuple[AnchorDate, ...]


class WaveTiming(Document, frozen=True, kw_only=True):
    """When a wave is. Its target date lies ``offset_months`` and then ``offset_days`` after the anchor.

    The window's first and last day lie ``opens_days`` and ``closes_days`` after the target date (both count,
    and may be negative). ``reminder_days`` count from the day on which the assessment opened.
    """

    number: int
    names: dict[str, str]
    anchor: str
    offset_months: int = 0
    offset_days: int = 0
    opens_days: int
    closes_days: int
    reminder_days: tuple[int, ...] = ()


class Wave(WaveTiming, frozen=True, kw_only=True):
    """One round of asking, with the instrument versions that it pins, in the order they are asked."""

    instruments: tuple[InstrumentVersionId, ...]


class WaveDraft(WaveTiming, frozen=True, kw_only=True):
    """One round of asking, with instruments by name: which versions these are is settled by ``resolve``."""

    instruments: tuple[str, ...]


class ProtocolTerms(Document, frozen=True, kw_only=True):
    """What a protocol says beside its waves.

    ``stops`` lists what ends follow-up: death, emigration, a reservation against the register, and withdrawal
    from questionnaires (the registry's reservation of scope ``proms``). ``rest_days`` is the burden rule:
    no assessment opens sooner than so many days after the person's one before it opened.
    """

    protocol_id: ProtocolId
    version: str
    study_id: StudyId
    title: str
    who: Who
    anchors: tuple[Anchor, ...]
    stops: tuple[StopRule, ...] = ("death", "emigration", "reservation", "withdrawal")
    rest_days: int = 90


class Protocol(ProtocolTerms, frozen=True, kw_only=True):
    """A protocol version: immutable once stored."""

    waves: tuple[Wave, ...]

    def wave(self, number: int) -> Wave | None:
        """The wave with this number, or nothing."""
        return next((wave for wave in self.waves if wave.number == number), None)


class ProtocolDraft(ProtocolTerms, frozen=True, kw_only=True):
    """A protocol as it is written and carried between services: instruments by name."""

    waves: tuple[WaveDraft, ...]


def read_draft(content: bytes) -> ProtocolDraft:
    """The draft in ``content`` (JSON).

    Raises:
        InvalidProtocolError: it is not JSON, or a field is missing, unknown or of the wrong type.
    """
    try:
        return msgspec.json.decode(content, type=ProtocolDraft)
    except msgspec.DecodeError as error:
        rule, _, place = str(error).partition(" - at `")
        raise InvalidProtocolError([ProtocolFault(place.rstrip("`") or "$", rule)]) from error


def resolve(draft: ProtocolDraft, versions: Mapping[str, InstrumentVersionId]) -> Protocol:
    """``draft`` with each instrument's name replaced by the version in ``versions``.

    Raises:
        InvalidProtocolError: an instrument has no version; the place is named, the instrument is not.
    """
    faults = [
        ProtocolFault(
            f"$.waves[{at}].instruments[{part}]", "no published version; import and publish it first"
        )
        for at, wave in enumerate(draft.waves)
        for part, name in enumerate(wave.instruments)
        if name not in versions
    ]
    if faults:
        raise InvalidProtocolError(faults)
    waves = tuple(_resolved(wave, versions) for wave in draft.waves)
    return Protocol(**(structs.asdict(draft) | {"waves": waves}))


def _resolved(wave: WaveDraft, versions: Mapping[str, InstrumentVersionId]) -> Wave:
    pinned = tuple(versions[name] for name in wave.instruments)
    return Wave(**(structs.asdict(wave) | {"instruments": pinned}))
