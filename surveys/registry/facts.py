"""Appending facts: one statement a kind, and only what differs from what holds now."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Table, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import PersonId, TumourId
from surveys.registry import tables
from surveys.registry.batch import Row
from surveys.registry.columns import Read

Stored = str | int | date | bool | datetime | UUID | None

DEFAULTS: Mapping[str, Mapping[str, Stored]] = {
    "person": {"birth_date_flag": 0},
    "tumour": {"incidence_date_flag": 0, "withdrawn": False},
    "treatment": {"withdrawn": False},
    "vital_status": {"end_of_followup_flag": 0},
    "reservation": {},
    "control": {"withdrawn": False},
}
FACT_TABLES: Mapping[str, Table] = {
    "person": tables.person_fact,
    "tumour": tables.tumour_fact,
    "treatment": tables.treatment_fact,
    "vital_status": tables.vital_status_fact,
    "reservation": tables.reservation_fact,
    "control": tables.control_fact,
}
NOT_STORED = frozenset({"national_id", "tum", "treatment", "case_pat"})


class Fact(NamedTuple):
    """One fact: its kind, the key that it replaces earlier facts of, and its columns."""

    kind: str
    key: tuple[Stored, ...]
    columns: dict[str, Stored]


def make_fact(row: Row, registry: str, persons: Mapping[str, PersonId], recorded_at: datetime) -> Fact:
    """The fact that a checked row states."""
    person_id = persons[row.person_key]
    own = {name: value for name, value in row.values.items() if name not in NOT_STORED}
    columns: dict[str, Stored] = {"person_id": person_id, **DEFAULTS[row.kind], **own}
    match row.kind:
        case "tumour":
            columns |= {"tumour_id": tumour_id(person_id, registry, row.values["tum"]), "registry": registry}
        case "treatment":
            tumour = tumour_id(person_id, registry, row.values["tum"])
            columns |= {"tumour_id": tumour, "treatment_id": uuid5(tumour, str(row.values["treatment"]))}
        case "control":
            case = persons[str(row.values["case_pat"])]
            columns |= {"tumour_id": tumour_id(case, registry, row.values["tum"])}
    content = msgspec.json.encode(columns, order="sorted")
    columns |= {
        "content_hash": "\\x" + hashlib.sha256(content).hexdigest(),
        "recorded_at": recorded_at,
    }
    names = [column.name for column in FACT_TABLES[row.kind].primary_key if column.name != "recorded_at"]
    return Fact(row.kind, tuple(columns[name] for name in names), columns)


def tumour_id(person_id: PersonId, registry: str, number: Read) -> TumourId:
    """The same case of the same person always has the same identifier, which says nothing of either."""
    return TumourId(uuid5(person_id, f"{registry}/{number}"))


async def append_facts(connection: AsyncConnection, facts: Sequence[Fact]) -> int:
    """Stores the facts that differ from what holds now, and gives how many these were.

    Where a batch states two facts of the same key, the later row counts.
    """
    by_kind: defaultdict[str, dict[tuple[Stored, ...], dict[str, Stored]]] = defaultdict(dict)
    for fact in facts:
        by_kind[fact.kind][fact.key] = fact.columns
    stored = 0
    for kind, rows in by_kind.items():
        encoded = msgspec.json.encode(list(rows.values())).decode()
        stored += (await connection.execute(_append(kind), {"rows": encoded})).rowcount
    return stored


def _append(kind: str) -> TextClause:
    table = FACT_TABLES[kind]
    names = ", ".join(f"new.{column.name}" for column in table.columns)
    keys = [column.name for column in table.primary_key if column.name != "recorded_at"]
    same = " AND ".join(f"old.{name} = new.{name}" for name in keys)
    return text(
        f"""
        INSERT INTO registry.{table.name} ({", ".join(column.name for column in table.columns)})
        SELECT {names}
        FROM jsonb_populate_recordset(NULL::registry.{table.name}, CAST(:rows AS jsonb)) AS new
        LEFT JOIN LATERAL (
          SELECT old.content_hash FROM registry.{table.name} AS old
          WHERE {same} ORDER BY old.recorded_at DESC LIMIT 1
        ) AS held ON true
        WHERE held.content_hash IS DISTINCT FROM new.content_hash
        """  # noqa: S608 - names of our own tables, values are bound
    )
