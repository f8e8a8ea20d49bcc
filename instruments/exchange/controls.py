"""``questionnaire-itemControl`` and the other ways to say how an item is shown, as presentation."""

from instruments.definition import CHOICES, NUMBERS, TEXTS, Control, Item, ItemKind, Orientation
from instruments.exchange.canonicals import CONTROL_SYSTEMS, OWN
from instruments.exchange.element import Element

HELP_TEXT = OWN + "help-text"
_BOOLEAN = frozenset(("boolean",))
QUESTION_CONTROLS: dict[str, tuple[Control | None, frozenset[str]]] = {
    "radio-button": ("radio", CHOICES | _BOOLEAN),
    "drop-down": ("drop-down", CHOICES),
    "autocomplete": ("autocomplete", CHOICES),
    "check-box": ("check-box", CHOICES | _BOOLEAN),
    "slider": ("slider", CHOICES | NUMBERS),
    "spinner": (None, NUMBERS),
    "text-box": (None, TEXTS),
    "text-area": ("text-area", TEXTS),
}
"""Control codes that can be shown, as what (none: as the kind's own), and for which kinds."""
REPEATING: dict[str, Control | None] = {
    "check-box": "check-box",
    "drop-down": "drop-down",
    "autocomplete": "autocomplete",
}
OTHER_CONTROLS: dict[ItemKind, dict[str, Control | None]] = {
    "group": {
        "list": None,
        "table": "table",
        "htable": "htable",
        "gtable": "gtable",
        "atable": "atable",
        "grid": "grid",
        "header": "header",
        "footer": "footer",
        "page": "page",
        "tab": "tab",
        "tab-container": "tab-container",
    },
    "display": {
        "help": "help",
        "flyover": "help",
        "prompt": "prompt",
        "legal": "legal",
        "header": "header",
        "footer": "footer",
        "inline": None,
    },
}
RECEIVER = "data-receiver"
"""Helsenorge's word for a read-only item that shows what its expression fetches from another answer."""
NO_CONTROL = "there is no such control here; the item would be shown as others of its kind are"
ONE_BOX = "the item takes one answer: its options are shown as a list with a button beside each"
CATEGORIES = frozenset(("instructions", "security", "help"))
NO_CATEGORY = "it is none of instructions, security and help"
FOLDED = {"lower": "min", "upper": "max", "unit": "unit"}
"""Control codes of a text to read that is a part of the item that it stands in, and which part."""


def read_control(element: Element, item: Item) -> Control | None:
    """The control that ``questionnaire-itemControl`` asks for; codes that cannot be shown are lost."""
    extension = element.extension("itemControl")
    if extension is None:
        return None
    concept = extension.child("valueCodeableConcept") if extension.has("valueCodeableConcept") else None
    if concept is None:
        extension.abandon("an extension", "its value is missing or of a type that is not understood here")
        return None
    concept.text("text")
    control: Control | None = None
    known = controls_for(item.kind, repeats=item.repeats)
    if item.read_only:
        known = known | {RECEIVER: None}
    for coding in concept.children("coding"):
        system, code = coding.text("system"), coding.text("code") or ""
        coding.text("display")
        if (system or "") not in CONTROL_SYSTEMS or code not in known:
            coding.reading.lose(coding.path, f"the control {code!r} of a {item.kind}", NO_CONTROL)
        else:
            control = known[code] or control
    if control == "check-box" and item.kind in CHOICES and not item.repeats:
        element.reading.note(extension.path, "check boxes", ONE_BOX)
    return control


def read_category(element: Element, item: Item) -> Control | None:
    """The control of a text by its ``displayCategory``; of an item that is answered it is left to be lost."""
    if item.kind not in OTHER_CONTROLS:
        return None
    extension = element.extension("displayCategory")
    concept = extension.child("valueCodeableConcept") if extension is not None else None
    if concept is None:
        return None
    concept.text("text")
    control: Control | None = None
    for coding in concept.children("coding"):
        code = coding.text("code") or ""
        coding.text("system")
        coding.text("display")
        if code == "help" and item.kind == "display":
            control = "help"
        elif code in CATEGORIES:
            coding.reading.note(coding.path, f"the category {code!r} of a text", "it is shown in its place")
        else:
            coding.reading.lose(coding.path, f"the category {code!r} of a {item.kind}", NO_CATEGORY)
    return control


def controls_for(kind: ItemKind, *, repeats: bool) -> dict[str, Control | None]:
    """The control codes that an item of ``kind`` may have, and the control that each is."""
    if kind in OTHER_CONTROLS:
        return OTHER_CONTROLS[kind]
    if kind in CHOICES and repeats:
        return REPEATING
    return {code: control for code, (control, kinds) in QUESTION_CONTROLS.items() if kind in kinds}


def read_orientation(item: Element) -> Orientation | None:
    """How the options of a choice lie."""
    sideways = item.extension("hcx-horizontal")
    flat = sideways is not None and sideways.flag("valueBoolean")
    extension = item.extension("choiceOrientation")
    if extension is None:
        return "horizontal" if flat else None
    match extension.text("valueCode"):
        case "horizontal" | "vertical" as orientation:
            return orientation
        case _:
            extension.abandon("an orientation", "it is neither horizontal nor vertical")
            return None


def folded_part(child: Element, kind: ItemKind) -> str | None:
    """Which part (``min``, ``max``, ``unit``, ``help``) of an item of ``kind`` its ``child`` is, if any.

    Looks only; reads nothing of ``child``.
    """
    extensions = child.peek("extension")
    if (
        child.peek("type") != "display"
        or any(child.has(key) for key in ("item", "enableWhen"))
        or not isinstance(extensions, list)
    ):
        return None
    for extension in extensions:
        part = _part(extension, kind)
        if part is not None:
            return part
    return None


def _part(extension: object, kind: ItemKind) -> str | None:
    if not isinstance(extension, dict):
        return None
    if extension.get("url") == HELP_TEXT and extension.get("valueBoolean") is True:
        return "help"
    concept = extension.get("valueCodeableConcept")
    codings = concept.get("coding") if isinstance(concept, dict) else None
    if kind in OTHER_CONTROLS or not isinstance(codings, list) or len(codings) != 1:
        return None
    coding = codings[0] if isinstance(codings[0], dict) else {}
    code, system = coding.get("code"), coding.get("system")
    if not isinstance(code, str) or not isinstance(system, str) or system not in CONTROL_SYSTEMS:
        return None
    return FOLDED.get(code)


def read_folded(child: Element) -> None:
    """Reads of a part what says that it is one."""
    child.text("type")
    for extension in child.extension_list("own-help-text"):
        extension.raw("valueBoolean")
    for extension in child.extension_list("itemControl"):
        concept = extension.child("valueCodeableConcept")
        for coding in concept.children("coding") if concept is not None else ():
            for key in ("system", "code", "display"):
                coding.raw(key)
        if concept is not None:
            concept.raw("text")
