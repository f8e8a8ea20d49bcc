"""The licence gate: where no licence holds, or covers no more patients, nobody new is asked.

What has been opened already goes on: it is answered, and reminded of if its invitation went out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.catalogue import InvitationGate, invitation_gate
from surveys.followup.differences import Changes
from surveys.followup.planning import Planned
from surveys.followup.protocol import Protocol
from surveys.followup.states import AssessmentState
from surveys.followup.versions import load_protocols
from surveys.identifiers import InstrumentVersionId, PersonId, ProtocolId, ProtocolVersionId, TumourId
from surveys.keys import Keys
from surveys.persons import everyone

# A patient counts from the invitation on. One whose assessment ended without an invitation was never asked.
_INVITED = """
    FROM followup.assessment a
    JOIN unnest(CAST(:versions AS uuid[]), CAST(:waves AS smallint[])) AS w (protocol_version_id, wave)
      USING (protocol_version_id, wave)
    LEFT JOIN persons.merge m ON m.person_id = a.person_id AND m.unmerged_at IS NULL
    WHERE (a.state IN ('open', 'submitted')
       OR a.state IN ('lapsed', 'cancelled') AND EXISTS (
         SELECT FROM followup.outbox o
         WHERE o.person_id = a.person_id AND o.assessment_id = a.assessment_id AND o.state = 'sent'))
"""
_COUNT = text(f"SELECT count(DISTINCT coalesce(m.into_person_id, a.person_id)) {_INVITED}")
_AMONG = text(f"SELECT DISTINCT a.person_id {_INVITED} AND a.person_id = ANY(CAST(:persons AS uuid[]))")


_Key = tuple[PersonId, ProtocolId, TumourId, int]


class _Limit(NamedTuple):
    """How many patients an instrument may be asked of, and every wave that asks or asked it."""

    max_patients: int
    waves: frozenset[tuple[ProtocolId, int]]
    asked_by: tuple[tuple[ProtocolVersionId, int], ...]


class Licensing(NamedTuple):
    """What a sweep may ask today: ``closed`` waves of live protocols ask nobody new, others up to a limit."""

    closed: frozenset[tuple[ProtocolId, int]] = frozenset()
    limits: tuple[_Limit, ...] = ()


async def read_licensing(
    connection: AsyncConnection, keys: Keys, live: Mapping[ProtocolVersionId, Protocol], today: date
) -> Licensing:
    """What the licences let the ``live`` protocols ask today; read once for a whole sweep.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    gate = await invitation_gate(connection, keys, today)
    if not gate.closed and not gate.limits:
        return Licensing()
    ever = await load_protocols(connection, keys) if gate.limits else {}
    return Licensing(
        closed=_waves_with(live.values(), gate.closed),
        limits=tuple(
            _Limit(one.max_patients, _waves_with(live.values(), one.versions), _asked_by(ever, one.versions))
            for one in gate.limits
        ),
    )


async def licensed(connection: AsyncConnection, changes: Changes, licensing: Licensing) -> Changes:
    """``changes`` without what would ask somebody new for whom no licence holds.

    Left out: planning and opening assessments of closed waves, and of waves whose instrument has as many
    patients as its licence covers; who is counted already may be asked again. The caller holds the turn to
    sweep, so that two workers do not give away the same last place.
    """
    if licensing.closed:
        changes = _only(changes, lambda one: (one.protocol_id, one.wave) not in licensing.closed)
    for limit in licensing.limits:
        changes = await _within(connection, changes, limit)
    return changes


def is_closed(protocol: Protocol | None, wave: int, gate: InvitationGate) -> bool:
    """Whether a wave asks an instrument that nobody new may be invited to."""
    asked = None if protocol is None else protocol.wave(wave)
    return asked is not None and not gate.closed.isdisjoint(asked.instruments)


async def _within(connection: AsyncConnection, changes: Changes, limit: _Limit) -> Changes:
    asked = [one for one in _newly_asked(changes) if (one.protocol_id, one.wave) in limit.waves]
    if not asked:
        return changes
    waves = {"versions": [one[0] for one in limit.asked_by], "waves": [one[1] for one in limit.asked_by]}
    persons = sorted({one.person_id for one in asked})
    several = await everyone(connection, persons)
    known = sorted({*persons, *(one for members in several.values() for one in members)})
    counted = set(await connection.scalars(_AMONG, waves | {"persons": known}))
    fresh = [one for one in asked if counted.isdisjoint(several.get(one.person_id, (one.person_id,)))]
    if not fresh:
        return changes
    free = limit.max_patients - (await connection.execute(_COUNT, waves)).scalar_one()
    refused = _beyond(fresh, free)
    return _only(changes, lambda one: one.key not in refused)


def _beyond(fresh: Sequence[Planned], free: int) -> set[_Key]:
    """Which assessments of persons who do not count yet find no place among ``free``; opening takes one."""
    admitted: set[PersonId] = set()
    refused = set()
    for one in fresh:
        if one.person_id in admitted:
            continue
        if len(admitted) >= free:
            refused.add(one.key)
        elif one.state is AssessmentState.OPEN:
            admitted.add(one.person_id)
    return refused


def _newly_asked(changes: Changes) -> Iterator[Planned]:
    yield from changes.insert
    yield from (pair.planned for pair in changes.open)


def _only(changes: Changes, is_wanted: Callable[[Planned], bool]) -> Changes:
    return changes._replace(
        insert=tuple(one for one in changes.insert if is_wanted(one)),
        open=tuple(pair for pair in changes.open if is_wanted(pair.planned)),
    )


def _waves_with(
    protocols: Iterable[Protocol], versions: AbstractSet[InstrumentVersionId]
) -> frozenset[tuple[ProtocolId, int]]:
    return frozenset(
        (protocol.protocol_id, wave.number)
        for protocol in protocols
        for wave in protocol.waves
        if not versions.isdisjoint(wave.instruments)
    )


def _asked_by(
    protocols: Mapping[ProtocolVersionId, Protocol], versions: AbstractSet[InstrumentVersionId]
) -> tuple[tuple[ProtocolVersionId, int], ...]:
    return tuple(
        (version_id, wave.number)
        for version_id, protocol in protocols.items()
        for wave in protocol.waves
        if not versions.isdisjoint(wave.instruments)
    )
