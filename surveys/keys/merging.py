"""Merging by national identifier: the numbers are known here alone, the merge itself to everybody."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import audit
from surveys.identifiers import PersonId
from surveys.keys.blind_index import find_persons
from surveys.keys.peppers import BlindIndex, Peppers
from surveys.national_id import NationalIdError, Series, read
from surveys.persons import MergeRefusedError, end_merge, merge


class Merged(NamedTuple):
    """Who was merged into whom, or is so no more."""

    person_id: PersonId
    into_person_id: PersonId


class Act(NamedTuple):
    """Who merges or unmerges, why, and when."""

    by: str
    reason: str
    at: datetime


async def merge_numbers(peppers: Peppers, series: Series, old: str, new: str, act: Act) -> Merged:
    """Merges the person of ``old`` into the person of ``new``, with an audit entry in the same transaction.

    Raises:
        MergeRefusedError: a number is none or unknown here, or see ``surveys.persons.merge``.
    """

    async def joined(connection: AsyncConnection, index: BlindIndex) -> Merged:
        found = Merged(
            await _person(connection, index, series, old, "old"),
            await _person(connection, index, series, new, "new"),
        )
        await merge(connection, *found, act.by, act.reason, act.at)
        await _enter(connection, "persons-merged", found, act)
        return found

    return await peppers.within(act.at, joined)


async def unmerge_number(peppers: Peppers, series: Series, old: str, act: Act) -> Merged:
    """Ends the merge of the person of ``old``, with an audit entry in the same transaction.

    Raises:
        MergeRefusedError: the number is none or unknown here, or its person is merged into nobody.
    """

    async def parted(connection: AsyncConnection, index: BlindIndex) -> Merged:
        person_id = await _person(connection, index, series, old, "old")
        found = Merged(person_id, await end_merge(connection, person_id, act.by, act.reason, act.at))
        await _enter(connection, "persons-unmerged", found, act)
        return found

    return await peppers.within(act.at, parted)


async def _person(
    connection: AsyncConnection, index: BlindIndex, series: Series, number: str, which: str
) -> PersonId:
    try:
        identifier = read(number, series)
    except NationalIdError as error:
        raise MergeRefusedError(f"the {which} number is no national identifier: {error.rule}") from None
    found = await find_persons(connection, index, [identifier.number])
    if identifier.number not in found:
        raise MergeRefusedError(f"no registry has fed the {which} number; feed the person first")
    return found[identifier.number]


async def _enter(connection: AsyncConnection, action: str, merged: Merged, act: Act) -> None:
    about = {"into": str(merged.into_person_id), "why": act.reason}
    await audit.append(connection, audit.AuditEntry(action, act.by, act.at, merged.person_id, about))
