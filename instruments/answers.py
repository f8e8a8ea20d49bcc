"""Answers to an instrument, and every way in which they can be wrong."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from instruments.definition import CHOICES, CONTAINERS, NUMBERS, TEXTS, Document, Item, Structure, Value
from instruments.expressions import Outline, enabled, with_seconds
from instruments.patterns import matches

if TYPE_CHECKING:
    from instruments.adaptive import Course
    from instruments.definition import AdaptiveTest

MAX_TEXT = 4000
"""Characters in an answer whose item sets no ``max_length``: what a sealed submission of a few such items can
hold.
"""
MAX_ANSWERS = 100
"""Answers to an item that repeats and sets no ``max_answers``."""
MAX_WHOLE_NUMBER = 2**53 - 1
"""The largest integer that a browser can send without rounding it."""
CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)
DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "unknown-item": "is not an item of this version; answer the version that was opened",
        "not-answerable": "is a group or a text to read and takes no answer; leave it out",
        "hidden": "is hidden and takes no answer; leave it out",
        "read-only": "is read-only and takes no answer; leave it out",
        "calculated": "is calculated and takes no answer; leave it out",
        "not-shown": "is not shown, given the other answers; leave it out",
        "not-administered": "is not asked by the adaptive test, whose rule (most information, stopping by "
        "error and number) chose others or had ended; leave it out",
        "asked-next": "is what the adaptive test asks next by its rule (most information, stopping by error "
        "and number); answer it or mark it as skipped",
        "answered-and-skipped": "is both answered and skipped; say one of the two",
        "skipped-twice": "is skipped twice; say it once",
        "required": "is required; answer it or mark it as skipped",
        "too-many-answers": "has more answers than it takes; give one, or as many as it takes",
        "too-few-answers": "has fewer answers than it needs; give more or leave it out",
        "wrong-type": "has an answer of the wrong type; see the item's kind",
        "not-finite": "has an answer that is not a finite number; give a number",
        "unknown-option": "has an answer that is not one of its options; give an option's code",
        "chosen-twice": "has an option chosen twice; choose it once",
        "exclusive-option": "has an option that rules out the others; choose it alone",
        "out-of-range": "has an answer outside its range; see the item's bounds",
        "off-step": "has an answer between two steps of its slider; give a step",
        "too-many-decimals": "has an answer with too many decimals; round it",
        "blank": "has an answer without a character to read; leave it out",
        "too-short": "has an answer that is too short; see the item's length",
        "too-long": "has an answer that is too long; see the item's length",
        "characters": "has an answer with control characters; remove them",
        "pattern": "has an answer that does not match its pattern; see the item's help",
        "malformed": "has an answer that is no date, time or address; see the item's kind",
    }
)


class Answers(Document, frozen=True):
    """What a person answered: by item id one value, or more where the item repeats (an option by its code).

    ``skipped`` names the items that the person saw and chose not to answer, apart from those never shown.
    """

    values: dict[str, tuple[Value, ...]] = msgspec.field(default_factory=dict)
    skipped: tuple[str, ...] = ()


class Fault(Document, frozen=True):
    """One thing wrong with the answers: where, which rule, and what to do. Never holds the answer itself."""

    item_id: str
    rule: str
    message: str


def check(structure: Structure, answers: Answers) -> list[Fault]:
    """Every fault of ``answers``, one an item (the first rule that it breaks), in the order of the answers.

    An empty list means that the answers may be stored. An item with no values in its tuple counts as
    unanswered. Items that are asked adaptively are those that the test's rule gives (see ``adaptive``), or
    one fault says where they are not.
    """
    outline = Outline(structure)
    shown = _shown(outline, enabled(outline, answers.values))
    faults: list[Fault] = []
    for item_id, values in answers.values.items():
        rule = _broken_rule(outline, shown, item_id, values) if values else _standing(outline, shown, item_id)
        if rule is not None:
            faults.append(_fault(item_id, rule))
    faults.extend(_skipping(outline, shown, answers))
    adaptive = _adaptive(structure)
    faults.extend(_unanswered(outline, shown - adaptive, answers))
    if adaptive:
        faults.extend(_off_course(structure, shown, answers))
    return faults


def shown_items(structure: Structure, answers: Answers) -> frozenset[str]:
    """The ids of what a person with ``answers`` sees: enabled, and nothing that it stands in hidden.

    Of the items of an adaptive test, those that it has asked, and the one that it asks next.
    """
    outline = Outline(structure)
    shown = _shown(outline, enabled(outline, answers.values))
    for test, course in _courses(structure, shown, answers):
        asked = {*course.asked, course.following}
        shown -= {item.item_id for item in test.bank.items if item.item_id not in asked}
    return frozenset(shown)


def _adaptive(structure: Structure) -> frozenset[str]:
    return frozenset(item.item_id for test in structure.adaptive for item in test.bank.items)


def _courses(structure: Structure, shown: set[str], answers: Answers) -> "list[tuple[AdaptiveTest, Course]]":
    """How each adaptive test went; where there is none, nothing is imported for it."""
    if not structure.adaptive:
        return []
    from instruments.adaptive import courses  # noqa: PLC0415 - reckons with NumPy, slow to import

    return courses(structure, shown, answers.values, answers.skipped)


def _off_course(structure: Structure, shown: set[str], answers: Answers) -> list[Fault]:
    """One fault a test whose items are not those that its rule gives: what it asks next, else what beside."""
    faults = []
    for _, course in _courses(structure, shown, answers):
        if course.following is not None:
            faults.append(_fault(course.following, "asked-next"))
        elif course.beside:
            faults.append(_fault(course.beside[0], "not-administered"))
    return faults


def _shown(outline: Outline, is_enabled: Mapping[str, bool]) -> set[str]:
    shown: set[str] = set()
    for item_id, item in outline.items.items():
        parent = outline.parents.get(item_id)
        if is_enabled[item_id] and not item.hidden and (parent is None or parent in shown):
            shown.add(item_id)
    return shown


def _fault(item_id: str, rule: str) -> Fault:
    return Fault(item_id[:200], rule, f"item {item_id[:200]!r} {MESSAGES[rule]}")


def _standing(outline: Outline, shown: set[str], item_id: str) -> str | None:
    """Why the item may not be answered at all, if it may not."""
    item = outline.items.get(item_id)
    if item is None:
        return "unknown-item"
    if item.kind in CONTAINERS:
        return "not-answerable"
    if item.hidden:
        return "hidden"
    if item.read_only:
        return "read-only"
    if item.calculated is not None:
        return "calculated"
    return None if item_id in shown else "not-shown"


def _broken_rule(outline: Outline, shown: set[str], item_id: str, values: tuple[Value, ...]) -> str | None:
    standing = _standing(outline, shown, item_id)
    if standing is not None:
        return standing
    return wrong_answer(outline.items[item_id], values)


def wrong_answer(item: Item, values: tuple[Value, ...]) -> str | None:
    """The first rule that ``values`` break as an answer to ``item`` by itself, whatever else was answered."""
    if len(values) > 1 or item.min_answers is not None:
        rule = _wrong_count(item, len(values))
        if rule is not None:
            return rule
    if item.kind in CHOICES:
        return _wrong_choice(item, values)
    if len(values) == 1:
        return _wrong_value(item, values[0])
    return next((rule for value in values if (rule := _wrong_value(item, value)) is not None), None)


def _wrong_count(item: Item, count: int) -> str | None:
    most = 1
    if item.repeats:
        unbounded = count if item.kind in CHOICES else MAX_ANSWERS
        most = unbounded if item.max_answers is None else item.max_answers
    if count > most:
        return "too-many-answers"
    return "too-few-answers" if item.min_answers is not None and count < item.min_answers else None


def _skipping(outline: Outline, shown: set[str], answers: Answers) -> list[Fault]:
    faults = []
    seen: set[str] = set()
    for item_id in answers.skipped:
        rule = _standing(outline, shown, item_id)
        if rule is None and answers.values.get(item_id):
            rule = "answered-and-skipped"
        if rule is None and item_id in seen:
            rule = "skipped-twice"
        seen.add(item_id)
        if rule is not None:
            faults.append(_fault(item_id, rule))
    return faults


def _unanswered(outline: Outline, shown: set[str], answers: Answers) -> list[Fault]:
    skipped = frozenset(answers.skipped)
    return [
        _fault(item_id, "required")
        for item_id, item in outline.items.items()
        if item.required
        and item_id in shown
        and item.kind not in CONTAINERS
        and not item.read_only
        and item.calculated is None
        and not answers.values.get(item_id)
        and item_id not in skipped
    ]


def _wrong_choice(item: Item, values: tuple[Value, ...]) -> str | None:
    if len(values) == 1 and any(option.code == values[0] for option in item.options):
        return None
    options = {option.code: option for option in item.options}
    for value in values:
        if not isinstance(value, str):
            return "wrong-type"
        if value not in options:
            rule = _wrong_text(item, value) if item.kind == "open-choice" else "unknown-option"
            if rule is not None:
                return rule
    if len(set(values)) < len(values):
        return "chosen-twice"
    if len(values) > 1 and any(value in options and options[str(value)].exclusive for value in values):
        return "exclusive-option"
    return None


def _wrong_value(item: Item, value: Value) -> str | None:
    if item.kind == "boolean":
        return None if isinstance(value, bool) else "wrong-type"
    if item.kind in NUMBERS:
        return _wrong_number(item, value)
    if not isinstance(value, str):
        return "wrong-type"
    if item.kind in TEXTS:
        return _wrong_text(item, value)
    return _wrong_moment(item, value)


def _wrong_number(item: Item, value: Value) -> str | None:
    if isinstance(value, bool | str) or (item.kind == "integer" and not isinstance(value, int)):
        return "wrong-type"
    if isinstance(value, float) and not math.isfinite(value):
        return "not-finite"
    if not _least(item) <= value <= _greatest(item):
        return "out-of-range"
    if item.decimals is not None and _decimals(value) > item.decimals:
        return "too-many-decimals"
    if item.step is not None and not _on_step(value, item.minimum or 0.0, item.step):
        return "off-step"
    return None


def _least(item: Item) -> float:
    return -MAX_WHOLE_NUMBER if item.minimum is None else item.minimum


def _greatest(item: Item) -> float:
    return MAX_WHOLE_NUMBER if item.maximum is None else item.maximum


def _decimals(value: float) -> int:
    """Decimals in the shortest decimal number that is this float."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _on_step(value: float, origin: float, step: float) -> bool:
    steps = (value - origin) / step
    return math.isclose(steps, round(steps), abs_tol=1e-9)


