"""Calculated values: what the FHIRPath of an instrument's items gives for one person's answers.

Source: FHIR Structured Data Capture 3.0, ``calculatedExpression`` and ``variable``. Reckoned over the answers
that count: those to items that are enabled, and what hidden items are filled in with.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

import msgspec

from instruments.answers import Answers, wrong_answer
from instruments.definition import CHOICES, CONTAINERS, NUMBERS, TEXTS, Item, Structure, Value, every_item
from instruments.expressions import Outline, current, enabled
from instruments.fhirpath import GIVEN, FhirPathError, Path, evaluate, item_of_response, read_path
from instruments.response_items import Tree, coding_of, response_items

MAX_WORDS = 3_000
"""Names, numbers, texts and signs of all expressions of an instrument."""
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"

Values = Mapping[str, tuple[Value, ...]]
Place = str
"""Where a variable is declared: an item's id, or nothing for the whole."""
WHOLE: Place = ""


NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


class CalculationFault(NamedTuple):
    """Something wrong with a calculation: the item where it stands (or none) and the rule that it breaks."""

    item_id: str
    rule: str


class _Plan(NamedTuple):
    """An instrument's calculations: ``rounds`` of items, each reckoned from the rounds before it."""

    outline: Outline
    rounds: tuple[tuple[str, ...], ...]
    variables: Mapping[Place, Mapping[str, Path]]


def complete(structure: Structure, answers: Answers) -> Answers:
    """``answers`` with the values of the calculated items; without them where nothing can be reckoned.

    A value that its item does not allow (see ``wrong_answer``) is left out. What ``answers`` already hold of
    a calculated item is replaced.
    """
    if not has_calculations(structure):
        return answers
    plan = _plan(structure)
    calculated = frozenset(item_id for one in plan.rounds for item_id in one)
    values = {item_id: given for item_id, given in answers.values.items() if item_id not in calculated}
    is_enabled = enabled(plan.outline, values)
    for item_ids in plan.rounds:
        scope = _Scope(plan, structure, _counting(plan.outline, values, is_enabled, calculated))
        found = {item_id: scope.calculated(item_id) for item_id in item_ids if is_enabled[item_id]}
        values |= {item_id: value for item_id, value in found.items() if value}
    return msgspec.structs.replace(answers, values=values)


@lru_cache(maxsize=1024)
def has_calculations(structure: Structure) -> bool:
    """Whether an item of it is calculated."""
    return any(item.calculated is not None for item in every_item(structure))


def is_name(name: str) -> bool:
    """Whether an expression can use it as ``%name``."""
    return NAME.fullmatch(name) is not None


def faults_of_calculations(structure: Structure) -> list[CalculationFault]:
    """Every calculation that cannot be made, with its item; none where all can."""
    expressions = list(_every_expression(structure))
    if not expressions:
        return []
    faults, words, sound = [], 0, True
    for item_id, name, text in expressions:
        if name and (not is_name(name) or name in GIVEN):
            faults.append(CalculationFault(item_id, f"has a variable with the name {name[:40]!r}"))
        try:
            path = read_path(text)
        except FhirPathError as error:
            sound = False
            faults.append(CalculationFault(item_id, f"is calculated by what {error.rule}"))
            continue
        words += path.words
        if words > MAX_WORDS:
            return [*faults, CalculationFault(item_id, f"and those before it have over {MAX_WORDS} words")]
    if sound:
        faults.extend(_unknown_names(structure))
    if not faults and (place := _circle(structure)) is not None:
        faults.append(CalculationFault(place, "is calculated, in a circle, from itself"))
    return faults


def _every_expression(structure: Structure) -> Iterator[tuple[Place, str, str]]:
    for name, text in structure.variables:
        yield WHOLE, name, text
    for item in every_item(structure):
        for name, text in item.variables:
            yield item.item_id, name, text
        if item.calculated is not None:
            yield item.item_id, "", item.calculated


def _unknown_names(structure: Structure) -> Iterator[CalculationFault]:
    outline, variables = Outline(structure), _variables(structure)
    for item_id, _name, text in _every_expression(structure):
        for wanted in sorted(read_path(text).names - GIVEN):
            if _declared(outline, variables, item_id, wanted) is None:
                yield CalculationFault(item_id, f"is calculated with %{wanted[:40]}, which is not there")


def _circle(structure: Structure) -> Place | None:
    """An item that waits for itself, or whose variable does; a variable of the whole is named by nothing."""
    try:
        TopologicalSorter(_needs(structure)).prepare()
    except CycleError as error:
        waiting: list[Thing] = error.args[1]
        return min(place for place, _name in waiting)
    return None


Thing = tuple[Place, str]
"""A variable by its place and name, or an item's own value by its id and no name."""


def _needs(structure: Structure) -> dict[Thing, set[Thing]]:
    """What each variable and calculated item is reckoned from, of those that are reckoned themselves."""
    outline, variables = Outline(structure), _variables(structure)
    own = {item_id for item_id, item in outline.items.items() if item.calculated is not None}
    needs: dict[Thing, set[Thing]] = {}
    texts = [((place, name), path) for place, paths in variables.items() for name, path in paths.items()]
    texts += [((item_id, ""), read_path(outline.items[item_id].calculated or "")) for item_id in own]
    for thing, path in texts:
        places = [(_declared(outline, variables, thing[0], name), name) for name in path.names - GIVEN]
        named = {(place, name) for place, name in places if place is not None}
        needs[thing] = named | {(item_id, "") for item_id in path.texts & own}
    return needs


