"""A translation as CSV (RFC 4180), for translators who work in a spreadsheet."""

import csv
import io
from collections.abc import Mapping

from instruments.exchange.translation_units import (
    MAX_BYTES,
    NOTHING_KNOWN,
    InvalidTranslationError,
    Translated,
    Unit,
    units_of,
    with_translation,
)
from instruments.translation_status import TranslationStatus
from instruments.versions import Instrument

KEY = "key"
STATES_OF_TEXTS = ("state", "subState")
WIDTHS = (3, 5)
"""Key, source and target, with or without the states."""

BOM = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""A spreadsheet takes a cell that begins so for a formula; an apostrophe before it keeps it text."""


def write_table(
    instrument: Instrument, source: str, target: str, status: TranslationStatus | None = None
) -> bytes:
    """The texts of the ``source`` language with translations and states: CSV, UTF-8 with a byte order mark.

    A text without a translation has no state yet, so that one which is filled in is ``translated``.

    Raises:
        InvalidTranslationError: the instrument has no wording in ``source``.
    """
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow((KEY, source, target, *STATES_OF_TEXTS))
    for unit in units_of(instrument, source, target, status):
        said = unit if unit.target.strip() else unit._replace(state="")
        table.writerow([_safe(cell) for cell in said])
    return (BOM + out.getvalue()).encode()


def read_table(
    content: bytes, instrument: Instrument, statuses: Mapping[str, TranslationStatus] = NOTHING_KNOWN
) -> Translated:
    """The instrument with the translations of such a table; its first row names the languages.

    Commas or semicolons part the cells, as the spreadsheet of the country writes them. The columns of the
    states may be left out: what has a text is ``translated`` then. ``statuses`` holds the states
    so far, by language.

    Raises:
        InvalidTranslationError: it is no such table, or names a text twice, one that is not the instrument's,
            one that has changed since, or a state that is none; the row or the key, and the rule.
    """
    if len(content) > MAX_BYTES:
        raise InvalidTranslationError("the table", f"is longer than {MAX_BYTES} bytes")
    try:
        text = content.decode().removeprefix(BOM)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidTranslationError("the table", "is no CSV in UTF-8") from error
    head = rows[0] if rows else []
    if len(head) not in WIDTHS or head[0] != KEY or tuple(head[3:]) not in ((), STATES_OF_TEXTS):
        raise InvalidTranslationError(
            "row 1", "must be: key, the source language, the target language, state, subState"
        )
    units: list[Unit] = []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(head):
            raise InvalidTranslationError(f"row {number}", f"must have {len(head)} cells")
        units.append(Unit(*(_unsafe(cell) for cell in row)))
    return with_translation(instrument, head[1], head[2], units, statuses)


def _delimiter(text: str) -> str:
    return ";" if text.startswith(f"{KEY};") else ","


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _unsafe(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
