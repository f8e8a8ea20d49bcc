"""What every handler of one web process shares."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from api.documents import Documents
from api.security.oidc import RelyingParty, open_relying_parties
from api.security.roles import Connection
from surveys import clock
from surveys.answering import Library
from surveys.database import Role, check_role, make_engine
from surveys.keys import Audience, InboxKey, Keys, open_keys
from surveys.settings import Settings, SettingsError

INBOX_KEY_LASTS = timedelta(minutes=1)
"""How long a retired inbox key may still be sealed to; the key service opens what any of them sealed."""


@dataclass
class PublicKeys:
    """The keys that nearly every request needs, kept so that it need not ask for them."""

    keys: Keys
    _inbox: tuple[InboxKey, datetime] | None = field(default=None, repr=False)
    _receipt: bytes | None = field(default=None, repr=False)

    async def inbox(self, now: datetime) -> InboxKey:
        """The key that answers are sealed to.

        Raises:
            KeysUnavailableError: the key service does not answer.
        """
        if self._inbox is None or now - self._inbox[1] > INBOX_KEY_LASTS:
            self._inbox = await self.keys.inbox_key(), now
        return self._inbox[0]

    async def receipt(self) -> bytes:
        """The secret of this service's web processes: receipts are signed and tokens are made from it.

        Raises:
            KeysUnavailableError: the key service does not answer.
        """
        if self._receipt is None:
            self._receipt = await self.keys.receipt_key()
        return self._receipt


@dataclass(frozen=True)
class Process:
    """The settings, the database, the key service, the opened documents and the pages of one web process."""

    settings: Settings
    engine: AsyncEngine
    keys: Keys
    kept: PublicKeys
    library: Library
    documents: Documents
    relying_parties: Mapping[Audience, RelyingParty]
    now: Callable[[], datetime]


@asynccontextmanager
async def opened(settings: Settings, now: Callable[[], datetime] = clock.now) -> AsyncIterator[Process]:
    """A process connected as the web role; closed again when the block ends.

    Raises:
        SettingsError: a setting is missing or does not belong in production.
        WrongRoleError: the database says that we are somebody else.
        KeystoreError: the key service is to run in this process, and its key store does not open.
    """
    check_production(settings)
    documents = Documents.read()
    engine = make_engine(settings.database_address(Role.WEB), Role.WEB)
    try:
        await check_role(engine, Role.WEB)
        async with (
            open_keys(settings, Role.WEB) as keys,
            open_relying_parties(settings, now) as relying_parties,
        ):
            library = Library(engine, keys)
            yield Process(settings, engine, keys, PublicKeys(keys), library, documents, relying_parties, now)
    finally:
        await engine.dispose()


def process_of(connection: Connection) -> Process:
    """The process that serves this request."""
    process = connection.app.state.process
    if not isinstance(process, Process):
        raise TypeError("the app has not been started: its lifespan opens the process")
    return process


def check_production(settings: Settings) -> None:
    """Refuses in production what is meant for a demonstration.

    Raises:
        SettingsError: names the variable.
    """
    if settings.etterklang_mode != "production":
        return
    for name in ("etterklang_public_url", "etterklang_patient_issuer", "etterklang_staff_issuer"):
        if not getattr(settings, name).startswith("https://"):
            raise SettingsError(f"{name.upper()} must begin with https:// in production")
