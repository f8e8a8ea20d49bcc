"""What a translator gets and gives back: each text of one language beside its translation, by its key."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from instruments.definition import Structure, Translation
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.translation import possible_keys
from instruments.versions import Instrument

MAX_BYTES = 8 * 1024 * 1024
RIGHT_TO_LEFT = frozenset(("ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))
"""Languages (ISO 639-1) whose usual script runs from right to left (CLDR)."""


class InvalidTranslationError(InvalidQuestionnaireError):
    """A translator's file cannot be taken in: the place in it, and the rule that it breaks."""


class Unit(NamedTuple):
    """One text and its translation, which is empty where there is none yet."""

    key: str
    source: str
    target: str


class Translated(NamedTuple):
    """What a translator's file holds: the instrument with the new texts, and how many of them there are."""

    instrument: Instrument
    language: str
    texts: int


def original_of(structure: Structure) -> str:
    """Which wording a translator's file is of: ``instrument|version``."""
    return f"{structure.instrument_id}|{structure.version}"


def direction_of(language: str) -> str:
    """``rtl`` or ``ltr``, by the language of a BCP 47 tag."""
    return "rtl" if language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def units_of(instrument: Instrument, source: str, target: str) -> tuple[Unit, ...]:
    """Each text of the ``source`` language with what ``target`` has for it, in the order of the questions.

    Raises:
        InvalidTranslationError: the instrument has no wording in ``source``.
    """
    texts = _texts(instrument, source)
    if texts is None:
        raise InvalidTranslationError(source, "is no language that the instrument has")
    done = _texts(instrument, target) or {}
    places = {key: place for place, key in enumerate(possible_keys(instrument.structure))}
    keys = sorted(texts, key=lambda key: (places.get(key, len(places)), key))
    return tuple(Unit(key, texts[key], done.get(key, "")) for key in keys)


def with_translation(instrument: Instrument, source: str, target: str, units: Iterable[Unit]) -> Translated:
    """The instrument with the translator's texts in ``target``; keys that a file leaves out stay.

    Raises:
        InvalidTranslationError: a key stands there twice or is not one of the source's, the text that was
            translated is not the instrument's, or ``target`` is the source itself.
    """
    translated: dict[str, Unit] = {}
    for unit in units:
        if unit.key in translated:
            raise InvalidTranslationError(unit.key, "stands there twice")
        translated[unit.key] = unit
    if target == source:
        raise InvalidTranslationError(target, "is the language translated from")
    known = {unit.key: unit for unit in units_of(instrument, source, target)}
    for key, unit in translated.items():
        if key not in known:
            raise InvalidTranslationError(key, "is no text of this instrument")
        if unit.source != known[key].source:
            raise InvalidTranslationError(key, "was translated from another text than the instrument's")
    former = _texts(instrument, target) or {}
    kept = {key: text for key, text in former.items() if key not in translated}
    texts = kept | {key: unit.target for key, unit in translated.items() if unit.target}
    structure = instrument.structure
    version = next((one.version for one in instrument.translations if one.language == target), "")
    new = Translation(structure.instrument_id, target, version or structure.version, texts)
    others = tuple(one for one in instrument.translations if one.language != target)
    changed = replace(instrument, translations=(*others, new))
    return Translated(changed, target, sum(bool(unit.target) for unit in translated.values()))


def _texts(instrument: Instrument, language: str) -> Mapping[str, str] | None:
    return next((one.texts for one in instrument.translations if one.language == language), None)
