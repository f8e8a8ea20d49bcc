"""What a change reaches: which scales count an item, however far up, and which items depend on another."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, get_origin

import msgspec

from instruments.defaults import fields_of
from instruments.definition import Item, Structure, every_item
from instruments.differences.parts import TOP, by_key, plain, tree_of
from instruments.scoring.spec import ScoringSpec
from instruments.versions import Instrument

OUTPUTS = ("scales", "flags", "bandings")
"""The lists of a scoring whose elements are results; the others are what results are made of."""
OWN_FIELDS = frozenset(
    ("item_id", "kind", "options", "options_are", "codes", "unit", "earliest", "latest", "pattern", "initial",
     "items")
)  # fmt: skip
"""Fields of an item that never name another item. Any other text may."""
QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")


class Node(NamedTuple):
    """An item as asked, or a part of the scoring (a scored item, table, scale, flag …) by its name."""

    asked: bool
    name: str


class Reach:
    """The two versions' dependencies taken together: what either of them makes depend on something does."""

    def __init__(self, a: Instrument, b: Instrument) -> None:
        self._needs: dict[Node, set[Node]] = defaultdict(set)
        self.outputs = tuple(dict.fromkeys((*outputs_of(a.scoring), *outputs_of(b.scoring))))
        for instrument in (a, b):
            self._add_items(instrument.structure)
            self._add_scoring(instrument.scoring)
        self._sources = {name: self._all_needed(Node(asked=False, name=name)) for name in self.outputs}

    def scales_with(self, node: Node) -> tuple[str, ...]:
        """The scales, flags and bandings that count this item or part of the scoring, however far up."""
        return tuple(name for name in self.outputs if node in self._sources[name])

    def items_of(self, output: str) -> frozenset[str]:
        """The items that this scale, flag or banding counts or depends on."""
        return frozenset(node.name for node in self._sources[output] if node.asked)

    def items_upon(self, item_ids: Iterable[str]) -> frozenset[str]:
        """These items and every item that is shown, calculated or held by one of them."""
        dependents: dict[str, list[str]] = defaultdict(list)
        for node, needed in self._needs.items():
            for other in needed:
                if node.asked and other.asked:
                    dependents[other.name].append(node.name)
        found = set(item_ids)
        waiting = list(found)
        while waiting:
            new = [name for name in dependents[waiting.pop()] if name not in found]
            found.update(new)
            waiting.extend(new)
        return frozenset(found)

    def _all_needed(self, start: Node) -> set[Node]:
        found = {start}
        waiting = [start]
        while waiting:
            new = self._needs.get(waiting.pop(), set()) - found
            found.update(new)
            waiting.extend(new)
        return found

    def _add_items(self, structure: Structure) -> None:
        ids = {item.item_id for item in every_item(structure)}
        shared = _named(_texts_beside(structure, frozenset(("items", "adaptive"))), ids)
        tree = tree_of(structure)
        for item in every_item(structure):
            node = Node(asked=True, name=item.item_id)
            named = _named(_texts_beside(item, OWN_FIELDS), ids)
            if named:
                named |= shared
            if tree is not None and tree.parents[item.item_id] != TOP:
                named.add(tree.parents[item.item_id])
            self._needs[node].update(Node(asked=True, name=name) for name in named)

    def _add_scoring(self, spec: ScoringSpec) -> None:
        lists = {field.name: by_key(getattr(spec, field.name)) or {} for field in fields_of(type(spec))}
        names = {name for parts in lists.values() for name in parts}
        for field_name, parts in lists.items():
            for name, part in parts.items():
                needs = self._needs[Node(asked=False, name=name)]
                needs.update(Node(asked=text not in names, name=text) for text in _names_in(part))
                if field_name == "items":
                    needs.add(Node(asked=True, name=name))


def outputs_of(spec: ScoringSpec) -> tuple[str, ...]:
    """The ids of what a scoring gives: scales, flags and bandings, in its order."""
    return tuple(name for field in OUTPUTS for name in by_key(getattr(spec, field, ())) or ())


def _texts_beside(document: Item | Structure, left_out: frozenset[str]) -> Iterator[str]:
    for field in fields_of(type(document)):
        if field.name not in left_out and getattr(document, field.name):
            yield from _texts(plain(getattr(document, field.name)))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _named(texts: Iterable[str], ids: set[str]) -> set[str]:
    """The items that texts name: as a whole, or quoted inside an expression."""
    found: set[str] = set()
    for text in texts:
        found.update(name for name in (text, *QUOTED.findall(text)) if name in ids)
    return found


def _names_in(part: object) -> Iterator[str]:
    """Every text in a part of the scoring that may name another part: all but those of a closed set."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, msgspec.Struct):
        for field in fields_of(type(part)):
            if get_origin(field.type) is not Literal:
                yield from _names_in(getattr(part, field.name))
    elif isinstance(part, dict):
        for inner in (*part, *part.values()):
            yield from _names_in(inner)
    elif isinstance(part, tuple):
        for inner in part:
            yield from _names_in(inner)
