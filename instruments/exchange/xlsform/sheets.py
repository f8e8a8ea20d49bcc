"""The sheets of a form as tables of text: from a workbook, or the one-file CSV that pyxform takes too."""

import csv
import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from openpyxl import load_workbook
from pyxform.constants import SUPPORTED_SHEET_NAMES
from pyxform.xls2json_backends import xlsx_value_to_str

from instruments.answers import CONTROL_CHARACTERS
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.table_rows import MAX_BYTES, MAX_COLUMNS
from instruments.exchange.xlsform.archive import MAX_ROWS, is_archive

SURVEY = "survey"
MAX_CELLS = 2_000_000
LAST_ROW = 2**20
"""Of a sheet, in every program there is."""
MAX_CHARACTERS = 8 * 2**20
MAX_TEXT = 32_767
"""Characters of a cell, in Excel."""
NumberedRow = tuple[int, Sequence[object]]


class Sheet(NamedTuple):
    """A sheet's heading and its rows that are not blank, each with its number as a person counts them."""

    heading: list[str]
    rows: list[tuple[int, list[str]]]


class Sheets(NamedTuple):
    """``known`` holds the sheets of a form by name in lower case, ``others`` the names of those beside."""

    known: dict[str, Sheet]
    others: list[str]


def read_sheets(content: bytes) -> Sheets:
    """The sheets of an .xlsx workbook or a CSV file in UTF-8 (a sheet's name, then its rows one cell in).

    A formula counts with the value that is stored with it.

    Raises:
        InvalidQuestionnaireError: it is neither, it is larger than a form can be, or has no survey.
    """
    sheets = _of_workbook(content) if is_archive(content) else _of_csv(content)
    if SURVEY not in sheets.known:
        raise InvalidQuestionnaireError("", f"lacks the sheet {SURVEY!r}, which holds the questions")
    return sheets


def _of_workbook(content: bytes) -> Sheets:
    with warnings.catch_warnings():
        # openpyxl warns of formats that it does not read, and no text is among them.
        warnings.simplefilter("ignore")
        try:
            return _read_workbook(content)
        except (InvalidQuestionnaireError, MemoryError):
            raise
        except Exception as error:
            # openpyxl raises whatever it trips over in a file that no spreadsheet program wrote.
            rule = f"is not an .xlsx workbook that can be read ({type(error).__name__})"
            raise InvalidQuestionnaireError("", rule) from error


def _read_workbook(content: bytes) -> Sheets:
    workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    sheets = Sheets({}, [])
    with closing(workbook):
        for sheet in workbook.worksheets:
            name = sheet.title.strip().lower()
            if name not in SUPPORTED_SHEET_NAMES:
                sheets.others.append(sheet.title)
                continue
            # What a file says of its size may be wrong; its rows are counted instead.
            sheet.reset_dimensions()
            _add(sheets, name, enumerate(sheet.iter_rows(values_only=True), start=1))
    return sheets


def _of_csv(content: bytes) -> Sheets:
    if len(content) > MAX_BYTES:
        raise InvalidQuestionnaireError("", f"is larger than {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
        lines = enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1)
        return _csv_sheets(lines)
    except UnicodeDecodeError:
        raise InvalidQuestionnaireError("", "is neither an .xlsx workbook nor CSV in UTF-8") from None
    except csv.Error as error:
        raise InvalidQuestionnaireError("", f"is neither an .xlsx workbook nor CSV: {error}") from None


def _csv_sheets(lines: Iterable[NumberedRow]) -> Sheets:
    """A line with a first cell begins the sheet of that name; the others are its rows, one cell in."""
    rows: dict[str, list[NumberedRow]] = {}
    sheets = Sheets({}, [])
    name = ""
    for number, cells in lines:
        if cells and str(cells[0]).strip():
            name = str(cells[0]).strip().lower()
            if name in rows:
                raise InvalidQuestionnaireError(f"row {number}", f"there are two sheets {name[:80]!r}")
            rows[name] = []
        if len(cells) > 1 and any(str(cell).strip() for cell in cells[1:]):
            rows.setdefault(name, []).append((number, cells[1:]))
    for name, own in rows.items():
        if name in SUPPORTED_SHEET_NAMES:
            _add(sheets, name, own)
        else:
            sheets.others.append(name)
    return sheets


def _add(sheets: Sheets, name: str, rows: Iterable[NumberedRow]) -> None:
    if name in sheets.known:
        raise InvalidQuestionnaireError(name, "there are two sheets of this name")
    found = _texts(name, rows)
    _, heading = next(found, (1, []))
    sheets.known[name] = Sheet(heading, list(found))


def _texts(name: str, rows: Iterable[NumberedRow]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, as text; blank cells at their ends are left out."""
    cells_read = characters = 0
    for number, cells in rows:
        place = f"{name} row {number}"
        cells_read += len(cells)
        if number > LAST_ROW or cells_read > MAX_CELLS:
            raise InvalidQuestionnaireError(place, "the sheet is larger than a form can be")
        texts: list[str] = []
        for cell in cells:
            text = _text(cell, place)
            characters += len(text)
            # A text that stands in a file once can be in every cell of it.
            if characters > MAX_CHARACTERS:
                raise InvalidQuestionnaireError(place, f"the sheet has more than {MAX_CHARACTERS} characters")
            texts.append(text)
        while texts and not texts[-1]:
            texts.pop()
        if texts and (number > MAX_ROWS or len(texts) > MAX_COLUMNS):
            rule = f"there are more than {MAX_ROWS} rows or {MAX_COLUMNS} columns"
            raise InvalidQuestionnaireError(place, rule)
        if texts:
            yield number, texts


def _text(cell: object, place: str) -> str:
    if cell is None:
        return ""
    text = cell if isinstance(cell, str) else str(xlsx_value_to_str(cell))
    if len(text) > MAX_TEXT:
        raise InvalidQuestionnaireError(place, f"a cell has more than {MAX_TEXT} characters")
    text = text.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").strip()
    if CONTROL_CHARACTERS.search(text):
        raise InvalidQuestionnaireError(place, "a cell has control characters")
    return text
