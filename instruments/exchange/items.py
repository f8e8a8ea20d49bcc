"""The items of a Questionnaire: read once for what they ask, then once more for the branches between them."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from instruments.definition import (
    CHOICES,
    CONTAINERS,
    NUMBERS,
    REPEATABLE,
    Control,
    Item,
    ItemKind,
    Orientation,
)
from instruments.exchange.additions import with_more_of_item
from instruments.exchange.branches import Target, read_branch, read_enabling
from instruments.exchange.calculations import Names, Variables, read_calculation, read_variables
from instruments.exchange.choices import Choices, ValueSets, read_choices
from instruments.exchange.controls import (
    folded_part,
    read_category,
    read_control,
    read_folded,
    read_orientation,
)
from instruments.exchange.element import Element
from instruments.exchange.fhir_versions import refuse_other_version
from instruments.exchange.initial import read_initial
from instruments.exchange.item_codes import read_codes
from instruments.exchange.item_extensions import (
    note_servers,
    read_flag,
    read_occurrences,
    read_text,
    read_unit,
    with_bounds,
)
from instruments.exchange.logic import Enabling, Places
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.wording import Texts
from instruments.soundness import MAX_DEPTH, MAX_ITEMS

KINDS: dict[str, ItemKind] = {
    "group": "group", "display": "display", "choice": "choice", "open-choice": "open-choice",
    "boolean": "boolean", "integer": "integer", "decimal": "decimal", "quantity": "quantity",
    "string": "string", "text": "text", "date": "date", "dateTime": "date-time", "time": "time", "url": "url",
}  # fmt: skip
WITH_OPTIONS = frozenset(("integer", "date", "time", "string", "text"))
"""Types that become a choice where they list their answers; the options then say what they are the text
of.
"""
MAX_OPTIONS = 20_000
"""Over all items: a contained list counts again for each item that uses it."""
NO_KIND = "there is no such kind of item here; the item is kept as a text to read, which takes no answer"
ONE_ANSWER = "groups, texts to read, and yes or no are asked once here"


class Asked(NamedTuple):
    """An item on its way: all but its branch, which may look at items further down."""

    element: Element
    item: Item
    within: tuple["Asked", ...]


class ItemReader:
    """Reads the items of a questionnaire, and beside them its ``texts``, ``controls``, ``orientation``."""

    def __init__(self, value_sets: ValueSets, texts: Texts) -> None:
        self.value_sets = value_sets
        self.texts = texts
        self.controls: dict[str, Control] = {}
        self.orientation: dict[str, Orientation] = {}
        self.paths: dict[str, str] = {}
        self.parts = 0
        self._targets: dict[str, Target] = {}
        self._options = 0

    def read(self, questionnaire: Element, variables: Variables) -> tuple[Item, ...]:
        """The items with their branches and calculations, which may use the ``variables`` of the whole.

        Raises:
            InvalidQuestionnaireError: see ``read_questionnaire``.
        """
        names = frozenset(name for name, _ in variables)
        asked = [self._ask(element, 1, names) for element in questionnaire.children("item")]
        enabling = Enabling(_places(asked))
        return tuple(self._build(one, enabling, dict(variables)) for one in asked)

    def _ask(self, element: Element, depth: int, names: Names) -> Asked:
        if depth > MAX_DEPTH:
            raise InvalidQuestionnaireError(element.path, f"is nested more than {MAX_DEPTH} deep")
        refuse_other_version(element)
        item_id = self._take_id(element)
        kind = self._kind(element)
        choices, kind = self._choices(element, kind)
        item = self._item(element, item_id, kind, choices)
        item = _calculated(element, item, names)
        self._targets[item_id] = Target(kind, choices, item.unit, is_calculated=item.calculated is not None)
        names |= {name for name, _ in item.variables}
        if kind == "display" and element.has("item"):
            raise element.invalid("item", "a text to read holds no items")
        within = [
            self._ask(child, depth + 1, names)
            for child in element.children("item")
            if not self._takes_as_part(child, item)
        ]
        return Asked(element, item, tuple(within))

    def _takes_as_part(self, child: Element, item: Item) -> bool:
        """Whether a text to read is a part of ``item`` (the end of a slider, its unit) and is kept so."""
        part = folded_part(child, item.kind)
        key = f"{item.item_id}/{part}"
        if part is None or self.texts.has(key):
            return False
        self._take_id(child)
        self.parts += 1
        read_folded(child)
        self.texts.read(child, "text", key)
        child.reading.note(child.path, "a text to read", f"it is kept as the wording {key}")
        return True

    def _take_id(self, element: Element) -> str:
        item_id = element.text("linkId")
        if not item_id or not item_id.strip():
            raise element.invalid("linkId", "every item needs one")
        if item_id in self.paths:
            raise element.invalid("linkId", f"is the linkId of {self.paths[item_id]} too")
        self.paths[item_id] = element.path
        if len(self.paths) > MAX_ITEMS:
            raise InvalidQuestionnaireError(element.path, f"there are more than {MAX_ITEMS} items")
        return item_id

    def _kind(self, element: Element) -> ItemKind:
        name = element.text("type")
        if not name:
            raise element.invalid("type", "every item needs one")
        if name not in KINDS:
            element.lose("type", f"the type {name}", NO_KIND)
            return "group" if element.has("item") else "display"
        return KINDS[name]

    def _choices(self, element: Element, kind: ItemKind) -> tuple[Choices | None, ItemKind]:
        """The options and the kind: an item of another type that lists its answers is a choice."""
        becomes_choice = kind in WITH_OPTIONS and element.has("answerOption")
        if kind not in CHOICES and not becomes_choice:
            return None, kind
        choices = read_choices(element, self.value_sets)
        self._options += len(choices.options)
        if self._options > MAX_OPTIONS:
            raise InvalidQuestionnaireError(element.path, f"the items have more than {MAX_OPTIONS} options")
        if kind == "choice" and choices.is_known and not choices.options:
            element.lose("answerOption", "a choice without options", "nobody could answer it")
        return choices, "choice" if becomes_choice else kind

    def _item(self, element: Element, item_id: str, kind: ItemKind, choices: Choices | None) -> Item:
        item = Item(
            item_id=item_id,
            kind=kind,
            repeats=self._repeats(element, kind),
            hidden=read_flag(element, "hidden"),
            required=self._said(element, "required", kind),
            read_only=self._said(element, "readOnly", kind),
            codes=read_codes(element, item_id, self.texts),
        )
        self.texts.read_marked(element, "text", item_id)
        self.texts.read(element, "prefix", f"{item_id}/prefix")
        read_text(element, "sdf-sublabel", f"{item_id}/help", self.texts)
        read_text(element, "instruction", f"{item_id}/help", self.texts)
        read_text(element, "shortText", f"{item_id}/short-text", self.texts)
        note_servers(element)
        self._show(element, item)
        return item if kind in CONTAINERS else self._answered(element, item, choices)

    def _answered(self, element: Element, item: Item, choices: Choices | None) -> Item:
        """``item`` with all that is said of its answer."""
        read_text(element, "entryFormat", f"{item.item_id}/placeholder", self.texts)
        read_text(element, "validationtext", f"{item.item_id}/error", self.texts)
        item = with_bounds(element, item)
        if item.kind == "open-choice":
            read_text(element, "openLabel", f"{item.item_id}/open-label", self.texts)
        if choices is not None:
            choices.put_texts(item.item_id, self.texts)
            item = replace(item, options=choices.options, options_are=choices.kind)
        if item.kind in NUMBERS:
            item = replace(item, unit=read_unit(element, item.item_id, self.texts))
        initial = read_initial(element, item, choices)
        occurrences = read_occurrences(element, repeats=item.repeats)
        return replace(
            item,
            required=item.required or occurrences.is_required,
            min_answers=occurrences.least,
            max_answers=occurrences.most,
            initial=initial[0] if initial else None,
            further_initial=initial[1:],
        )

    def _repeats(self, element: Element, kind: ItemKind) -> bool:
        repeats = bool(element.flag("repeats"))
        answers = element.extension("answerRepeats") if kind in CHOICES else None
        if answers is not None and answers.flag("valueBoolean"):
            repeats = True
        if repeats and kind not in REPEATABLE:
            element.lose("repeats", f"a repeating {kind}", ONE_ANSWER)
            return False
        return repeats

    def _said(self, element: Element, key: str, kind: ItemKind) -> bool:
        said = bool(element.flag(key))
        if said and kind in CONTAINERS:
            element.lose(key, f"{key} on a {kind}", "it holds for an item that takes an answer only")
            return False
        return said

    def _show(self, element: Element, item: Item) -> None:
        control = read_control(element, item) or read_category(element, item)
        if control is not None:
            self.controls[item.item_id] = control
        if item.kind not in CHOICES:
            return
        orientation = read_orientation(element)
        if orientation is not None:
            self.orientation[item.item_id] = orientation

    def _build(self, asked: Asked, enabling: Enabling, variables: Mapping[str, str]) -> Item:
        element, item = asked.element, asked.item
        if item.variables:
            variables = {**variables, **dict(item.variables)}
        branch = read_branch(element, self._targets)
        branch = read_enabling(element, enabling, variables, branch)
        within = tuple(self._build(one, enabling, variables) for one in asked.within)
        return with_more_of_item(element, replace(item, branch=branch, items=within))


def _places(asked: list[Asked]) -> Places:
    """Where the items stand, before they are put together."""
    items: dict[str, Item] = {}
    within = {"": tuple(one.item.item_id for one in asked)}
    waiting = list(asked)
    while waiting:
        one = waiting.pop()
        items[one.item.item_id] = one.item
        within[one.item.item_id] = tuple(inner.item.item_id for inner in one.within)
        waiting.extend(one.within)
    return Places(items, within)


def _calculated(element: Element, item: Item, names: Names) -> Item:
    """``item`` with its variables and its calculation, which may use ``names`` besides."""
    variables = read_variables(element, names)
    calculated = read_calculation(element, item.kind, names | {name for name, _ in variables})
    return replace(item, variables=variables, calculated=calculated)
