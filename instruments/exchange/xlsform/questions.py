"""One row of the survey as an item on its way: what it asks, its wording, and what an answer must be."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace
from pyxform.aliases import yes_no

from instruments.definition import CONTAINERS, NUMBERS, Item, Option
from instruments.exchange.defaults import with_default
from instruments.exchange.drafts import Book, Draft
from instruments.exchange.logic.syntax import number_in
from instruments.exchange.table_rows import Row
from instruments.exchange.xlsform.appearances import with_appearance
from instruments.exchange.xlsform.columns import Columns
from instruments.exchange.xlsform.constraints import CONSTRAINT, with_constraint
from instruments.exchange.xlsform.lists import Lists
from instruments.exchange.xlsform.types import KINDS, Select
from instruments.exchange.xlsform.wording import drop_error, leave_spare, put_error, put_help, put_label

TYPE, NAME, RELEVANT, REQUIRED = "type", "name", "relevant", "required"
READ_ONLY, DEFAULT, CALCULATION, PARAMETERS = "read_only", "default", "calculation", "parameters"
FIELD_NAME = re.compile(r"[^\W\d][\w.\-]{0,99}")
OK = "OK"
"""The answer to an acknowledgement, as ODK stores it."""
MIDNIGHT = " 00:00:00"

NO_KIND = "there is no such kind of item here; it is kept as a text to read, which takes no answer"
NO_OTHER = "a last option with a text to write is not added; add an option and a text question of its own"
NOT_DECIDED = "it is either so or not here, whatever the other answers are"
NOT_FIXED = "an answer to begin with is a fixed one here that the item could be answered with"
NOT_A_NUMBER = "only numbers are computed here, so nothing is computed"
NO_ANSWER = "it holds for an item that takes an answer only"
NO_PARAMETER = "this parameter is not understood here, so what it changes cannot be kept"
WHY_LOST: Mapping[str, str] = MappingProxyType(
    {
        "choice_filter": "all options of a list are shown here, whatever the other answers are",
        "repeat_count": "a group is asked once here",
        "trigger": "a value is computed from the answers it names alone, whichever was given last",
        "disabled": "it says neither yes nor no",
        "parameters": NO_PARAMETER,
        "save_to": "answers are not written into lists of entities",
    }
)
"""Columns of the survey that are known and cannot be kept."""


class Form(NamedTuple):
    """What every row of the survey is read with; ``names`` are those of all its rows."""

    book: Book
    columns: Columns
    lists: Lists
    names: frozenset[str]


def name_of(row: Row) -> str:
    """The name of a row.

    Raises:
        InvalidQuestionnaireError: it has none that an element of XML could have.
    """
    name = row.text(NAME)
    if not FIELD_NAME.fullmatch(name):
        raise row.invalid(NAME, "must begin with a letter or _, and have letters, digits and _ . - only")
    return name


def read_question(row: Row, name: str, kind: Select | str, form: Form) -> Draft:
    """One row that is no group.

    Raises:
        InvalidQuestionnaireError: it names a list that is not there, or its bounds leave no answer.
    """
    draft = Draft(row, Item(name, "display"))
    item = _select(row, draft.item, kind, form) if isinstance(kind, Select) else _plain(row, name, kind, form)
    put_label(row, form.columns, form.book, name)
    put_help(row, form.columns, form.book, name)
    item = with_appearance(row, item, form.book, is_range=kind == "range")
    draft.item = _with_rules(row, item, draft, form)
    read_relevant(row, draft)
    finish(row, form)
    return draft


def read_relevant(row: Row, draft: Draft) -> None:
    """When the item is asked; one that never is, is hidden."""
    text = row.text(RELEVANT)
    said = yes_no.get(text)
    if said is False:
        draft.item = replace(draft.item, hidden=True)
    elif text and said is None:
        draft.logic = (RELEVANT, text)


def with_flags(row: Row, item: Item) -> Item:
    """The item as the columns of yes and no change it; on a group they say nothing."""
    return _with_required(row, _with_read_only(row, item))


def finish(row: Row, form: Form) -> None:
    """Names what is left of a row."""
    leave_spare(row, form.columns)
    row.finish(WHY_LOST)


def _plain(row: Row, name: str, kind: str, form: Form) -> Item:
    if kind not in KINDS:
        row.lose(TYPE, f"the type {kind[:60]}", NO_KIND)
        return Item(name, "display")
    item = Item(name, KINDS[kind])
    match kind:
        case "range":
            return _slider(row, item, form.book)
        case "hidden":
            return replace(item, hidden=True)
        case "calculate":
            return replace(item, hidden=True, read_only=True)
        case "acknowledge" | "trigger":
            for language in form.columns.languages():
                form.book.put(f"{name}/{OK}", OK, language)
            return replace(item, options=(Option(OK),))
    return item


def _select(row: Row, item: Item, kind: Select, form: Form) -> Item:
    if kind.command not in ("select one", "select all that apply") or "_from_file" in row.text(TYPE):
        row.lose(TYPE, row.text(TYPE)[:60], NO_KIND)
        return item
    if not kind.list_name:
        raise row.invalid(TYPE, "names no list of choices")
    if kind.has_other:
        row.lose(TYPE, "or_other", NO_OTHER)
    options = form.lists.put(kind.list_name, item, row)
    return replace(item, kind="choice", options=options, repeats=kind.command == "select all that apply")


def _slider(row: Row, item: Item, book: Book) -> Item:
    """A range from ``start`` to ``end`` by ``step``; from 0 to 10 by 1 where it says nothing, as in ODK.

    Raises:
        InvalidQuestionnaireError: one of the three is no number, or they leave no value.
    """
    found = {"start": 0.0, "end": 10.0, "step": 1.0}
    written = _parameters(row)
    row.text(PARAMETERS)
    for name, text in written.items():
        number = number_in(text)
        if name not in found:
            row.lose(PARAMETERS, f"{name}={text}", NO_PARAMETER)
        elif number is None:
            raise row.invalid(PARAMETERS, f"{name} must be a number")
        else:
            found[name] = number
    least, greatest, step = found["start"], found["end"], found["step"]
    if least > greatest or step <= 0 or step > greatest - least:
        raise row.invalid(PARAMETERS, "leaves the range no value: start must be below end, and step fit in")
    book.controls[item.item_id] = "slider"
    is_whole = all(number.is_integer() for number in found.values())
    kind = item.kind if is_whole else "decimal"
    return replace(item, kind=kind, minimum=least, maximum=greatest, step=step)


def _parameters(row: Row) -> dict[str, str]:
    pairs = re.split(r"[\s,;]+", re.sub(r"\s*=\s*", "=", row.cells.get(PARAMETERS, "").strip()))
    return {name.lower(): value for name, _, value in (pair.partition("=") for pair in pairs) if name}


def _with_rules(row: Row, item: Item, draft: Draft, form: Form) -> Item:
    item = _with_calculation(row, item, draft)
    item = with_flags(row, item)
    before = item
    constraint = row.text(CONSTRAINT)
    if constraint and item.kind in CONTAINERS:
        row.lose(CONSTRAINT, constraint, NO_ANSWER)
    elif constraint:
        item = with_constraint(row, item, constraint, form.book, form.names)
    if item == before:
        drop_error(row, form.columns)
    else:
        put_error(row, form.columns, form.book, item.item_id)
    return _with_default(row, item)


def _with_calculation(row: Row, item: Item, draft: Draft) -> Item:
    text = row.text(CALCULATION)
    if row.text(TYPE).lower() == "calculate" and not text:
        raise row.invalid(CALCULATION, "is missing, and this row is nothing else")
    if not text:
        return item
    if item.kind not in NUMBERS:
        row.lose(CALCULATION, text, NOT_A_NUMBER)
        return item
    draft.formula = (CALCULATION, text)
    return replace(item, read_only=True)


def _with_read_only(row: Row, item: Item) -> Item:
    text = row.text(READ_ONLY)
    said = yes_no.get(text, None if text else False)
    if said is None:
        row.lose(READ_ONLY, text, NOT_DECIDED)
    return replace(item, read_only=True) if said and item.kind not in CONTAINERS else item


def _with_required(row: Row, item: Item) -> Item:
    text = row.text(REQUIRED)
    said = yes_no.get(text, None if text else False)
    if said is None:
        row.lose(REQUIRED, text, NOT_DECIDED)
    elif said and (item.kind in CONTAINERS or item.read_only):
        row.note(REQUIRED, text, NO_ANSWER)
    elif said:
        return replace(item, required=True)
    return item


def _with_default(row: Row, item: Item) -> Item:
    text = row.text(DEFAULT)
    if not text:
        return item
    if item.kind == "date":
        text = text.removesuffix(MIDNIGHT)
    begun = with_default(item, text)
    if begun is None:
        row.lose(DEFAULT, text, NOT_FIXED)
        return item
    return begun
