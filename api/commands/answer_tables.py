"""Tables of answers (CSV): a column an item, a row a response; read in blocks, each wrong cell named."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

WHOLE_NUMBER = re.compile(r"[+-]?\d{1,6}(\.0*)?", re.ASCII)
MISSING = frozenset(("", "NA"))
ROWS_AT_ONCE = 16_384
LONGEST_LINE = 1_000_000
NAN = float("nan")


class AnswerTableError(Exception):
    """A table of answers cannot be read: the file, the row (from 1, the header not counted) and the rule."""

    def __init__(self, file: Path, place: str, rule: str) -> None:
        super().__init__(f"{file.name}: {place} {rule}" if place else f"{file.name}: {rule}")
        self.place = place
        self.rule = rule


class Block(NamedTuple):
    """Some rows of a table: the number of the first, and their cells."""

    first_row: int
    rows: Sequence[Sequence[str]]


class AnswerTable:
    """An open table: its ``header``, and its rows by ``blocks``."""

    def __init__(self, file: Path, stream: TextIO) -> None:
        self.file = file
        self.header = self._read_header(stream)

    def _read_header(self, stream: TextIO) -> list[str]:
        try:
            first = stream.readline(LONGEST_LINE)
            stream.seek(0)
            is_semicolon = ";" in first and "," not in first
            self._rows = csv.reader(stream, delimiter=";" if is_semicolon else ",", strict=True)
            header = [name.strip() for name in next(self._rows, [])]
        except (csv.Error, UnicodeDecodeError) as error:
            raise self.wrong("the header", f"is not CSV in UTF-8: {error}") from error
        if not any(header):
            raise self.wrong("", "the file is empty; it needs a header with the items' columns")
        twice = next((name for name in header if name and header.count(name) > 1), None)
        if twice is not None:
            raise self.wrong("the header", f"has the column {twice[:100]!r} twice")
        return header

    def wrong(self, place: str, rule: str) -> AnswerTableError:
        """The error that names this file."""
        return AnswerTableError(self.file, place, rule)

    def blocks(self) -> Iterator[Block]:
        """The rows after the header, some thousands at a time; empty lines are left out.

        Raises:
            AnswerTableError: a row has more or fewer cells than the header, or is not CSV in UTF-8.
        """
        row = 1
        while True:
            try:
                read = list(islice(self._rows, ROWS_AT_ONCE))
            except (csv.Error, UnicodeDecodeError) as error:
                raise self.wrong(f"after row {row - 1}", f"is not CSV in UTF-8: {error}") from error
            if not read:
                return
            rows = [cells for cells in read if cells]
            for number, cells in enumerate(rows, start=row):
                if len(cells) != len(self.header):
                    raise self.wrong(
                        f"row {number}", f"has {len(cells)} cells, the header {len(self.header)}"
                    )
            if rows:
                yield Block(row, rows)
            row += len(rows)

    def numbers(self, block: Block, column: int) -> list[float]:
        """The answers in one column of a block: whole numbers, NaN where the cell is empty or NA.

        Raises:
            AnswerTableError: a cell is something else.
        """
        answers = []
        for number, cells in enumerate(block.rows, start=block.first_row):
            cell = cells[column].strip()
            if cell in MISSING:
                answers.append(NAN)
            elif WHOLE_NUMBER.fullmatch(cell):
                answers.append(float(cell))
            else:
                place = f"row {number}, column {self.header[column]!r}:"
                raise self.wrong(place, "is no whole number; give one, or NA where there is no answer")
        return answers


def places_of(header: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Where each wanted column stands, by its name or one of its other names; absent ones are left out."""
    places = {name: place for place, name in enumerate(header)}
    found = {}
    for name, others in wanted.items():
        place = next((places[one] for one in (name, *others) if one in places), None)
        if place is not None:
            found[name] = place
    return found
