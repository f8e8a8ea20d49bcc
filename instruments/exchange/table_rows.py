"""One row of somebody's table that remembers what was read of it, so that the rest can be named as lost."""

from collections import Counter
from collections.abc import Collection, Mapping

from instruments.exchange.losses import InvalidQuestionnaireError, Loss, Note

MAX_BYTES = 8 * 2**20
MAX_ROWS = 6_000
"""An instrument has 5,000 items at most, and a real table some hundred rows."""
MAX_COLUMNS = 400
UNKNOWN_COLUMN = "this column is not understood here, so what it changes cannot be kept"


class Report:
    """What an import of a table has understood (cells, counted), noted and lost; every path of a loss is
    given once.
    """

    def __init__(self) -> None:
        self.understood = 0
        self._losses: list[tuple[int, Loss]] = []
        self._notes: list[tuple[int, Note]] = []
        self._seen: Counter[str] = Counter()

    def lose(self, number: int, path: str, what: str, why: str) -> None:
        """Names a loss in row ``number``; a second one at the same path is told apart by its count."""
        self._seen[path] += 1
        count = self._seen[path]
        self._losses.append((number, Loss(path if count == 1 else f"{path} [{count}]", what[:300], why)))

    def note(self, number: int, path: str, what: str, why: str) -> None:
        """Notes what was read and left without a loss."""
        self._notes.append((number, Note(path, what[:300], why)))

    def losses(self) -> tuple[Loss, ...]:
        """In the order of the rows."""
        return tuple(loss for _, loss in sorted(self._losses, key=lambda pair: pair[0]))

    def notes(self) -> tuple[Note, ...]:
        """In the order of the rows."""
        return tuple(note for _, note in sorted(self._notes, key=lambda pair: pair[0]))

    def accepted(self, accept: Collection[str]) -> bool:
        """Whether ``accept`` names every loss there is."""
        return all(loss.path in accept for _, loss in self._losses)


class Row:
    """The cells of one row by column. ``place`` is how people find it: ``row 7 (name)``."""

    def __init__(self, cells: Mapping[str, str], number: int, place: str, report: Report) -> None:
        self.cells = cells
        self.number = number
        self.place = place
        self.report = report
        self._left = {column for column, cell in cells.items() if cell.strip()}

    def text(self, column: str) -> str:
        """A cell without white space around it, which counts as understood; empty where there is none."""
        cell = self.cells.get(column, "").strip()
        if column in self._left:
            self._left.discard(column)
            self.report.understood += 1
        return cell

    def path(self, column: str) -> str:
        """The path of one cell."""
        return f"{self.place}: {column}" if column else self.place

    def lose(self, column: str, what: str, why: str) -> None:
        """Names a cell, or a part of one, as lost."""
        self._left.discard(column)
        self.report.lose(self.number, self.path(column), what, why)

    def note(self, column: str, what: str, why: str) -> None:
        """Notes a cell that was read and left without a loss."""
        self._left.discard(column)
        self.report.note(self.number, self.path(column), what, why)

    def invalid(self, column: str, rule: str) -> InvalidQuestionnaireError:
        """The error that says that a cell breaks a rule."""
        return InvalidQuestionnaireError(self.path(column), rule)

    def finish(self, why: Mapping[str, str]) -> None:
        """Names every cell that nobody has read; ``why`` says it by column."""
        for column in self.cells:
            if column in self._left:
                self.lose(column, self.cells[column].strip(), why.get(column, UNKNOWN_COLUMN))
