"""The options of a choice: listed, in a value set, or in a place that is not fetched."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from instruments.definition import Option, OptionKind
from instruments.exchange.element import Element, Wording
from instruments.exchange.options import PLAIN_VALUES, Found, read_option
from instruments.exchange.reasons import WHY_LOST
from instruments.exchange.value_sets import ValueSets
from instruments.exchange.wording import Texts

__all__ = ["PLAIN_VALUES", "Choices", "ValueSets", "read_choices"]

NO_CODE = "it has neither a code nor a text, so nobody could choose it"
ELSEWHERE = "they stand in a place that is not fetched, and were accepted as lost; nobody can choose one"


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
            text = found.text or Wording(found.value, {})
            texts.put(key, text if text.text is not None else text._replace(text=found.value))
            texts.put(f"{key}/prefix", found.prefix)


def read_choices(item: Element, value_sets: ValueSets) -> Choices:
    """The options of ``item``, which counts as reading ``answerOption`` and ``answerValueSet``.

    Raises:
        InvalidQuestionnaireError: an option stands there twice, or is not one.
    """
    if item.has("answerOption") and item.has("answerValueSet"):
        raise item.invalid(
            "answerValueSet", "the options are given twice; keep answerOption or answerValueSet"
        )
    elsewhere = item.extension("own-options-elsewhere")
    if elsewhere is not None and elsewhere.flag("valueBoolean"):
        item.reading.note(elsewhere.path, "the options of a choice", ELSEWHERE)
        return Choices(is_known=False)
    if item.has("answerValueSet"):
        reference = item.text("answerValueSet") or ""
        contained = value_sets.find(reference)
        if contained is None:
            item.lose("answerValueSet", reference, WHY_LOST["answerValueSet"])
            return Choices(is_known=False)
        return _settle(item, "answerValueSet", contained)
    listed = (read_option(option) for option in item.children("answerOption"))
    return _settle(item, "answerOption", value_sets.described(listed))


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
        options.append(Option(code=code, score=one.score, exclusive=one.exclusive, system=one.system))
        by_value.setdefault(one.value, []).append((one.system, code))
    kind = kinds.pop() if len(kinds) == 1 else "coding"
    return Choices(tuple(options), tuple(kept), kind, by_value=by_value)
