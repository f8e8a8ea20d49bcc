"""The sheets of an XLSForm in order: settings, choices, then the survey with its groups."""

import hashlib
from collections.abc import Collection

from pyxform.aliases import yes_no

from instruments.definition import Item
from instruments.exchange.drafts import Book, Draft, imported
from instruments.exchange.fhir import Imported
from instruments.exchange.logic import parse_xpath
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.table_rows import Report, Row
from instruments.exchange.wording import Texts
from instruments.exchange.xlsform.appearances import with_appearance
from instruments.exchange.xlsform.columns import Columns, read_columns, read_rows
from instruments.exchange.xlsform.lists import Lists
from instruments.exchange.xlsform.questions import (
    NAME,
    TYPE,
    Form,
    finish,
    name_of,
    read_question,
    read_relevant,
    with_flags,
)
from instruments.exchange.xlsform.settings import default_language, read_settings
from instruments.exchange.xlsform.sheets import SURVEY, Sheet, Sheets, read_sheets
from instruments.exchange.xlsform.types import METADATA, Begin, End, Select, typed
from instruments.exchange.xlsform.wording import put_help, put_label
from instruments.soundness import MAX_DEPTH

CHOICES, SETTINGS = "choices", "settings"
OF_SURVEY, OF_CHOICES, OF_OTHERS = 100_000, 200_000, 300_000
"""Where the rows of a sheet stand in a report, among those of the others."""
REPEATED = "a group is asked once here; its questions are kept and asked once"
NOT_A_SHEET = "a form has no sheet of this name, so it is no part of it"
NO_SUCH_SHEET = "nothing is kept of this sheet: choices are not fetched from elsewhere, nor entities written"
REMARK = "a row without type and name is a remark"
AT_AN_END = "the row that ends a group says nothing else"
DISABLED = "the row is disabled"


def read_form(content: bytes, accept: Collection[str]) -> Imported:
    """Reads an XLSForm whose archive, if it is one, has been looked through; see ``read_xlsform``.

    Raises:
        InvalidQuestionnaireError: the content is no XLSForm that can be read; nothing of it is.
    """
    digest = hashlib.sha256(content).hexdigest()
    report = Report()
    sheets = read_sheets(content)
    survey, settings = sheets.known[SURVEY], sheets.known.get(SETTINGS)
    own = default_language(settings, survey)
    book = Book(report, Texts(own.tag), parse_xpath)
    identity = read_settings(settings, own, book, report)
    _tell_of_others(sheets, report)
    columns = read_columns(SURVEY, survey, own)
    for needed in (TYPE, NAME):
        if needed not in columns.names:
            raise InvalidQuestionnaireError(f"{SURVEY} row 1", f"lacks the column {needed!r}")
    choices = sheets.known.get(CHOICES, Sheet([], []))
    choice_columns = read_columns(CHOICES, choices, own)
    lists = Lists(read_rows(CHOICES, choices, choice_columns, report, OF_CHOICES, NAME), choice_columns, book)
    _Survey(book, columns, lists).read(read_rows(SURVEY, survey, columns, report, OF_SURVEY, NAME))
    lists.note_unused()
    return imported(
        book,
        accept,
        address=identity.address or f"urn:sha256:{digest}",
        version=identity.version or digest[:12],
    )


def _tell_of_others(sheets: Sheets, report: Report) -> None:
    for name, sheet in sheets.known.items():
        if name not in (SURVEY, CHOICES, SETTINGS) and sheet.rows:
            report.lose(OF_OTHERS, name[:80], "the sheet", NO_SUCH_SHEET)
    for name in sheets.others:
        report.note(OF_OTHERS, name[:80], "the sheet", NOT_A_SHEET)


