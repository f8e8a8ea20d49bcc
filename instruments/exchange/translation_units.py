"""What a translator gets and gives back: each text of one language beside its translation, by its key."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace

from instruments.definition import Structure, Translation
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.translation import possible_keys
from instruments.translation_status import (
    LONGEST_SUB_STATE,
    SOURCE_CHANGED,
    STATES,
    SUB_STATE,
    Standing,
    TextState,
    TranslationStatus,
    carried,
    empty_status,
    marked,
    standings,
)
from instruments.versions import Instrument

MAX_BYTES = 8 * 1024 * 1024
RIGHT_TO_LEFT = frozenset(("ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))
"""Languages (ISO 639-1) whose usual script runs from right to left (CLDR)."""

NOTHING_KNOWN: Mapping[str, TranslationStatus] = MappingProxyType({})
UNTRANSLATED = Standing("initial")


class InvalidTranslationError(InvalidQuestionnaireError):
    """A translator's file cannot be taken in: the place in it, and the rule that it breaks."""


class Unit(NamedTuple):
    """One text and its translation, which is empty where there is none yet, and how far that has come.

    A ``state`` that is empty says nothing: it is ``translated`` where there is a text.
    """

    key: str
    source: str
    target: str
    state: str = ""
    sub_state: str = ""


class Translated(NamedTuple):
    """What a translator's file holds: the instrument with the new texts, how many they are, their states."""

    instrument: Instrument
    language: str
    texts: int
    status: TranslationStatus


def original_of(structure: Structure) -> str:
    """Which wording a translator's file is of: ``instrument|version``."""
    return f"{structure.instrument_id}|{structure.version}"


def direction_of(language: str) -> str:
    """``rtl`` or ``ltr``, by the language of a BCP 47 tag."""
    return "rtl" if language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def units_of(
    instrument: Instrument, source: str, target: str, status: TranslationStatus | None = None
) -> tuple[Unit, ...]:
    """Each text of the ``source`` language with what ``target`` has for it, in the order of the questions.

    ``status`` holds the states of ``target``; left out, nothing is known of them.

    Raises:
        InvalidTranslationError: the instrument has no wording in ``source``.
    """
    texts = _wording(instrument, source)
    if texts is None:
        raise InvalidTranslationError(source, "is no language that the instrument has")
    done = _wording(instrument, target)
    known = standings(instrument, status or empty_status(instrument, target))
    places = {key: place for place, key in enumerate(possible_keys(instrument.structure))}
    keys = sorted(texts.texts, key=lambda key: (places.get(key, len(places)), key))
    return tuple(
        Unit(key, texts.texts[key], done.texts.get(key, "") if done else "", *known.get(key, UNTRANSLATED))
        for key in keys
    )


def with_translation(
    instrument: Instrument,
    source: str,
    target: str,
    units: Iterable[Unit],
    statuses: Mapping[str, TranslationStatus] = NOTHING_KNOWN,
) -> Translated:
    """The instrument with the translator's texts in ``target``; keys that a file leaves out stay.

    ``statuses`` holds the states so far, by language.

    Raises:
        InvalidTranslationError: a key stands there twice or is not one of the source's, the text that was
            translated is not the instrument's, its state is none or says more than there is, or ``target`` is
            the source itself.
    """
    status = statuses.get(target) or empty_status(instrument, target)
    translated = _by_key(units)
    if target == source:
        raise InvalidTranslationError(target, "is the language translated from")
    known = {unit.key: unit for unit in units_of(instrument, source, target, status)}
    for key, unit in translated.items():
        if key not in known:
            raise InvalidTranslationError(key, "is no text of this instrument")
        if unit.source != known[key].source:
            raise InvalidTranslationError(key, "was translated from another text than the instrument's")
        _check_state(unit)
    former = _wording(instrument, target)
    kept = {key: text for key, text in former.texts.items() if key not in translated} if former else {}
    texts = kept | {key: unit.target for key, unit in translated.items() if unit.target}
    structure = instrument.structure
    new = Translation(structure.instrument_id, target, former.version if former else structure.version, texts)
    others = tuple(one for one in instrument.translations if one.language != target)
    changed = replace(instrument, translations=(*others, new))
    so_far = carried(status, former, new)
    said = _with_states(changed, so_far, source, translated, known)
    return Translated(changed, target, sum(bool(unit.target) for unit in translated.values()), said)


def _by_key(units: Iterable[Unit]) -> dict[str, Unit]:
    translated: dict[str, Unit] = {}
    for unit in units:
        if unit.key in translated:
            raise InvalidTranslationError(unit.key, "stands there twice")
        translated[unit.key] = unit
    return translated


def _check_state(unit: Unit) -> None:
    if unit.state and unit.state not in STATES:
        raise InvalidTranslationError(unit.key, f"has a state that is none; it is one of {', '.join(STATES)}")
    if unit.state not in ("", "initial") and not unit.target.strip():
        raise InvalidTranslationError(unit.key, f"is {unit.state} and has no text")
    if unit.sub_state and not unit.state:
        raise InvalidTranslationError(unit.key, "has a subState without a state")
    if unit.sub_state and not (
        len(unit.sub_state) <= LONGEST_SUB_STATE and SUB_STATE.fullmatch(unit.sub_state)
    ):
        raise InvalidTranslationError(unit.key, "has a subState that is not prefix:value")


def _with_states(
    instrument: Instrument,
    status: TranslationStatus,
    source: str,
    translated: Mapping[str, Unit],
    before: Mapping[str, Unit],
) -> TranslationStatus:
    """The states that a file says. What comes back as it went out, fallen back or not, is not touched."""
    found = {
        key: _standing(unit)
        for key, unit in translated.items()
        if unit.target.strip() and not (unit == before[key] and key in status.texts)
    }
    return marked(instrument, status, source, found)


def _standing(unit: Unit) -> Standing:
    state: TextState = next((one for one in STATES if one == unit.state), "translated")
    return Standing(state, "" if unit.sub_state == SOURCE_CHANGED else unit.sub_state)


def _wording(instrument: Instrument, language: str) -> Translation | None:
    return next((one for one in instrument.translations if one.language == language), None)
