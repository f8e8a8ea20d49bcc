"""REDCap's lists of choices: ``1, A label | 2, Another``."""

import re

from instruments.definition import Option
from instruments.exchange.logic.syntax import number_in
from instruments.exchange.redcap.columns import CHOICES
from instruments.exchange.table_rows import Row

CHOICE = re.compile(r"\s*(?P<code>-?[A-Za-z0-9_.\-]{1,100})\s*,(?P<label>.*)", re.DOTALL)
MAX_CHOICES = 2_000


def read_choices(row: Row) -> list[tuple[str, str]]:
    """Code and label of each choice. A piece between bars that has no code goes on with the label before it.

    Raises:
        InvalidQuestionnaireError: there is none, or one twice.
    """
    found: list[tuple[str, str]] = []
    cell = row.text(CHOICES)
    for piece in cell.split("|"):
        match = CHOICE.fullmatch(piece)
        if match is not None:
            found.append((match["code"], match["label"].strip()))
        elif found and piece.strip():
            found[-1] = (found[-1][0], f"{found[-1][1]} | {piece.strip()}")
        elif piece.strip():
            raise row.invalid(CHOICES, f"{piece.strip()[:60]!r} is not a code, a comma and a label")
    if not found:
        raise row.invalid(CHOICES, "has no choices, so nobody could answer it")
    if len(found) > MAX_CHOICES:
        raise row.invalid(CHOICES, f"has more than {MAX_CHOICES} choices")
    codes = [code for code, _ in found]
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise row.invalid(CHOICES, f"has the code {twice!r} twice")
    return found


def options_of(choices: list[tuple[str, str]]) -> tuple[Option, ...]:
    """The options; one counts as the number that its code is, if it is one."""
    return tuple(Option(code, number_in(code)) for code, _ in choices)
