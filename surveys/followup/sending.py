"""Sends what is due: claims, checks each person again, hands over to a channel, and settles."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.catalogue import invitation_gate
from surveys.clock import local_date
from surveys.database import transaction
from surveys.followup.eligibility import ONE_DAY, Claimed, Outcome, Verdict, judge, without_licence
from surveys.followup.errors import ChannelError
from surveys.followup.licensing import is_closed
from surveys.followup.notices import Channel, Notice
from surveys.followup.outbox import Settlement, claim_due, settle, surroundings_of
from surveys.followup.versions import load_protocols
from surveys.keys import Keys
from surveys.registry import histories_of

BATCH = 500
ATTEMPTS = 8
FIRST_WAIT = timedelta(minutes=5)


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of the notices of one batch; ``claimed`` is 0 when nothing is due."""

    claimed: int = 0
    sent: int = 0
    withheld: int = 0
    postponed: int = 0
    failed: int = 0


class _Judged(NamedTuple):
    claimed: Claimed
    verdict: Verdict


async def send_due(
    engine: AsyncEngine, keys: Keys, channel: Channel, now: datetime, limit: int = BATCH
) -> Sent:
    """Sends up to ``limit`` of the notices that are due, each to somebody who is still to be asked today.

    Any number of workers may call it at once. A worker that is killed between handing over and settling
    leaves the notice to be handed over again, under the same reference, when its lease ends.

    Raises:
        KeysError: a protocol does not open, or the key service could not be reached; the notices wait.
    """
    async with transaction(engine) as connection:
        claimed = await claim_due(connection, now, limit)
    if not claimed:
        return Sent()
    judged = await _judge(engine, keys, claimed, now)
    settlements: list[Settlement] = []
    try:
        for one in judged:
            settlement = await _act(channel, one, now)
            settlements.append(settlement)
    finally:
        async with transaction(engine) as connection:
            await settle(connection, settlements, now)
    return _counted(settlements)


async def _judge(engine: AsyncEngine, keys: Keys, claimed: Sequence[Claimed], now: datetime) -> list[_Judged]:
    today = local_date(now)
    async with transaction(engine) as connection:
        protocols = await load_protocols(connection, keys)
        gate = await invitation_gate(connection, keys, today)
        around = await surroundings_of(connection, claimed, now, today)
        persons = await histories_of(connection, sorted({one.person_id for one in claimed}))
    known = {history.person_id: history for history in persons}
    judged = []
    for one in claimed:
        near = around.get(one.outbox_id)
        protocol = protocols.get(near.stored.protocol_version_id) if near else None
        verdict = judge(near, protocol, known.get(one.person_id), today)
        if near and verdict.outcome is Outcome.SEND and is_closed(protocol, near.stored.wave, gate):
            verdict = without_licence(near)
        judged.append(_Judged(one, verdict))
    return judged


async def _act(channel: Channel, judged: _Judged, now: datetime) -> Settlement:
    claimed, verdict = judged
    match verdict.outcome:
        case Outcome.WITHHOLD:
            return Settlement(claimed, "withheld", verdict.reason)
        case Outcome.POSTPONE:
            return Settlement(claimed, "due", verdict.reason, now + ONE_DAY, was_tried=False)
        case Outcome.SEND:
            return await _hand_over(channel, claimed, now)


async def _hand_over(channel: Channel, claimed: Claimed, now: datetime) -> Settlement:
    try:
        await channel.send(Notice(claimed.outbox_id, claimed.kind, now))
    except ChannelError as error:
        if claimed.attempts >= ATTEMPTS:
            return Settlement(claimed, "failed", error.reason)
        return Settlement(claimed, "due", error.reason, now + FIRST_WAIT * 2 ** (claimed.attempts - 1))
    return Settlement(claimed, "sent")


def _counted(settlements: Sequence[Settlement]) -> Sent:
    states = [one.state for one in settlements]
    return Sent(
        claimed=len(states),
        sent=states.count("sent"),
        withheld=states.count("withheld"),
        postponed=states.count("due"),
        failed=states.count("failed"),
    )
