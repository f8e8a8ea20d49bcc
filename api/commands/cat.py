"""``etterklang cat``: the adaptive test that each person would have been led through; needs no database."""

import csv
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TextIO

import typer

from api.commands.answer_tables import AnswerTable, Block
from instruments.adaptive import RULES, AnswerMissingError, Step, trace
from instruments.bank import BankError, check_bank
from instruments.definition import AdaptiveRule, Bank, BankItem

COLUMNS = (
    "run", "step", "item", "info_at_selection", "theta_before", "response", "theta", "se", "t_score", "stop",
)  # fmt: skip
KEYS = ("run", "case", "id")
FAMILY = "promis"


class UnknownRuleError(Exception):
    """There is no adaptive test of this name."""


def trace_answers(
    spec_id: Annotated[str, typer.Argument(help="promis, promis-adult-recommended or promis-paediatric")],
    bank: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a CSV: item, a, b1, b2, ...")],
    answers: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="a CSV: a column an item, a row a person")
    ],
    out: Annotated[
        Path | None, typer.Option(help="where to write the trace; else to standard output")
    ] = None,
) -> None:
    """Write which items each person is asked, the estimate after each answer, and why the test ends."""
    rule = _rule(spec_id)
    items = _read_bank(bank)
    with answers.open(encoding="utf-8-sig", newline="") as stream, _written() as written:
        _write(items, rule, AnswerTable(answers, stream), written)
        written.seek(0)
        if out is None:
            shutil.copyfileobj(written, sys.stdout)
            return
        with out.open("w", encoding="utf-8", newline="") as file:
            shutil.copyfileobj(written, file)


def _written() -> TextIO:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="")


def _rule(spec_id: str) -> AdaptiveRule:
    plain = spec_id.strip().lower().replace("_", "-")
    name = "adult" if plain == FAMILY else plain.removeprefix(f"{FAMILY}-")
    if not plain.startswith(FAMILY) or name not in RULES:
        known = ", ".join([FAMILY, *(f"{FAMILY}-{one}" for one in RULES)])
        raise UnknownRuleError(f"there is no adaptive test {spec_id[:100]!r}; there are {known}")
    return RULES[name]


def _read_bank(file: Path) -> Bank:
    """The bank of a CSV with the columns item, a, b1 and on; an item may have fewer thresholds."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        table = AnswerTable(file, stream)
        if table.header[:3] != ["item", "a", "b1"]:
            raise table.wrong("the header", "must begin with item, a, b1")
        rows = [row for block in table.blocks() for row in block.rows]
        items = tuple(_bank_item(table, number, row) for number, row in enumerate(rows, start=1))
    try:
        return check_bank(Bank(items))
    except BankError as error:
        raise table.wrong("", str(error)) from error


def _bank_item(table: AnswerTable, number: int, row: Sequence[str]) -> BankItem:
    cells = [cell.strip() for cell in row]
    while cells[-1] in ("", "NA"):
        cells.pop()
    try:
        slope, *thresholds = (float(cell) for cell in cells[1:])
    except ValueError as error:
        raise table.wrong(f"row {number}", "has a slope or threshold that is no number") from error
    return BankItem(cells[0], slope, tuple(thresholds))


def _write(bank: Bank, rule: AdaptiveRule, table: AnswerTable, stream: TextIO) -> None:
    places = {
        item.item_id: table.header.index(item.item_id) for item in bank.items if item.item_id in table.header
    }
    if not places:
        raise table.wrong("the header", "has none of the bank's items")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    key = next((table.header.index(name) for name in KEYS if name in table.header), None)
    for block in table.blocks():
        for number, given in _people(table, block, places):
            run = str(number) if key is None else block.rows[number - block.first_row][key]
            for step, one in enumerate(_trace(bank, rule, table, number, given), start=1):
                writer.writerow([run, step, *_cells(one)])


def _people(table: AnswerTable, block: Block, places: dict[str, int]) -> Iterator[tuple[int, dict[str, int]]]:
    columns = {item_id: table.numbers(block, place) for item_id, place in places.items()}
    for index in range(len(block.rows)):
        numbers = {item_id: column[index] for item_id, column in columns.items()}
        yield (
            block.first_row + index,
            {
                item_id: int(number)
                for item_id, number in numbers.items()
                if number == number  # noqa: PLR0124 - NaN
            },
        )


def _trace(
    bank: Bank, rule: AdaptiveRule, table: AnswerTable, number: int, given: dict[str, int]
) -> tuple[Step, ...]:
    thresholds = {item.item_id: len(item.b) for item in bank.items}
    for item_id, answer in given.items():
        if not 0 <= answer <= thresholds[item_id]:
            raise table.wrong(f"row {number}, column {item_id!r}:", f"is none of 0 to {thresholds[item_id]}")
    try:
        return trace(bank, rule, given)
    except AnswerMissingError as error:
        raise table.wrong(f"row {number}", "answers none of the bank's items") from error


def _cells(step: Step) -> list[str | int]:
    numbers = [repr(one) for one in (step.information, step.theta_before)]
    after = [repr(one) for one in (step.theta, step.se, step.t)]
    return [step.item_id, *numbers, step.answer, *after, step.stop]
