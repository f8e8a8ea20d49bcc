"""XLSForms as a spreadsheet program writes them."""

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

Cells = Mapping[str, object]
YES_NO: tuple[Cells, ...] = (
    {"list_name": "yes_no", "name": "1", "label": "Yes"},
    {"list_name": "yes_no", "name": "0", "label": "No"},
)


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """An .xlsx file of these sheets, each with its rows, the heading first."""
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def table(rows: Sequence[Cells], first: Sequence[str]) -> list[list[object]]:
    """A sheet of rows given by column: the columns of ``first``, then others as they come."""
    columns = list(dict.fromkeys((*first, *(column for row in rows for column in row))))
    return [list(columns), *([row.get(column) for column in columns] for row in rows)]


def question(kind: str, name: str | None = None, **cells: object) -> Cells:
    """A row of the survey; it has a label unless it is given another one."""
    return {"type": kind, "name": name, "label": f"The item {name}" if name else None} | cells


def xlsform(
    *survey: Cells,
    choices: Sequence[Cells] = YES_NO,
    settings: Sequence[Cells] = (),
    **sheets: Sequence[Cells],
) -> bytes:
    """A form with these rows of its survey, and two options in the list ``yes_no``."""
    return workbook(
        survey=table(survey, ("type", "name", "label")),
        choices=table(choices, ("list_name", "name", "label")),
        settings=table(settings, ("form_title",)),
        **{name: table(rows, ()) for name, rows in sheets.items()},
    )
