"""The key service itself: every method that the others may call, for one caller's role."""

import asyncio
import hashlib
import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys import audit, clock
from surveys.audit.checkpoints import Checkpoint, VerifierKey, body_of, sign_note
from surveys.audit.merkle import HASH_BYTES
from surveys.database import Role, transaction
from surveys.identifiers import ExtractId, PersonId, ProjectId, new_id
from surveys.keys.blind_index import find_persons, make_persons, reach_person, store_persons
from surveys.keys.bulk import computed
from surveys.keys.envelope import Suite, key_id_of
from surveys.keys.errors import KeysError, LoginRefusedError, NotAllowedError
from surveys.keys.grants import fresh_until, grant_end, make_grant, read_grant
from surveys.keys.hierarchy import Hierarchy
from surveys.keys.id_tokens import verify_id_token
from surveys.keys.issuers import IssuerKeys, issuer_of
from surveys.keys.kms import CHECKPOINTS, Kms
from surveys.keys.messages import Audience, Binding, InboxKey, Login, OwnAct, PlainRow, Purpose, SealedRow
from surveys.keys.own_acts import carry_out
from surveys.keys.peppers import BlindIndex, Peppers
from surveys.keys.permissions import ONE_ENTRY, Opening, check_method, longest, opening_of
from surveys.keys.quotas import Quotas
from surveys.keys.refusals import Refusals, refusal_of
from surveys.keys.sealing import open_at_rest, seal_at_rest
from surveys.national_id import NationalId, NationalIdError, Series, read
from surveys.persons import everyone
from surveys.settings import Settings

Asked = ParamSpec("Asked")
Given = TypeVar("Given")

STAFF_ROLES = frozenset({"registry"})
PSEUDONYM_CHARACTERS = 26


class Vault:
    """What the key service holds: the root, the opened keys, the providers' keys and the hour's quotas.

    Making one asks the key store for what is needed all the time, and waits for it.
    """

    def __init__(self, settings: Settings, engine: AsyncEngine, kms: Kms) -> None:
        self.settings = settings
        self.engine = engine
        self.kms = kms
        self.hierarchy = Hierarchy(kms, engine)
        self.peppers = Peppers(kms, self.hierarchy, engine)
        self.grant_key = kms.mac(b"", "grants")
        self.fingerprint_key = kms.mac(b"", "fingerprints")
        self.receipt_key = kms.mac(b"", "receipts")
        self.issuers: dict[str, IssuerKeys] = {}
        self.quotas = Quotas(engine)
        self.refusals = Refusals(engine)
        self.told: set[Role] = set()
        self.series = Series.REAL if settings.etterklang_mode == "production" else Series.SYNTHETIC


def _reported(
    method: Callable[Concatenate["InProcessKeys", Asked], Awaitable[Given]],
) -> Callable[Concatenate["InProcessKeys", Asked], Coroutine[Any, Any, Given]]:
    """A method of the key service whose refusals are reported, by its purpose or else by its name."""

    @wraps(method)
    async def call(keys: "InProcessKeys", /, *args: Asked.args, **named: Asked.kwargs) -> Given:
        try:
            return await method(keys, *args, **named)
        except KeysError as error:
            purposes = (str(one) for one in (*args, *named.values()) if isinstance(one, Purpose))
            await keys.refused(next(purposes, method.__name__), error)
            raise

    return call


