"""The web process for tests: served by uvicorn on loopback, with a keystore and logins of its own."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import httpx2
import uvicorn
from joserfc import jwt
from joserfc.jwk import OKPKey
from litestar import Litestar
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.security.cookies import session_cookie_name
from api.security.machines import register_machine
from api.security.sessions import SessionLimits, csrf_of, start_session
from surveys import clock
from surveys.database import Role, transaction
from surveys.identifiers import PersonId, new_id
from surveys.keys import Audience, Keys, Login
from surveys.keys.grants import make_grant
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms import passphrase
from surveys.settings import Settings
from surveys.tls import trusted
from tests.builders.answering import NOW

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONG = timedelta(days=36_500)


@dataclass(frozen=True)
class Keystore:
    """A keystore file and its passphrase."""

    file: Path
    passphrase: Path

    @classmethod
    def make(cls, folder: Path) -> "Keystore":
        made = cls(folder / "keystore", folder / "passphrase")
        made.passphrase.write_bytes(b"correct horse battery staple")
        # The file says at which costs it opens; a test has no thief to slow down.
        with patch.multiple(passphrase, MEMORY_KIB=64, ITERATIONS=1, LANES=1):
            passphrase.create_keystore(made.file, made.passphrase.read_bytes())
        return made

    def keys_as(self, engine: AsyncEngine) -> Callable[[Role], InProcessKeys]:
        """The key service on this keystore; ``engine`` is connected as ``etterklang_keys``."""
        kms = passphrase.open_keystore(self.file, self.passphrase.read_bytes())
        vault = Vault(Settings(etterklang_mode="development"), engine, kms)
        return lambda role: InProcessKeys(vault, role)


@dataclass
class Clock:
    """The web process's time, which a test moves."""

    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class MachineKey:
    """A machine's own key, with which it signs its assertions."""

    client_id: str
    key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519", auto_kid=True))

    def public(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.key.as_dict(private=False).items()}

    def assertion(
        self, audience: str, now: datetime, header: Mapping[str, object] = {}, **claims: object
    ) -> str:
        """A good assertion, but for the header and the claims that are given; None leaves one out."""
        good: dict[str, object] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 60,
            "jti": str(new_id()),
        }
        said = {name: value for name, value in (good | claims).items() if value is not None}
        headers = {"alg": "Ed25519", "kid": self.key.kid} | dict(header)
        return jwt.encode(headers, said, self.key, algorithms=["Ed25519", "EdDSA"])


@dataclass
class Service:
    """A running web process, and what a test needs to be somebody to it."""

    url: str
    app: Litestar
    settings: Settings
    clock: Clock
    engine_as: Callable[[Role], AsyncEngine]
    keys_as: Callable[[Role], Keys]
    clients: contextlib.AsyncExitStack

    async def anyone(self, headers: Mapping[str, str] = {}) -> httpx2.AsyncClient:
        """Somebody who brings these headers and nothing else."""
        client = httpx2.AsyncClient(base_url=self.url, headers=dict(headers), timeout=30, verify=trusted())
        return await self.clients.enter_async_context(client)

    async def patient(
        self, person_id: PersonId | None = None, logged_in: timedelta | None = timedelta()
    ) -> httpx2.AsyncClient:
        """The browser of a patient, on our page, who logged in so long ago, or nobody knows when."""
        ago = None if logged_in is None else clock.now() - logged_in
        return await self._logged_in(Audience.PATIENT, person_id or PersonId(new_id()), (), ago)

    async def staff(self, roles: tuple[str, ...] = ("registry",)) -> httpx2.AsyncClient:
        """The browser of somebody at the registry who has just logged in, on our page."""
        return await self._logged_in(Audience.STAFF, PersonId(new_id()), roles)

    async def register(self, client_id: str, scopes: Sequence[str]) -> MachineKey:
        """A machine, registered as the command line does it."""
        made = MachineKey(client_id)
        async with transaction(self.engine_as(Role.WORKER)) as connection:
            await register_machine(connection, client_id, made.public(), scopes, self.clock())
        return made

    async def ask_token(self, key: MachineKey, **fields: str) -> httpx2.Response:
        """The answer of the token endpoint to a good request, but for the fields that are given."""
        client = await self.anyone()
        good = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": key.assertion(f"{self.url}/api/token", self.clock()),
        }
        return await client.post("/api/token", data=good | fields)

    async def machine(self, *scopes: str) -> httpx2.AsyncClient:
        """A machine with an access token for these scopes."""
        key = await self.register(f"machine-{new_id()}", scopes)
        given = await self.ask_token(key)
        return await self.anyone({"authorization": f"Bearer {given.json()['access_token']}"})

    async def _logged_in(
        self,
        audience: Audience,
        person_id: PersonId,
        roles: tuple[str, ...],
        logged_in_at: datetime | None = None,
    ) -> httpx2.AsyncClient:
        keys = self.keys_as(Role.WEB)
        assert isinstance(keys, InProcessKeys)
        end = self.clock() + LONG
        grant = make_grant(keys._vault.grant_key, audience, person_id, roles, end, logged_in_at)
        login = Login(person_id, f"somebody-{audience}", roles, grant)
        async with transaction(self.engine_as(Role.WEB)) as connection:
            limits = SessionLimits.of(self.settings)
            cookie = await start_session(connection, login, audience, self.clock(), limits)
        client = await self.anyone({"origin": self.url, "x-csrf": csrf_of(cookie)})
        client.cookies.set(session_cookie_name(self.settings), cookie)
        return client


@contextlib.contextmanager
def statements(service: Service) -> Iterator[list[str]]:
    """What the web process says to the database meanwhile."""
    seen: list[str] = []

    def note(*call: object) -> None:
        seen.append(str(call[2]).strip())

    engine = service.app.state.process.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def settings_for(database: str, keystore: Keystore, port: int) -> Settings:
    """The settings of a development service on this port."""
    return Settings(
        etterklang_mode="development",
        database_url=database,
        etterklang_port=port,
        etterklang_public_url=f"http://127.0.0.1:{port}",
        etterklang_key_store=f"file:{keystore.file}",
        etterklang_key_store_secret_file=str(keystore.passphrase),
    )


def free_port() -> socket.socket:
    """A listening place on loopback that nobody else has."""
    # Named, since asyncio turns Nagle off for what says that it is TCP, and else each answer takes 40 ms.
    place = socket.socket(proto=socket.IPPROTO_TCP)
    place.bind(("127.0.0.1", 0))
    return place


@contextlib.asynccontextmanager
async def served(app: Litestar, place: socket.socket) -> AsyncIterator[None]:
    """The app behind uvicorn, with the options of ``api/server.py``, until the block ends."""
    config = uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[place]))
    while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn tells it by this field alone
        await asyncio.sleep(0.005)
    if serving.done():
        await serving
        raise RuntimeError("the service has ended at its start; its log says why")
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    place: socket.socket,
    engine_as: Callable[[Role], AsyncEngine],
    keys_as: Callable[[Role], Keys],
) -> AsyncIterator[Service]:
    """A web process under these settings, at this place."""
    clock = Clock()
    app = create_app(settings, clock)
    async with served(app, place), contextlib.AsyncExitStack() as clients:
        yield Service(settings.etterklang_public_url, app, settings, clock, engine_as, keys_as, clients)
