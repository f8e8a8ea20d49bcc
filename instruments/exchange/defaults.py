"""The answer to begin with, as tables write it: one text, whatever the kind of the item."""

from msgspec.structs import replace

from instruments.answers import wrong_answer
from instruments.definition import CHOICES, CONTAINERS, NUMBERS, Item, Value
from instruments.exchange.logic.syntax import number_in


def with_default(item: Item, text: str) -> Item | None:
    """The item that begins with the answer ``text``; None where it could not be answered so."""
    values = initial_of(item, text)
    if not values or item.kind in CONTAINERS or wrong_answer(item, values) is not None:
        return None
    return replace(item, initial=values[0], further_initial=values[1:])


def initial_of(item: Item, text: str) -> tuple[Value, ...]:
    """The answers that a text says to begin with; none where it says none of the item's kind."""
    if item.kind in CHOICES:
        codes = text.replace(" ", ",").split(",") if item.repeats else [text]
        return tuple(dict.fromkeys(code.strip() for code in codes if code.strip()))
    if item.kind == "boolean":
        said = {"1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}.get(
            text.lower()
        )
        return () if said is None else (said,)
    if item.kind in NUMBERS:
        number = number_in(text)
        if number is None:
            return ()
        return (int(number) if item.kind == "integer" and number.is_integer() else number,)
    return (text.replace(" ", "T"),) if item.kind == "date-time" else (text,)
