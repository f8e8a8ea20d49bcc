"""A translation as CSV (RFC 4180), for translators who work in a spreadsheet."""

import csv
import io

from instruments.exchange.translation_units import (
    MAX_BYTES,
    InvalidTranslationError,
    Translated,
    Unit,
    units_of,
    with_translation,
)
from instruments.versions import Instrument

COLUMNS = ("key", "source", "target")
BOM = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""A spreadsheet takes a cell that begins so for a formula; an apostrophe before it keeps it text."""


def write_table(instrument: Instrument, source: str, target: str) -> bytes:
    """The texts of the ``source`` language with their translations so far: CSV, UTF-8 with a byte order mark.

    Raises:
        InvalidTranslationError: the instrument has no wording in ``source``.
    """
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow((*COLUMNS[:1], source, target))
    table.writerows([_safe(cell) for cell in unit] for unit in units_of(instrument, source, target))
    return (BOM + out.getvalue()).encode()


def read_table(content: bytes, instrument: Instrument) -> Translated:
    """The instrument with the translations of such a table; its first row names the languages.

    Commas or semicolons part the cells, as the spreadsheet of the country writes them.

    Raises:
        InvalidTranslationError: it is no such table, or names a text twice, one that is not the instrument's,
            or one that has changed since; the row or the key, and the rule.
    """
    if len(content) > MAX_BYTES:
        raise InvalidTranslationError("the table", f"is longer than {MAX_BYTES} bytes")
    try:
        text = content.decode().removeprefix(BOM)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidTranslationError("the table", "is no CSV in UTF-8") from error
    if not rows or len(rows[0]) != len(COLUMNS) or rows[0][0] != COLUMNS[0]:
        raise InvalidTranslationError("row 1", "must be: key, the source language, the target language")
    _, source, target = rows[0]
    units: list[Unit] = []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(COLUMNS):
            raise InvalidTranslationError(f"row {number}", f"must have {len(COLUMNS)} cells")
        units.append(Unit(*(_unsafe(cell) for cell in row)))
    return with_translation(instrument, source, target, units)


def _delimiter(text: str) -> str:
    return ";" if text.startswith(f"{COLUMNS[0]};") else ","


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _unsafe(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
