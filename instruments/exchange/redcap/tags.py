"""What action tags say of an item, put into it."""

from msgspec.structs import replace

from instruments.answers import MAX_TEXT
from instruments.definition import CONTAINERS, TEXTS, Item
from instruments.exchange.defaults import with_default
from instruments.exchange.drafts import Book
from instruments.exchange.logic.syntax import number_in
from instruments.exchange.redcap.annotations import NOT_FOR_PEOPLE, WHY, Tag, read_tags
from instruments.exchange.redcap.columns import ANNOTATION
from instruments.exchange.table_rows import Row

UNKNOWN_TAG = "this action tag is not understood here, so what it changes cannot be kept"


def with_tags(row: Row, item: Item, book: Book) -> Item:
    """The item as its action tags change it; those that are not understood are named as lost."""
    tags, words = read_tags(row.text(ANNOTATION))
    if words:
        row.note(ANNOTATION, words, "it is a remark for those who make the questionnaire")
    for tag in tags:
        changed = _with(tag, item, row, book)
        if changed is None:
            row.lose(f"{ANNOTATION}: {tag.shown}", tag.shown, WHY.get(tag.name, UNKNOWN_TAG))
        else:
            item = changed
    return item


def _with(tag: Tag, item: Item, row: Row, book: Book) -> Item | None:  # noqa: PLR0911 - one line a tag
    """The item as one tag changes it; None where it is not understood."""
    if tag.name in NOT_FOR_PEOPLE:
        row.note(f"{ANNOTATION}: {tag.shown}", tag.shown, NOT_FOR_PEOPLE[tag.name])
        return item
    match tag.name:
        case "HIDDEN" | "HIDDEN-SURVEY":
            return replace(item, hidden=True)
        case "READONLY" | "READONLY-SURVEY" if item.kind not in CONTAINERS:
            return replace(item, read_only=True)
        case "DEFAULT" if tag.value is not None:
            return with_default(item, tag.value)
        case "NONEOFTHEABOVE" if tag.value is not None and item.repeats:
            return _with_exclusive(tag.value, item)
        case "PLACEHOLDER" if tag.value is not None and item.kind not in CONTAINERS:
            book.put(f"{item.item_id}/placeholder", tag.value)
            return item
        case "CHARLIMIT" if item.kind in TEXTS:
            return _with_limit(tag.value or "", item)
    return None


def _with_limit(text: str, item: Item) -> Item | None:
    limit = number_in(text)
    if limit is None or not limit.is_integer() or not 1 <= limit <= MAX_TEXT:
        return None
    return replace(item, max_length=int(limit))


def _with_exclusive(value: str, item: Item) -> Item | None:
    codes = {code.strip() for code in value.split(",")}
    if not codes or not codes <= {option.code for option in item.options}:
        return None
    options = (replace(one, exclusive=True) if one.code in codes else one for one in item.options)
    return replace(item, options=tuple(options))
