"""The differences of two versions, judged: in words, by axis, with what each leaves to compare."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from instruments.definition import Structure, every_item
from instruments.differences.change import Change, Effect
from instruments.differences.edits import Edit, edits, shown_by, turned
from instruments.differences.parts import Tree, as_read, plain, tree_of
from instruments.differences.reach import Node, Reach
from instruments.differences.rules import HEADING, HELP, TEXT, UNUSED, Rule, rule_of
from instruments.differences.sentences import sentence, wording_sentence
from instruments.translation import ASPECTS
from instruments.versions import Instrument

ANSWERED_BY = frozenset(("min", "max", "unit"))
"""Words beside an item that are part of its response scale."""


class Judged(NamedTuple):
    """A change; what it leaves to compare of the very thing it touches, whether that is scored or not; and
    whether it touches everything.
    """

    change: Change
    severity: Effect
    touches_everything: bool


class Wording(NamedTuple):
    """What a key of a translation names: in words, the item, and the rule of a change of it."""

    thing: str
    item_id: str | None
    rule: Rule


def diff(a: Instrument, b: Instrument) -> tuple[Change, ...]:
    """Every change from ``a`` to ``b``, by document and in the order of ``a``; none if they say the same.

    Both are sound (``check_instrument``). What changed is told from what it touches: a change of an item that
    no scale counts leaves scores comparable, and one of an item that decides whether another is asked touches
    that other too. A wording that changes in every language of both versions is a new wording (``major``),
    in some of them a revised translation.

    The changes are what ``apply`` needs, and survive JSON.
    """
    return tuple(judged.change for judged in judge(a, b))


def judge(a: Instrument, b: Instrument) -> tuple[Judged, ...]:
    """The changes of ``diff``, each with how grave it is for the thing itself."""
    a, b = as_read(a), as_read(b)
    found = list(edits(a, b))
    if not found:
        return ()
    return tuple(_Judge(a, b, found).judged())


class _Judge:
    """Both versions laid out once, so that each difference is judged by looking things up."""

    def __init__(self, a: Instrument, b: Instrument, found: list[Edit]) -> None:
        self.found = found
        self.reach = Reach(a, b)
        self.trees = tree_of(a.structure), tree_of(b.structure)
        self.languages = _languages(a) & _languages(b)
        texts = [edit for edit in found if edit.owner == "Translation" and edit.field == "texts"]
        self.changed_in = Counter(edit.path[-1] for edit in texts if edit.path[1] in self.languages)
        self.wordings = _wordings((a.structure, b.structure)) if texts else {}

    def judged(self) -> Iterator[Judged]:
        for edit in self.found:
            if edit.owner == "Translation" and edit.field == "texts":
                yield self._judged_text(edit)
            else:
                yield self._judged_field(edit)

    def _judged_text(self, edit: Edit) -> Judged:
        key = edit.path[-1]
        wording = self.wordings.get(key) or Wording(f"the text {key!r}", None, UNUSED)
        rule = wording.rule
        if rule.effect is Effect.NONE and self.changed_in[key] == len(self.languages):
            rule = rule._replace(trigger="major")
        items = () if wording.item_id is None else (wording.item_id,)
        return self._judged(edit, rule, items, wording_sentence(edit, rule, wording.thing))

    def _judged_field(self, edit: Edit) -> Judged:
        rule = rule_of(edit.owner, edit.field, edit.act, in_scoring=edit.path[0] == "scoring")
        if rule.touches in ("item", "part") and len(edit.path) < 3 and edit.act != "order":
            rule = rule._replace(touches="everything")
        if edit.act == "move" and self._is_shown_otherwise(edit.path[-1]):
            rule = rule._replace(effect=Effect.NONE, note="the groups are shown on other conditions")
        return self._judged(edit, rule, _items_of(edit, rule), sentence(edit, rule))

    def _judged(self, edit: Edit, rule: Rule, items: tuple[str, ...], words: str) -> Judged:
        scales = self._scales(edit, rule, items)
        effect = rule.effect
        if self.reach.outputs and not scales and effect is not Effect.IDENTICAL:
            effect = Effect.SCORES
        change = Change(
            path=edit.path,
            act=edit.act,
            words=words,
            axis=rule.axis,
            trigger=rule.trigger,
            effect=effect,
            scales=scales,
            items=items,
            before=plain(edit.before),
            after=plain(edit.after),
            parent=edit.parent,
            position=edit.position,
        )
        return Judged(change, rule.effect, rule.touches == "everything")

    def _scales(self, edit: Edit, rule: Rule, items: Iterable[str]) -> tuple[str, ...]:
        if rule.touches == "everything":
            return self.reach.outputs
        nodes = [Node(asked=True, name=item_id) for item_id in items]
        if rule.touches == "part":
            nodes = [Node(asked=False, name=edit.path[2])]
        touched = {name for node in nodes for name in self.reach.scales_with(node)}
        return tuple(name for name in self.reach.outputs if name in touched)

    def _is_shown_otherwise(self, item_id: str) -> bool:
        before, after = (_shown_by(tree, item_id) for tree in self.trees)
        return before != after


def _shown_by(tree: Tree | None, item_id: str) -> tuple[object, ...]:
    return () if tree is None else shown_by(tree, item_id)


def _languages(instrument: Instrument) -> frozenset[str]:
    return frozenset(translation.language for translation in instrument.translations)


def _items_of(edit: Edit, rule: Rule) -> tuple[str, ...]:
    """The items that a difference outside the wording is about."""
    if edit.act == "order" and edit.owner == "Structure":
        return turned(_ids(edit.before), _ids(edit.after))
    in_items = edit.path[:2] == ("structure", "items")
    by_item = edit.path[0] == "presentation" and rule.touches == "item"
    return (edit.path[2],) if len(edit.path) > 2 and (in_items or by_item) else ()


def _ids(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _wordings(structures: Iterable[Structure]) -> dict[str, Wording]:
    """What each key that a translation may have names, in either version."""
    found = {
        "title": Wording("the title", None, HEADING._replace(says="the text")),
        "intro": Wording("the introduction", None, HEADING._replace(says="the text")),
    }
    for structure in structures:
        for item in every_item(structure):
            name = item.item_id
            thing = f"item {name!r}"
            rule = TEXT._replace(note=HEADING.note) if item.kind == "display" else TEXT
            found[name] = Wording(thing, name, rule)
            for aspect in ASPECTS:
                says = f"the {aspect} text"
                aspect_rule = (TEXT if aspect in ANSWERED_BY else HELP)._replace(says=says)
                found[f"{name}/{aspect}"] = Wording(thing, name, aspect_rule)
            for option in item.options:
                words = f"{thing}, option {option.code!r}"
                found[f"{name}/{option.code}"] = Wording(words, name, TEXT)
                found[f"{name}/{option.code}/prefix"] = Wording(
                    words, name, HELP._replace(says="the prefix text")
                )
    return found
