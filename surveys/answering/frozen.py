"""What has gone into an extract stays as it was: nothing is stored later with an earlier time."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import StudyId

FREEZE = text(
    """
    INSERT INTO answering.frozen AS known (study_id, up_to) VALUES (:study_id, :up_to)
    ON CONFLICT (study_id) DO UPDATE SET up_to = greatest(known.up_to, excluded.up_to)
    """
)
BEGIN = text(
    """
    INSERT INTO answering.frozen (study_id, up_to)
    SELECT study_id, 'epoch' FROM unnest(CAST(:studies AS uuid[])) AS study_id
    ON CONFLICT (study_id) DO NOTHING
    """
)
HOLD = text(
    """
    SELECT study_id, up_to FROM answering.frozen WHERE study_id = ANY(CAST(:studies AS uuid[]))
    ORDER BY study_id FOR SHARE
    """
)


async def freeze(connection: AsyncConnection, study_id: StudyId, up_to: datetime) -> None:
    """From the end of this transaction on, what is stored for the study is stamped later than ``up_to``.

    Waits for every transaction that is storing responses of the study at this moment.
    """
    await connection.execute(FREEZE, {"study_id": study_id, "up_to": up_to})


async def earliest_stamps(
    connection: AsyncConnection, studies: Collection[StudyId]
) -> dict[StudyId, datetime]:
    """The earliest time that a response of each study may be stamped with, until this transaction ends."""
    wanted = {"studies": sorted(studies)}
    await connection.execute(BEGIN, wanted)
    rows = await connection.execute(HOLD, wanted)
    return {StudyId(row.study_id): row.up_to.astimezone(UTC) + timedelta(microseconds=1) for row in rows}
