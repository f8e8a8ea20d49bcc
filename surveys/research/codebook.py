"""The codebook of an extract: each column with its type, meaning, codes and limits, by language. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import msgspec
import pyarrow as pa

from instruments.definition import every_item
from instruments.scoring.formula import formula
from instruments.versions import Instrument, content_hash
from surveys.identifiers import ProjectId
from surveys.research.layout import ItemColumn, Layout, ScaleColumn
from surveys.research.rows import ANSWERED, MISSING, NOT_ADMINISTERED, NOT_ASKED, NOT_SHOWN, SKIPPED, WITHHELD

STATUSES: Mapping[str, str] = MappingProxyType(
    {
        ANSWERED: "the item was answered; the answer stands in the item's own column",
        SKIPPED: "the person saw the item and chose not to answer",
        MISSING: "the item was shown and is neither answered nor skipped",
        NOT_SHOWN: "branching or the layout did not show the item, given the other answers",
        NOT_ADMINISTERED: "adaptive testing did not ask the item: others told more, or it had ended",
        NOT_ASKED: "the row answers another instrument, or a version without this item",
        WITHHELD: "the answer is free text, for which the project has no approval",
    }
)
"""Why an item's column is empty; the codes of every ``:status`` column."""

KEYS: Mapping[str, str] = MappingProxyType(
    {
        "pseudonym": "the person, by a name that only this project has, the same in all its extracts",
        "wave": "the number of the wave in the follow-up protocol",
        "part": "the place of the instrument among those of the wave, from 0",
        "instrument_id": "the instrument that the row answers",
        "instrument_version": "the version of its structure",
        "structure_hash": "SHA-256 of the structure, as listed under instruments",
        "language": "the language that the person answered in (BCP 47)",
    }
)
LINKED: Mapping[str, str] = MappingProxyType(
    {
        "site": "ICD-10 code of the case, three characters; of a control, that of the matched case",
        "stage": "stage of the case as the registry codes it, 0 to 4, 9 unknown; empty for controls",
        "treatment_kind": "kind of the first treatment begun by the month of the response; "
        "surveillance only where nothing else has begun; empty where nothing has",
        "treatment_kinds": "every kind of treatment begun by the month of the response, alphabetically",
        "months_since_diagnosis": "calendar months from that of the diagnosis (of a control, the index date) "
        "to that of the response",
        "months_since_treatment": "calendar months from the beginning of the treatment in treatment_kind "
        "to the response; also where only months_since_treatment is approved",
        "is_control": "whether the person was drawn from the population as a control",
        "sex": "1 male, 2 female, as the registry codes it",
        "age_at_diagnosis": "age in whole years on the day of diagnosis, for a control on the index date",
        "region": "region of residence as the registry codes it",
    }
)

Texts = dict[str, str]


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a column: what it stands for by language, and the number that scoring counts."""

    code: str
    labels: Texts
    score: float | None = None


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One column of the Parquet file. ``meaning`` is by language; what we wrote ourselves is in ``en``.

    ``formula``, ``direction`` and the items it counts are a scale's; the limits are an item's or a scale's.
    """

    name: str
    type: str
    kind: Literal["key", "linked", "item", "status", "scale"]
    meaning: Texts
    nullable: bool = True
    instrument_id: str | None = None
    item_kind: str | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    codes: tuple[Code, ...] = ()
    formula: str | None = None
    direction: str | None = None


