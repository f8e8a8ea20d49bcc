"""An instrument taken apart: lists by the ids of what stands in them, items out of their groups."""

from typing import NamedTuple

import msgspec
from msgspec import structs

from instruments.defaults import settled
from instruments.definition import AdaptiveTest, Item, Option, Structure, Translation, every_item
from instruments.scoring.spec import Banding, Flag, Recode, Scale, ScoredItem, Table
from instruments.versions import Instrument

KEYS: dict[type[msgspec.Struct], str] = {
    Item: "item_id",
    Option: "code",
    Translation: "language",
    AdaptiveTest: "scale",
    ScoredItem: "item_id",
    Scale: "scale_id",
    Recode: "name",
    Table: "name",
    Flag: "flag_id",
    Banding: "banding_id",
}
"""The field that names an element of a list. Lists of anything else are compared as a whole."""
TOP = ""
"""The parent of an item that no group holds."""


class Tree(NamedTuple):
    """The items by id, each without those it holds; what holds each; and what each holds, in order."""

    items: dict[str, Item]
    parents: dict[str, str]
    children: dict[str, list[str]]


def as_read(instrument: Instrument) -> Instrument:
    """The instrument as its JSON says it: whole numbers in fields for decimals are decimals, and a default
    that is stated is no other than one left out.
    """
    return settled(msgspec.json.decode(msgspec.json.encode(instrument), type=Instrument))


def plain(value: object) -> object:
    """The JSON value of a field, defaults of documents left out."""
    return msgspec.json.decode(msgspec.json.encode(value))


def is_same(one: object, other: object) -> bool:
    """Whether two values have one canonical JSON; unlike ``==`` it tells 1 from 1.0 and from true."""
    return msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")


def by_key(value: object) -> dict[str, msgspec.Struct] | None:
    """The elements of a list by their ids, in order; None where it is no such list or an id comes twice."""
    if not isinstance(value, tuple):
        return None
    found: dict[str, msgspec.Struct] = {}
    for element in value:
        name = KEYS.get(type(element))
        if name is None or getattr(element, name) in found:
            return None
        found[getattr(element, name)] = element
    return found


def tree_of(structure: Structure) -> Tree | None:
    """The items of a structure taken out of their groups; None where an id comes twice or is empty."""
    tree = Tree({}, {}, {TOP: [item.item_id for item in structure.items]})
    tree.parents.update(dict.fromkeys(tree.children[TOP], TOP))
    for item in every_item(structure):
        if item.item_id in tree.items or item.item_id == TOP:
            return None
        held = [inner.item_id for inner in item.items]
        tree.items[item.item_id] = structs.replace(item, items=()) if held else item
        tree.children[item.item_id] = held
        tree.parents.update(dict.fromkeys(held, item.item_id))
    return tree


def is_item_tree(owner: str, field: str) -> bool:
    """Whether this field of a document holds the tree of items."""
    return (owner, field) == ("Structure", "items")
