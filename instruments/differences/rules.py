"""What each field means for versions and comparability, as a table.

From the rules of what makes a new version: a major one by items, their order, response options, recall,
display logic and scoring; a translation; a presentation; a minor one by help texts and what is not shown.
A field that is in no table here is taken at its gravest.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from instruments.differences.change import Axis, Effect, Trigger

Touches = Literal["item", "part", "everything", "nothing"]


class Rule(NamedTuple):
    """What a change of a field is: on which axis, what it triggers, what it leaves to compare of what it
    ``touches`` (an item, a part of the scoring, everything, nothing that is scored), and its name in words.
    """

    axis: Axis
    trigger: Trigger
    effect: Effect
    touches: Touches
    says: str
    note: str = ""


EQUIVALENCE = "needs an equivalence note (Coons 2009)"
MAY_HOLD_RECALL = "it may hold the recall period or an instruction; read it before pooling"


ADAPTIVE = Rule(
    "structure",
    "major",
    Effect.SCORES,
    "part",
    "",
    "other items may be asked of the same person, on the same scale: scores of one calibration compare, "
    "their errors and which items are answered do not",
)
"""How items are chosen: what is estimated stays the same while each item means what it did."""


def _asked(says: str) -> Rule:
    return Rule("structure", "major", Effect.NONE, "item", says)


def _label(axis: Axis, says: str) -> Rule:
    return Rule(axis, "minor", Effect.SCORES, "nothing", says)


def _shown(touches: Touches, says: str) -> Rule:
    return Rule("presentation", "presentation", Effect.SCORES, touches, says, EQUIVALENCE)


def _scored(says: str, touches: Touches = "part") -> Rule:
    return Rule("scoring", "major", Effect.ITEMS, touches, says)


def _order(rule: Rule) -> Rule:
    return rule._replace(effect=Effect.SCORES, touches="nothing", trigger="minor")


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "Structure.instrument_id": Rule(
            "structure", "major", Effect.NONE, "everything", "the instrument's id"
        ),
        "Structure.version": _label("structure", "the version"),
        "Structure.recall": Rule("structure", "major", Effect.NONE, "everything", "the recall period"),
        "Structure.validated": _label("structure", "whether it is validated"),
        "Structure.source": _label("structure", "the source"),
        "Structure.codes": _label("structure", "the codes"),
        "Structure.variables": Rule("structure", "major", Effect.NONE, "everything", "the variables"),
        "Structure.adaptive": ADAPTIVE._replace(says="which items are asked adaptively"),
        "Structure.adaptive:order": _label("structure", "the order of the adaptive tests"),
        "AdaptiveTest.rule": ADAPTIVE._replace(says="the rule by which items are chosen and the test ends"),
        "AdaptiveTest.bank": ADAPTIVE._replace(says="the calibration by which items are chosen"),
        "Structure.items": _asked("the item"),
        "Structure.items:move": _asked("the item")._replace(effect=Effect.SCORES),
        "Structure.items:order": _asked("the order of the items")._replace(effect=Effect.SCORES),
        "Structure.items:set": Rule("structure", "major", Effect.NONE, "everything", "the items"),
        "Item.kind": _asked("the kind"),
        "Item.options": _asked("the options"),
        "Item.options:order": _asked("the order of the options"),
        "Item.options_are": _label("structure", "what the options' codes are the text of"),
        "Item.required": Rule(
            "structure", "presentation", Effect.SCORES, "item", "whether an answer is required", EQUIVALENCE
        ),
        "Item.repeats": _asked("whether it takes more than one answer"),
        "Item.min_answers": _asked("the least number of answers"),
        "Item.max_answers": _asked("the greatest number of answers"),
        "Item.hidden": _asked("whether it is hidden"),
        "Item.read_only": _asked("whether it is read-only"),
        "Item.minimum": _asked("the minimum"),
        "Item.maximum": _asked("the maximum"),
        "Item.step": _asked("the step"),
        "Item.earliest": _asked("the earliest moment"),
        "Item.latest": _asked("the latest moment"),
        "Item.decimals": _asked("the number of decimals"),
        "Item.min_length": _asked("the least length"),
        "Item.max_length": _asked("the greatest length"),
        "Item.pattern": _asked("the pattern of its answers"),
        "Item.unit": _asked("the unit"),
        "Item.initial": _asked("what it is filled in with"),
        "Item.calculated": _asked("the expression that calculates it"),
        "Item.variables": _asked("the variables of calculations"),
        "Item.branch": _asked("the condition on which it is asked"),
        "Item.codes": _label("structure", "the codes"),
        "Option.score": _asked("the number"),
        "Option.exclusive": _asked("whether it rules out the others"),
        "Presentation.instrument_id": _label("presentation", "the instrument's id"),
        "Presentation.version": _label("presentation", "the version"),
        "Presentation.layout": _shown("everything", "the layout"),
        "Presentation.controls": _shown("item", "the control"),
        "Presentation.orientation": _shown("item", "the orientation of the options"),
        "Presentation.minutes": _label("presentation", "the minutes it takes"),
        "ScoringSpec.instrument_id": _label("scoring", "the instrument's id"),
        "ScoringSpec.version": _label("scoring", "the version"),
        "ScoringSpec.source": _label("scoring", "the source"),
        "ScoringSpec.cases": _label("scoring", "the reference cases"),
        "ScoringSpec.separable": _label("scoring", "whether its scales can be asked apart"),
        "ScoringSpec.items": _scored("the items that count"),
        "ScoringSpec.scales": _scored("the scales"),
        "ScoringSpec.recodes": _scored("the tables that recode"),
        "ScoringSpec.tables": _scored("the tables of grades"),
        "ScoringSpec.flags": _scored("the flags"),
        "ScoringSpec.bandings": _scored("the bandings"),
        "ScoringSpec.items:order": _order(_scored("the order of the items that count")),
        "ScoringSpec.scales:order": _order(_scored("the order of the scales")),
        "ScoringSpec.recodes:order": _order(_scored("the order of the tables that recode")),
        "ScoringSpec.tables:order": _order(_scored("the order of the tables of grades")),
        "ScoringSpec.flags:order": _order(_scored("the order of the flags")),
        "ScoringSpec.bandings:order": _order(_scored("the order of the bandings")),
        "ScoredItem.lowest": _scored("the lowest number that counts"),
        "ScoredItem.highest": _scored("the highest number that counts"),
        "ScoredItem.recode": _scored("the table that recodes it"),
        "ScoredItem.codes": _scored("the numbers of its options"),
        "ScoredItem.absent": _scored("the numbers that mean missing"),
        "ScoredItem.inapplicable": _scored("the numbers that mean not applicable"),
        "Scale.items": _scored("the items"),
        "Scale.scales": _scored("the scales it counts"),
        "Scale.reverse": _scored("the parts that count backwards"),
        "Scale.combine": _scored("how the parts are put together"),
        "Scale.missing": _scored("the missing rule"),
        "Scale.transform": _scored("the transform"),
        "Scale.direction": _scored("the direction"),
        "Scale.lowest": _scored("the lowest score"),
        "Scale.highest": _scored("the highest score"),
        "Scale.recodes": _scored("the tables that recode its parts"),
        "Scale.table": _scored("the table of grades"),
        "Scale.recode": _scored("the table that recodes the score"),
        "Scale.answered": _scored("what must be answered"),
        "Scale.constant": _scored("the constant"),
        "Scale.decimals": _scored("the decimals"),
        "Scale.inapplicable_if": _scored("when it does not apply"),
        "Scale.step": _scored("whether it is a step on the way"),
        "Scale.off": _scored("why it is off"),
        "Recode.pairs": _scored("the numbers"),
        "Table.rows": _scored("the rows"),
        "Flag.tests": _scored("the tests"),
        "Flag.safety": _scored("whether it is about safety"),
        "Banding.scale": _scored("the scale"),
        "Banding.bands": _scored("the bands"),
        "Instrument.translations": Rule(
            "translation", "translation", Effect.SCORES, "nothing", "the translations"
        ),
        "Instrument.translations:set": Rule(
            "translation", "translation", Effect.NONE, "everything", "the translations"
        ),
        "Instrument.translations:order": Rule(
            "translation", "minor", Effect.IDENTICAL, "nothing", "the order of the translations"
        ),
        "Translation.instrument_id": _label("translation", "the instrument's id"),
        "Translation.version": Rule("translation", "translation", Effect.SCORES, "nothing", "the version"),
    }
)
"""By document and field; ``:move``, ``:order`` or ``:set`` for what is done to a list as a whole."""

GRAVEST: Mapping[str, Rule] = MappingProxyType(
    {
        "Item": _asked(""),
        "Option": _asked(""),
        "Presentation": _shown("everything", ""),
        "ScoringSpec": _scored("", "everything"),
        "Translation": Rule("translation", "translation", Effect.NONE, "everything", ""),
    }
)
"""What a field that has no rule of its own means, by the kind of document that it is in."""

TEXT = Rule("translation", "translation", Effect.NONE, "item", "the wording")
"""The words of an item, an option or the end of a slider."""
HELP = Rule("translation", "minor", Effect.SCORES, "item", "")
"""Words beside an item: help, its number, a placeholder, the message when an answer does not fit."""
HEADING = Rule("translation", "translation", Effect.SCORES, "nothing", "", MAY_HOLD_RECALL)
"""The title and the introduction."""
UNUSED = Rule("translation", "minor", Effect.SCORES, "nothing", "the unused text")


def rule_of(owner: str, field: str, act: str, *, in_scoring: bool) -> Rule:
    """The rule of a change of ``field`` in the kind of document ``owner``; the gravest if it has none."""
    for name in (f"{owner}.{field}:{act}", f"{owner}.{field}"):
        if name in RULES:
            return RULES[name]
    if in_scoring:
        gravest = _scored("", "everything" if owner == "ScoringSpec" else "part")
    else:
        gravest = GRAVEST.get(owner, Rule("structure", "major", Effect.NONE, "everything", ""))
    return gravest._replace(says=field.replace("_", " "))
