"""The bare differences of two instruments: which value, where, before and after; nothing of its meaning."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from instruments.defaults import fields_of
from instruments.definition import Item, Presentation, Structure
from instruments.differences.change import Act
from instruments.differences.parts import TOP, Tree, by_key, is_item_tree, is_same, tree_of
from instruments.scoring.spec import ScoringSpec
from instruments.versions import Instrument

DOCUMENTS = (Structure, Presentation, ScoringSpec)
Element = TypeVar("Element", bound=msgspec.Struct)


class Edit(NamedTuple):
    """One difference: the field of which kind of document, the path to it, and its two values.

    For what stands in a list or a mapping the field is that list or mapping, and the path ends in the id.
    """

    owner: str
    field: str
    act: Act
    path: tuple[str, ...]
    before: object = None
    after: object = None
    parent: str = TOP
    position: int | None = None


def edits(a: Instrument, b: Instrument) -> Iterator[Edit]:
    """Every difference from ``a`` to ``b``; both as their JSON says them (``as_read``)."""
    yield from _struct_edits(a, b, ())


def _struct_edits(a: msgspec.Struct, b: msgspec.Struct, path: tuple[str, ...]) -> Iterator[Edit]:
    for field in fields_of(type(a)):
        before, after = getattr(a, field.name), getattr(b, field.name)
        if before is not after and not is_same(before, after):
            edit = Edit(type(a).__name__, field.name, "set", (*path, field.name), before, after)
            yield from _field_edits(edit, a, b)


def _field_edits(edit: Edit, a: msgspec.Struct, b: msgspec.Struct) -> Iterator[Edit]:
    """The differences inside a field that differs, as fine as its type allows."""
    before, after = edit.before, edit.after
    if isinstance(a, Structure) and isinstance(b, Structure) and is_item_tree(edit.owner, edit.field):
        yield from _tree_edits(edit, tree_of(a), tree_of(b))
    elif isinstance(before, DOCUMENTS) and isinstance(after, DOCUMENTS):
        yield from _struct_edits(before, after, edit.path)
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _mapping_edits(edit, before, after)
    else:
        listed = by_key(before), by_key(after)
        if listed[0] is None or listed[1] is None:
            yield edit
        else:
            yield from _list_edits(edit, listed[0], listed[1])


def _mapping_edits(edit: Edit, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Edit]:
    for key in sorted(before.keys() | after.keys()):
        path = (*edit.path, key)
        if key not in after:
            yield edit._replace(act="remove", path=path, before=before[key], after=None)
        elif key not in before:
            yield edit._replace(act="add", path=path, before=None, after=after[key])
        elif not is_same(before[key], after[key]):
            yield edit._replace(path=path, before=before[key], after=after[key])


def _list_edits(edit: Edit, before: Mapping[str, Element], after: Mapping[str, Element]) -> Iterator[Edit]:
    for key, element in before.items():
        if key not in after:
            yield edit._replace(act="remove", path=(*edit.path, key), before=element, after=None)
    for position, (key, element) in enumerate(after.items()):
        if key not in before:
            yield edit._replace(
                act="add", path=(*edit.path, key), before=None, after=element, position=position
            )
    yield from _order_edits(edit, TOP, list(before), list(after))
    yield from _inner_edits(edit, before, after)


def _inner_edits(edit: Edit, before: Mapping[str, Element], after: Mapping[str, Element]) -> Iterator[Edit]:
    for key, element in before.items():
        if key in after:
            yield from _struct_edits(element, after[key], (*edit.path, key))


def _order_edits(edit: Edit, parent: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Edit]:
    """One difference if what is in both lists stands in another order."""
    old, new = frozenset(before), frozenset(after)
    if [key for key in before if key in new] != [key for key in after if key in old]:
        yield edit._replace(act="order", before=list(before), after=list(after), parent=parent)


def _tree_edits(edit: Edit, a: Tree | None, b: Tree | None) -> Iterator[Edit]:
    if a is None or b is None:
        yield edit
        return
    for item_id, item in a.items.items():
        if item_id not in b.items:
            parent = a.parents[item_id]
            yield edit._replace(
                act="remove", path=(*edit.path, item_id), before=item, after=None, parent=parent
            )
    for parent in (TOP, *b.items):
        yield from _placing_edits(edit, a, b, parent)
    yield from _inner_edits(edit, a.items, b.items)


def _placing_edits(edit: Edit, a: Tree, b: Tree, parent: str) -> Iterator[Edit]:
    """What comes to stand in a group, and what stays there in another order."""
    held = b.children[parent]
    for position, item_id in enumerate(held):
        old = a.items.get(item_id)
        placed = edit._replace(path=(*edit.path, item_id), parent=parent, position=position)
        if old is None:
            yield placed._replace(act="add", before=None, after=b.items[item_id])
        elif a.parents[item_id] != parent:
            yield placed._replace(act="move", before=a.parents[item_id], after=parent)
    yield from _order_edits(edit, parent, a.children.get(parent, []), held)


def turned(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """The ids that stand on the other side of another one now, in the order of ``before``; ids in one list
    only do not count.
    """
    places = {key: place for place, key in enumerate(after)}
    order = [(key, places[key]) for key in before if key in places]
    highest_before: list[int] = []
    for _, place in order:
        highest_before.append(max(place, highest_before[-1] if highest_before else -1))
    found = []
    lowest_after = len(after)
    for number in range(len(order) - 1, -1, -1):
        key, place = order[number]
        if highest_before[number] > place or lowest_after < place:
            found.append(key)
        lowest_after = min(lowest_after, place)
    return tuple(reversed(found))


def shown_by(tree: Tree, item_id: str) -> tuple[object, ...]:
    """What decides whether a person meets an item through the groups it stands in: branches, and whether
    hidden.
    """
    deciding: list[object] = []
    parent = tree.parents[item_id]
    while parent != TOP:
        group: Item = tree.items[parent]
        if group.branch is not None or group.hidden:
            deciding.append((group.branch, group.hidden))
        parent = tree.parents[parent]
    return tuple(deciding)
