"""A web process and its identity provider, both over real HTTP, and a browser without a screen."""

import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import msgspec
from joserfc.jwk import ECKey
from litestar import Litestar
from litestar.types import ASGIApp

from api.app import create_app
from api.demo.provider import Client, Person, ProviderConfig, create_provider
from api.demo.provider.book import Book
from api.security.client_key import ClientKey, PublicJwk
from api.security.profiles import SIGNED_OUT
from surveys import clock
from surveys.keys import Audience
from surveys.national_id import with_control_digits
from surveys.settings import Settings
from surveys.tls import trusted
from tests.builders.api import Keystore, free_port, served, settings_for

NAVIGATION = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "accept-language": "nb"}
STATE = re.compile(r'<script type="application/json" id="state">(.*?)</script>', re.DOTALL)
REQUEST_URI = re.compile(r'name="request_uri" value="([^"]+)"')


def synthetic_numbers(count: int) -> list[str]:
    """So many valid synthetic national identifiers (month + 80)."""
    made = (with_control_digits(f"0181{50 + n // 1000}{n % 1000:03}") for n in range(20 * count))
    return [number for number in made if number is not None][:count]


ANNA, BERIT = synthetic_numbers(2)
PEOPLE = (
    Person("Newly diagnosed, the first questionnaire is open", pid=ANNA),
    Person("Nothing to answer", pid=BERIT),
    Person("Registry staff", name="Ragnhild"),
)


@dataclass(frozen=True)
class ClientKeys:
    """The files of the two client keys; of P-256, since reading an RSA key takes its time."""

    patient: Path
    staff: Path

    @classmethod
    def make(cls, folder: Path) -> "ClientKeys":
        made = cls(folder / "patient.jwk", folder / "staff.jwk")
        for file in (made.patient, made.staff):
            file.touch(mode=0o600)
            file.write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=True)))
        return made

    def public(self, audience: Audience) -> PublicJwk:
        return ClientKey.read(getattr(self, audience.value)).public


@dataclass
class MovedClock:
    """The real time, and what a test adds to it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return clock.now() + self.ahead


@dataclass
class Upset:
    """What a test makes the provider do wrong; it sees every request before the provider does."""

    fail_first: dict[str, list[int]] = field(default_factory=dict)
    replace: tuple[bytes, bytes] | None = None
    pushed: list[Mapping[str, str]] = field(default_factory=list)
    exchanged: list[Mapping[str, str]] = field(default_factory=list)
    id_tokens: list[str] = field(default_factory=list)

    def around(self, app: ASGIApp) -> ASGIApp:
        async def wrapped(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http" or scope["method"] != "POST":
                await app(scope, receive, send)
                return
            body = await _whole(receive)
            self._note(scope["path"], body)
            failures = self.fail_first.get(scope["path"], [])
            if failures:
                await send({"type": "http.response.start", "status": failures.pop(0), "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            await app(scope, _again(self._changed(body)), self._listening(send))

        return wrapped

    def _note(self, path: str, body: bytes) -> None:
        fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        {"/par": self.pushed, "/token": self.exchanged}.get(path, []).append(fields)

    def _changed(self, body: bytes) -> bytes:
        if self.replace is None:
            return body
        pattern, replacement = self.replace
        return re.sub(pattern, replacement, body)

    def _listening(self, send: Any) -> Any:
        async def sending(message: MutableMapping[str, Any]) -> None:
            found = re.search(rb'"id_token":"([^"]+)"', message.get("body", b""))
            if found:
                self.id_tokens.append(found[1].decode())
            await send(message)

        return sending


@dataclass
class Ground:
    """Both services, running."""

    url: str
    issuer: str
    settings: Settings
    app: Litestar
    provider: Litestar
    upset: Upset
    clock: MovedClock
    browsers: contextlib.AsyncExitStack

    @property
    def book(self) -> Book:
        book = self.provider.state.provider.book
        assert isinstance(book, Book)
        return book

    async def browser(self) -> "Browser":
        client = await self.browsers.enter_async_context(httpx2.AsyncClient(timeout=30, verify=trusted()))
        return Browser(client, self)


@dataclass
class Browser:
    """A browser: it keeps cookies, says that it navigates, and goes where it is sent one step at a time."""

    client: httpx2.AsyncClient
    ground: Ground

    async def go(self, address: str) -> httpx2.Response:
        return await self.client.get(urljoin(self.ground.url, address), headers=NAVIGATION)

    async def follow(self, response: httpx2.Response) -> httpx2.Response:
        while response.is_redirect:
            response = await self.go(urljoin(str(response.url), response.headers["location"]))
        return response

    async def start(self, path: str = "/login/patient") -> str:
        """Begins a login; gives the ``request_uri`` that the provider's page shows."""
        shown = await self.follow(await self.go(path))
        found = REQUEST_URI.search(shown.text)
        assert found is not None, str(shown.url)
        return found[1]

    async def choose(self, request_uri: str, person: Person | None = PEOPLE[0]) -> str:
        """Chooses somebody, or nobody; gives the address that the provider sends the browser back to."""
        chosen = {"cancel": "yes"} if person is None else {"person": str(PEOPLE.index(person))}
        answer = await self.client.post(
            f"{self.ground.issuer}/choose", data={"request_uri": request_uri, **chosen}
        )
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def log_in(
        self, path: str = "/login/patient", person: Person | None = PEOPLE[0]
    ) -> httpx2.Response:
        """The whole way; gives the answer to the address that the browser came back with."""
        return await self.go(await self.choose(await self.start(path), person))

    async def shell(self, path: str = "/") -> dict[str, Any]:
        """What the page says of itself."""
        found = STATE.search((await self.go(path)).text)
        assert found is not None
        state: dict[str, Any] = json.loads(found[1])
        return state

    async def log_out(self) -> httpx2.Response:
        csrf = (await self.shell())["csrf"] or (await self.shell("/staff"))["csrf"]
        headers = {"origin": self.ground.url, "x-csrf": csrf or ""}
        return await self.client.post(f"{self.ground.url}/logout", headers=headers)


