"""The key service itself: every method that the others may call, for one caller's role."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys import audit, clock
from surveys.database import Role, transaction
from surveys.identifiers import PersonId, ProjectId, new_id
from surveys.keys.envelope import ANSWER_LIMIT, CHUNK_LIMIT, Envelope, Suite, unpack
from surveys.keys.errors import LoginRefusedError, NotAllowedError, NotOpenedError, QuotaExceededError
from surveys.keys.grants import grant_end, make_grant, read_grant
from surveys.keys.hierarchy import Hierarchy
from surveys.keys.id_tokens import IssuerKeys, issuer_of, verify_id_token
from surveys.keys.kms import Kms
from surveys.keys.linkage import find_person, link_persons
from surveys.keys.messages import Audience, Binding, InboxKey, Login, PlainRow, Purpose, SealedRow
from surveys.keys.permissions import METHODS, OPENINGS, SEALINGS
from surveys.keys.sealing import open_at_rest, open_from_inbox, seal_at_rest
from surveys.national_id import NationalId, NationalIdError, Series, read
from surveys.settings import Settings

STAFF_ROLES = frozenset({"registry"})
LONG_TABLES = frozenset({"research.extract_part", "catalogue.document"})
HOUR_SECONDS = 3600


class Vault:
    """What the key service holds: the root, the opened keys, the providers' keys and the hour's quotas."""

    def __init__(self, settings: Settings, engine: AsyncEngine, kms: Kms) -> None:
        self.settings = settings
        self.engine = engine
        self.kms = kms
        self.hierarchy = Hierarchy(kms, engine)
        self.grant_key = kms.mac(b"", "grants")
        self.issuers: dict[str, IssuerKeys] = {}
        self.opened: Counter[tuple[int, Role, Purpose]] = Counter()
        self.told: set[Role] = set()
        self.series = Series.REAL if settings.etterklang_mode == "production" else Series.SYNTHETIC


class InProcessKeys:
    """The key service for one caller's role; over a socket, one of these answers each connection."""

    def __init__(self, vault: Vault, role: Role, now: Callable[[], datetime] = clock.now) -> None:
        self._vault = vault
        self._role = role
        self._now = now

    async def inbox_key(self) -> InboxKey:
        """The key that answers, drafts and feed chunks are sealed to now."""
        self._check_method("inbox_key")
        return await self._vault.hierarchy.inbox_public(self._now())

    async def receipt_key(self) -> bytes:
        """32 bytes from which receipts are signed and salted."""
        self._check_method("receipt_key")
        return self._vault.kms.mac(b"", "receipts")

    async def link(self, national_ids: Sequence[str]) -> list[PersonId | None]:
        """The person of each national identifier, or nothing for what is none in this mode."""
        self._check_method("link")
        valid = {number: one for number in national_ids if (one := self._identifier(number)) is not None}
        now = self._now()
        async with transaction(self._vault.engine) as connection:
            persons = await link_persons(
                connection, self._vault.kms, self._vault.hierarchy, list(valid.values()), now
            )
            await self._audit(connection, "identifiers-linked", {"count": str(len(persons))}, None)
        linked = dict(zip(valid, persons, strict=True))
        return [linked.get(number) for number in national_ids]

    async def login(self, audience: Audience, id_token: str, nonce: str) -> Login:
        """Verifies the ID token and says who it is.

        Raises:
            LoginRefusedError: the rule that it breaks.
        """
        self._check_method("login")
        now = self._now()
        issuer = issuer_of(self._vault.settings, audience)
        keys = self._vault.issuers.setdefault(issuer.issuer, IssuerKeys(issuer.issuer))
        claims = await verify_id_token(issuer, keys, id_token, nonce, now)
        roles: tuple[str, ...] = ()
        async with transaction(self._vault.engine) as connection:
            if audience is Audience.PATIENT:
                person_id = await self._person(connection, claims.pid)
            else:
                roles = tuple(sorted(STAFF_ROLES & set(claims.roles)))
                person_id = PersonId(new_id())
            await self._audit(connection, "logged-in", {"audience": audience.value}, person_id)
        end = grant_end(now, self._vault.settings.etterklang_session_minutes)
        grant = make_grant(self._vault.grant_key, audience, person_id, roles, end)
        subject = claims.sub if audience is Audience.STAFF else str(person_id)
        return Login(person_id, subject, roles, grant)

    async def seal(self, rows: Sequence[PlainRow]) -> list[bytes]:
        """Seals each row at rest under its person-and-study key, in order.

        Raises:
            NotAllowedError: a table is not the caller's to fill.
            TooLongError: a value is longer than its envelope holds.
        """
        for row in rows:
            if row.binding.table not in SEALINGS.get(self._role, frozenset()):
                raise NotAllowedError(f"sealing for {row.binding.table}")
        owners = {_owner(row.binding) for row in rows}
        keys = await self._vault.hierarchy.make_owner_keys(owners, self._now())

        def seal_all() -> list[bytes]:
            sealed = []
            for row in rows:
                epoch, key = keys[_owner(row.binding)]
                limit = CHUNK_LIMIT if row.binding.table in LONG_TABLES else ANSWER_LIMIT
                sealed.append(seal_at_rest(key, epoch, row.plaintext, row.binding, limit))
            return sealed

        return await asyncio.to_thread(seal_all)

    async def open(self, purpose: Purpose, rows: Sequence[SealedRow], grant: bytes = b"") -> list[bytes]:
        """Opens each row for a purpose, in order; all or none.

        Raises:
            NotAllowedError: role, table or grant do not cover it.
            QuotaExceededError: the purpose's hourly quota is used up.
            NotOpenedError: a row does not open.
        """
        self._check_opening(purpose, rows, grant)
        envelopes = [unpack(row.sealed) for row in rows]
        inbox = await self._vault.hierarchy.inbox_private(
            {one.key_id for one in envelopes if one.suite is Suite.INBOX}
        )
        at_rest = {
            _owner(row.binding)
            for row, one in zip(rows, envelopes, strict=True)
            if one.suite is Suite.AT_REST
        }
        keys = await self._vault.hierarchy.owner_keys(at_rest)
        async with transaction(self._vault.engine) as connection:
            await self._audit_opening(connection, purpose, rows)

        def open_one(binding: Binding, envelope: Envelope) -> bytes:
            if envelope.suite is Suite.INBOX:
                return open_from_inbox(inbox[envelope.key_id], envelope, binding)
            epoch, key = keys[_owner(binding)]
            if envelope.key_id != epoch:
                raise NotOpenedError
            return open_at_rest(key, envelope, binding)

        def open_all() -> list[bytes]:
            return [open_one(row.binding, one) for row, one in zip(rows, envelopes, strict=True)]

        return await asyncio.to_thread(open_all)

    async def fingerprints(self, values: Sequence[bytes]) -> list[bytes]:
        """A keyed hash (32 bytes) of each value."""
        self._check_method("fingerprints")
        return [self._vault.kms.mac(value, "fingerprints") for value in values]

    async def pseudonyms(self, project_id: ProjectId, person_ids: Sequence[PersonId]) -> list[str]:
        """The project's own pseudonym of each person: 26 characters, the same every time."""
        self._check_method("pseudonyms")
        purpose = f"pseudonyms {project_id}"
        return [self._vault.kms.mac(person_id.bytes, purpose).hex()[:26] for person_id in person_ids]

    async def _person(self, connection: AsyncConnection, number: str) -> PersonId:
        identifier = self._identifier(number)
        if identifier is None:
            raise LoginRefusedError("pid is no national identifier that counts here")
        found = await find_person(connection, self._vault.kms, identifier.number)
        return found if found is not None else PersonId(new_id())

    def _identifier(self, number: str) -> NationalId | None:
        try:
            return read(number, self._vault.series)
        except NationalIdError:
            return None

    def _check_method(self, method: str) -> None:
        if self._role not in METHODS[method]:
            raise NotAllowedError(method)

    def _check_opening(self, purpose: Purpose, rows: Sequence[SealedRow], grant: bytes) -> None:
        opening = OPENINGS[purpose]
        if self._role not in opening.roles:
            raise NotAllowedError(f"opening for {purpose}")
        if any(row.binding.table not in opening.tables for row in rows):
            raise NotAllowedError(f"opening another table for {purpose}")
        now = self._now()
        if opening.grant is not None:
            held = read_grant(self._vault.grant_key, grant, now)
            own = opening.grant is Audience.STAFF or all(
                row.binding.person_id == held.person_id for row in rows
            )
            may = held.audience is opening.grant and (held.audience is Audience.PATIENT or held.roles)
            if not (own and may):
                raise NotAllowedError(f"opening for {purpose} with this login")
        hour = (int(now.timestamp()) // HOUR_SECONDS, self._role, purpose)
        if self._vault.opened[hour] + len(rows) > opening.rows_an_hour:
            raise QuotaExceededError(purpose)
        self._vault.opened[hour] += len(rows)

    async def _audit_opening(
        self, connection: AsyncConnection, purpose: Purpose, rows: Sequence[SealedRow]
    ) -> None:
        if purpose is Purpose.DOCUMENTS:
            # Documents are nobody's answers and are read at every start: once a caller is enough.
            if self._role in self._vault.told:
                return
            self._vault.told.add(self._role)
        persons = {row.binding.person_id for row in rows}
        person_id = persons.pop() if len(persons) == 1 else None
        await self._audit(connection, f"opened-for-{purpose}", {"count": str(len(rows))}, person_id)

    async def _audit(
        self, connection: AsyncConnection, action: str, about: dict[str, str], person_id: UUID | None
    ) -> None:
        entry = audit.AuditEntry(action, self._role.value, self._now(), person_id, about)
        await audit.append(connection, entry)


def _owner(binding: Binding) -> tuple[UUID, UUID]:
    return binding.person_id, binding.study_id
