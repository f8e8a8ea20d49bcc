"""Taking a feed: rows in batches, each checked, its person linked, its fact appended if it is new."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.clock import local_date
from surveys.database import transaction
from surveys.identifiers import PersonId
from surveys.keys import Keys
from surveys.persons import everyone
from surveys.registry import rules
from surveys.registry.batch import Batch, Row
from surveys.registry.columns import Read
from surveys.registry.facts import append_facts, make_fact
from surveys.registry.linking import known_of, link_registry_persons, linked_persons
from surveys.registry.messages import FeedReport, Form, Rejected, RowFault
from surveys.registry.rows import RawRow, read_rows
from surveys.registry.rules import Known

BATCH_ROWS = 2_000

CHECKS: Mapping[str, Callable[[Mapping[str, Read], Known, date], None]] = {
    "person": rules.check_person,
    "tumour": rules.check_tumour,
    "treatment": rules.check_treatment,
    "vital_status": rules.check_vital_status,
    "reservation": rules.check_reservation,
    "control": rules.check_control,
}


async def import_rows(
    engine: AsyncEngine, keys: Keys, registry: str, form: Form, chunks: AsyncIterable[bytes], now: datetime
) -> FeedReport:
    """Takes a feed as it streams in: valid rows are kept, each other one reported, known ones change nothing.

    Raises:
        FeedError: the feed as a whole cannot be read; what came before is kept.
        KeysError: the key service refused or could not be reached.
    """
    count = accepted = 0
    rejected: list[Rejected] = []
    # Each batch has its own recorded time, so that a correction further down the same feed is a later fact.
    recorded_at = now
    async for raw in _batches(read_rows(chunks, form)):
        batch = Batch(raw)
        accepted += await _import_batch(engine, keys, registry, batch, recorded_at)
        recorded_at += timedelta(microseconds=1)
        count += len(raw)
        rejected += batch.rejected
    rejected.sort(key=lambda one: one.row)
    return FeedReport(count, accepted, count - accepted - len(rejected), tuple(rejected))


async def _batches(rows: AsyncIterator[RawRow]) -> AsyncIterator[list[RawRow]]:
    batch: list[RawRow] = []
    async for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


async def _import_batch(
    engine: AsyncEngine, keys: Keys, registry: str, batch: Batch, recorded_at: datetime
) -> int:
    """Keeps what stands of the batch, in one transaction, and gives how many facts were new."""
    today = local_date(recorded_at)
    async with transaction(engine) as connection:
        persons = await _persons(connection, keys, registry, batch, recorded_at)
        known = await known_of(connection, set(persons.values()))
        _learn(batch, persons, known)
        batch.keep(lambda row: _check(row, persons, known, today))
        facts = [make_fact(row, registry, persons, recorded_at) for row in batch.rows]
        return await append_facts(connection, facts)


async def _persons(
    connection: AsyncConnection, keys: Keys, registry: str, batch: Batch, recorded_at: datetime
) -> dict[str, PersonId]:
    """Whom each registry person key of the batch means: those linked before, and the batch's own persons."""
    persons = await linked_persons(connection, registry, batch.person_keys())
    new: dict[str, PersonId] = {}
    rows = [row for row in batch.rows if row.kind == "person"]
    found = dict(
        zip(
            (row.number for row in rows),
            await keys.link([str(row.values["national_id"]) for row in rows]) if rows else [],
            strict=True,
        )
    )

    linked = {person_id for person_id in found.values() if person_id is not None}
    several = await everyone(connection, {*persons.values(), *linked})

    def link(row: Row) -> None:
        if row.kind != "person":
            return
        person_id = found[row.number]
        if person_id is None:
            raise RowFault("national_id", "not-a-national-id", "eleven digits with control digits that fit")
        held = persons.get(row.person_key)
        if held is None:
            persons[row.person_key] = new[row.person_key] = person_id
        elif person_id not in several.get(held, (held,)):
            raise RowFault("pat", "another-person", "this key was given to another national identifier")

    batch.keep(link)
    await link_registry_persons(connection, registry, new, recorded_at)
    return persons


def _learn(batch: Batch, persons: Mapping[str, PersonId], known: dict[PersonId, Known]) -> None:
    """Adds what the batch itself says of its persons, so that the order of their rows does not matter."""
    for row in batch.rows:
        person_id = persons.get(row.person_key)
        if person_id is None:
            continue
        if row.kind == "person":
            before = known.get(person_id)
            known[person_id] = Known(
                row.number_of("sex"),
                row.date_of("birth_date"),
                before.death_date if before else None,
                before.end_of_followup if before else None,
            )
    for row in batch.rows:
        person_id = persons.get(row.person_key)
        if row.kind == "vital_status" and person_id is not None and person_id in known:
            known[person_id] = known[person_id]._replace(
                death_date=row.optional_date("death_date"),
                end_of_followup=row.optional_date("end_of_followup"),
            )


def _check(row: Row, persons: Mapping[str, PersonId], known: Mapping[PersonId, Known], today: date) -> None:
    person_id = persons.get(row.person_key)
    if person_id is None or person_id not in known:
        raise RowFault(
            "pat", "person-unknown", "the person's own row comes first, in this feed or an earlier one"
        )
    if row.kind == "control" and str(row.values["case_pat"]) not in persons:
        raise RowFault("case_pat", "person-unknown", "the case's own person comes first")
    CHECKS[row.kind](row.values, known[person_id], today)
