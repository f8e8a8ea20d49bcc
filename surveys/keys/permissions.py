"""Who may have what opened and sealed, and how much an hour: a table, read by the key service alone."""

from typing import NamedTuple

from surveys.database import Role
from surveys.keys.messages import Audience, Purpose


class Opening(NamedTuple):
    """One purpose: the roles that have it, the tables it covers, the grant it needs, and its rows an hour."""

    roles: frozenset[Role]
    tables: frozenset[str]
    grant: Audience | None
    rows_an_hour: int


OPENINGS = {
    Purpose.INGEST: Opening(
        frozenset({Role.WORKER}), frozenset({"answering.inbox", "registry.feed_chunk"}), None, 5_000_000
    ),
    Purpose.COMPARE: Opening(frozenset({Role.WORKER}), frozenset({"answering.score"}), None, 20_000_000),
    Purpose.EXTRACT: Opening(
        frozenset({Role.RESEARCH}), frozenset({"answering.response", "answering.score"}), None, 20_000_000
    ),
    Purpose.OWN_DRAFT: Opening(
        frozenset({Role.WEB}), frozenset({"answering.draft"}), Audience.PATIENT, 200_000
    ),
    Purpose.SIGNALS: Opening(
        frozenset({Role.WEB}), frozenset({"lateeffects.signal"}), Audience.STAFF, 200_000
    ),
    Purpose.DOCUMENTS: Opening(
        frozenset({Role.WEB, Role.WORKER, Role.RESEARCH}), frozenset({"catalogue.document"}), None, 1_000_000
    ),
    Purpose.DOWNLOAD: Opening(
        frozenset({Role.WEB, Role.RESEARCH}), frozenset({"research.extract_part"}), None, 1_000_000
    ),
}

SEALINGS: dict[Role, frozenset[str]] = {
    Role.WORKER: frozenset(
        {"answering.response", "answering.score", "lateeffects.signal", "catalogue.document"}
    ),
    Role.RESEARCH: frozenset({"research.extract_part"}),
    Role.WEB: frozenset(),
}

METHODS: dict[str, frozenset[Role]] = {
    "inbox_key": frozenset({Role.WEB, Role.WORKER}),
    "receipt_key": frozenset({Role.WEB}),
    "link": frozenset({Role.WORKER}),
    "login": frozenset({Role.WEB}),
    "fingerprints": frozenset({Role.WEB, Role.WORKER, Role.RESEARCH}),
    "pseudonyms": frozenset({Role.RESEARCH}),
}