class InProcessKeys:
    """The key service for one caller's role; over a socket, one of these answers each connection."""

    def __init__(self, vault: Vault, role: Role, now: Callable[[], datetime] = clock.now) -> None:
        self._vault = vault
        self._role = role
        self._now = now

    @_reported
    async def inbox_key(self) -> InboxKey:
        """The key that answers, drafts and feed chunks are sealed to now."""
        check_method(self._role, "inbox_key")
        return await self._vault.hierarchy.inbox_public(self._now())

    @_reported
    async def receipt_key(self) -> bytes:
        """32 bytes from which receipts are signed and salted."""
        check_method(self._role, "receipt_key")
        return self._vault.receipt_key

    @_reported
    async def link(self, national_ids: Sequence[str]) -> list[PersonId | None]:
        """The person of each national identifier, or nothing for what is none in this mode."""
        check_method(self._role, "link")
        valid = {number: one for number in national_ids if (one := self._identifier(number)) is not None}
        vault, now = self._vault, self._now()

        async def find(connection: AsyncConnection, index: BlindIndex) -> dict[str, PersonId]:
            return await find_persons(connection, index, valid)

        persons = await vault.peppers.within(now, find)
        unknown = [one for number, one in valid.items() if number not in persons]
        made = await make_persons(vault.hierarchy, unknown, now)

        async def store(connection: AsyncConnection, index: BlindIndex) -> dict[str, PersonId]:
            stored = await store_persons(connection, index, made, now)
            counts = {"count": str(len(valid)), "new": str(len(made))}
            await self._audit(connection, "identifiers-linked", counts, None)
            return stored

        persons |= await vault.peppers.within(now, store)
        return [persons.get(number) for number in national_ids]

    @_reported
    async def login(self, audience: Audience, id_token: str, nonce: str) -> Login:
        """Verifies the ID token and says who it is.

        Raises:
            LoginRefusedError: the rule that it breaks.
        """
        check_method(self._role, "login")
        now = self._now()
        issuer = issuer_of(self._vault.settings, audience)
        keys = self._vault.issuers.setdefault(issuer.issuer, IssuerKeys(issuer.issuer))
        claims = await verify_id_token(issuer, keys, id_token, nonce, now)
        roles: tuple[str, ...] = ()
        if audience is Audience.PATIENT:
            person_id = await self._patient(claims.pid, now)
        else:
            roles = tuple(sorted(STAFF_ROLES & set(claims.roles)))
            person_id = PersonId(new_id())
            async with transaction(self._vault.engine) as connection:
                await self._audit_login(connection, audience, person_id)
        end = grant_end(now, self._vault.settings.etterklang_session_minutes)
        grant = make_grant(self._vault.grant_key, audience, person_id, roles, end, claims.logged_in_at())
        subject = claims.sub if audience is Audience.STAFF else str(person_id)
        return Login(person_id, subject, roles, grant)

    @_reported
    async def seal(self, rows: Sequence[PlainRow]) -> list[bytes]:
        """Seals each row at rest under its person-and-study key, in order.

        Raises:
            NotAllowedError: a table is not the caller's to fill, or a person's key was erased.
            TooLongError: a value is longer than its envelope holds.
        """
        limits = [longest(self._role, row.binding.table) for row in rows]
        owners = {_owner(row.binding) for row in rows}
        keys = await self._vault.hierarchy.make_owner_keys(owners, self._now())

        def seal_all() -> list[bytes]:
            return [
                seal_at_rest(keys[_owner(row.binding)], row.plaintext, row.binding, limit)
                for row, limit in zip(rows, limits, strict=True)
            ]

        return await computed(len(rows), seal_all)

    @_reported
    async def open(
        self,
        purpose: Purpose,
        rows: Sequence[SealedRow],
        grant: bytes = b"",
        extract_id: ExtractId | None = None,
    ) -> list[bytes]:
        """Opens each row for a purpose, in order; all or none.

        Raises:
            NotAllowedError: role, table or grant do not cover it.
            FreshLoginNeededError: the login behind the grant is too long ago for this purpose.
            QuotaExceededError: the purpose's hourly quota is used up.
            NotOpenedError: a row does not open.
        """
        opening = opening_of(self._role, purpose, {row.binding.table for row in rows})
        await self._check_grant(opening, purpose, rows, grant)
        await self._vault.quotas.take(self._role, purpose, len(rows), self._now())
        open_one = await self._opener(opening.suite, rows)
        await self._audit_opening(purpose, [row.binding for row in rows], extract_id)
        return await computed(len(rows), lambda: list(map(open_one, rows)))

    @_reported
    async def fingerprints(self, values: Sequence[bytes]) -> list[bytes]:
        """A keyed hash (32 bytes) of each value."""
        check_method(self._role, "fingerprints")
        return [_keyed_hash(self._vault.fingerprint_key, value) for value in values]

    @_reported
    async def pseudonyms(self, project_id: ProjectId, person_ids: Sequence[PersonId]) -> list[str]:
        """The project's own pseudonym of each person: 26 characters, the same every time."""
        check_method(self._role, "pseudonyms")
        key = await asyncio.to_thread(self._vault.kms.mac, project_id.bytes, "pseudonyms")
        return [_keyed_hash(key, person_id.bytes).hex()[:PSEUDONYM_CHARACTERS] for person_id in person_ids]

    @_reported
    async def checkpoint(self, size: int, root: bytes) -> str:
        """A signed checkpoint of the audit log. Its text is made here: nothing else is ever signed for one.

        Raises:
            NotAllowedError: the caller is not the worker, or these are no size and root.
        """
        check_method(self._role, "checkpoint")
        if size < 0 or len(root) != HASH_BYTES:
            raise NotAllowedError("signing what is no checkpoint")
        key = await self._checkpoint_key()
        body = body_of(Checkpoint(key.name, size, root))
        return sign_note(body, key, await asyncio.to_thread(self._vault.kms.sign, body.encode(), CHECKPOINTS))

    @_reported
    async def checkpoint_key(self) -> str:
        """The key that checks checkpoints, as signed-note writes it."""
        check_method(self._role, "checkpoint_key")
        return str(await self._checkpoint_key())

    @_reported
    async def act(self, act: OwnAct, grant: bytes) -> None:
        """Does what the grant's person asks for themselves.

        Raises:
            NotAllowedError: it is no patient's grant.
            FreshLoginNeededError: the login behind it is too long ago.
        """
        check_method(self._role, "act")
        now = self._now()
        held = read_grant(self._vault.grant_key, grant, now)
        if held.audience is not Audience.PATIENT:
            raise NotAllowedError("what a patient alone may ask for")
        lasts = fresh_until(held, now) - now
        async with transaction(self._vault.engine) as connection:
            await carry_out(connection, act, held.person_id, lasts, now)

    async def refused(self, what: str, error: KeysError) -> None:
        """Reports that a call was refused."""
        await self._vault.refusals.note(refusal_of(self._role, what, error), self._now())

    async def _checkpoint_key(self) -> VerifierKey:
        public = await asyncio.to_thread(self._vault.kms.public_key, CHECKPOINTS)
        return VerifierKey(self._vault.settings.audit_origin, public)

    async def _patient(self, number: str, now: datetime) -> PersonId:
        identifier = self._identifier(number)
        if identifier is None:
            raise LoginRefusedError("pid is no national identifier that counts here")

        async def enter(connection: AsyncConnection, index: BlindIndex) -> PersonId:
            nobody = PersonId(new_id())
            person_id = await reach_person(connection, index, identifier.number, nobody)
            await self._audit_login(connection, Audience.PATIENT, person_id)
            return person_id

        return await self._vault.peppers.within(now, enter)

    def _identifier(self, number: str) -> NationalId | None:
        try:
            return read(number, self._vault.series)
        except NationalIdError:
            return None

    async def _check_grant(
        self, opening: Opening, purpose: Purpose, rows: Sequence[SealedRow], grant: bytes
    ) -> None:
        if opening.grant is None:
            return
        now = self._now()
        held = read_grant(self._vault.grant_key, grant, now)
        covers = (
            await self._are_of({row.binding.person_id for row in rows}, held.person_id)
            if opening.grant is Audience.PATIENT
            else bool(held.roles)
        )
        if held.audience is not opening.grant or not covers:
            raise NotAllowedError(f"opening for {purpose} with this login")
        if opening.is_fresh:
            fresh_until(held, now)

    async def _are_of(self, persons: set[PersonId], person_id: PersonId) -> bool:
        if persons <= {person_id}:
            return True
        async with transaction(self._vault.engine) as connection:
            several = await everyone(connection, [person_id])
        return persons <= set(several.get(person_id, ()))

    async def _opener(self, suite: Suite, rows: Sequence[SealedRow]) -> Callable[[SealedRow], bytes]:
        if suite is Suite.INBOX:
            private = await self._vault.hierarchy.inbox_private({key_id_of(row.sealed) for row in rows})
            return lambda row: private[key_id_of(row.sealed)].open(row.sealed, row.binding)
        keys = await self._vault.hierarchy.owner_keys({_owner(row.binding) for row in rows})
        return lambda row: open_at_rest(keys[_owner(row.binding)], row.sealed, row.binding)

    async def _audit_opening(
        self, purpose: Purpose, bindings: Sequence[Binding], extract_id: ExtractId | None
    ) -> None:
        # Documents are nobody's answers and are read at every start: once for each role is enough.
        if purpose is Purpose.DOCUMENTS and self._role in self._vault.told:
            return
        counts: Counter[PersonId | None] = Counter(binding.person_id for binding in bindings)
        if purpose in ONE_ENTRY and len(counts) > 1:
            counts = Counter({None: len(bindings)})
        use = {} if extract_id is None else {"extract": str(extract_id)}
        action, now = f"opened-for-{purpose}", self._now()
        entries = [
            audit.AuditEntry(action, self._role.value, now, person_id, {"count": str(count)} | use)
            for person_id, count in counts.items()
        ]
        async with transaction(self._vault.engine) as connection:
            await audit.append_all(connection, entries)
        if purpose is Purpose.DOCUMENTS:
            self._vault.told.add(self._role)

    async def _audit_login(
        self, connection: AsyncConnection, audience: Audience, person_id: PersonId
    ) -> None:
        await self._audit(connection, "logged-in", {"audience": audience.value}, person_id)

    async def _audit(
        self, connection: AsyncConnection, action: str, about: dict[str, str], person_id: UUID | None
    ) -> None:
        entry = audit.AuditEntry(action, self._role.value, self._now(), person_id, about)
        await audit.append(connection, entry)


def _owner(binding: Binding) -> tuple[UUID, UUID]:
    return binding.person_id, binding.study_id


def _keyed_hash(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)
