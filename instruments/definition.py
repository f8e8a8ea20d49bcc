"""What an instrument is: structure, translations, presentation and scoring, four documents versioned apart."""

from typing import Literal

import msgspec

ItemKind = Literal[
    "group", "display", "choice", "open-choice", "boolean", "integer", "decimal", "quantity",
    "string", "text", "date", "date-time", "time", "url",
]  # fmt: skip
Operator = Literal["exists", "=", "!=", ">", "<", ">=", "<="]
Value = bool | int | float | str


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The rules that every stored document shares: frozen, unknown fields refused, defaults left out."""


class Option(Document, frozen=True):
    """One answer of a response scale. ``code`` is what is stored, ``score`` what scoring counts (if it counts)."""

    code: str
    score: float | None = None
    exclusive: bool = False


class Condition(Document, frozen=True):
    """One ``enableWhen``: the item it looks at, how, and at what."""

    item: str
    operator: Operator
    value: Value


class Branch(Document, frozen=True):
    """When an item is asked: all or any of the conditions hold."""

    conditions: tuple[Condition, ...]
    needs: Literal["all", "any"] = "all"


class Item(Document, frozen=True):
    """One item, or a group of items. ``item_id`` is unique in the instrument and stable while its meaning is.

    ``minimum`` and ``maximum`` bound a number; ``decimals`` its precision; ``unit`` is a UCUM code.
    ``repeats`` on a choice lets more than one option be chosen.
    """

    item_id: str
    kind: ItemKind
    options: tuple[Option, ...] = ()
    required: bool = False
    repeats: bool = False
    hidden: bool = False
    read_only: bool = False
    minimum: float | None = None
    maximum: float | None = None
    decimals: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    unit: str | None = None
    initial: Value | None = None
    calculated: str | None = None
    branch: Branch | None = None
    items: tuple["Item", ...] = ()


class Structure(Document, frozen=True):
    """What is asked: the items in order, their response scales and branching, and the recall period."""

    instrument_id: str
    version: str
    items: tuple[Item, ...]
    recall: str = ""
    validated: bool = False
    source: str = ""


class Translation(Document, frozen=True):
    """The wording in one language (BCP 47). Keys: ``title``, ``intro``, ``ITEM``, ``ITEM/OPTION``, ``ITEM/help``.

    A text may be missing: the item is then a placeholder, shown as such, and the version cannot be published.
    """

    instrument_id: str
    language: str
    version: str
    texts: dict[str, str]


class Presentation(Document, frozen=True):
    """How it is shown. ``layout`` one item a page or a list; ``controls`` by item where not the kind's own."""

    instrument_id: str
    version: str
    layout: Literal["page", "list"] = "page"
    controls: dict[str, Literal["radio", "slider", "drop-down", "check-box", "text-area"]] = {}
    minutes: int | None = None
