"""Who used a person's answers, when and for what: read from the audit log itself."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.database import Role
from surveys.keys import Purpose

MOST = 2_000
"""Entries that one answer holds, the newest; somebody who answers four times a year has a dozen a year."""

USES = text("SELECT at, action, recorded_by, project, organisation, basis FROM own.uses(:most)")

UsePurpose = Literal[
    "stored", "late-effect", "signal-seen", "research", "rescored", "own-reading", "own-download"
]
UserRole = Literal["registry", "researcher", "you"]


class Use(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One use of a person's answers: when, for what, and by whom.

    ``project`` is the research project's title, empty where it was none; ``basis`` is the legal basis.
    ``organisation`` and ``basis`` are empty where nobody has said them, and where it was the person.
    """

    at: datetime
    purpose: UsePurpose
    role: UserRole
    organisation: str
    project: str
    basis: str


class Users(NamedTuple):
    """Who the registry is to those whose answers it holds: its organisation and its legal basis."""

    organisation: str
    basis: str


class _Kind(NamedTuple):
    purpose: UsePurpose
    role: UserRole


def _opening(purpose: Purpose) -> tuple[str, str]:
    """Openings are entered by the key service alone."""
    return f"opened-for-{purpose}", Role.KEYS.value


KINDS: Mapping[tuple[str, str], _Kind] = MappingProxyType(
    {
        ("submission-stored", Role.WORKER.value): _Kind("stored", "registry"),
        ("signal-seen", Role.WEB.value): _Kind("signal-seen", "registry"),
        _opening(Purpose.SIGNALS): _Kind("signal-seen", "registry"),
        _opening(Purpose.COMPARE): _Kind("late-effect", "registry"),
        _opening(Purpose.RESCORE): _Kind("rescored", "registry"),
        _opening(Purpose.EXTRACT): _Kind("research", "researcher"),
        _opening(Purpose.OWN_DRAFT): _Kind("own-reading", "you"),
        _opening(Purpose.OWN_HISTORY): _Kind("own-download", "you"),
    }
)
"""What an entry is to its person, by its action and by whom the database says that it was entered.

Of INGEST there is no line of its own: it is how ``stored`` came about. DOCUMENTS and DOWNLOAD open nobody's
answers.
"""


async def own_uses(connection: AsyncConnection, registry: Users) -> tuple[Use, ...]:
    """The uses of the answers of the person whose session this transaction belongs to, the newest first.

    One round trip, however many there are; the newest ``MOST`` of them.
    """
    return to_uses(await connection.execute(USES, {"most": MOST}), registry)


def to_uses(rows: Iterable[Row[tuple[object, ...]]], registry: Users) -> tuple[Use, ...]:
    """Entries as their person reads them; an entry that somebody else than its usual writer made is none."""
    return tuple(
        _use(row, kind, registry) for row in rows if (kind := KINDS.get((row.action, row.recorded_by)))
    )


def _use(row: Row[tuple[object, ...]], kind: _Kind, registry: Users) -> Use:
    organisation, basis = "", ""
    if kind.role == "registry":
        organisation, basis = registry
    elif kind.role == "researcher":
        organisation, basis = row.organisation or "", row.basis or ""
    return Use(
        at=row.at.astimezone(UTC),
        purpose=kind.purpose,
        role=kind.role,
        organisation=organisation,
        project=row.project or "",
        basis=basis,
    )
