"""One row of a data dictionary as an item: its type, options, texts and how it is shown."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from msgspec.structs import replace

from instruments.definition import CHOICES as CHOICE_KINDS
from instruments.definition import CONTAINERS, Item, Option
from instruments.exchange.drafts import Book, Draft
from instruments.exchange.markup import plain
from instruments.exchange.redcap.choices import options_of, read_choices
from instruments.exchange.redcap.columns import (
    ALIGNMENT,
    BRANCHING,
    CHOICES,
    IDENTIFIER,
    LABEL,
    MAXIMUM,
    MINIMUM,
    NAME,
    NOTE,
    QUESTION_NUMBER,
    REQUIRED,
    TYPE,
    VALIDATION,
)
from instruments.exchange.redcap.tags import with_tags
from instruments.exchange.redcap.validations import with_bounds, with_validation
from instruments.exchange.table_rows import Row

FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
YES = frozenset(("y", "yes", "1", "true"))
TRUE_FALSE = [("1", "True"), ("0", "False")]
MARKUP = "texts are shown without formatting, pictures and links, so what they say would be missing"
PIPED = re.compile(r"\[[a-z][a-z0-9_:\-]*(?:\([^()\[\]]*\))?(?::[a-z]+)?\]")
PIPING = "an answer is not put into the text of another item here; the text is kept as it stands"
NO_KIND = "there is no such kind of item here; it is kept as a text to read, which takes no answer"
UNASKED: Mapping[str, str] = MappingProxyType(
    {
        "file": "files cannot be attached here; it is kept as a text to read, which takes no answer",
        "sql": "choices are not fetched from a database; it is kept as a text to read, which takes no answer",
    }
)
MIDDLE = "a slider has words at its two ends only"


def read_field(row: Row, book: Book) -> Draft:
    """One row as an item on its way.

    Raises:
        InvalidQuestionnaireError: it has no name, no type, or choices that cannot be read.
    """
    name = row.text(NAME)
    if not FIELD_NAME.fullmatch(name):
        raise row.invalid(NAME, "must be lower-case letters, digits and _, beginning with a letter")
    kind = row.text(TYPE).lower()
    if not kind:
        raise row.invalid(TYPE, "every field needs one")
    draft = Draft(row, Item(name, "display"))
    draft.item = _typed(row, kind, draft, book)
    _read_texts(row, draft.item, book)
    _show(row, kind, draft.item, book)
    if row.text(REQUIRED).lower() in YES:
        draft.item = _required(row, draft.item)
    draft.item = with_tags(row, draft.item, book)
    logic = row.text(BRANCHING)
    if logic:
        draft.logic = (BRANCHING, logic)
    return draft


def is_identifier(row: Row) -> bool:
    """Whether the field holds what names a person."""
    return row.cells.get(IDENTIFIER, "").strip().lower() in YES


def text_of(row: Row, column: str, text: str) -> str:
    """The words of a label; its markup and what is put into it are named as lost."""
    words = plain(text)
    if words.lost:
        row.lose(column, "markup: " + ", ".join(words.lost), MARKUP)
    if PIPED.search(words.text):
        row.lose(column, PIPED.search(words.text)[0], PIPING)  # type: ignore[index]
    return words.text


def _typed(row: Row, kind: str, draft: Draft, book: Book) -> Item:  # noqa: PLR0911 - one line a field type
    item = draft.item
    match kind:
        case "text":
            return with_validation(row, item)
        case "notes" | "textarea":
            return replace(item, kind="text")
        case "radio" | "dropdown" | "select" | "checkbox" | "truefalse":
            return _choice(row, kind, item, book)
        case "yesno":
            return replace(item, kind="boolean")
        case "slider":
            return _slider(row, item, book)
        case "calc":
            draft.formula = (CHOICES, row.text(CHOICES))
            return replace(with_bounds(row, replace(item, kind="decimal")), read_only=True)
        case "descriptive":
            return item
        case _:
            row.lose(TYPE, f"the type {kind[:60]}", UNASKED.get(kind, NO_KIND))
            return item


def _choice(row: Row, kind: str, item: Item, book: Book) -> Item:
    choices = TRUE_FALSE if kind == "truefalse" else read_choices(row)
    options: tuple[Option, ...] = options_of(choices)
    for code, label in choices:
        book.put(f"{item.item_id}/{code}", text_of(row, CHOICES, label) or code)
    if kind in ("dropdown", "select"):
        is_searched = row.text(VALIDATION).lower() == "autocomplete"
        book.controls[item.item_id] = "autocomplete" if is_searched else "drop-down"
    return replace(item, kind="choice", options=options, repeats=kind == "checkbox")


def _slider(row: Row, item: Item, book: Book) -> Item:
    labels = [text_of(row, CHOICES, label) for label in row.text(CHOICES).split("|")]
    if len(labels) > 1:
        book.put(f"{item.item_id}/max", labels[-1])
    if len(labels) > 2 and any(labels[1:-1]):
        row.lose(CHOICES, " | ".join(labels[1:-1]), MIDDLE)
    book.put(f"{item.item_id}/min", labels[0])
    book.controls[item.item_id] = "slider"
    if row.text(VALIDATION).lower() == "number":
        row.note(VALIDATION, "the number beside the slider", "a slider always shows its number here")
    item = with_bounds(row, replace(item, kind="integer", step=1.0))
    least = 0.0 if item.minimum is None else item.minimum
    greatest = 100.0 if item.maximum is None else item.maximum
    if least > greatest:
        raise row.invalid(MINIMUM if item.minimum is not None else MAXIMUM, "leaves the slider no value")
    return replace(item, minimum=least, maximum=greatest)


def _read_texts(row: Row, item: Item, book: Book) -> None:
    book.put(item.item_id, text_of(row, LABEL, row.text(LABEL)))
    book.put(f"{item.item_id}/help", text_of(row, NOTE, row.text(NOTE)))
    book.put(f"{item.item_id}/prefix", text_of(row, QUESTION_NUMBER, row.text(QUESTION_NUMBER)))


def _show(row: Row, kind: str, item: Item, book: Book) -> None:
    alignment = row.text(ALIGNMENT).upper()
    if item.kind not in CHOICE_KINDS or kind in ("dropdown", "select"):
        return
    if alignment in ("LH", "RH"):
        book.orientation[item.item_id] = "horizontal"
    elif alignment in ("LV", "RV"):
        book.orientation[item.item_id] = "vertical"


def _required(row: Row, item: Item) -> Item:
    if item.kind in CONTAINERS:
        row.lose(REQUIRED, "required", "it holds for an item that takes an answer only")
        return item
    return replace(item, required=True)
