"""Changes in words: one English sentence each, which names what changed by its id."""

import msgspec

from instruments.defaults import fields_of
from instruments.definition import AdaptiveRule, Bank, Branch
from instruments.differences.edits import Edit, turned
from instruments.differences.parts import TOP
from instruments.differences.rules import Rule
from instruments.scoring.spec import MissingRule

LONGEST = 120
"""Characters of a value that a sentence shows; the whole of it is in ``before`` and ``after``."""
NOUNS = {
    "translations": "translation",
    "items": "item",
    "options": "option",
    "scales": "scale",
    "recodes": "recoding table",
    "tables": "table of grades",
    "flags": "flag",
    "bandings": "banding",
    "texts": "text",
    "controls": "item",
    "orientation": "item",
    "adaptive": "adaptive test of the scale",
}


def sentence(edit: Edit, rule: Rule) -> str:
    """The sentence for a difference that is not about wording."""
    return _with_note(_said(edit, rule), rule)


def wording_sentence(edit: Edit, rule: Rule, thing: str) -> str:
    """The sentence for a text of ``thing`` in one language; the texts themselves stay out of it."""
    done = {"add": "is given", "remove": "is taken away", "set": "changes"}[edit.act]
    return _with_note(f"{thing}: {rule.says} in {edit.path[1]!r} {done}", rule)


def _with_note(said: str, rule: Rule) -> str:
    return f"{said}; {rule.note}" if rule.note else said


def _said(edit: Edit, rule: Rule) -> str:
    if edit.act == "order" and isinstance(edit.before, list) and isinstance(edit.after, list):
        return _said_of_order(edit, rule, edit.before, edit.after)
    if edit.act == "move":
        return f"{subject(edit.path)} stands {_where(edit.after)} instead of {_where(edit.before)}"
    if _is_entry(edit):
        return f"{subject(edit.path)}: {rule.says} changes from {value(edit.before)} to {value(edit.after)}"
    if edit.act == "remove":
        return f"{subject(edit.path)} is removed"
    if edit.act == "add":
        where = f" {_where(edit.parent)}" if edit.owner == "Structure" else ""
        return f"{subject(edit.path)} is added{where}"
    whole = subject(edit.path[:-1])
    return f"{whole}: {rule.says} changes from {value(edit.before)} to {value(edit.after)}"


def _is_entry(edit: Edit) -> bool:
    """Whether this is about one key of a mapping, rather than a field or an element of a list."""
    return edit.path[-2:-1] == (edit.field,) and not isinstance(edit.before or edit.after, msgspec.Struct)


def _said_of_order(edit: Edit, rule: Rule, before: list[str], after: list[str]) -> str:
    moved = ", ".join(repr(key) for key in turned(before, after))
    whole = subject(edit.path[:-1]) if edit.parent == TOP else f"group {edit.parent!r}"
    return f"{whole}: {rule.says} changes for {shortened(moved)}"


def _where(parent: object) -> str:
    return "at the top" if parent == TOP else f"in the group {parent!r}"


def subject(path: tuple[str, ...]) -> str:
    """What a path leads to, in words: ``item 'q1', option '2'``; the whole document where no id is named."""
    if not path:
        return "the instrument"
    if len(path) == 1:
        return f"the {path[0]}"
    steps = path if path[0] == "translations" else path[1:]
    pairs = zip(steps[::2], steps[1::2], strict=False)
    named = ", ".join(f"{NOUNS.get(noun, noun)} {name!r}" for noun, name in pairs)
    return f"scoring of {named}" if path[:2] == ("scoring", "items") else named


def value(given: object) -> str:
    """A value as a sentence shows it, shortened."""
    return shortened(_shown(given))


def shortened(text: str) -> str:
    """The text, or its beginning where it is long."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _shown(given: object) -> str:
    shown = repr(given)
    match given:
        case None | () | "":
            shown = "nothing"
        case bool():
            shown = "yes" if given else "no"
        case Branch():
            shown = _branch(given)
        case AdaptiveRule():
            shown = _adaptive_rule(given)
        case Bank():
            shown = f"a bank of {len(given.items)} items"
        case MissingRule():
            shown = f"{given.kind} {given.least:g}" if given.least else given.kind
        case msgspec.Struct():
            fields = [(field.name, getattr(given, field.name)) for field in fields_of(type(given))]
            shown = "(" + ", ".join(f"{name} {_shown(inner)}" for name, inner in fields) + ")"
        case tuple() | list():
            shown = "[" + ", ".join(_shown(inner) for inner in given) + "]"
        case float():
            shown = f"{given:g}" if given == float(f"{given:g}") else shown
    return shown


def _branch(branch: Branch) -> str:
    """The conditions in words, brackets around those of a branch within."""
    joint = " and " if branch.needs == "all" else " or "
    said = [f"{one.item} {one.operator} {_shown(one.value)}" for one in branch.conditions]
    return "(" + joint.join([*said, *(_branch(inner) for inner in branch.branches)]) + ")"


def _adaptive_rule(rule: AdaptiveRule) -> str:
    """How a test ends, in words, and what else is not as it usually is."""
    said = f"{rule.min_items} to {rule.max_items} items, ending at an error below {rule.se_stop:g}"
    if rule.se_change_stop is not None:
        said += f" or changed by less than {rule.se_change_stop:g}"
    usual = AdaptiveRule(rule.min_items, rule.max_items, rule.se_stop, rule.se_change_stop)
    others = ("first", "start_theta", "prior_mean", "prior_sd", "grid", "source")
    unusual = [name for name in others if getattr(rule, name) != getattr(usual, name)]
    return ", ".join([said, *(f"{name} {_shown(getattr(rule, name))}" for name in unusual)])
