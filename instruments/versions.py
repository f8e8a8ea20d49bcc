"""Instrument versions: four documents, each named by the hash of its canonical JSON."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from instruments.defaults import settled
from instruments.definition import Document, Presentation, Structure, Translation
from instruments.scoring.soundness import SpecFault, check_spec
from instruments.scoring.spec import ScoringSpec
from instruments.soundness import StructureFault, faults_of


class State(StrEnum):
    """Where an instrument version is in its life."""

    DRAFT = "draft"
    IN_REVIEW = "in-review"
    PUBLISHED = "published"
    RETIRED = "retired"


MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.DRAFT: frozenset((State.IN_REVIEW,)),
        State.IN_REVIEW: frozenset((State.DRAFT, State.PUBLISHED)),
        State.PUBLISHED: frozenset((State.RETIRED,)),
        State.RETIRED: frozenset(),
    }
)
"""The moves that are allowed. What was published never changes again; a new version supersedes it.

Whoever publishes is a second person: not the one who imported the version or submitted it for review.
"""


class Instrument(Document, frozen=True):
    """One version of an instrument: what is asked, how it is shown, how it is scored, and its wording."""

    structure: Structure
    presentation: Presentation
    scoring: ScoringSpec
    translations: tuple[Translation, ...]


class InvalidInstrumentError(Exception):
    """The documents do not make an instrument: ``where`` (item, scale, document) and the ``rule`` broken."""

    def __init__(self, where: str, rule: str) -> None:
        super().__init__(f"{where}: {rule}")
        self.where = where
        self.rule = rule


def canonical(document: Document) -> bytes:
    """The one JSON text of a document: keys sorted, defaults left out, numbers as their type writes them."""
    plain = msgspec.json.encode(document)
    return msgspec.json.encode(settled(msgspec.json.decode(plain, type=type(document))), order="sorted")


def content_hash(document: Document) -> bytes:
    """SHA-256 of the canonical JSON: 32 bytes that name exactly this document."""
    return hashlib.sha256(canonical(document)).digest()


def read_instrument(content: bytes) -> Instrument:
    """A native instrument from its JSON, checked as a whole.

    Raises:
        InvalidInstrumentError: it is not such a JSON, or its documents are unsound or do not fit each other.
    """
    try:
        instrument = msgspec.json.decode(content, type=Instrument)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidInstrumentError("$", f"is not an instrument's JSON: {error}") from error
    check_instrument(instrument)
    return instrument


def check_instrument(instrument: Instrument) -> None:
    """Holds the four documents to the rules that make them one instrument.

    Raises:
        InvalidInstrumentError: the first rule that is broken, and where.
    """
    structure = instrument.structure
    faults: list[StructureFault | SpecFault] = [*faults_of(structure)]
    faults.extend(check_spec(instrument.scoring, structure))
    if faults:
        raise InvalidInstrumentError(faults[0].where, faults[0].rule)
    others: tuple[Presentation | Translation, ...] = (instrument.presentation, *instrument.translations)
    for document in others:
        if document.instrument_id != structure.instrument_id:
            raise InvalidInstrumentError(document.instrument_id, "is a document of another instrument")
    languages = [translation.language for translation in instrument.translations]
    if len(set(languages)) < len(languages):
        raise InvalidInstrumentError(structure.instrument_id, "has two translations into one language")


def with_scoring(instrument: Instrument, scoring: ScoringSpec) -> Instrument:
    """The same instrument with another scoring: a new version on that one axis.

    Raises:
        InvalidInstrumentError: the scoring is unsound, counts items that the instrument does not ask, or that
            have no number for one of their options.
    """
    changed = msgspec.structs.replace(instrument, scoring=scoring)
    check_instrument(changed)
    return changed


def as_validated(instrument: Instrument) -> Instrument:
    """The same instrument, which says of itself that it is validated: its translations need every step."""
    return msgspec.structs.replace(
        instrument, structure=msgspec.structs.replace(instrument.structure, validated=True)
    )


def unscored(structure: Structure) -> ScoringSpec:
    """The scoring of an instrument whose rules nobody has given: no scales."""
    return ScoringSpec(instrument_id=structure.instrument_id, version=structure.version)
