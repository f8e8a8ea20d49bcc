"""The wording of a row, in every language that its sheet has; markup and answers put into it are lost."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from instruments.exchange.drafts import Book
from instruments.exchange.markup import plain
from instruments.exchange.table_rows import Row
from instruments.exchange.xlsform.columns import CONSTRAINT_MESSAGE, HINT, LABEL, MEDIA, NO_TAG, Columns

MARKUP = "texts are shown without formatting, pictures and links, so what they say would be missing"
PIPING = "an answer is not put into the text of another item here; the text is kept as it stands"
PIPED = re.compile(r"\$\{[^{}]{0,200}\}")
MARKDOWN: Mapping[str, tuple[re.Pattern[str], str]] = MappingProxyType(
    {
        "a link": (re.compile(r"\[([^\[\]\n]{1,500})\]\([^()\s]{1,2000}\)"), r"\1"),
        "a heading": (re.compile(r"^#{1,6} +(?=\S)", re.MULTILINE), ""),
        "bold": (re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,2000})(?<=\S)\1"), r"\2"),
        "emphasis": (re.compile(r"(?<![\w*])([*_])(?=\S)([^*_\n]{1,2000})(?<=\S)\1(?![\w*])"), r"\2"),
    }
)
"""The signs that ODK and Kobo show as formatting, and what is left of them."""
SPARE: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "guidance_hint": ("it is for interviewers and printed forms", False),
        "required_message": ("what is missing is said in one way for everybody here", True),
    }
)
"""Wording that is not kept: why, and whether that is a loss."""
NO_MEDIA = "pictures and sound are not shown with an item here"


def put_label(row: Row, columns: Columns, book: Book, key: str) -> bool:
    """Keeps the label of a row under ``key``; gives whether it has one in some language."""
    return _put(row, columns, book, LABEL, key)


def put_help(row: Row, columns: Columns, book: Book, key: str) -> None:
    """Keeps the hint of a row."""
    _put(row, columns, book, HINT, f"{key}/help")


def put_error(row: Row, columns: Columns, book: Book, key: str) -> None:
    """Keeps what is said of an answer that does not fit."""
    _put(row, columns, book, CONSTRAINT_MESSAGE, f"{key}/error")


def drop_error(row: Row, columns: Columns) -> None:
    """Notes what is said of an answer that does not fit, where nothing is left that it could say it of."""
    for column, _ in columns.of(CONSTRAINT_MESSAGE):
        if row.text(column):
            row.note(column, row.text(column), "it explains a constraint that there is none of here")


def leave_spare(row: Row, columns: Columns) -> None:
    """Names the wording and media of a row that are not kept, in whatever language."""
    for column in columns.names:
        if not row.cells.get(column):
            continue
        kind = column.partition("::")[0]
        if kind in MEDIA:
            row.lose(column, row.cells[column], NO_MEDIA)
        elif columns.tags.get(column, "") is None:
            row.lose(column, row.cells[column], NO_TAG)
        elif kind in SPARE:
            why, is_lost = SPARE[kind]
            (row.lose if is_lost else row.note)(column, row.cells[column], why)


def _put(row: Row, columns: Columns, book: Book, kind: str, key: str) -> bool:
    found = False
    for column, language in columns.of(kind):
        text = row.text(column)
        if text:
            book.put(key, words_of(row, column, text), language)
            found = True
    return found


def words_of(row: Row, column: str, text: str) -> str:
    """The words of a text; its markup and what is put into it are named as lost."""
    words = plain(text)
    lost = list(words.lost)
    kept = words.text
    for name, (pattern, left) in MARKDOWN.items():
        kept, count = pattern.subn(left, kept)
        if count:
            lost.append(name)
    if lost:
        row.lose(column, "markup: " + ", ".join(lost), MARKUP)
    piped = PIPED.search(kept)
    if piped:
        row.lose(column, piped[0], PIPING)
    return kept
