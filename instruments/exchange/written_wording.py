"""The wording of an instrument as FHIR writes it: a text, and beside it its translations."""

from collections.abc import Sequence

from instruments.definition import Translation
from instruments.exchange.canonicals import HL7
from instruments.exchange.markup import markdown_says, xhtml_says
from instruments.exchange.wording import UNKNOWN_LANGUAGE
from instruments.exchange.written_values import Json
from instruments.primitives import is_code, is_text

MARKUP = (("markdown", "valueMarkdown", markdown_says), ("xhtml", "valueString", xhtml_says))
"""The ways to mark up a text: the key, how FHIR gives it, and whether it says no more than the plain text."""


class Words:
    """The translations of an instrument; the first is the questionnaire's own language."""

    def __init__(self, translations: Sequence[Translation]) -> None:
        self._base = translations[0].texts if translations else {}
        self._others = [(one.language, one.texts) for one in translations[1:] if is_code(one.language)]
        language = translations[0].language if translations else UNKNOWN_LANGUAGE
        self.language = language if is_code(language) else UNKNOWN_LANGUAGE

    def has(self, key: str) -> bool:
        """Whether there is a text under ``key`` in some language that FHIR may hold."""
        return any(is_text(texts.get(key)) for texts in (self._base, *(texts for _, texts in self._others)))

    def write(self, fields: Json, field: str, key: str, *, own: str | None = None) -> None:
        """Puts the text under ``key`` into ``field`` and its translations beside it.

        ``own`` is the text in the questionnaire's own language, where another thing than the wording says it.
        """
        text = own if own is not None else self._base.get(key)
        if is_text(text):
            fields[field] = text
        others = [(tag, texts[key]) for tag, texts in self._others if is_text(texts.get(key))]
        beside = [_translated(language, words) for language, words in others]
        if beside:
            fields[f"_{field}"] = {"extension": beside}

    def write_markup(self, fields: Json, field: str, key: str) -> None:
        """Puts the text ``key`` with markup beside the plain one in ``field``."""
        plain = fields.get(field)
        for aspect, value, says in MARKUP:
            marked = self._base.get(f"{key}/{aspect}")
            if marked is None or not is_text(marked) or not isinstance(plain, str):
                continue
            if says(marked, plain):
                beside = fields.setdefault(f"_{field}", {"extension": []})
                if isinstance(beside, dict):
                    beside["extension"].append({"url": f"{HL7}rendering-{aspect}", value: marked})

    def extension(self, url: str, key: str) -> list[Json]:
        """The text under ``key`` as an extension, in the questionnaire's own language.

        Its translations are left to our own extension: FHIR allows them beside the value of an extension, but
        validators in use (``fhir.resources``) do not know that place.
        """
        text = self._base.get(key)
        return [{"url": url, "valueString": text}] if is_text(text) else []


def _translated(language: str, text: str) -> Json:
    return {
        "url": HL7 + "translation",
        "extension": [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}],
    }
