"""Items on their way out of a table: read row by row, put together once all of them are known."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from msgspec.structs import replace

from instruments.definition import Branch, Control, Item, Orientation, Presentation, Structure
from instruments.exchange.element import Wording
from instruments.exchange.fhir import Imported
from instruments.exchange.logic import LogicError, branch_of, calculation
from instruments.exchange.logic.syntax import Expression, UnknownReferenceError, references
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.table_rows import Report, Row
from instruments.exchange.wording import Texts
from instruments.soundness import MAX_DEPTH, MAX_ITEMS, faults_of
from instruments.versions import Instrument, unscored

ASKED_OF_MORE = "so it is left out, and the item is asked of more people"
MAX_LOGIC = 200_000
"""Characters of different expressions in a table; it takes some microseconds to read one."""
NOT_COMPUTED = "so nothing is computed, and the item stays empty"
Parse = Callable[[str], Expression]


@dataclass
class Draft:
    """One item before its branch and calculation, which may look at items further down.

    ``logic`` is the column and text of when it is asked, ``formula`` of what it computes.
    """

    row: Row
    item: Item
    logic: tuple[str, str] | None = None
    formula: tuple[str, str] | None = None
    within: list["Draft"] = field(default_factory=list)
    heads: list["Draft"] = field(default_factory=list)
    """The items under this header, which is shown where one of them is."""


@dataclass
class Book:
    """All that is read of one table: the drafts, and beside them wording and presentation."""

    report: Report
    texts: Texts
    parse: Parse
    drafts: list[Draft] = field(default_factory=list)
    controls: dict[str, Control] = field(default_factory=dict)
    orientation: dict[str, Orientation] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    """Fields that are not asked at all, whose loss or note says why."""

    _trees: dict[str, Expression] = field(default_factory=dict)
    _logic: int = 0

    def tree(self, row: Row, column: str, text: str) -> Expression:
        """An expression as a tree; one that stands in many rows is read once.

        Raises:
            LogicError: it cannot be read.
            InvalidQuestionnaireError: all the expressions together are longer than ``MAX_LOGIC``.
        """
        if text not in self._trees:
            self._logic += len(text)
            if self._logic > MAX_LOGIC:
                raise row.invalid(column, f"all expressions together have more than {MAX_LOGIC} characters")
            self._trees[text] = self.parse(text)
        return self._trees[text]

    def put(self, key: str, text: str, language: str | None = None) -> None:
        """Keeps a text, unless it is blank."""
        if text.strip():
            others = {} if language is None else {language: text.strip()}
            self.texts.put(key, Wording(text.strip() if language is None else None, others))


class Assembly:
    """Puts the items of a book together."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._rows: dict[str, Row] = {}
        self.fields: dict[str, Item] = {}
        self._computed_from: dict[str, frozenset[str]] = {}
        self._collect(book.drafts, 1)

    def _collect(self, drafts: list[Draft], depth: int) -> None:
        for draft in drafts:
            name = draft.item.item_id
            if depth > MAX_DEPTH:
                raise draft.row.invalid("", f"is nested more than {MAX_DEPTH} deep")
            if name in self._rows:
                raise draft.row.invalid("", f"has the name of {self._rows[name].place} too")
            if len(self._rows) >= MAX_ITEMS:
                raise draft.row.invalid("", f"there are more than {MAX_ITEMS} items")
            self._rows[name] = draft.row
            marked = replace(draft.item, calculated="") if draft.formula else draft.item
            self.fields[name] = marked
            self._collect(draft.within, depth + 1)

    def items(self) -> tuple[Item, ...]:
        """The items with their branches and calculations.

        Raises:
            InvalidQuestionnaireError: a branch or calculation looks at a field that is not there, or a
                calculation waits, in a circle, for itself.
        """
        items = tuple(self._item(draft) for draft in self._book.drafts)
        try:
            TopologicalSorter(self._computed_from).prepare()
        except CycleError as error:
            circle = [str(name) for name in error.args[1]]
            rule = "is computed from what is computed from it: " + ", ".join(circle[:5])
            raise InvalidQuestionnaireError(self.place(circle[0]), rule) from None
        return items

    def place(self, where: str) -> str:
        """The path of an item, or of the item whose wording key this is; empty for the whole."""
        while where not in self._rows and "/" in where:
            where = where.rpartition("/")[0]
        return self._rows[where].place if where in self._rows else ""

    def _item(self, draft: Draft) -> Item:
        branch = self._branch(draft) if draft.logic else None
        if draft.heads:
            branch = self._branch_of_header(draft)
        return replace(
            draft.item,
            branch=branch,
            calculated=self._formula(draft) if draft.formula else None,
            items=tuple(self._item(one) for one in draft.within),
        )

    def _branch(self, draft: Draft, *, is_named: bool = True) -> Branch | None:
        column, text = draft.logic or ("", "")
        try:
            return branch_of(self._book.tree(draft.row, column, text), self.fields)
        except LogicError as error:
            if is_named:
                self._lose(draft, column, text, error, ASKED_OF_MORE)
            return None

    def _branch_of_header(self, draft: Draft) -> Branch | None:
        """A header is shown where one of the items under it is; always, where one of them is always."""
        branches = [self._branch(one, is_named=False) if one.logic else None for one in draft.heads]
        known = [branch for branch in branches if branch is not None]
        if len(known) < len(branches):
            return None
        different = list(dict.fromkeys(known))
        return different[0] if len(different) == 1 else Branch((), "any", tuple(different))

    def _formula(self, draft: Draft) -> str | None:
        column, text = draft.formula or ("", "")
        try:
            expression = self._book.tree(draft.row, column, text)
            found = calculation(expression, self.fields)
        except LogicError as error:
            self._lose(draft, column, text, error, NOT_COMPUTED)
            return None
        self._computed_from[draft.item.item_id] = frozenset(references(expression))
        return found

    def _lose(self, draft: Draft, column: str, text: str, error: LogicError, outcome: str) -> None:
        if isinstance(error, UnknownReferenceError) and error.name not in self._book.left_out:
            raise draft.row.invalid(column, error.why)
        draft.row.lose(column, text, f"it {error.why}, {outcome}")


def imported(book: Book, accept: Collection[str], *, address: str, version: str) -> Imported:
    """The instrument that a book makes, unless it has a loss that ``accept`` does not name.

    Raises:
        InvalidQuestionnaireError: the items do not make a sound instrument.
    """
    assembly = Assembly(book)
    structure = Structure(instrument_id=address, version=version, items=assembly.items())
    if not structure.items:
        raise InvalidQuestionnaireError("", "it asks nothing: there is no row with an item")
    for fault in faults_of(structure):
        raise InvalidQuestionnaireError(assembly.place(fault.where), fault.rule)
    instrument = Instrument(
        structure=structure,
        presentation=Presentation(
            instrument_id=address, version=version, controls=book.controls, orientation=book.orientation
        ),
        scoring=unscored(structure),
        translations=book.texts.translations(address, version),
    )
    report = book.report
    return Imported(
        instrument if report.accepted(accept) else None,
        report.understood,
        len(assembly.fields),
        report.losses(),
        report.notes(),
    )
