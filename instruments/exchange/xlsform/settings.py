"""The settings sheet: what the form is called, its version, and the language that headings leave out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from instruments.exchange.drafts import Book
from instruments.exchange.table_rows import Report, Row
from instruments.exchange.xlsform.columns import Language, own_language, read_columns, read_rows
from instruments.exchange.xlsform.sheets import Sheet

MAX_NAME = 200
_DELIVERY = "it says how ODK sends, seals or names the answers, which is decided elsewhere here"
NOTED: Mapping[str, str] = MappingProxyType(
    {
        "submission_url": _DELIVERY, "public_key": _DELIVERY, "auto_send": _DELIVERY,
        "auto_delete": _DELIVERY, "instance_name": _DELIVERY, "instance_id": _DELIVERY,
        "client_editable": _DELIVERY,
        "allow_choice_duplicates": "the options of a list have different codes here in any case",
        "clean_text_values": "white space around texts is left out in any case",
        "style": "pages are laid out for a phone here, in one way for everybody",
        "namespaces": "it is about the XML that ODK makes of a form",
    }
)  # fmt: skip
SECOND = "a form has one row of settings"


class Identity(NamedTuple):
    """Address and version of the instrument; each may be empty."""

    address: str
    version: str


def default_language(sheet: Sheet | None, survey: Sheet) -> Language:
    """The language of the form; see ``own_language``."""
    if sheet is None or not sheet.rows:
        return own_language(survey, "")
    columns = read_columns("settings", sheet, Language("", ""))
    cells = dict(zip(columns.names, sheet.rows[0][1], strict=False))
    return own_language(survey, cells.get("default_language", ""))


def read_settings(sheet: Sheet | None, own: Language, book: Book, report: Report) -> Identity:
    """Address and version that the form names; its title is kept, and the other settings are told of."""
    if sheet is None or not sheet.rows:
        return Identity("", "")
    rows = read_rows("settings", sheet, read_columns("settings", sheet, own), report, 0, "form_id")
    for row in rows[1:]:
        row.lose("", "a second row of settings", SECOND)
    row = rows[0]
    book.put("title", row.text("form_title"))
    row.text("default_language")
    identity = Identity(_address(row), _short(row, "version"))
    for column, why in NOTED.items():
        if row.cells.get(column):
            row.note(column, row.cells[column], why)
    row.finish({})
    return identity


def _address(row: Row) -> str:
    name = _short(row, "form_id")
    return f"urn:xlsform:{quote(name, safe='')}" if name else ""


def _short(row: Row, column: str) -> str:
    text = row.text(column)
    if len(text) > MAX_NAME:
        raise row.invalid(column, f"has more than {MAX_NAME} characters")
    return text
