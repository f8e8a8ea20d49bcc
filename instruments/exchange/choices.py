"""The options of a choice: listed, in a contained ValueSet, or in a place that is not fetched."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from instruments.definition import Option, OptionKind
from instruments.exchange.administrative import VALUE_SET, note
from instruments.exchange.canonicals import WHY_LOST
from instruments.exchange.element import TWICE, Element, Wording
from instruments.exchange.wording import Texts

PLAIN_VALUES: dict[str, OptionKind] = {
    "valueString": "string",
    "valueInteger": "integer",
    "valueDate": "date",
    "valueTime": "time",
}
NO_CODE = "it has neither a code nor a text, so nobody could choose it"


class Found(NamedTuple):
    """One option as it stands in the questionnaire, before its code is settled."""

    path: str
    system: str
    value: str
    text: Wording | None
    prefix: Wording | None
    score: float | None
    exclusive: bool
    selected: bool
    kind: OptionKind


class Choices(NamedTuple):
    """The options of an item, and their code systems and codes by value.

    ``is_known`` is false where the options stand in a place that is not fetched.
    """

    options: tuple[Option, ...] = ()
    found: tuple[Found, ...] = ()
    kind: OptionKind = "coding"
    is_known: bool = True
    by_value: Mapping[str, list[tuple[str, str]]] = MappingProxyType({})

    def codes_for(self, system: str, value: str) -> list[str]:
        """The codes of the options with this value, in this code system or, where it is empty, in any."""
        known = self.by_value.get(value, [])
        return [code for its_system, code in known if not system or its_system == system]

    def selected(self) -> list[str]:
        """The codes of the options that are chosen from the start."""
        pairs = zip(self.options, self.found, strict=True)
        return [option.code for option, found in pairs if found.selected]

    def put_texts(self, item_id: str, texts: Texts) -> None:
        """Keeps the wording of the options."""
        for option, found in zip(self.options, self.found, strict=True):
            key = f"{item_id}/{option.code}"
            texts.put(key, found.text or Wording(found.value, {}))
            texts.put(f"{key}/prefix", found.prefix)


class ValueSets:
    """The value sets that a questionnaire contains, by id; any other contained resource is lost."""

    def __init__(self, questionnaire: Element) -> None:
        self._options: dict[str, tuple[Found, ...]] = {}
        for index, resource in enumerate(questionnaire.children("contained")):
            kind = resource.text("resourceType")
            if kind != "ValueSet":
                resource.abandon(
                    f"a contained {kind or 'resource without a type'}", "only value sets are used"
                )
                continue
            name = resource.text("id")
            if not name:
                raise resource.invalid("id", "a contained value set needs an id")
            if name in self._options:
                raise resource.invalid(
                    "id", f"is the id of an earlier contained resource too (number {index})"
                )
            note(resource, VALUE_SET)
            self._options[name] = tuple(_options_of(resource))

    def find(self, reference: str) -> tuple[Found, ...] | None:
        """The options that ``#id`` names, or nothing."""
        return self._options.get(reference[1:]) if reference.startswith("#") else None


def _options_of(value_set: Element) -> list[Found]:
    found: list[Found] = []
    compose = value_set.child("compose")
    if compose is not None:
        for include in compose.children("include"):
            system = include.text("system") or ""
            if not include.has("concept"):
                include.abandon(f"all of {system or 'another list'}", WHY_LOST["answerValueSet"])
            found.extend(_coding(concept, system) for concept in include.children("concept"))
    expansion = value_set.child("expansion")
    if expansion is None:
        return found
    for key in ("identifier", "timestamp", "total"):
        expansion.raw(key)
    expanded = [_coding(concept, concept.text("system") or "") for concept in expansion.children("contains")]
    return expanded or found


def _coding(element: Element, system: str) -> Found:
    """One concept of a value set, or one coding: code, display, translations and score."""
    display = element.wording("display")
    others = dict(display.others) if display else {}
    for designation in element.children("designation") if element.has("designation") else ():
        language, value = designation.text("language"), designation.text("value")
        if not language or value is None or language in others:
            designation.reading.lose(
                designation.path, "a designation", TWICE if language else "it has no language"
            )
        else:
            others[language] = value
    code = element.text("code") or (display.text if display else "")
    return Found(
        path=element.path,
        system=system,
        value=code,
        text=Wording(display.text, others) if display else None,
        prefix=None,
        score=_score(element),
        exclusive=False,
        selected=False,
        kind="coding",
    )


def _score(element: Element) -> float | None:
    extension = element.extension("ordinalValue")
    if extension is None:
        return None
    for key in ("valueDecimal", "valueInteger"):
        if extension.has(key):
            return extension.number(key)
    return None


def read_choices(item: Element, value_sets: ValueSets) -> Choices:
    """The options of ``item``, which counts as reading ``answerOption`` and ``answerValueSet``.

    Raises:
        InvalidQuestionnaireError: an option stands there twice, or is not one.
    """
    if item.has("answerOption") and item.has("answerValueSet"):
        raise item.invalid(
            "answerValueSet", "the options are given twice; keep answerOption or answerValueSet"
        )
    if item.has("answerValueSet"):
        reference = item.text("answerValueSet") or ""
        contained = value_sets.find(reference)
        if contained is None:
            item.lose("answerValueSet", reference, WHY_LOST["answerValueSet"])
            return Choices(is_known=False)
        return _settle(item, "answerValueSet", contained)
    return _settle(
        item, "answerOption", tuple(_read_option(option) for option in item.children("answerOption"))
    )


def _read_option(option: Element) -> Found:
    coding = option.child("valueCoding") if option.has("valueCoding") else None
    found = _coding(coding, coding.text("system") or "") if coding else _plain(option)
    prefix, exclusive = option.extension("optionPrefix"), option.extension("optionExclusive")
    score = _score(option)
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
            text = option.wording(key) or Wording("", {})
        return Found(option.path, "", text.text, text, None, None, exclusive=False, selected=False, kind=kind)
    return Found(option.path, "", "", None, None, None, exclusive=False, selected=False, kind="coding")


def _settle(item: Element, field: str, found: tuple[Found, ...]) -> Choices:
    """Gives each option its code: the coding's, with the system before it where two systems share a code."""
    kept = []
    for one in found:
        if one.value:
            kept.append(one)
        else:
            item.reading.lose(one.path, "an option", NO_CODE)
    shared = {value for value, count in Counter(one.value for one in kept).items() if count > 1}
    codes = [f"{one.system}|{one.value}" if one.value in shared else one.value for one in kept]
    if len(set(codes)) < len(codes):
        raise item.invalid(field, "has an option twice")
    kinds = {one.kind for one in kept}
    by_value: dict[str, list[tuple[str, str]]] = {}
    options = []
    for code, one in zip(codes, kept, strict=True):
        options.append(Option(code=code, score=one.score, exclusive=one.exclusive))
        by_value.setdefault(one.value, []).append((one.system, code))
    kind = kinds.pop() if len(kinds) == 1 else "coding"
    return Choices(tuple(options), tuple(kept), kind, by_value=by_value)
