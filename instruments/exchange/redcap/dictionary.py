"""The rows of a data dictionary in order: forms as groups, headers as texts to read, matrices as tables."""

import hashlib
from collections.abc import Collection

from instruments.definition import Item
from instruments.exchange.drafts import Book, Draft, imported
from instruments.exchange.fhir import Imported
from instruments.exchange.logic import parse_redcap
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.redcap.columns import (
    FORM,
    HEADER,
    IDENTIFIER,
    MATRIX,
    NAME,
    RANKING,
    TYPE,
    VALIDATION,
    read_rows,
)
from instruments.exchange.redcap.fields import YES, is_identifier, read_field, text_of
from instruments.exchange.table_rows import Report, Row
from instruments.exchange.wording import UNKNOWN_LANGUAGE, Texts

RECORD_NUMBERS = frozenset(("record_id", "study_id", "participant_id"))
NOT_ASKED = "identifiers are not asked in a questionnaire; the field is left out"
RECORD = "it is the number of the record, which nobody is asked for"
RANKED = "options of a table are not ranked here, so one could be chosen in two of its rows"


def read_dictionary(content: bytes, accept: Collection[str] = ()) -> Imported:
    """Reads a REDCap data dictionary (CSV, UTF-8), as REDCap exports it to a file or by its API.

    ``accept`` holds the paths of losses that somebody has looked at and accepts, such as
    ``row 7 (pain): Field Label``; the instrument is given only if it names every loss there is. Its scoring
    is empty: an option counts as its code where that is a number, calculations are kept in their items.

    Raises:
        InvalidQuestionnaireError: the content is no dictionary that can be read; nothing of it is.
    """
    digest = hashlib.sha256(content).hexdigest()
    report = Report()
    rows = read_rows(content, report)
    book = Book(report, Texts(UNKNOWN_LANGUAGE), parse_redcap)
    try:
        _Reader(book).read(rows)
        return imported(book, accept, address=f"urn:sha256:{digest}", version=digest[:12])
    except RecursionError:
        raise InvalidQuestionnaireError("", "is nested too deep") from None


class _Reader:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._names: set[str] = set()
        self._header: Draft | None = None
        self._matrix: Draft | None = None

    def read(self, rows: list[Row]) -> None:
        self._names = {row.cells.get(NAME, "").strip() for row in rows}
        forms: dict[str, list[Row]] = {}
        for row in rows:
            forms.setdefault(row.text(FORM), []).append(row)
        for name, own in forms.items():
            self._header = self._matrix = None
            drafts = self._read_form(own)
            if len(forms) == 1:
                self._book.put("title", _words(name))
                self._book.drafts = drafts
            elif drafts:
                group = Item(self._free(name or "form"), "group")
                self._book.put(group.item_id, _words(name))
                self._book.drafts.append(Draft(own[0], group, within=drafts))

    def _read_form(self, rows: list[Row]) -> list[Draft]:
        drafts: list[Draft] = []
        for row in rows:
            if self._is_left_out(row):
                continue
            field = read_field(row, self._book)
            self._read_header(row, drafts)
            if self._header is not None:
                self._header.heads.append(field)
            table = self._table(row, drafts)
            (drafts if table is None else table.within).append(field)
            row.finish({})
        return drafts

    def _is_left_out(self, row: Row) -> bool:
        name = row.cells.get(NAME, "").strip()
        is_number = row.number == 2 and name in RECORD_NUMBERS and _is_plain_text(row)
        if is_identifier(row):
            row.lose(IDENTIFIER, "an identifier", NOT_ASKED)
        elif is_number:
            row.note("", "the number of the record", RECORD)
        else:
            row.text(IDENTIFIER)
            return False
        self._book.left_out.add(name)
        return True

    def _read_header(self, row: Row, drafts: list[Draft]) -> None:
        text = row.text(HEADER)
        if not text:
            return
        header = Item(self._free(f"{row.text(NAME)}:header"), "display")
        self._book.put(header.item_id, text_of(row, HEADER, text))
        self._header, self._matrix = Draft(row, header), None
        drafts.append(self._header)

    def _table(self, row: Row, drafts: list[Draft]) -> Draft | None:
        """The table that the field stands in: rows one after another with one name."""
        name = row.text(MATRIX)
        if row.text(RANKING).lower() in YES:
            row.lose(RANKING, "a ranking", RANKED)
        if not name:
            self._matrix = None
        elif self._matrix is None or self._matrix.row.cells.get(MATRIX, "").strip() != name:
            group = Item(self._free(name), "group")
            self._matrix = Draft(row, group)
            self._book.controls[group.item_id] = "table"
            drafts.append(self._matrix)
        return self._matrix

    def _free(self, name: str) -> str:
        """The name, or one like it that no field and no other group has."""
        found, count = name, 1
        while found in self._names or found in ("title", "intro"):
            count += 1
            found = f"{name}:{count}"
        self._names.add(found)
        return found


def _is_plain_text(row: Row) -> bool:
    kind, validation = (row.cells.get(column, "").strip().lower() for column in (TYPE, VALIDATION))
    return kind == "text" and validation in ("", "integer", "number")


def _words(name: str) -> str:
    """The name of a form as REDCap shows it where it has no other: ``daily_life`` is ``Daily Life``."""
    return name.replace("_", " ").title()