class DocumentHash(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language's wording, by the SHA-256 of its document."""

    language: str
    version: str
    hash: str


class InstrumentVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instrument version that was answered, with the SHA-256 of each of its documents."""

    instrument_id: str
    version: str
    titles: Texts
    recall: str
    validated: bool
    source: str
    structure: str
    presentation: str
    scoring: str
    translations: tuple[DocumentHash, ...]


class Codebook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every column of the extract means, and which documents it rests on."""

    project_id: ProjectId
    project: str
    as_of: datetime
    columns: tuple[Column, ...]
    instruments: tuple[InstrumentVersion, ...]
    missing: dict[str, str]


def make_codebook(layout: Layout, as_of: datetime) -> Codebook:
    """The codebook of an extract with this layout: one entry for each field of its schema, in order."""
    described = {column.name: column for column in _columns(layout)}
    return Codebook(
        project_id=layout.project.project_id,
        project=layout.project.name,
        as_of=as_of,
        columns=tuple(described[field.name] for field in layout.schema),
        instruments=tuple(_version(one) for one in layout.instruments),
        missing=dict(STATUSES),
    )


def _columns(layout: Layout) -> Iterator[Column]:
    fields = {field.name: field for field in layout.schema}
    for name, meaning in KEYS.items():
        yield _own_column(fields[name], "key", meaning)
    for variable in layout.linked:
        yield _own_column(fields[variable], "linked", LINKED[variable])
    for column in layout.items:
        yield _item_column(layout, column, fields[column.name])
        yield _status_column(column, fields[column.status])
    for scale in layout.scales:
        yield _scale_column(layout, scale, fields[scale.name])
        if scale.error is not None:
            yield _error_column(scale, fields[scale.error])


def _own_column(field: pa.Field, kind: Literal["key", "linked"], meaning: str) -> Column:
    return Column(
        name=field.name, type=str(field.type), kind=kind, meaning={"en": meaning}, nullable=field.nullable
    )


def _item_column(layout: Layout, column: ItemColumn, field: pa.Field) -> Column:
    item = column.item
    versions = _versions(layout, column.instrument_id)
    return Column(
        name=column.name,
        type=str(field.type),
        kind="item",
        meaning=_texts(versions, item.item_id),
        instrument_id=column.instrument_id,
        item_kind=item.kind,
        unit=item.unit,
        minimum=item.minimum,
        maximum=item.maximum,
        codes=tuple(
            Code(code, _texts(versions, f"{item.item_id}/{code}"), score)
            for code, score in _options(versions, item.item_id).items()
        ),
    )


def _status_column(column: ItemColumn, field: pa.Field) -> Column:
    return Column(
        name=field.name,
        type=str(field.type),
        kind="status",
        meaning={"en": f"whether {column.name} was answered, and if not, why"},
        nullable=False,
        instrument_id=column.instrument_id,
        codes=tuple(Code(code, {"en": meaning}) for code, meaning in STATUSES.items()),
    )


def _scale_column(layout: Layout, column: ScaleColumn, field: pa.Field) -> Column:
    scale = column.scale
    versions = _versions(layout, column.instrument_id)
    return Column(
        name=column.name,
        type=str(field.type),
        kind="scale",
        meaning=_texts(versions, scale.scale_id) or {"en": f"score of the scale {scale.scale_id}"},
        instrument_id=column.instrument_id,
        minimum=scale.lowest,
        maximum=scale.highest,
        formula=formula(scale, versions[-1].scoring),
        direction=scale.direction,
    )


def _error_column(column: ScaleColumn, field: pa.Field) -> Column:
    return Column(
        name=field.name,
        type=str(field.type),
        kind="scale",
        meaning={"en": f"standard error of {column.name}, in the same units"},
        instrument_id=column.instrument_id,
    )


def _versions(layout: Layout, instrument_id: str) -> list[Instrument]:
    return [one for one in layout.instruments if one.structure.instrument_id == instrument_id]


def _texts(versions: Sequence[Instrument], key: str) -> Texts:
    """The newest version's wording of a key, by language."""
    return {
        translation.language: translation.texts[key]
        for instrument in versions
        for translation in instrument.translations
        if key in translation.texts
    }


def _options(versions: Sequence[Instrument], item_id: str) -> dict[str, float | None]:
    """Every option that a version gives the item, with the number that its scoring counts."""
    options: dict[str, float | None] = {}
    for instrument in versions:
        scored = {one.item_id: dict(one.codes) for one in instrument.scoring.items}
        numbers = scored.get(item_id, {})
        for item in every_item(instrument.structure):
            if item.item_id == item_id:
                options |= {one.code: numbers.get(one.code, one.score) for one in item.options}
    return options


def _version(instrument: Instrument) -> InstrumentVersion:
    structure = instrument.structure
    return InstrumentVersion(
        instrument_id=structure.instrument_id,
        version=structure.version,
        titles=_texts([instrument], "title"),
        recall=structure.recall,
        validated=structure.validated,
        source=structure.source,
        structure=content_hash(structure).hex(),
        presentation=content_hash(instrument.presentation).hex(),
        scoring=content_hash(instrument.scoring).hex(),
        translations=tuple(
            DocumentHash(one.language, one.version, content_hash(one).hex())
            for one in instrument.translations
        ),
    )
