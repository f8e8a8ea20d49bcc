"""From opened responses to the rows of a Parquet file. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from instruments.definition import Value
from surveys.answering import StoredResponse, StoredScore, StoredScores
from surveys.clock import local_date
from surveys.research.disclosure import coarsen, may_show
from surveys.research.layout import ItemColumn, Layout
from surveys.research.linked import LinkedCase, month_of

ANSWERED = "answered"
SKIPPED = "skipped"
NOT_SHOWN = "not-shown"
NOT_ADMINISTERED = "not-administered"
MISSING = "missing"
NOT_ASKED = "not-asked"
WITHHELD = "withheld"


class Row(NamedTuple):
    """One response, opened, with its latest scores and what is linked to it."""

    pseudonym: str
    wave: int
    part: int
    response: StoredResponse
    scores: StoredScores | None
    linked: LinkedCase


class UnexpectedStructureError(Exception):
    """A response is pinned to a structure that its protocol version does not name: a row was changed."""

    def __init__(self) -> None:
        super().__init__(
            "a response names a structure that its protocol version does not; check the audit log"
        )


def to_batch(layout: Layout, rows: Sequence[Row]) -> pa.RecordBatch:
    """The rows as one Arrow batch with the layout's schema.

    Raises:
        UnexpectedStructureError: a response is pinned to a structure that is not in the layout.
    """
    if any(row.response.hashes.structure not in layout.asked for row in rows):
        raise UnexpectedStructureError
    columns: dict[str, list[object]] = _key_columns(rows)
    linked = [linked_values(row) for row in rows]
    for name in layout.linked:
        columns[name] = [values[name] for values in linked]
    positions = _positions(rows)
    for column in layout.items:
        values, statuses = _item_values(layout, column, rows, positions.get(column.instrument_id, ()))
        columns[column.name] = values
        columns[column.status] = statuses
    for scale in layout.scales:
        scores: list[StoredScore | None] = [None] * len(rows)
        for position in positions.get(scale.instrument_id, ()):
            scores[position] = _score(rows[position].scores, scale.scale.scale_id)
        columns[scale.name] = [None if one is None else one.value for one in scores]
        if scale.error is not None:
            columns[scale.error] = [None if one is None else one.se for one in scores]
    arrays = [pa.array(columns[field.name], field.type) for field in layout.schema]
    return pa.RecordBatch.from_arrays(arrays, schema=layout.schema)


def linked_values(row: Row) -> Mapping[str, object]:
    """The registry variables of one row, as they stood in the month of the response."""
    case = row.linked
    month = month_of(local_date(row.response.submitted_at))
    begun = [one for one in case.treatments if one.began <= month]
    # Surveillance is the choice not to treat yet: it says something only where nothing followed.
    first = next((one for one in begun if one.kind != "surveillance"), begun[0] if begun else None)
    return {
        "site": case.site,
        "stage": case.stage,
        "treatment_kind": None if first is None else first.kind,
        "treatment_kinds": sorted({one.kind for one in begun}),
        "months_since_diagnosis": None if case.diagnosed is None else month - case.diagnosed,
        "months_since_treatment": None if first is None else month - first.began,
        "is_control": case.is_control,
        "sex": case.sex,
        "age_at_diagnosis": case.age_at_diagnosis,
        "region": case.region,
    }


def _key_columns(rows: Sequence[Row]) -> dict[str, list[object]]:
    return {
        "pseudonym": [row.pseudonym for row in rows],
        "wave": [row.wave for row in rows],
        "part": [row.part for row in rows],
        "instrument_id": [row.response.instrument_id for row in rows],
        "instrument_version": [row.response.instrument_version for row in rows],
        "structure_hash": [row.response.hashes.structure for row in rows],
        "language": [row.response.language for row in rows],
    }


def _positions(rows: Sequence[Row]) -> dict[str, list[int]]:
    positions: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        positions.setdefault(row.response.instrument_id, []).append(position)
    return positions


def _item_values(
    layout: Layout, column: ItemColumn, rows: Sequence[Row], positions: Sequence[int]
) -> tuple[list[object], list[object]]:
    values: list[object] = [None] * len(rows)
    statuses: list[object] = [NOT_ASKED] * len(rows)
    item_id = column.item.item_id
    for position in positions:
        response = rows[position].response
        given = response.answers.values.get(item_id)
        if given:
            values[position], statuses[position] = _shown(layout, column, given)
        elif item_id in response.answers.skipped:
            statuses[position] = SKIPPED
        elif item_id in response.shown:
            statuses[position] = MISSING
        elif item_id in layout.asked[response.hashes.structure]:
            statuses[position] = _not_shown(layout, response, item_id)
    return values, statuses


def _not_shown(layout: Layout, response: StoredResponse, item_id: str) -> str:
    """Whether an adaptive test chose other items, or the item or its whole test was not shown."""
    bank = layout.banks.get((response.hashes.structure, item_id), frozenset())
    return NOT_SHOWN if bank.isdisjoint(response.shown) else NOT_ADMINISTERED


def _shown(layout: Layout, column: ItemColumn, given: tuple[Value, ...]) -> tuple[object, str]:
    item = column.item
    if not all(may_show(item, value, layout.project.variables) for value in given):
        return None, WITHHELD
    values = [coarsen(item, value) for value in given]
    if pa.types.is_list(column.type):
        is_text = pa.types.is_string(column.type.value_type)
        return [str(value) for value in values] if is_text else values, ANSWERED
    if pa.types.is_string(column.type):
        return str(values[0]), ANSWERED
    return values[0], ANSWERED


def _score(scores: StoredScores | None, scale_id: str) -> StoredScore | None:
    if scores is None:
        return None
    return next((one for one in scores.scores if one.scale_id == scale_id), None)
