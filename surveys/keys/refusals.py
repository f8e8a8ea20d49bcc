"""Refusals are reported, in the process log and in the audit log: at once, then once a minute for each kind.

A flood of them is one line and one entry a minute, which say how many there were.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import audit
from surveys.database import Role, transaction
from surveys.keys.errors import KeysError, LoginRefusedError, NotAllowedError, QuotaExceededError

APART = timedelta(minutes=1)
AUDITED = frozenset(one.__name__ for one in (NotAllowedError, QuotaExceededError, LoginRefusedError))
"""Refusals of somebody who asked for what is not theirs; other errors are in the process's log alone."""

log = structlog.get_logger()


class Refusal(NamedTuple):
    """A kind of refusal: whose call, for what (a purpose or a method), and why (an error's name).

    None of the three is the caller's own word, so there are few kinds.
    """

    role: Role
    what: str
    why: str


class Refusals:
    """Counts refusals and reports them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: Counter[Refusal] = Counter()
        self._reported: dict[Refusal, datetime] = {}

    async def note(self, refusal: Refusal, now: datetime) -> None:
        """Counts one more, and reports each kind that has not been reported for a minute."""
        self._waiting[refusal] += 1
        due = {
            one: count
            for one, count in self._waiting.items()
            if one not in self._reported or now - self._reported[one] >= APART
        }
        await self._report(due, now)

    async def close(self, now: datetime) -> None:
        """Reports what has been counted and not yet reported."""
        await self._report(dict(self._waiting), now)

    async def _report(self, due: Mapping[Refusal, int], now: datetime) -> None:
        for one, count in due.items():
            del self._waiting[one]
            self._reported[one] = now
            log.warning("key-service-refused", role=one.role.value, what=one.what, error=one.why, count=count)
        entries = [
            audit.AuditEntry(
                "refused", one.role.value, now, None, {"what": one.what, "why": one.why, "count": str(count)}
            )
            for one, count in due.items()
            if one.why in AUDITED
        ]
        if not entries:
            return
        try:
            async with transaction(self._engine) as connection:
                await audit.append_all(connection, entries)
        except SQLAlchemyError as error:
            # The refusal stands, whether or not it can be entered.
            log.error("key-service-refusals-not-entered", error=type(error).__name__)  # noqa: TRY400 - no trace


def refusal_of(role: Role, what: str, error: KeysError) -> Refusal:
    """The kind that an error is of."""
    return Refusal(role, what, type(error).__name__)
