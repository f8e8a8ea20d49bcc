"""Merging and unmerging: one row that begins or ends, while every other row stays as it is.

A merge has two levels and no more: the person who is reached, and those whose rows are read as this person's.
"""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import PersonId
from surveys.persons.errors import MergeRefusedError

HOLD = text("SELECT pg_advisory_xact_lock_shared(hashtext('persons.merge'))")
"""No merge begins or ends until this transaction does."""

TAKE = text("SELECT pg_advisory_xact_lock(hashtext('persons.merge'))")
CONFLICTS = text(
    """
    SELECT person_id = :person_id AS is_merged, into_person_id = :person_id AS has_merged
    FROM persons.merge
    WHERE unmerged_at IS NULL AND (
      person_id IN (:person_id, :into_person_id) OR into_person_id = :person_id
    )
    """
)
MERGE = text(
    """
    INSERT INTO persons.merge (person_id, merged_at, into_person_id, merged_by, reason)
    SELECT :person_id, greatest(persons.after_extracts(:now), max(unmerged_at)), :into_person_id, :by, :reason
    FROM persons.merge WHERE person_id = :person_id
    """
)
END = text(
    """
    UPDATE persons.merge
    SET unmerged_at = greatest(persons.after_extracts(:now), merged_at + interval '1 microsecond'),
        unmerged_by = :by, unmerge_reason = :reason
    WHERE person_id = :person_id AND unmerged_at IS NULL
    RETURNING into_person_id
    """
)
NOW = text(
    """
    WITH wanted AS (
      SELECT w.person_id AS asked, coalesce(m.into_person_id, w.person_id) AS person_id
      FROM unnest(CAST(:persons AS uuid[])) AS w (person_id)
      LEFT JOIN persons.merge m ON m.person_id = w.person_id AND m.unmerged_at IS NULL
    )
    SELECT w.asked, w.person_id, m.person_id AS other
    FROM wanted w JOIN persons.merge m ON m.into_person_id = w.person_id AND m.unmerged_at IS NULL
    ORDER BY w.asked, m.person_id
    """
)
THEN = text(
    """
    WITH known AS (
      SELECT person_id, into_person_id FROM persons.merge
      WHERE merged_at <= :as_of AND (unmerged_at IS NULL OR unmerged_at > :as_of)
    ), wanted AS (
      SELECT w.person_id AS asked, coalesce(m.into_person_id, w.person_id) AS person_id
      FROM unnest(CAST(:persons AS uuid[])) AS w (person_id) LEFT JOIN known m USING (person_id)
    )
    SELECT w.asked, w.person_id, m.person_id AS other
    FROM wanted w JOIN known m ON m.into_person_id = w.person_id
    ORDER BY w.asked, m.person_id
    """
)
A_NATIONAL_ID = re.compile(r"\d{6}[ -]?\d{5}")
LONGEST_REASON = 200


def check_reason(reason: str) -> None:
    """Raises MergeRefusedError unless the reason says something, briefly, with no national identifier."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise MergeRefusedError(f"say why, in {LONGEST_REASON} characters at most")
    if A_NATIONAL_ID.search(reason):
        raise MergeRefusedError("the reason is kept in the clear, so it must hold no national identifier")


async def merge(
    connection: AsyncConnection, old: PersonId, new: PersonId, by: str, reason: str, now: datetime
) -> None:
    """From here on whoever asks for ``new`` gets the rows of both.

    Raises:
        MergeRefusedError: the two are one already, or one of them stands in a merge that would make a chain.
    """
    check_reason(reason)
    if old == new:
        raise MergeRefusedError("both numbers are the same person's already")
    await connection.execute(TAKE)
    rows = await connection.execute(CONFLICTS, {"person_id": old, "into_person_id": new})
    for row in rows:
        raise MergeRefusedError(_conflict(row))
    values = {"person_id": old, "into_person_id": new, "by": by, "reason": reason, "now": now}
    await connection.execute(MERGE, values)


async def end_merge(
    connection: AsyncConnection, old: PersonId, by: str, reason: str, now: datetime
) -> PersonId:
    """Ends the merge of ``old``, and gives whom it was merged into; each has their own rows again.

    Raises:
        MergeRefusedError: ``old`` is merged into nobody.
    """
    check_reason(reason)
    await connection.execute(TAKE)
    values = {"person_id": old, "by": by, "reason": reason, "now": now}
    found = await connection.scalar(END, values)
    if found is None:
        raise MergeRefusedError("this person is merged into nobody")
    return PersonId(found)


async def everyone(
    connection: AsyncConnection, persons: Collection[PersonId]
) -> dict[PersonId, tuple[PersonId, ...]]:
    """All identifiers of each of these persons who has several; the first is the one that is reached."""
    return _together(await connection.execute(NOW, {"persons": list(persons)}))


async def everyone_at(
    connection: AsyncConnection, persons: Collection[PersonId], as_of: datetime
) -> dict[PersonId, tuple[PersonId, ...]]:
    """As ``everyone``, by the merges that counted at ``as_of``."""
    return _together(await connection.execute(THEN, {"persons": list(persons), "as_of": as_of}))


def _together(rows: Iterable[Row[Any]]) -> dict[PersonId, tuple[PersonId, ...]]:
    found: dict[PersonId, tuple[PersonId, ...]] = {}
    for row in rows:
        found[row.asked] = (*found.get(row.asked, (row.person_id,)), row.other)
    return found


def _conflict(row: Row[Any]) -> str:
    if row.is_merged:
        return "the old number's person is merged already; unmerge it first"
    if row.has_merged:
        return (
            "others are merged into the old number's person; unmerge those, and merge each into the new one"
        )
    return "the new number's person is itself merged into another; merge into that one"
