"""How far each text of a language has come; apart from the wording, which a change of status never changes.

The states are those of XLIFF 2.1 (OASIS, 2018: ``state`` and ``subState`` of a segment).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, get_args

from instruments.definition import Document, Translation
from instruments.versions import Instrument

TextState = Literal["initial", "translated", "reviewed", "final"]
STATES: tuple[TextState, ...] = get_args(TextState)
"""From the least to the furthest."""

SOURCE_CHANGED = "etterklang:source-changed"
"""The ``subState`` of a text that fell back, since what it was translated from has another wording now."""

SUB_STATE = re.compile(r"[^\s:]+:\S+")
LONGEST_SUB_STATE = 200


class TextStatus(Document, frozen=True):
    """The state of one text, and what it was translated from.

    ``source`` is that language and ``of`` the SHA-256 of its wording then, in hexadecimal digits; both are
    empty where there was none. ``sub_state`` is a tool's own, as ``prefix:value``.
    """

    state: TextState
    sub_state: str = ""
    source: str = ""
    of: str = ""


class TranslationStatus(Document, frozen=True):
    """The states of one language's texts by their keys. A text without one is ``translated``."""

    instrument_id: str
    language: str
    texts: dict[str, TextStatus]


class Standing(NamedTuple):
    """Where a text is today."""

    state: TextState
    sub_state: str = ""


def standings(instrument: Instrument, status: TranslationStatus) -> dict[str, Standing]:
    """Where each text that the language of ``status`` has is today, by its key.

    A text whose source has had another wording since falls back to ``initial``.
    """
    wording = {one.language: one.texts for one in instrument.translations}
    texts = wording.get(status.language, {})
    return {
        key: _standing(status.texts.get(key), key, wording) for key, text in texts.items() if text.strip()
    }


def counted(found: Iterable[Standing]) -> dict[TextState, int]:
    """How many texts are in each state, the least first."""
    counts = Counter(one.state for one in found)
    return {state: counts[state] for state in STATES}


def marked(
    instrument: Instrument, status: TranslationStatus, source: str, found: Mapping[str, Standing]
) -> TranslationStatus:
    """``status`` with the texts of these keys where ``found`` says, as translations of today's ``source``.

    Where the instrument has no such language, or it is the texts' own, they are translations of nothing that
    could change.
    """
    wording = {one.language: one.texts for one in instrument.translations}
    origin = wording.get(source, {}) if source != status.language else {}
    new = {key: TextStatus(*standing, *_origin(source, origin.get(key))) for key, standing in found.items()}
    return TranslationStatus(status.instrument_id, status.language, status.texts | new)


def carried(status: TranslationStatus, before: Translation | None, after: Translation) -> TranslationStatus:
    """What of ``status`` holds where ``after`` replaces ``before``: the states of texts that stay."""
    former = before.texts if before else {}
    kept = {key: one for key, one in status.texts.items() if former.get(key) == after.texts.get(key)}
    return TranslationStatus(status.instrument_id, status.language, kept)


def empty_status(instrument: Instrument, language: str) -> TranslationStatus:
    """Nothing said yet of any text in ``language``."""
    return TranslationStatus(instrument.structure.instrument_id, language, {})


def below(state: TextState, needed: TextState) -> bool:
    """Whether a text has still to come further."""
    return STATES.index(state) < STATES.index(needed)


def _standing(known: TextStatus | None, key: str, wording: Mapping[str, Mapping[str, str]]) -> Standing:
    if known is None:
        return Standing("translated")
    if known.of and known.source in wording and known.of != _digest(wording[known.source].get(key, "")):
        return Standing("initial", SOURCE_CHANGED)
    return Standing(known.state, known.sub_state)


def _origin(source: str, text: str | None) -> tuple[str, str]:
    return ("", "") if text is None else (source, _digest(text))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
