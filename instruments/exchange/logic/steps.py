"""The steps of a path over a QuestionnaireResponse, each from one meaning to the next."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from instruments.definition import CHOICES
from instruments.exchange.logic.conditions import denied, joined
from instruments.exchange.logic.meanings import (
    WHOLE,
    Chosen,
    Count,
    Held,
    Kept,
    LinkIds,
    Meaning,
    NamedNodes,
    Nodes,
    Places,
    as_held,
    chosen,
    has_answer,
    is_positive,
)
from instruments.exchange.logic.syntax import LogicError

Step = Callable[[Meaning, Places], Meaning]
TYPED = frozenset(("ofType", "as", "repeat"))
"""Functions whose argument is a name."""
TYPES: Mapping[str, str] = MappingProxyType(
    {
        "boolean": "Boolean", "integer": "Integer", "decimal": "Decimal", "quantity": "Quantity",
        "string": "String", "text": "String", "url": "Uri", "date": "Date", "date-time": "DateTime",
        "time": "Time",
    }
)  # fmt: skip


def member(meaning: Meaning, name: str, places: Places) -> Meaning:
    """``.name`` of items or answers.

    Raises:
        LogicError: it is nothing that a branch looks at.
    """
    if isinstance(meaning, Nodes):
        return _of_nodes(meaning, name, places)
    if isinstance(meaning, Chosen):
        return _of_answer(meaning, name)
    raise LogicError(f"looks at {name[:40]!r} of what is no item or answer")


def filtered(meaning: Meaning, test: Meaning) -> Meaning:
    """``.where(test)``.

    Raises:
        LogicError: it is no test of the items by ``linkId``, nor of the answers to one item.
    """
    if isinstance(meaning, Nodes) and isinstance(test, NamedNodes):
        return Nodes(meaning.ids & {test.item_id})
    if not isinstance(meaning, Chosen):
        raise LogicError("looks for items by something else than their linkId")
    true, item = as_held(test).true, meaning.item
    if is_positive(true, item):
        return Kept(item, true)
    if item.repeats:
        raise LogicError(f"looks among the answers to {item.item_id[:60]!r} for what a branch cannot say")
    return Kept(item, joined([has_answer(item, is_so=True), true], needs_all=True))


def typed(meaning: Meaning, name: str, word: str, places: Places) -> Meaning:
    """``.ofType(word)``, ``.as(word)`` or ``.repeat(item)``.

    Raises:
        LogicError: the item's answers are not of this type; something else than items is repeated.
    """
    if name == "repeat":
        if word != "item" or not isinstance(meaning, Nodes):
            raise LogicError("repeats something else than item")
        return places.grouped if meaning == WHOLE else places.beneath(meaning, places.in_group)
    if isinstance(meaning, Chosen) and meaning.aspect == "value":
        if word.lower() == _type_of(meaning).lower():
            return meaning
        raise LogicError(f"looks for answers of the type {word[:40]}, which the item does not have")
    raise LogicError("asks for the type of what is no answer")


def _of_nodes(nodes: Nodes, name: str, places: Places) -> Meaning:
    if name == "linkId":
        return LinkIds()
    if name == "item":
        return Nodes(frozenset(one for item_id in nodes.ids for one in places.in_group(item_id)))
    if name != "answer":
        raise LogicError(f"looks at {name[:40]!r} of an item, which a branch cannot say")
    if len(nodes.ids) != 1 or "" in nodes.ids:
        found = "several items" if nodes.ids else "an item that does not stand where it looks for it"
        raise LogicError(f"looks at the answers to {found}")
    return chosen(next(iter(nodes.ids)), places)


def _of_answer(answer: Chosen, name: str) -> Meaning:
    item = answer.item
    if answer.aspect == "answer" and name in ("value", f"value{_type_of(answer)}"):
        return answer._replace(aspect="value")
    if answer.aspect == "value" and name == "code" and item.kind in CHOICES and item.options_are == "coding":
        return answer._replace(aspect="code")
    if answer.aspect == "value" and name == "value" and item.kind == "quantity":
        return answer._replace(aspect="number")
    raise LogicError(f"looks at {name[:40]!r} of an answer, which a branch cannot say")


def _type_of(answer: Chosen) -> str:
    if answer.item.kind in CHOICES:
        return answer.item.options_are.capitalize()
    return TYPES[answer.item.kind]


def _exists(meaning: Meaning, _places: Places) -> Held:
    if isinstance(meaning, Kept):
        return Held(meaning.test, denied(meaning.test))
    # Who answers an open choice in own words gives a text, which has no code.
    if isinstance(meaning, Chosen) and not (meaning.aspect == "code" and meaning.item.kind == "open-choice"):
        return Held(has_answer(meaning.item, is_so=True), has_answer(meaning.item, is_so=False))
    raise LogicError("asks whether something else than an answer is there")


def _empty(meaning: Meaning, places: Places) -> Held:
    return _not(_exists(meaning, places), places)


def _not(meaning: Meaning, _places: Places) -> Held:
    held = as_held(meaning)
    return Held(held.false, held.true)


def _count(meaning: Meaning, _places: Places) -> Count:
    if isinstance(meaning, Chosen) and meaning.aspect in ("answer", "value"):
        return Count(meaning.item)
    raise LogicError("counts something else than the answers to an item")


def _single(meaning: Meaning, _places: Places) -> Meaning:
    if isinstance(meaning, Nodes) and len(meaning.ids) <= 1:
        return meaning
    if isinstance(meaning, Chosen) and meaning.is_one:
        return meaning
    raise LogicError("takes one of several answers, which a branch cannot say")


def _descendants(meaning: Meaning, places: Places) -> Nodes:
    if isinstance(meaning, Nodes):
        if meaning == WHOLE:
            return places.everything
        return places.beneath(meaning, lambda item_id: places.within.get(item_id, ()))
    raise LogicError("looks at everything in what is no item")


FUNCTIONS: Mapping[str, Step] = MappingProxyType(
    {
        "exists": _exists,
        "hasValue": _exists,
        "empty": _empty,
        "not": _not,
        "count": _count,
        "first": _single,
        "last": _single,
        "single": _single,
        "descendants": _descendants,
    }
)
"""Functions without an argument."""
