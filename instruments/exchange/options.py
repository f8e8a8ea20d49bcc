"""One option as it stands in the questionnaire, wherever it stands there: listed, or in a value set."""

from typing import NamedTuple

from instruments.definition import OptionKind
from instruments.exchange.element import TWICE, Element, Wording

PLAIN_VALUES: dict[str, OptionKind] = {
    "valueString": "string",
    "valueInteger": "integer",
    "valueDate": "date",
    "valueTime": "time",
}
SCORES = frozenset(("itemWeight", "ordinalValue"))
"""Properties of a concept of a code system that say what the option counts."""
TRANSLATIONS = frozenset(("display", "preferredForLanguage", "900000000000003001", "900000000000013009"))
"""Uses of a designation that make it a translation: none given, shown, or SNOMED's names and synonyms."""


class Found(NamedTuple):
    """One option before its code is settled: ``value`` is its code in ``system``, or its text."""

    path: str
    system: str
    value: str
    text: Wording | None
    prefix: Wording | None = None
    score: float | None = None
    exclusive: bool = False
    selected: bool = False
    kind: OptionKind = "coding"

    def completed_by(self, other: "Found | None") -> "Found":
        """This one, with the text, translations and score of ``other`` where it has none of its own."""
        if other is None:
            return self
        text, more = self.text, other.text
        if text is None or more is None:
            text = text or more
        else:
            shown = more if text.text is None else text
            text = shown._replace(others=more.others | text.others)
        return self._replace(text=text, score=other.score if self.score is None else self.score)


def read_option(option: Element) -> Found:
    """One ``answerOption``.

    Raises:
        InvalidQuestionnaireError: it gives two scores that differ.
    """
    coding = option.child("valueCoding") if option.has("valueCoding") else None
    found = read_coding(coding, coding.text("system") or "") if coding else _plain(option)
    prefix, exclusive = option.extension("optionPrefix"), option.extension("optionExclusive")
    score = read_score(option)
    if score is not None and found.score is not None and score != found.score:
        raise option.invalid("extension", "the option has two scores that differ")
    return found._replace(
        path=option.path,
        prefix=prefix.wording("valueString") if prefix else None,
        exclusive=bool(exclusive.flag("valueBoolean")) if exclusive else False,
        score=found.score if score is None else score,
        selected=bool(option.flag("initialSelected")) if option.has("initialSelected") else False,
    )


def _plain(option: Element) -> Found:
    for key, kind in PLAIN_VALUES.items():
        if not option.has(key):
            continue
        if kind == "integer":
            number = option.whole(key)
            text = Wording(str(number), {})
        else:
            text = option.wording(key, with_markup=True) or Wording("", {})
        return Found(option.path, "", text.text or "", text, kind=kind)
    return Found(option.path, "", "", None)


def read_coding(element: Element, system: str) -> Found:
    """One concept of a value set or code system, or one coding: code, display, translations and score."""
    display = element.wording("display", with_markup=True)
    others = dict(display.others) if display else {}
    for designation in element.children("designation") if element.has("designation") else ():
        _read_designation(designation, others)
    shown = display.text if display else None
    text = None
    if display is not None or others:
        text = Wording(shown, others, *(display[2:] if display else ()))
    code = element.text("code") or shown or ""
    return Found(element.path, system, code, text, score=read_score(element))


def _read_designation(designation: Element, others: dict[str, str]) -> None:
    language, value = designation.text("language"), designation.text("value")
    use = designation.child("use") if designation.has("use") else None
    kind = "display"
    if use is not None:
        kind = use.text("code") or kind
        use.raw("system")
        use.raw("display")
    if not language or value is None or language in others:
        designation.reading.lose(
            designation.path, "a designation", TWICE if language else "it has no language"
        )
    elif kind not in TRANSLATIONS:
        designation.abandon(f"a designation for {kind!r}", "an option is shown by one text in a language")
    else:
        others[language] = value


def read_score(element: Element) -> float | None:
    """What the option counts: ``ordinalValue`` or ``itemWeight``."""
    extension = element.extension("ordinalValue")
    if extension is None:
        return None
    for key in ("valueDecimal", "valueInteger"):
        if extension.has(key):
            return extension.number(key)
    return None
