"""What the feed takes and what it answers."""

from typing import Literal
from uuid import UUID

import msgspec

Form = Literal["csv", "ndjson"]
BatchState = Literal["receiving", "received", "imported"]


class Rejected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row that was not taken: its number (from 1, without the header), the column, the rule and why.

    Never the value.
    """

    row: int
    column: str
    rule: str
    why: str


class FeedReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of every row of a feed."""

    rows: int
    accepted: int
    unchanged: int
    rejected: tuple[Rejected, ...]


class BatchHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A batch as its sender names it. The same batch again is recognised by its content."""

    registry: str
    batch_id: UUID
    form: Form
    client: str


class BatchStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a batch is; the report when it has been imported."""

    registry: str
    batch_id: UUID
    state: BatchState
    report: FeedReport | None


class RowFault(Exception):  # noqa: N818 - one row's fault is no error of the feed
    """One thing wrong with one row."""

    def __init__(self, column: str, rule: str, why: str) -> None:
        super().__init__(f"{column}: {rule}")
        self.column = column
        self.rule = rule
        self.why = why
