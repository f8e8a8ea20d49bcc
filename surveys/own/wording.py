"""Answers with the questions' own wording, in the language of their reader. Pure."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from instruments.answers import Answers
from instruments.definition import CHOICES, CONTAINERS, Item, Value
from instruments.versions import Instrument
from surveys.answering import Language
from surveys.own.holdings import Answer, AnswerStatus

FALLBACK = "nb"
YES_NO: Mapping[Language, tuple[str, str]] = MappingProxyType(
    {"nb": ("Ja", "Nei"), "nn": ("Ja", "Nei"), "en": ("Yes", "No")}
)


def texts_of(instrument: Instrument, *languages: str) -> Mapping[str, str]:
    """The wording in the first of ``languages`` that there is; else in bokmål, else in any; else none."""
    known = {one.language: one.texts for one in instrument.translations}
    found = next((known[one] for one in (*languages, FALLBACK, *known) if one in known), None)
    return {} if found is None else found


def title_of(instrument: Instrument, texts: Mapping[str, str]) -> str:
    """What the instrument is called."""
    return texts.get("title") or instrument.structure.instrument_id


def worded(
    instrument: Instrument, answers: Answers, shown: Collection[str], language: Language, answered_in: str
) -> tuple[Answer, ...]:
    """Every question that was shown or that has an answer (as a calculated one), in the order asked."""
    texts = texts_of(instrument, language, answered_in)
    return tuple(
        _answer(item, section, answers, texts, language)
        for item, section in _asked(instrument.structure.items, "", texts)
        if item.item_id in shown or item.item_id in answers.values
    )


def _asked(items: Sequence[Item], section: str, texts: Mapping[str, str]) -> list[tuple[Item, str]]:
    """Every item that takes an answer, with the text of the group that it stands in."""
    found: list[tuple[Item, str]] = []
    for item in items:
        if item.kind not in CONTAINERS:
            found.append((item, section))
        within = texts.get(item.item_id, section) if item.kind in CONTAINERS else section
        found += _asked(item.items, within, texts)
    return found


def _answer(
    item: Item, section: str, answers: Answers, texts: Mapping[str, str], language: Language
) -> Answer:
    values = answers.values.get(item.item_id, ())
    status: AnswerStatus = "answered" if values else "not-answered"
    if item.item_id in answers.skipped:
        status = "skipped"
    return Answer(
        item_id=item.item_id,
        section=section,
        question=texts.get(item.item_id, item.item_id),
        status=status,
        values=values,
        said=tuple(_said(item, value, texts, language) for value in values),
    )


def _said(item: Item, value: Value, texts: Mapping[str, str], language: Language) -> str:
    if isinstance(value, bool):
        return YES_NO[language][0 if value else 1]
    if item.kind in CHOICES:
        return texts.get(f"{item.item_id}/{value}", str(value))
    unit = texts.get(f"{item.item_id}/unit", "")
    return f"{value} {unit}".strip()
