"""The column ``appearance``: how a question or a group is shown."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec.structs import replace

from instruments.definition import CHOICES, Item
from instruments.exchange.drafts import Book
from instruments.exchange.table_rows import Row

APPEARANCE = "appearance"
NOT_SHOWN_SO = "it is not shown in this way here, but as others of its kind are"
SIDE_BY_SIDE = frozenset(
    ("likert", "horizontal", "horizontal-compact", "compact", "columns", "columns-pack", "columns-flex")
)
NOTED: Mapping[str, str] = MappingProxyType(
    {
        "quick": "a page is left by its button here, for everybody",
        "quickcompact": "a page is left by its button here, for everybody",
        "vertical": "it is shown so by itself",
        "no-calendar": "a date may be typed or chosen here, as the device does it",
        "thousands-sep": "a number is typed the same way",
        "counter": "a number is typed the same way",
        "numbers": "it says which keys a telephone shows",
        "no-ticks": "a slider has no ticks here",
        "no-collapse": "groups do not fold",
    }
)
"""What changes neither what is asked nor what is answered."""


def with_appearance(row: Row, item: Item, book: Book, *, is_range: bool = False) -> Item:
    """The item as its appearance changes it; each word that is not understood is named as lost."""
    for word in row.text(APPEARANCE).split():
        item = _with(row, word, item, book, is_range=is_range)
    return item


def _with(row: Row, word: str, item: Item, book: Book, *, is_range: bool) -> Item:
    appearance = word.lower()
    name = item.item_id
    if item.kind in CHOICES and appearance in SIDE_BY_SIDE | {"minimal", "autocomplete", "search"}:
        _show_options(appearance, name, book)
    elif item.kind in CHOICES and appearance.startswith("columns-") and appearance[8:].isdigit():
        book.orientation[name] = "horizontal"
        row.note(APPEARANCE, word, "the options stand side by side, as many as the screen has room for")
    elif item.kind == "group" and appearance in ("field-list", "table-list"):
        book.controls[name] = "page" if appearance == "field-list" else "table"
    elif item.kind == "string" and appearance in ("multiline", "multi-line"):
        return replace(item, kind="text")
    elif NOTED.get(appearance) and not (is_range and appearance == "vertical"):
        row.note(APPEARANCE, word, NOTED[appearance])
    elif _is_width(appearance):
        row.note(APPEARANCE, word, "it is its width on a page of paper")
    else:
        row.lose(APPEARANCE, word, NOT_SHOWN_SO)
    return item


def _show_options(appearance: str, name: str, book: Book) -> None:
    if appearance == "minimal":
        book.controls.setdefault(name, "drop-down")
    elif appearance in ("autocomplete", "search"):
        book.controls[name] = "autocomplete"
    else:
        book.orientation[name] = "horizontal"


def _is_width(appearance: str) -> bool:
    return appearance.startswith("w") and appearance[1:].isdigit()
