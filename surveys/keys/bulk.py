"""Work on many rows, kept from holding up the other callers."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

ROWS_IN_PLACE = 16


async def computed(rows: int, work: Callable[[], Value]) -> Value:
    """What ``work`` gives, which takes about as long as sealing or opening so many rows.

    A few rows (0.03 ms each at rest, 0.1 ms from the inbox) cost less than a thread does (0.2 ms); many go to
    one, and the loop waits 10 ms at most. A pool of processes was slower for 8,000 rows of 2 KB: 56 µs a row
    against 40, for the copying. A caller that wants more than one core runs more key services.
    """
    return work() if rows <= ROWS_IN_PLACE else await asyncio.to_thread(work)
