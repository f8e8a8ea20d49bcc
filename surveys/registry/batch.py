"""The rows of one batch that still stand, and those that were rejected on the way."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from surveys.registry.columns import Read, read_row
from surveys.registry.messages import Rejected, RowFault
from surveys.registry.rows import RawRow


class Row(NamedTuple):
    """A row whose every column could be read; ``values`` go by the database's names."""

    number: int
    kind: str
    person_key: str
    values: dict[str, Read]

    def number_of(self, name: str) -> int:
        """A value that its column reads as a whole number."""
        value = self.values[name]
        if not isinstance(value, int):
            raise TypeError(name)
        return value

    def optional_date(self, name: str) -> date | None:
        """A value that its column reads as a date, if the row has it."""
        return self.date_of(name) if self.values.get(name) is not None else None

    def date_of(self, name: str) -> date:
        """A value that its column reads as a date."""
        value = self.values[name]
        if not isinstance(value, date):
            raise TypeError(name)
        return value


class Batch:
    """Begins with every row of the batch and only ever loses rows, each to a rejection that says why."""

    def __init__(self, raw: Sequence[RawRow]) -> None:
        self.rows: list[Row] = []
        self.rejected: list[Rejected] = []
        for one in raw:
            try:
                if one.fault is not None:
                    raise one.fault
                self.rows.append(Row(one.number, *read_row(one.cells)))
            except RowFault as fault:
                self._reject(one.number, fault)

    def person_keys(self) -> set[str]:
        """Every registry person key that the standing rows name, those of a control's case included."""
        cases = {str(row.values["case_pat"]) for row in self.rows if row.kind == "control"}
        return cases | {row.person_key for row in self.rows}

    def keep(self, check: Callable[[Row], None]) -> None:
        """Keeps the rows that pass; ``check`` raises RowFault for the others."""
        kept: list[Row] = []
        for row in self.rows:
            try:
                check(row)
            except RowFault as fault:
                self._reject(row.number, fault)
            else:
                kept.append(row)
        self.rows = kept

    def _reject(self, number: int, fault: RowFault) -> None:
        self.rejected.append(Rejected(number, fault.column, fault.rule, fault.why))
