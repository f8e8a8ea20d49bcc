"""Who may have what opened and sealed, and how much an hour: tables, read by the key service alone."""

from typing import NamedTuple

from surveys.database import Role
from surveys.keys.envelope import ANSWER_LIMIT, CHUNK_LIMIT, Suite
from surveys.keys.errors import NotAllowedError
from surveys.keys.messages import Audience, Purpose


class Opening(NamedTuple):
    """One purpose: how its rows are sealed, who has it, the tables, the grant it needs, its rows an hour.

    ``is_fresh``: the login behind the grant must be of the last five minutes.
    """

    suite: Suite
    roles: frozenset[Role]
    tables: frozenset[str]
    grant: Audience | None
    rows_an_hour: int
    is_fresh: bool = False


def _opening(
    suite: Suite, roles: set[Role], tables: set[str], rows_an_hour: int, grant: Audience | None = None
) -> Opening:
    return Opening(suite, frozenset(roles), frozenset(tables), grant, rows_an_hour)


OPENINGS = {
    Purpose.INGEST: _opening(
        Suite.INBOX, {Role.WORKER}, {"answering.inbox", "registry.feed_chunk"}, 5_000_000
    ),
    Purpose.COMPARE: _opening(Suite.AT_REST, {Role.WORKER}, {"answering.score"}, 20_000_000),
    Purpose.EXTRACT: _opening(
        Suite.AT_REST, {Role.RESEARCH}, {"answering.response", "answering.score"}, 20_000_000
    ),
    Purpose.RESCORE: _opening(
        Suite.AT_REST, {Role.RESEARCH}, {"answering.response", "answering.score"}, 20_000_000
    ),
    Purpose.OWN_DRAFT: _opening(Suite.INBOX, {Role.WEB}, {"answering.draft"}, 200_000, Audience.PATIENT),
    Purpose.OWN_HISTORY: Opening(
        Suite.AT_REST,
        frozenset({Role.WEB}),
        frozenset({"answering.response", "answering.score", "lateeffects.signal"}),
        Audience.PATIENT,
        200_000,
        is_fresh=True,
    ),
    Purpose.SIGNALS: _opening(Suite.AT_REST, {Role.WEB}, {"lateeffects.signal"}, 200_000, Audience.STAFF),
    Purpose.DOCUMENTS: _opening(
        Suite.AT_REST, {Role.WEB, Role.WORKER, Role.RESEARCH}, {"catalogue.document"}, 1_000_000
    ),
    Purpose.DOWNLOAD: _opening(
        Suite.AT_REST, {Role.WEB, Role.RESEARCH}, {"research.extract_part"}, 1_000_000
    ),
}

ONE_ENTRY = frozenset({Purpose.INGEST, Purpose.DOCUMENTS, Purpose.DOWNLOAD})
"""Purposes whose openings are one audit entry a call. Storing a submission is an entry of its own for each
person, and the others open nobody's answers; every other opening is an entry for each person."""

SEALINGS: dict[Role, dict[str, int]] = {
    Role.WORKER: {
        "answering.response": ANSWER_LIMIT,
        "answering.score": ANSWER_LIMIT,
        "lateeffects.signal": ANSWER_LIMIT,
        "catalogue.document": CHUNK_LIMIT,
    },
    Role.RESEARCH: {"answering.score": ANSWER_LIMIT, "research.extract_part": CHUNK_LIMIT},
}
"""What each role may have sealed at rest, and how many bytes of it at most."""

METHODS: dict[str, frozenset[Role]] = {
    "inbox_key": frozenset({Role.WEB, Role.WORKER}),
    "receipt_key": frozenset({Role.WEB}),
    "link": frozenset({Role.WORKER}),
    "login": frozenset({Role.WEB}),
    "fingerprints": frozenset({Role.WEB, Role.WORKER, Role.RESEARCH}),
    "pseudonyms": frozenset({Role.RESEARCH}),
    "checkpoint": frozenset({Role.WORKER}),
    "checkpoint_key": frozenset({Role.WORKER}),
    "act": frozenset({Role.WEB}),
}


def check_method(role: Role, method: str) -> None:
    """Raises NotAllowedError unless the role may call the method."""
    if role not in METHODS[method]:
        raise NotAllowedError(method)


def longest(role: Role, table: str) -> int:
    """How long a value may be that this role has sealed for this table.

    Raises:
        NotAllowedError: it may have none sealed.
    """
    limit = SEALINGS.get(role, {}).get(table)
    if limit is None:
        raise NotAllowedError(f"sealing for {table}")
    return limit


def opening_of(role: Role, purpose: Purpose, tables: set[str]) -> Opening:
    """What the purpose allows.

    Raises:
        NotAllowedError: the role has no such purpose, or the purpose does not cover one of the tables.
    """
    opening = OPENINGS[purpose]
    if role not in opening.roles:
        raise NotAllowedError(f"opening for {purpose}")
    if not tables <= opening.tables:
        raise NotAllowedError(f"opening another table for {purpose}")
    return opening
