"""The columns of a data dictionary, as REDCap exports them to a file and by its API."""

import csv
import io
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.table_rows import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, Report, Row

NAME = "Variable / Field Name"
FORM = "Form Name"
HEADER = "Section Header"
TYPE = "Field Type"
LABEL = "Field Label"
CHOICES = "Choices, Calculations, OR Slider Labels"
NOTE = "Field Note"
VALIDATION = "Text Validation Type OR Show Slider Number"
MINIMUM = "Text Validation Min"
MAXIMUM = "Text Validation Max"
IDENTIFIER = "Identifier?"
BRANCHING = "Branching Logic (Show field only if...)"
REQUIRED = "Required Field?"
ALIGNMENT = "Custom Alignment"
QUESTION_NUMBER = "Question Number (surveys only)"
MATRIX = "Matrix Group Name"
RANKING = "Matrix Ranking?"
ANNOTATION = "Field Annotation"

API_NAMES: Mapping[str, str] = MappingProxyType(
    {
        NAME: "field_name",
        FORM: "form_name",
        HEADER: "section_header",
        TYPE: "field_type",
        LABEL: "field_label",
        CHOICES: "select_choices_or_calculations",
        NOTE: "field_note",
        VALIDATION: "text_validation_type_or_show_slider_number",
        MINIMUM: "text_validation_min",
        MAXIMUM: "text_validation_max",
        IDENTIFIER: "identifier",
        BRANCHING: "branching_logic",
        REQUIRED: "required_field",
        ALIGNMENT: "custom_alignment",
        QUESTION_NUMBER: "question_number",
        MATRIX: "matrix_group_name",
        RANKING: "matrix_ranking",
        ANNOTATION: "field_annotation",
    }
)
NEEDED = (NAME, TYPE, LABEL)
DELIMITERS = (",", ";", "\t")


def _key(heading: str) -> str:
    """A heading without what exports differ in: case, signs, and remarks in brackets."""
    return "".join(filter(str.isalnum, heading.partition("(")[0].lower()))


KNOWN = {_key(column): column for column in API_NAMES} | {
    _key(name): column for column, name in API_NAMES.items()
}


def read_rows(content: bytes, report: Report) -> list[Row]:
    """The rows of a dictionary below its heading, blank ones left out.

    Raises:
        InvalidQuestionnaireError: it is too large, no UTF-8, no CSV, or lacks a column that is needed.
    """
    if len(content) > MAX_BYTES:
        raise InvalidQuestionnaireError("", f"is larger than {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidQuestionnaireError("", f"is not UTF-8 (byte {error.start})") from None
    lines = _lines(text)
    try:
        heading = next(lines, [])
        columns = _columns(heading)
        return list(_rows(lines, columns, report))
    except csv.Error as error:
        raise InvalidQuestionnaireError("", f"is not CSV: {error}") from None


def _lines(text: str) -> Iterator[list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _columns(heading: list[str]) -> list[str]:
    if len(heading) > MAX_COLUMNS:
        raise InvalidQuestionnaireError("row 1", f"has more than {MAX_COLUMNS} columns")
    columns = [KNOWN.get(_key(one), one.strip()) for one in heading]
    for needed in NEEDED:
        if needed not in columns:
            raise InvalidQuestionnaireError("row 1", f"lacks the column {needed!r} of a data dictionary")
    named = [column for column in columns if column]
    twice = next((column for column in named if named.count(column) > 1), None)
    if twice is not None:
        raise InvalidQuestionnaireError("row 1", f"has the column {twice[:80]!r} twice")
    return columns


def _rows(lines: Iterator[list[str]], columns: list[str], report: Report) -> Iterator[Row]:
    for number, cells in enumerate(lines, start=2):
        if number > MAX_ROWS:
            raise InvalidQuestionnaireError(f"row {number}", f"there are more than {MAX_ROWS} rows")
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            raise InvalidQuestionnaireError(f"row {number}", "has more cells than the heading has columns")
        by_column = dict(zip(columns, cells, strict=False))
        if any(cell.strip() for cell in cells):
            name = by_column.get(NAME, "").strip()[:100]
            yield Row(by_column, number, f"row {number} ({name})" if name else f"row {number}", report)