class _Survey:
    """Walks the rows; ``_open`` are the groups that have begun and not ended, each with how it began."""

    def __init__(self, book: Book, columns: Columns, lists: Lists) -> None:
        self._book = book
        self._columns = columns
        self._lists = lists
        self._open: list[tuple[Draft, str]] = []
        self._notes = 0

    def read(self, rows: list[Row]) -> None:
        """Reads all rows into the book.

        Raises:
            InvalidQuestionnaireError: a group is not ended, ended twice, or a row cannot be read.
        """
        names = frozenset(row.cells.get(NAME, "") for row in rows)
        form = Form(self._book, self._columns, self._lists, names)
        for row in rows:
            if not self._is_left_out(row):
                self._read(row, form)
        if self._open:
            group, control = self._open[-1]
            raise group.row.invalid(TYPE, f"this {control} is begun and never ended")

    def _is_left_out(self, row: Row) -> bool:
        name, kind = row.cells.get(NAME, ""), row.cells.get(TYPE, "")
        if yes_no.get(row.cells.get("disabled", "")):
            row.note("disabled", "the row", DISABLED)
        elif not kind and not name and not row.cells.get("label"):
            row.note("", " ".join(row.cells.values()), REMARK)
        else:
            return False
        self._book.left_out.add(name)
        return True

    def _read(self, row: Row, form: Form) -> None:
        written = row.text(TYPE)
        if not written:
            raise row.invalid(TYPE, "every question needs one")
        row.text("disabled")
        kind = typed(written)
        match kind:
            case Begin():
                self._begin(row, kind, form)
            case End():
                self._end(row, kind)
            case _:
                self._question(row, kind, form)

    def _begin(self, row: Row, kind: Begin, form: Form) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise row.invalid(TYPE, f"is nested more than {MAX_DEPTH} deep")
        group = Draft(row, Item(name_of(row), "group"))
        if kind.control != "group":
            row.lose(TYPE, f"a {kind.control}", REPEATED)
        put_label(row, self._columns, self._book, group.item.item_id)
        put_help(row, self._columns, self._book, group.item.item_id)
        with_flags(row, group.item)
        with_appearance(row, group.item, self._book)
        read_relevant(row, group)
        finish(row, form)
        self._here().append(group)
        self._open.append((group, kind.control))

    def _end(self, row: Row, kind: End) -> None:
        if not self._open:
            raise row.invalid(TYPE, f"ends a {kind.control} that was never begun")
        group, control = self._open.pop()
        if control != kind.control:
            rule = f"ends a {kind.control} where the {control} of {group.row.place} is still open"
            raise row.invalid(TYPE, rule)
        if self._book.controls.get(group.item.item_id) == "table":
            _check_table(group)
        name = row.text(NAME)
        if name and name != group.item.item_id:
            row.note(NAME, name, "a group has the name that it begins with")
        with_flags(row, group.item)
        row.finish(dict.fromkeys(row.cells, AT_AN_END))

    def _question(self, row: Row, kind: Select | str, form: Form) -> None:
        if isinstance(kind, str) and kind in METADATA:
            why, is_lost = METADATA[kind]
            self._book.left_out.add(row.text(NAME))
            (row.lose if is_lost else row.note)(TYPE, f"the type {kind}", why)
            return
        is_nameless = kind == "note" and not row.cells.get(NAME)
        name = self._name_of_note(form) if is_nameless else name_of(row)
        self._here().append(read_question(row, name, kind, form))

    def _name_of_note(self, form: Form) -> str:
        """A name that no row has, for a text to read that has none."""
        self._notes += 1
        while (name := f"note_{self._notes}") in form.names:
            self._notes += 1
        return name

    def _here(self) -> list[Draft]:
        return self._open[-1][0].within if self._open else self._book.drafts


def _check_table(group: Draft) -> None:
    kinds = [typed(draft.row.cells.get(TYPE, "")) for draft in group.within]
    if len({kind.list_name for kind in kinds if isinstance(kind, Select)}) > 1:
        raise group.row.invalid("appearance", "the questions of a table-list have one list of choices")
