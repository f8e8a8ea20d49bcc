"""Rows out of a stream of bytes, however it is cut, one at a time and each with its number."""

import codecs
import csv
from collections.abc import AsyncIterable, AsyncIterator
from typing import NamedTuple

import msgspec

from surveys.registry.columns import Cell
from surveys.registry.messages import Form, RowFault

LONGEST_LINE = 64 * 1024

_decode = msgspec.json.Decoder(dict[str, str | int | float | bool | None])


class RawRow(NamedTuple):
    """One row: its number, and its cells or what is wrong with it as a whole."""

    number: int
    cells: dict[str, Cell]
    fault: RowFault | None = None


class FeedError(Exception):
    """The feed as a whole cannot be read; nothing behind this place was taken."""

    def __init__(self, row: int, rule: str) -> None:
        super().__init__(f"row {row}: {rule}")
        self.row = row
        self.rule = rule


async def read_rows(chunks: AsyncIterable[bytes], form: Form) -> AsyncIterator[RawRow]:
    """The rows of a feed, in memory one line at a time; a line that cannot be read is a row with a fault.

    Raises:
        FeedError: a line is longer than 64 KiB, or the CSV header is no header.
    """
    reading = _csv_rows(_lines(chunks)) if form == "csv" else _ndjson_rows(_lines(chunks))
    async for row in reading:
        yield row


async def _lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Lines without their ends; no UTF-8 character but the line feed holds its byte."""
    rest, number = b"", 0
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield _stripped(line, number)
            number += 1
        if len(rest) > LONGEST_LINE:
            raise FeedError(number + 1, "a row is longer than 64 KiB")
    if rest:
        yield _stripped(rest, number)


def _stripped(line: bytes, number: int) -> bytes:
    return (line if number else line.removeprefix(codecs.BOM_UTF8)).removesuffix(b"\r")


async def _ndjson_rows(lines: AsyncIterator[bytes]) -> AsyncIterator[RawRow]:
    number = 0
    async for line in lines:
        if not line.strip():
            continue
        number += 1
        try:
            yield RawRow(number, dict(_decode.decode(line)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            fault = RowFault(
                "", "not-a-row", "each line is one JSON object of texts and whole numbers, in UTF-8"
            )
            yield RawRow(number, {}, fault)


async def _csv_rows(lines: AsyncIterator[bytes]) -> AsyncIterator[RawRow]:
    names: list[str] | None = None
    number, open_row = 0, b""
    async for line in lines:
        # A quoted cell may hold a line break: the row goes on until its quotes are even.
        open_row = open_row + b"\n" + line if open_row else line
        if open_row.count(b'"') % 2 and len(open_row) <= LONGEST_LINE:
            continue
        whole, open_row = open_row, b""
        if not whole:
            continue
        if names is None:
            names = _header(_cells(whole))
            continue
        number += 1
        yield _csv_row(number, names, whole)
    if open_row:
        yield RawRow(number + 1, {}, RowFault("", "open-quote", "a quoted cell does not end"))


def _csv_row(number: int, names: list[str], line: bytes) -> RawRow:
    cells = _cells(line)
    if cells is None:
        return RawRow(number, {}, RowFault("", "not-utf-8", "the feed must be UTF-8"))
    if len(cells) != len(names):
        return RawRow(number, {}, RowFault("", "wrong-width", "each row has as many cells as the header"))
    return RawRow(number, dict(zip(names, cells, strict=True)))


def _cells(line: bytes) -> list[str] | None:
    try:
        return next(csv.reader([line.decode()]), [])
    except (UnicodeDecodeError, csv.Error):
        return None


def _header(cells: list[str] | None) -> list[str]:
    names = [cell.strip() for cell in cells or ()]
    if "kind" not in names or "pat" not in names:
        raise FeedError(0, "the first line must name the columns, kind and pat among them")
    if len(set(names)) != len(names):
        raise FeedError(0, "a column stands twice in the first line")
    return names
