"""The columns of an extract, from what was answered and what is approved. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from instruments.definition import CONTAINERS, Item, every_item
from instruments.scoring.spec import Scale, shown_scales
from instruments.versions import Instrument, content_hash
from surveys.research.projects import Project, Variable

KEY_COLUMNS = (
    pa.field("pseudonym", pa.string(), nullable=False),
    pa.field("wave", pa.int16(), nullable=False),
    pa.field("part", pa.int16(), nullable=False),
    pa.field("instrument_id", pa.string(), nullable=False),
    pa.field("instrument_version", pa.string(), nullable=False),
    pa.field("structure_hash", pa.string(), nullable=False),
    pa.field("language", pa.string(), nullable=False),
)
# Parquet names the values of a list "element"; Arrow's own name would not come back from the file.
TEXTS = pa.list_(pa.field("element", pa.string()))
LINKED_TYPES: Mapping[Variable, pa.DataType] = {
    "site": pa.string(),
    "stage": pa.int16(),
    "treatment_kind": pa.string(),
    "treatment_kinds": TEXTS,
    "months_since_diagnosis": pa.int32(),
    "months_since_treatment": pa.int32(),
    "is_control": pa.bool_(),
    "sex": pa.int16(),
    "age_at_diagnosis": pa.int16(),
    "region": pa.int16(),
}
NUMBER_TYPES = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "quantity": pa.float64(),
}


class ItemColumn(NamedTuple):
    """One item as a column, with a second column, ``NAME:status``, that says why there is no answer."""

    name: str
    instrument_id: str
    item: Item
    type: pa.DataType

    @property
    def status(self) -> str:
        """The name of the column that says whether the item was answered."""
        return f"{self.name}:status"


class ScaleColumn(NamedTuple):
    """One scale as a column; of an estimate with a second column, ``NAME:se``, its standard error."""

    name: str
    instrument_id: str
    scale: Scale

    @property
    def error(self) -> str | None:
        """The name of the column with the standard error, where the scale has one."""
        return f"{self.name}:se" if self.scale.combine == "eap" else None


class Layout(NamedTuple):
    """Every column of an extract, in order; ``asked`` has the items of each structure by its content hash.

    ``banks`` has, by structure and item, the items of the adaptive test that the item is asked in.
    """

    project: Project
    instruments: tuple[Instrument, ...]
    items: tuple[ItemColumn, ...]
    scales: tuple[ScaleColumn, ...]
    asked: Mapping[str, frozenset[str]]
    banks: Mapping[tuple[str, str], frozenset[str]]

    @property
    def linked(self) -> tuple[Variable, ...]:
        """The approved registry variables, in a fixed order."""
        return tuple(name for name in LINKED_TYPES if name in self.project.variables)

    @property
    def schema(self) -> pa.Schema:
        """The fixed schema of the Parquet file."""
        fields = list(KEY_COLUMNS)
        fields += [pa.field(name, LINKED_TYPES[name]) for name in self.linked]
        for column in self.items:
            fields.append(pa.field(column.name, column.type))
            fields.append(pa.field(column.status, pa.string(), nullable=False))
        names = (name for column in self.scales for name in (column.name, column.error))
        fields += [pa.field(name, pa.float64()) for name in names if name is not None]
        return pa.schema(fields)


def make_layout(instruments: Sequence[Instrument], project: Project) -> Layout:
    """The columns for these instrument versions; versions of one instrument share a shared item's column."""
    versions = tuple(sorted({_identity(one): one for one in instruments}.values(), key=_identity))
    prefixes = _prefixes({one.structure.instrument_id for one in versions})
    return Layout(
        project=project,
        instruments=versions,
        items=tuple(_item_columns(versions, prefixes)),
        scales=tuple(_scale_columns(versions, prefixes)),
        asked={
            content_hash(one.structure).hex(): frozenset(item.item_id for item in _items(one))
            for one in versions
        },
        banks={
            (content_hash(one.structure).hex(), item_id): bank
            for one in versions
            for bank in _banks(one)
            for item_id in bank
        },
    )


def _banks(instrument: Instrument) -> Iterator[frozenset[str]]:
    for test in instrument.structure.adaptive:
        yield frozenset(item.item_id for item in test.bank.items)


def _identity(instrument: Instrument) -> tuple[str, str, bytes]:
    structure = instrument.structure
    return (structure.instrument_id, structure.version, content_hash(instrument))


def _prefixes(instrument_ids: set[str]) -> dict[str, str]:
    """The last part of each identifier, or the whole of it where two would be the same."""
    short = {one: one.rstrip("/").rpartition("/")[2] for one in instrument_ids}
    taken = Counter(short.values())
    return {one: name if taken[name] == 1 else one for one, name in short.items()}


def _items(instrument: Instrument) -> Iterator[Item]:
    return (item for item in every_item(instrument.structure) if item.kind not in CONTAINERS)


def _item_columns(versions: Sequence[Instrument], prefixes: Mapping[str, str]) -> Iterator[ItemColumn]:
    found: dict[tuple[str, str], list[Item]] = {}
    for instrument in versions:
        for item in _items(instrument):
            found.setdefault((instrument.structure.instrument_id, item.item_id), []).append(item)
    for (instrument_id, item_id), items in sorted(found.items(), key=lambda entry: entry[0][0]):
        types = {_type(item) for item in items}
        kind = types.pop() if len(types) == 1 else _common(types)
        yield ItemColumn(f"{prefixes[instrument_id]}.{item_id}", instrument_id, items[-1], kind)


def _scale_columns(versions: Sequence[Instrument], prefixes: Mapping[str, str]) -> Iterator[ScaleColumn]:
    found = {
        (instrument.structure.instrument_id, scale.scale_id): scale
        for instrument in versions
        for scale in shown_scales(instrument.scoring)
    }
    for (instrument_id, scale_id), scale in sorted(found.items(), key=lambda entry: entry[0][0]):
        yield ScaleColumn(f"{prefixes[instrument_id]}.{scale_id}", instrument_id, scale)


def _type(item: Item) -> pa.DataType:
    kind = NUMBER_TYPES.get(item.kind, pa.string())
    return pa.list_(pa.field("element", kind)) if item.repeats else kind


def _common(types: Collection[pa.DataType]) -> pa.DataType:
    """Where two versions give an item different kinds, both fit into text, or into a list of texts."""
    return TEXTS if any(pa.types.is_list(kind) for kind in types) else pa.string()
