"""Months of the partitioned tables, made before their first row comes."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MONTHS_AHEAD = 3
"""The current month and the two after it."""


async def ensure_months(connection: AsyncConnection, now: datetime) -> list[str]:
    """Makes the partitions for the month of ``now`` and the two after it, and names those that were missing.

    A month whose rows have come already stays in the partition for the rest.
    """
    months = await connection.scalars(
        text("SELECT * FROM public.ensure_months(CAST(:month AS date), :months)"),
        {"month": now.date(), "months": MONTHS_AHEAD},
    )
    return list(months)