def _wrong_text(item: Item, value: str) -> str | None:
    return _wrong_length(item, value) or _wrong_form(item, value)


def _wrong_length(item: Item, value: str) -> str | None:
    if not value.strip():
        return "blank"
    if len(value) > (MAX_TEXT if item.max_length is None else item.max_length):
        return "too-long"
    if item.min_length is not None and len(value) < item.min_length:
        return "too-short"
    return None


def _wrong_form(item: Item, value: str) -> str | None:
    if CONTROL_CHARACTERS.search(value):
        return "characters"
    if item.pattern is not None and not matches(item.pattern, value):
        return "pattern"
    if item.kind == "url" and not value.startswith(("https://", "http://")):
        return "malformed"
    return None


MOMENTS: Mapping[str, tuple[re.Pattern[str], Callable[[str], object]]] = MappingProxyType(
    {
        "date": (DATE, date.fromisoformat),
        "time": (TIME, time.fromisoformat),
        "date-time": (DATE_TIME, datetime.fromisoformat),
    }
)


def _wrong_moment(item: Item, value: str) -> str | None:
    form, read = MOMENTS[item.kind]
    if not form.fullmatch(value):
        return "malformed"
    try:
        read(value)
    except ValueError:
        return "malformed"
    if item.kind == "time":
        value = with_seconds(value)
    if item.earliest is not None and value < item.earliest:
        return "out-of-range"
    if item.latest is not None and value > item.latest:
        return "out-of-range"
    return None
