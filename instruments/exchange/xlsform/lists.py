"""The choices sheet: lists of options by name, each read once and used by as many questions as like."""

from dataclasses import dataclass, field

from instruments.definition import Item, Option
from instruments.exchange.drafts import Book
from instruments.exchange.items import MAX_OPTIONS
from instruments.exchange.logic.syntax import number_in
from instruments.exchange.table_rows import Row
from instruments.exchange.xlsform.columns import LABEL, MEDIA, Columns
from instruments.exchange.xlsform.wording import leave_spare, words_of

LIST, NAME = "list_name", "name"
MAX_CODE = 100
ONLY_FILTERS = "only filters and calculations look at it; where one does, that is named"
UNUSED = "no question uses this list"


@dataclass
class ChoiceList:
    """Options with their wording: language (None: the form's own) and text of each code."""

    first: Row
    options: dict[str, Option] = field(default_factory=dict)
    texts: list[tuple[str, str | None, str]] = field(default_factory=list)
    is_used: bool = False


class Lists:
    """The lists of a form by name."""

    def __init__(self, rows: list[Row], columns: Columns, book: Book) -> None:
        self._book = book
        self._columns = columns
        self._lists: dict[str, ChoiceList] = {}
        self._total = 0
        for row in rows:
            self._read(row)
        if rows:
            self._note_others(rows)

    def names(self) -> frozenset[str]:
        """The lists that there are."""
        return frozenset(self._lists)

    def put(self, name: str, item: Item, row: Row) -> tuple[Option, ...]:
        """The options of a list, whose wording is kept for ``item``.

        Raises:
            InvalidQuestionnaireError: there is no such list, or the form has too many options.
        """
        found = self._lists.get(name)
        if found is None:
            raise row.invalid("type", f"names the list {name[:100]!r}, which the sheet choices does not have")
        found.is_used = True
        self._total += len(found.options)
        if self._total > MAX_OPTIONS:
            raise row.invalid("type", f"the questions have more than {MAX_OPTIONS} options")
        for code, language, text in found.texts:
            self._book.put(f"{item.item_id}/{code}", text, language)
        return tuple(found.options.values())

    def note_unused(self) -> None:
        """Notes the lists that no question has asked for."""
        for name, found in self._lists.items():
            if not found.is_used:
                found.first.note(LIST, f"the list {name}", UNUSED)

    def _read(self, row: Row) -> None:
        name, code = row.text(LIST), row.text(NAME)
        if not name:
            raise row.invalid(LIST, "every choice needs the name of its list")
        if not code or len(code) > MAX_CODE or any(sign.isspace() for sign in code):
            raise row.invalid(NAME, f"must be a code of 1 to {MAX_CODE} characters without a space")
        found = self._lists.setdefault(name, ChoiceList(row))
        if code in found.options:
            raise row.invalid(NAME, f"the list {name[:100]!r} has the code {code!r} twice")
        found.options[code] = Option(code, number_in(code))
        said = False
        for column, language in self._columns.of(LABEL):
            text = row.text(column)
            if text:
                found.texts.append((code, language, words_of(row, column, text)))
                said = True
        if not said:
            found.texts.extend((code, language, code) for language in self._columns.languages())
        leave_spare(row, self._columns)

    def _note_others(self, rows: list[Row]) -> None:
        """Notes, once each, the columns that say nothing to a person."""
        for column in self._columns.names:
            is_ours = column in (LIST, NAME, "") or column.partition("::")[0] in {LABEL} | MEDIA
            if not is_ours and any(row.cells.get(column) for row in rows):
                rows[0].report.note(rows[0].number, f"choices: {column}", "a column", ONLY_FILTERS)
