"""What the extensions of an item say, each taken where it means something: bounds, unit, control."""

from msgspec.structs import replace

from instruments.definition import CHOICES, NUMBERS, TEXTS, Control, Item, ItemKind
from instruments.exchange.canonicals import CONTROL_SYSTEMS, UNITS_SYSTEM
from instruments.exchange.element import Element
from instruments.exchange.wording import Texts
from instruments.expressions import with_seconds
from instruments.patterns import PatternError, check_pattern

QUESTION_CONTROLS: dict[str, tuple[Control | None, frozenset[str]]] = {
    "radio-button": ("radio", CHOICES),
    "drop-down": ("drop-down", CHOICES),
    "slider": ("slider", CHOICES | NUMBERS),
    "spinner": (None, NUMBERS),
    "text-box": (None, TEXTS),
    "text-area": ("text-area", TEXTS),
}
"""Control codes that can be shown, as what (none: as the kind's own), and for which kinds."""
OTHER_CONTROLS: dict[ItemKind, dict[str, Control | None]] = {
    "group": {"list": None},
    "display": {"help": "help", "flyover": "help", "inline": None},
}
NO_CONTROL = "there is no such control here; the item would be shown as others of its kind are"


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
    code, system = coding.text("code"), coding.text("system")
    return code if not system or system == UNITS_SYSTEM or code is None else f"{system}|{code}"


def read_control(item: Element, kind: ItemKind, *, repeats: bool) -> Control | None:
    """The control that ``questionnaire-itemControl`` asks for; codes that cannot be shown are lost."""
    extension = item.extension("itemControl")
    if extension is None:
        return None
    concept = extension.child("valueCodeableConcept") if extension.has("valueCodeableConcept") else None
    if concept is None:
        _valueless(extension)
        return None
    concept.text("text")
    control: Control | None = None
    for coding in concept.children("coding"):
        system, code = coding.text("system"), coding.text("code") or ""
        coding.text("display")
        known = _controls_for(kind, repeats=repeats)
        if (system or "") not in CONTROL_SYSTEMS or code not in known:
            coding.reading.lose(coding.path, f"the control {code!r} of a {kind}", NO_CONTROL)
        else:
            control = known[code]
    return control


def _controls_for(kind: ItemKind, *, repeats: bool) -> dict[str, Control | None]:
    if kind in OTHER_CONTROLS:
        return OTHER_CONTROLS[kind]
    known = {code: control for code, (control, kinds) in QUESTION_CONTROLS.items() if kind in kinds}
    if kind in CHOICES and repeats:
        return {"check-box": "check-box", "drop-down": "drop-down"}
    return known


def read_flag(item: Element, name: str) -> bool:
    """Whether a yes-or-no extension says yes."""
    extension = item.extension(name)
    return bool(extension.flag("valueBoolean")) if extension is not None else False


def read_text(item: Element, name: str, key: str, texts: Texts) -> None:
    """Keeps the text of an extension under ``key``."""
    extension = item.extension(name)
    if extension is not None:
        texts.read(extension, "valueString", key)


def read_occurrences(item: Element, *, repeats: bool) -> bool:
    """Whether ``minOccurs`` makes the item required; other counts than one are lost."""
    least, most = item.extension("minOccurs"), item.extension("maxOccurs")
    count = _whole(least)
    if least is not None and count is not None and count > 1:
        least.reading.lose(
            least.path, "minOccurs above one", "an item is required or not; the number is not checked"
        )
    count_most = _whole(most)
    if most is not None and count_most is not None and (repeats or count_most != 1):
        most.reading.lose(most.path, "maxOccurs", "how many options may be chosen is not limited here")
    return count is not None and count >= 1
