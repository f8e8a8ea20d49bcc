"""What the extensions of an item say, each taken where it means something: bounds, unit, texts."""

from typing import NamedTuple

from msgspec.structs import replace

from instruments.answers import MAX_ANSWERS
from instruments.definition import NUMBERS, TEXTS, Item, ItemKind
from instruments.exchange.element import TWICE, Element
from instruments.exchange.wording import Texts
from instruments.expressions import with_seconds
from instruments.patterns import PatternError, check_pattern
from instruments.response_items import UNITS_SYSTEM

TOO_MANY = f"an item takes {MAX_ANSWERS} answers at most, so it is asked for no more"
MORE_THAN_ONE = "the item does not repeat, so it has one answer"


def with_bounds(element: Element, item: Item) -> Item:
    """``item`` with the bounds of its answer; those that mean nothing for its kind are left to be lost.

    Raises:
        InvalidQuestionnaireError: a bound is not of the type that its extension has.
    """
    if item.kind in NUMBERS:
        return replace(
            item,
            minimum=_number(element.extension("minValue")),
            maximum=_number(element.extension("maxValue")),
            step=_number(element.extension("sliderStepValue")),
            decimals=_whole(element.extension("maxDecimalPlaces")),
        )
    if item.kind in ("date", "time"):
        earliest = _moment(element.extension("minValue"), item.kind)
        return replace(item, earliest=earliest, latest=_moment(element.extension("maxValue"), item.kind))
    if item.kind in TEXTS or item.kind == "open-choice":
        return replace(
            item,
            min_length=_whole(element.extension("minLength")),
            max_length=element.whole("maxLength"),
            pattern=_pattern(element.extension("regex")),
        )
    return item


def _number(extension: Element | None) -> float | None:
    for key in ("valueInteger", "valueDecimal"):
        if extension is not None and extension.has(key):
            return extension.number(key)
    _valueless(extension)
    return None


def _whole(extension: Element | None) -> int | None:
    if extension is not None and extension.has("valueInteger"):
        return extension.whole("valueInteger")
    _valueless(extension)
    return None


def _moment(extension: Element | None, kind: ItemKind) -> str | None:
    key = "valueDate" if kind == "date" else "valueTime"
    if extension is not None and extension.has(key):
        bound = extension.text(key)
        return with_seconds(bound) if bound is not None and kind == "time" else bound
    _valueless(extension)
    return None


def _pattern(extension: Element | None) -> str | None:
    if extension is None or not extension.has("valueString"):
        _valueless(extension)
        return None
    pattern = extension.text("valueString") or ""
    try:
        check_pattern(pattern)
    except PatternError as error:
        extension.reading.lose(extension.path, "a pattern", f"it is not checked here: {error.rule}")
        return None
    return pattern


def _valueless(extension: Element | None) -> None:
    """Names an extension whose value is not one that it may have here."""
    if extension is not None:
        extension.abandon("an extension", "its value is missing or of a type that is not understood here")


def read_unit(item: Element, item_id: str, texts: Texts) -> str | None:
    """The unit of a number: ``questionnaire-unit``, or the only ``questionnaire-unitOption`` there is."""
    extension = item.extension("unit")
    if extension is None:
        options = item.extension_list("unitOption")
        if len(options) != 1:
            for option in options:
                option.abandon("one of several units", "a number has one fixed unit here")
            return None
        extension = options[0]
    coding = extension.child("valueCoding") if extension.has("valueCoding") else None
    if coding is None:
        _valueless(extension)
        return None
    texts.read(coding, "display", f"{item_id}/unit")
    return unit_in(coding)


def unit_in(coding: Element) -> str | None:
    """The unit that a coding or quantity names: UCUM's code, or ``system|code``; none where it names none."""
    code, system = coding.text("code"), coding.text("system")
    return code if not system or system == UNITS_SYSTEM or code is None else f"{system}|{code}"


def read_flag(item: Element, name: str) -> bool:
    """Whether a yes-or-no extension says yes."""
    extension = item.extension(name)
    return bool(extension.flag("valueBoolean")) if extension is not None else False


def read_text(item: Element, name: str, key: str, texts: Texts) -> None:
    """Keeps the text of an extension under ``key``; a second text of one key is lost."""
    extension = item.extension(name)
    if extension is None:
        return
    if texts.has(key):
        extension.abandon(f"the extension {name}", TWICE)
        return
    texts.read(extension, "valueMarkdown" if extension.has("valueMarkdown") else "valueString", key)


def note_servers(element: Element) -> None:
    """Leaves aside which terminology server is preferred: none is asked."""
    for extension in element.extension_list("preferredTerminologyServer"):
        for key in ("valueUrl", "valueUri", "valueString"):
            extension.raw(key)
        why = "no terminology server is asked here; lists that are not contained are lost by themselves"
        element.reading.note(extension.path, "a preferred terminology server", why)


class Occurrences(NamedTuple):
    """How many answers an item needs and takes, where that is said, and whether it needs one at all."""

    is_required: bool = False
    least: int | None = None
    most: int | None = None


def read_occurrences(item: Element, *, repeats: bool) -> Occurrences:
    """``minOccurs`` and ``maxOccurs``; of an item that takes one answer, other bounds than one are lost."""
    first, last = item.extension("minOccurs"), item.extension("maxOccurs")
    least, most = _whole(first), _whole(last)
    is_required = least is not None and least >= 1
    if repeats:
        for bound, count in ((first, least), (last, most)):
            if bound is not None and count is not None and count > MAX_ANSWERS:
                bound.reading.lose(bound.path, f"{count} answers", TOO_MANY)
        least = least if least is not None and 1 < least <= MAX_ANSWERS else None
        return Occurrences(is_required, least, most if most is not None and most <= MAX_ANSWERS else None)
    if first is not None and least is not None and least > 1:
        first.reading.lose(first.path, "minOccurs above one", MORE_THAN_ONE)
    if last is not None and most is not None and most < 1:
        last.reading.lose(last.path, "maxOccurs below one", "an item that is asked takes an answer")
    return Occurrences(is_required)