def _variables(structure: Structure) -> dict[Place, dict[str, Path]]:
    found = {WHOLE: {name: read_path(text) for name, text in structure.variables}}
    for item in every_item(structure):
        if item.variables:
            found[item.item_id] = {name: read_path(text) for name, text in item.variables}
    return found


def _declared(
    outline: Outline, variables: Mapping[Place, Mapping[str, Path]], item_id: Place, name: str
) -> Place | None:
    """Where the variable that an expression of this item means stands: with it, or further out."""
    place: Place | None = item_id
    while place:
        if name in variables.get(place, {}):
            return place
        place = outline.parents.get(place)
    return WHOLE if name in variables[WHOLE] else None


@lru_cache(maxsize=256)
def _plan(structure: Structure) -> _Plan:
    sorter = TopologicalSorter(_needs(structure))
    sorter.prepare()
    rounds: list[tuple[str, ...]] = []
    while sorter.is_active():
        ready = sorter.get_ready()
        items = tuple(sorted(place for place, name in ready if not name))
        if items:
            rounds.append(items)
        sorter.done(*ready)
    return _Plan(Outline(structure), tuple(rounds), _variables(structure))


def _counting(
    outline: Outline, values: Values, is_enabled: Mapping[str, bool], calculated: frozenset[str]
) -> dict[str, tuple[Value, ...]]:
    """The values that count: of enabled items; of those that nobody answers, what they are filled in with."""
    counting = {}
    for item_id, item in outline.items.items():
        if is_enabled[item_id]:
            own = values.get(item_id, ()) if item_id in calculated else current(item, values)
            if own:
                counting[item_id] = own
    return counting


class _Scope:
    """One round's resources, in which an expression finds the variables that it names, each reckoned once."""

    def __init__(self, plan: _Plan, structure: Structure, values: Values) -> None:
        self._plan = plan
        self._elements: dict[Place, Tree] = {}
        items = response_items(structure.items, values, (), self._elements)
        self._elements[WHOLE] = {"resourceType": "QuestionnaireResponse", "item": items}
        self._questionnaire = _questionnaire(structure)
        self._reckoned: dict[Thing, list[object]] = {}

    def calculated(self, item_id: str) -> tuple[Value, ...]:
        """The value of a calculated item; nothing where there is none that it may have."""
        item = self._plan.outline.items[item_id]
        found = self._evaluated(item_id, read_path(item.calculated or ""))
        values = tuple(value for one in found if (value := _value(item, one)) is not None)
        if not values or len(values) < len(found) or item.kind in CONTAINERS:
            return ()
        return () if wrong_answer(item, values) else values

    def _evaluated(self, place: Place, path: Path) -> list[object]:
        whole, own = self._elements[WHOLE], self._elements.get(place, {"linkId": place})
        element = whole if place == WHOLE else item_of_response(own)
        variables: dict[str, object] = {
            "resource": whole,
            "context": element,
            "questionnaire": self._questionnaire,
        }
        for name in path.names - GIVEN:
            variables[name] = self._variable(place, name)
        return evaluate(path, element, variables)

    def _variable(self, place: Place, name: str) -> list[object]:
        declared = _declared(self._plan.outline, self._plan.variables, place, name)
        if declared is None:
            return []
        if (declared, name) not in self._reckoned:
            path = self._plan.variables[declared][name]
            self._reckoned[declared, name] = self._evaluated(declared, path)
        return self._reckoned[declared, name]


def _value(item: Item, found: object) -> Value | None:
    """What FHIRPath found, as an answer to the item; None where it is of another kind."""
    if item.kind in CHOICES:
        return _option(item, found)
    if item.kind == "boolean":
        return found if isinstance(found, bool) else None
    if item.kind in NUMBERS:
        return _number(item, found)
    if isinstance(found, str):
        return found
    return str(found) if item.kind in TEXTS and isinstance(found, int | Decimal) else None


def _number(item: Item, found: object) -> Value | None:
    if isinstance(found, dict):
        found = found.get("value")
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        return None
    number = float(found) if item.decimals is None else round(float(found), item.decimals)
    if item.kind == "integer" or (isinstance(found, int) and item.kind == "quantity"):
        return int(number) if number.is_integer() else None
    return number


def _option(item: Item, found: object) -> Value | None:
    for option in item.options:
        coding = coding_of(option.system, option.code)
        if isinstance(found, dict) and found.get("code") == coding["code"]:
            if found.get("system") in (None, option.system):
                return option.code
        elif found == option.code:
            return option.code
    return None


@lru_cache(maxsize=64)
def _questionnaire(structure: Structure) -> Tree:
    """What was asked, as far as expressions look at it: the items, their kinds, options and numbers."""
    return {"resourceType": "Questionnaire", "item": [_asked(item) for item in structure.items]}


def _asked(item: Item) -> Tree:
    asked: Tree = {"linkId": item.item_id, "type": item.kind}
    options: list[Tree] = []
    for option in item.options:
        written: Tree = {"valueCoding": coding_of(option.system, option.code)}
        if option.score is not None:
            written["extension"] = [{"url": ORDINAL, "valueDecimal": option.score}]
        options.append(written)
    if options:
        asked["answerOption"] = options
    if item.items:
        asked["item"] = [_asked(one) for one in item.items]
    return asked