@contextlib.asynccontextmanager
async def login_ground(
    database: str,
    keystore: Keystore,
    keys: ClientKeys,
    change: Callable[[Settings], Settings] = lambda settings: settings,
) -> AsyncIterator[Ground]:
    """Both services until the block ends; ``change`` may turn the web process's settings."""
    web, place = free_port(), free_port()
    issuer = f"http://127.0.0.1:{place.getsockname()[1]}"
    settings = change(_settings(database, keystore, keys, web, issuer))
    moved, upset = MovedClock(), Upset()
    provider = create_provider(provider_config(issuer, settings.etterklang_public_url, keys))
    app = create_app(settings, moved)
    wrapped = upset.around(provider)
    async with (
        served(wrapped, place),
        served(app, web),
        contextlib.AsyncExitStack() as browsers,
    ):
        url = f"http://127.0.0.1:{web.getsockname()[1]}"
        yield Ground(url, issuer, settings, app, provider, upset, moved, browsers)


def provider_config(issuer: str, url: str, keys: ClientKeys) -> ProviderConfig:
    """The provider as the demonstration sets it up: one client for patients, one for staff."""
    clients = tuple(
        Client(
            client_id=client_id,
            audience=audience,
            jwks=(keys.public(audience),),
            redirect_uris=(f"{url}/login/callback",),
            signed_out_uris=(url + SIGNED_OUT[audience],),
        )
        for audience, client_id in (
            (Audience.PATIENT, "etterklang"),
            (Audience.STAFF, "etterklang-staff"),
        )
    )
    return ProviderConfig("development", issuer, clients, PEOPLE)


def query_of(address: str) -> dict[str, str]:
    """The query of an address, each parameter once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def _settings(
    database: str, keystore: Keystore, keys: ClientKeys, web: socket.socket, issuer: str
) -> Settings:
    return msgspec.structs.replace(
        settings_for(database, keystore, web.getsockname()[1]),
        etterklang_patient_issuer=issuer,
        etterklang_patient_client_key=str(keys.patient),
        etterklang_staff_issuer=issuer,
        etterklang_staff_client_key=str(keys.staff),
    )


async def _whole(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def _again(body: bytes) -> Any:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
