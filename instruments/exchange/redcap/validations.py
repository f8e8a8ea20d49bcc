"""REDCap's text validations: what kind of answer each makes of a text field."""

import re
from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace

from instruments.definition import NUMBERS, Item, ItemKind
from instruments.exchange.logic.syntax import number_in
from instruments.exchange.redcap.columns import MAXIMUM, MINIMUM, VALIDATION
from instruments.exchange.table_rows import Row


class Validation(NamedTuple):
    """The kind of item, decimals of a number, and the pattern of a text."""

    kind: ItemKind
    decimals: int | None = None
    pattern: str | None = None


MOMENTS: Mapping[str, ItemKind] = MappingProxyType(
    {"date": "date", "datetime": "date-time", "datetime_seconds": "date-time"}
)
DATES = {
    f"{prefix}_{order}": Validation(kind)
    for prefix, kind in MOMENTS.items()
    for order in ("ymd", "mdy", "dmy")
}
DECIMALS = {
    f"number_{digits}dp{mark}": Validation("decimal", decimals=digits)
    for digits in range(1, 5)
    for mark in ("", "_comma_decimal")
}
VALIDATIONS: Mapping[str, Validation] = MappingProxyType(
    {
        "": Validation("string"),
        "integer": Validation("integer"),
        "int": Validation("integer"),
        "number": Validation("decimal"),
        "float": Validation("decimal"),
        "number_comma_decimal": Validation("decimal"),
        **DECIMALS,
        "date": Validation("date"),
        **DATES,
        "time": Validation("time"),
        "time_hh_mm_ss": Validation("time"),
        "time_mm_ss": Validation("string", pattern=r"[0-5]\d:[0-5]\d"),
        "email": Validation("string", pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+"),
        "zipcode": Validation("string", pattern=r"\d{5}(-\d{4})?"),
        "postalcode_australia": Validation("string", pattern=r"\d{4}"),
        "postalcode_germany": Validation("string", pattern=r"\d{5}"),
        "alpha_only": Validation("string", pattern=r"[A-Za-z]+"),
        "mrn_10d": Validation("string", pattern=r"\d{10}"),
        "mrn_generic": Validation("string", pattern=r"[A-Za-z0-9_-]+"),
        "ssn": Validation("string", pattern=r"\d{3}-\d\d-\d{4}"),
    }
)
NOT_CHECKED = "this form of a text is not known here, so any text would be taken"
FIXED_BOUND = "a bound that is no fixed value of the answer's kind cannot be kept"
NO_BOUND = "an answer of this kind has no bounds here"


def with_validation(row: Row, item: Item) -> Item:
    """A text field as the kind of item that its validation makes of it, with its bounds."""
    name = row.text(VALIDATION).lower()
    validation = VALIDATIONS.get(name)
    if validation is None:
        row.lose(VALIDATION, name, NOT_CHECKED)
        validation = VALIDATIONS[""]
    item = replace(item, kind=validation.kind, decimals=validation.decimals, pattern=validation.pattern)
    return with_bounds(row, item)


def with_bounds(row: Row, item: Item) -> Item:
    """The item with the bounds of its answer, where they are fixed.

    Raises:
        InvalidQuestionnaireError: the least is above the greatest.
    """
    if item.kind in NUMBERS:
        least, greatest = _number(row, MINIMUM), _number(row, MAXIMUM)
        if least is not None and greatest is not None and least > greatest:
            raise row.invalid(MINIMUM, "is above the greatest answer")
        return replace(item, minimum=least, maximum=greatest)
    if item.kind in ("date", "time"):
        return replace(
            item, earliest=_moment(row, MINIMUM, item.kind), latest=_moment(row, MAXIMUM, item.kind)
        )
    for column in (MINIMUM, MAXIMUM):
        bound = row.text(column)
        if bound:
            row.lose(column, bound, NO_BOUND)
    return item


def _number(row: Row, column: str) -> float | None:
    cell = row.text(column)
    bound = number_in(cell.replace(",", ".")) if cell else None
    if cell and bound is None:
        row.lose(column, cell, FIXED_BOUND)
    return bound


def _moment(row: Row, column: str, kind: ItemKind) -> str | None:
    cell = row.text(column)
    if not cell:
        return None
    try:
        if kind == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", cell, re.ASCII):
            return date.fromisoformat(cell).isoformat()
        if kind == "time" and re.fullmatch(r"\d\d:\d\d(:\d\d)?", cell, re.ASCII):
            return time.fromisoformat(cell).isoformat()
    except ValueError:
        pass
    row.lose(column, cell, FIXED_BOUND)
    return None
