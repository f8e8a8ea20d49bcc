"""Plans every published protocol over everyone, a page of persons at a time."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.clock import local_date
from surveys.database import transaction
from surveys.followup.assessments import stored_between
from surveys.followup.differences import difference
from surveys.followup.licensing import Licensing, licensed, read_licensing
from surveys.followup.planning import plan_all
from surveys.followup.versions import live_protocols
from surveys.followup.writing import Sweeping, Written, write_changes
from surveys.identifiers import PersonId
from surveys.keys import Keys
from surveys.registry import History, histories

PAGE = 2_000

# Two sweeps at once would lock the same rows in two orders, and the slower one would plan from older facts
# than the quicker has written by; pages take turns instead.
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtext('followup.sweep'))")


class Swept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many persons were looked at, and how many assessments were changed in each way."""

    persons: int = 0
    planned: int = 0
    moved: int = 0
    cancelled: int = 0
    opened: int = 0
    lapsed: int = 0


async def sweep(engine: AsyncEngine, keys: Keys, now: datetime) -> Swept:
    """Brings every person's assessments to what the published protocols want at ``now``.

    A page's changes and their outbox rows are one transaction, so a sweep that is killed has done whole pages
    and the next one does the rest. A past ``now`` plans by the facts that are dated up to then. Where no
    licence holds for an instrument, nobody new is planned or opened (see ``licensing``).

    Raises:
        KeysError: a protocol does not open, or the key service could not be reached.
    """
    async with transaction(engine) as connection:
        live = await live_protocols(connection, keys)
        licensing = await read_licensing(connection, keys, live, local_date(now))
    sweeping = Sweeping(
        protocols={protocol.protocol_id: protocol for protocol in live.values()},
        versions={protocol.protocol_id: version for version, protocol in live.items()},
        now=now,
        today=local_date(now),
    )
    swept = Swept()
    after: PersonId | None = None
    while live:
        async with transaction(engine) as connection:
            await connection.execute(_TAKE_TURNS)
            page = await histories(connection, after, PAGE)
            if not page:
                break
            swept = _add(swept, len(page), await _sweep_page(connection, page, sweeping, licensing))
        after = page[-1].person_id
    return swept


async def _sweep_page(
    connection: AsyncConnection, page: list[History], sweeping: Sweeping, licensing: Licensing
) -> Written:
    protocols = tuple(sweeping.protocols.values())
    first, last = page[0].person_id, page[-1].person_id
    merged = {member for history in page for _, member in history.held}
    stored = await stored_between(connection, first, last, merged, sweeping.versions.keys())
    planned = [one for history in page for one in plan_all(protocols, history, sweeping.today)]
    changes = difference(planned, stored, sweeping.versions, sweeping.today)
    return await write_changes(connection, await licensed(connection, changes, licensing), sweeping)


def _add(swept: Swept, persons: int, written: Written) -> Swept:
    return Swept(
        persons=swept.persons + persons,
        planned=swept.planned + written.planned,
        moved=swept.moved + written.moved,
        cancelled=swept.cancelled + written.cancelled,
        opened=swept.opened + written.opened,
        lapsed=swept.lapsed + written.lapsed,
    )
