"""Changes made to an instrument: what ``diff`` found between two versions turns the one into the other."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from instruments.defaults import fields_of, settled
from instruments.definition import Structure
from instruments.differences.change import Change
from instruments.differences.parts import TOP, as_read, by_key, is_item_tree, plain, tree_of
from instruments.versions import Instrument


class ChangesDoNotFitError(Exception):
    """A change is none of this instrument: what it changes is not there, or what comes of it is no
    instrument.
    """

    def __init__(self, path: tuple[str, ...], rule: str) -> None:
        super().__init__(f"{'/'.join(path) or 'the instrument'}: {rule}; apply what diff gave for it")
        self.path = path
        self.rule = rule


@dataclass
class _Listed:
    """A list while it is changed: its elements by id, and the ids that stand in each parent."""

    entries: dict[str, object] = field(default_factory=dict)
    held: dict[str, list[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    placed: list[Change] = field(default_factory=list)
    ordered: dict[str, list[str]] = field(default_factory=dict)

    def settled(self) -> dict[str, list[str]]:
        """The ids in each parent after all that was removed, placed and ordered."""
        moved = self.gone | {change.path[-1] for change in self.placed}
        held = {parent: [key for key in keys if key not in moved] for parent, keys in self.held.items()}
        for change in sorted(self.placed, key=lambda change: change.position or 0):
            held.setdefault(change.parent, []).insert(change.position or 0, change.path[-1])
        return held | self.ordered


def apply(a: Instrument, changes: Iterable[Change]) -> Instrument:
    """``a`` with the changes made: ``apply(a, diff(a, b)) == b``, in any order of the changes.

    Raises:
        ChangesDoNotFitError: the changes are not those from ``a`` to another instrument.
    """
    root = _unfolded(as_read(a))
    for change in changes:
        try:
            _make(root, change)
        except (KeyError, TypeError) as error:
            raise ChangesDoNotFitError(change.path, "is not there to be changed") from error
    try:
        return settled(msgspec.convert(_folded(root), Instrument))
    except (msgspec.ValidationError, KeyError, RecursionError) as error:
        raise ChangesDoNotFitError((), f"is no instrument any more ({error})") from error


def _unfolded(document: msgspec.Struct) -> dict[str, object]:
    return {one.name: _unfolded_field(document, one.name) for one in fields_of(type(document))}


def _unfolded_field(document: msgspec.Struct, name: str) -> object:
    value = getattr(document, name)
    if isinstance(value, msgspec.Struct) and isinstance(document, Instrument):
        return _unfolded(value)
    if isinstance(document, Structure) and is_item_tree(type(document).__name__, name):
        tree = tree_of(document)
        if tree is None:
            return plain(value)
        return _Listed({key: _unfolded(item) for key, item in tree.items.items()}, tree.children)
    listed = by_key(value)
    if not listed:
        return plain(value)
    return _Listed({key: _unfolded(element) for key, element in listed.items()}, {TOP: list(listed)})


def _make(root: dict[str, object], change: Change) -> None:
    if change.act == "order":
        _listed(root, change.path).ordered[change.parent] = list(map(str, _as_list(change.after)))
        return
    *way, name = change.path
    place = _found(root, way)
    if place == []:
        place = _listed(root, way)
    if isinstance(place, _Listed):
        _make_in_list(place, name, change)
    elif not isinstance(place, dict):
        raise TypeError(name)
    elif change.act == "remove":
        del place[name]
    else:
        place[name] = change.after


def _make_in_list(place: _Listed, name: str, change: Change) -> None:
    if change.act == "remove":
        del place.entries[name]
        place.gone.add(name)
        return
    if change.act == "add":
        place.entries[name] = change.after
    elif name not in place.entries:
        raise KeyError(name)
    place.placed.append(change)


def _found(root: dict[str, object], way: Iterable[str]) -> object:
    place: object = root
    for step in way:
        if isinstance(place, _Listed):
            place = place.entries[step]
        elif isinstance(place, dict):
            place = place[step]
        else:
            raise TypeError(step)
    return place


def _listed(root: dict[str, object], way: Iterable[str]) -> _Listed:
    """The list at the end of ``way``; one that was empty becomes a list that can be added to."""
    *outer, name = way
    owner = _found(root, outer)
    if not isinstance(owner, dict):
        raise TypeError(name)
    if owner[name] == []:
        owner[name] = _Listed(held={TOP: []})
    found = owner[name]
    if not isinstance(found, _Listed):
        raise TypeError(name)
    return found


def _as_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _folded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _folded(inner) for key, inner in value.items()}
    return _folded_list(value, TOP, value.settled()) if isinstance(value, _Listed) else value


def _folded_list(listed: _Listed, parent: str, held: dict[str, list[str]]) -> list[object]:
    folded = []
    for key in held.get(parent, []):
        element = _folded(listed.entries[key])
        inside = _folded_list(listed, key, held) if key != TOP else []
        if inside and isinstance(element, dict):
            element["items"] = inside
        folded.append(element)
    return folded
