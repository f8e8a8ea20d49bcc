"""What an instrument is: structure, translations, presentation and scoring, each a document by itself."""

from collections.abc import Iterator
from typing import Literal

import msgspec

ItemKind = Literal[
    "group", "display", "choice", "open-choice", "boolean", "integer", "decimal", "quantity",
    "string", "text", "date", "date-time", "time", "url",
]  # fmt: skip
Operator = Literal["exists", "=", "!=", ">", "<", ">=", "<="]
Value = bool | int | float | str
Control = Literal[
    "radio", "slider", "drop-down", "check-box", "text-area", "autocomplete", "help", "prompt", "legal",
    "header", "footer", "page", "tab", "tab-container", "table", "htable", "gtable", "atable", "grid",
]  # fmt: skip
Orientation = Literal["horizontal", "vertical"]
OptionKind = Literal["coding", "string", "integer", "date", "time"]

CONTAINERS: frozenset[str] = frozenset(("group", "display"))
CHOICES: frozenset[str] = frozenset(("choice", "open-choice"))
NUMBERS: frozenset[str] = frozenset(("integer", "decimal", "quantity"))
TEXTS: frozenset[str] = frozenset(("string", "text", "url"))
REPEATABLE: frozenset[str] = CHOICES | NUMBERS | TEXTS | {"date", "date-time", "time"}
"""Kinds that may take several answers: all that are answered but yes and no."""


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The rules that every stored document shares: frozen, unknown fields refused, defaults left out."""


class Option(Document, frozen=True):
    """One answer of a response scale: ``code`` is stored, ``score`` is what scoring counts, if at all.

    ``system`` is the code system, where the code comes from a terminology; where two systems share a code, it
    stands before the code too, as ``system|code``.
    """

    code: str
    score: float | None = None
    exclusive: bool = False
    system: str = ""


class Condition(Document, frozen=True):
    """One ``enableWhen``: the item it looks at, how, and at what."""

    item: str
    operator: Operator
    value: Value


class Branch(Document, frozen=True):
    """When an item is asked: all or any of the conditions, and of the ``branches`` within it, hold.

    A branch within a branch is a pair of brackets: ``a and (b or c)`` is the condition ``a`` and one inner
    branch of ``b`` and ``c`` that needs any.
    """

    conditions: tuple[Condition, ...]
    needs: Literal["all", "any"] = "all"
    branches: tuple["Branch", ...] = ()


def every_condition(branch: Branch) -> Iterator[Condition]:
    """The conditions of a branch, its own before those of the branches within it; without recursion."""
    waiting = [branch]
    while waiting:
        one = waiting.pop()
        yield from one.conditions
        if one.branches:
            waiting.extend(reversed(one.branches))


class Item(Document, frozen=True):
    """One item, or a group of items. ``item_id`` is unique in the instrument and stable while its meaning is.

    ``minimum`` and ``maximum`` bound a number, ``step`` is a slider's, ``decimals`` its precision; ``unit``
    is a UCUM code. ``earliest`` and ``latest`` bound a date (YYYY-MM-DD) or time (HH:MM:SS). ``repeats`` lets
    more than one option be chosen, or more than one answer be given, at least ``min_answers`` once there is
    one, at most ``max_answers``. ``pattern`` must match the whole answer (see ``patterns``).
    ``options_are`` says what an option's code is the text of. ``initial`` is the answer to begin with, and
    ``further_initial`` what is chosen beside it where the item repeats. ``codes`` are ``system|code`` pairs
    that say the same elsewhere. ``calculated`` is FHIRPath that gives the answer, which nobody is asked for
    then; ``variables`` are names and FHIRPath that it and what stands in it may use as ``%name``.
    """

    item_id: str
    kind: ItemKind
    options: tuple[Option, ...] = ()
    options_are: OptionKind = "coding"
    required: bool = False
    repeats: bool = False
    min_answers: int | None = None
    max_answers: int | None = None
    hidden: bool = False
    read_only: bool = False
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    earliest: str | None = None
    latest: str | None = None
    decimals: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    unit: str | None = None
    initial: Value | None = None
    further_initial: tuple[Value, ...] = ()
    calculated: str | None = None
    variables: tuple[tuple[str, str], ...] = ()
    branch: Branch | None = None
    codes: tuple[str, ...] = ()
    items: tuple["Item", ...] = ()


class BankItem(Document, frozen=True):
    """One item of a bank: its slope ``a`` and its thresholds ``b``, rising; answers are 0 to len(b)."""

    item_id: str
    a: float
    b: tuple[float, ...]


class Bank(Document, frozen=True, cache_hash=True):
    """A calibrated item bank."""

    items: tuple[BankItem, ...]


class Grid(Document, frozen=True, cache_hash=True):
    """The grid of theta: from ``low`` to ``high`` by ``nodes`` equal steps.

    The default is -4.5 to 4.5 by 0.1: -4 to 4 loses 0.1 to 0.2 T at the ceiling.
    """

    low: float = -4.5
    high: float = 4.5
    nodes: int = 91


class AdaptiveRule(Document, frozen=True, cache_hash=True):
    """How an adaptive test goes on and ends. ``first`` is asked first, else the item that the rule gives.

    The next item is the one with the most information at the present estimate, the first of the bank among
    equals; the estimate is ``start_theta`` before the first answer, then the mean of the posterior under a
    normal prior (``prior_mean``, ``prior_sd``) on ``grid``. An item that was declined is not asked again.

    It ends not before ``min_items`` answers, and at the latest when ``max_items`` were asked, declined or
    not; in between once the standard error is below ``se_stop``, or changed by less than ``se_change_stop``
    with the last answer.
    """

    min_items: int
    max_items: int
    se_stop: float
    se_change_stop: float | None = None
    start_theta: float = 0.0
    prior_mean: float = 0.0
    prior_sd: float = 1.0
    grid: Grid = Grid()
    first: str | None = None
    source: str = ""


class AdaptiveTest(Document, frozen=True, cache_hash=True):
    """Items that are asked adaptively: those of ``bank``, by ``rule``, to estimate the scale ``scale``.

    The bank's calibration is that by which items are chosen. It is part of what is asked, so that a scoring
    with a newer calibration never changes which items an answered version was about.
    """

    scale: str
    rule: AdaptiveRule
    bank: Bank


class Structure(Document, frozen=True, cache_hash=True):
    """What is asked: the items in order, their response scales and branching, and the recall period.

    ``variables`` are an item's (see ``Item``), for all items. ``adaptive`` says which of the items are asked
    one by one, as the answers before them make worth asking.
    """

    instrument_id: str
    version: str
    items: tuple[Item, ...]
    recall: str = ""
    validated: bool = False
    source: str = ""
    codes: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    adaptive: tuple[AdaptiveTest, ...] = ()


def every_item(structure: Structure) -> Iterator[Item]:
    """Every item in the order asked, a group before what it holds; without recursion."""
    waiting = list(reversed(structure.items))
    while waiting:
        item = waiting.pop()
        yield item
        if item.items:
            waiting.extend(reversed(item.items))


class Translation(Document, frozen=True):
    """The wording in one language (BCP 47).

    Keys: ``title``, ``intro``; ``ITEM`` and, where the item has them, ``ITEM/help``, ``ITEM/prefix`` (its
    number), ``ITEM/min`` and ``ITEM/max`` (the ends of a slider), ``ITEM/unit``, ``ITEM/placeholder``,
    ``ITEM/error`` (shown when the answer does not fit), ``ITEM/short-text`` (for lists), ``ITEM/open-label``
    (above the free text of an open choice), ``ITEM/markdown`` and ``ITEM/xhtml`` (its text with markup, in
    the same words; never shown as such); ``ITEM/OPTION``, and ``ITEM/OPTION/prefix``, ``/markdown`` and
    ``/xhtml``. A text may be missing: the item is then a placeholder, shown as such, and the version cannot
    be published.
    """

    instrument_id: str
    language: str
    version: str
    texts: dict[str, str]


class Presentation(Document, frozen=True):
    """How it is shown. ``layout`` one item a page or a list; by item, where not the kind's own: ``controls``
    (``help`` marks a display item that explains the item it stands in; a group is a page, a tab, or one of
    the tables of FHIR's ``questionnaire-item-control``) and the ``orientation`` of its options."""

    instrument_id: str
    version: str
    layout: Literal["page", "list"] = "page"
    controls: dict[str, Control] = {}
    orientation: dict[str, Orientation] = {}
    minutes: int | None = None
