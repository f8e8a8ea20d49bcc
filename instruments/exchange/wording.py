"""The texts of a questionnaire as they are read: by language and key, then as one Translation a language."""

from collections import Counter
from collections.abc import Iterable

from instruments.definition import Translation
from instruments.exchange.element import Element, Wording

UNKNOWN_LANGUAGE = "und"
NORWEGIAN = {"no": "nb"}
"""The tag of the macrolanguage, which Norwegian publishers use for bokmål."""


class Texts:
    """Collects wording while a questionnaire is read; its own language is ``base``."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._texts: dict[str, dict[str, str]] = {base: {}}

    def put(self, key: str, wording: Wording | None) -> None:
        """Keeps a text and its translations under ``key``, and beside it the same with markup, not shown."""
        if wording is None:
            return
        if wording.text is not None:
            self._texts[self.base][key] = wording.text
        for language, text in wording.others.items():
            self._texts.setdefault(language, {})[key] = text
        for aspect, marked in (("markdown", wording.markdown), ("xhtml", wording.xhtml)):
            if marked is not None:
                self._texts[self.base][f"{key}/{aspect}"] = marked

    def has(self, key: str) -> bool:
        """Whether there is a text under ``key`` in some language."""
        return any(key in texts for texts in self._texts.values())

    def read(self, element: Element, field: str, key: str) -> None:
        """Reads a text of ``element`` with its translations and keeps it under ``key``."""
        self.put(key, element.wording(field))

    def read_marked(self, element: Element, field: str, key: str) -> None:
        """Reads a text as ``read`` does, and the same with markup."""
        self.put(key, element.wording(field, with_markup=True))

    def translations(self, instrument_id: str, version: str) -> tuple[Translation, ...]:
        """One Translation for each language that has a text, the questionnaire's own first."""
        short = short_tags(self._texts)
        return tuple(
            Translation(instrument_id=instrument_id, language=short[language], version=version, texts=texts)
            for language, texts in self._texts.items()
        )


def short_tags(tags: Iterable[str]) -> dict[str, str]:
    """Each language tag without its region (``nb-NO`` is ``nb``), unless two tags would then be the same."""
    short = {tag: _short(tag) for tag in tags}
    count = Counter(short.values())
    return {tag: one if count[one] == 1 else tag for tag, one in short.items()}


def _short(tag: str) -> str:
    parts = tag.split("-")
    parts[0] = NORWEGIAN.get(parts[0].lower(), parts[0].lower())
    return "-".join(part for index, part in enumerate(parts) if index == 0 or len(part) == len("Latn"))
