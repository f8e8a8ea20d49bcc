"""What callers see when something behind the web process is gone, and what several web processes share."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest
from litestar import get
from litestar.response import Stream
from msgspec import to_builtins
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from api.app import build
from api.headers import SecurityHeaders
from api.security.roles import Who
from surveys.database import Role
from surveys.identifiers import new_id
from surveys.keys import Keys
from tests.builders.answering import Study, answers, open_assessment
from tests.builders.api import Clock, Keystore, Service, free_port, running, served, settings_for

EngineAs = Callable[[Role], AsyncEngine]
KeysAs = Callable[[Role], Keys]


@contextlib.asynccontextmanager
async def without_keys(
    database: str, keystore: Keystore, engine_as: EngineAs, keys_as: KeysAs, folder: Path
) -> AsyncIterator[Service]:
    """A web process whose key service is a socket that nobody listens on."""
    place = free_port()
    settings = settings_for(database, keystore, place.getsockname()[1])
    named = replace(settings, etterklang_keys_socket_folder=str(folder))
    async with running(named, place, engine_as, keys_as) as service:
        yield service


async def test_without_the_key_service_it_says_so_and_takes_nothing(
    database: str, keystore: Keystore, engine_as: EngineAs, keys_as: KeysAs, tmp_path: Path, study: Study
) -> None:
    mine = await open_assessment(study)
    async with without_keys(database, keystore, engine_as, keys_as, tmp_path) as service:
        client = await service.patient(mine.person_id)
        path = f"/api/patient/assessments/{mine.assessment_id}"
        body = {"language": "nb", "answers": to_builtins(answers())}
        found = [
            await client.get(path),
            await client.put(f"{path}/draft", json={"revision": 0, "answers": []}),
            await client.put(f"{path}/submissions/{new_id()}", json=body),
            await service.ask_token(await service.register("machine", ["feed:norway"])),
        ]
        assert {(one.status_code, one.json()["type"].rpartition("/")[2]) for one in found} == {
            (503, "keys-unavailable")
        }
        assert {one.headers["retry-after"] for one in found} == {"5"}
        assert (await client.get("/health/ready")).json()["detail"] == "not reachable: the key service"
        assert (await client.get("/health/live")).status_code == 200


async def test_a_token_and_a_receipt_of_one_web_process_count_at_another(
    service: Service,
    study: Study,
    database: str,
    keystore: Keystore,
    engine_as: EngineAs,
    keys_as: KeysAs,
) -> None:
    mine = await open_assessment(study)
    path = f"/api/patient/assessments/{mine.assessment_id}/submissions/{new_id()}"
    body = {"language": "nb", "answers": to_builtins(answers())}
    token = (await service.ask_token(await service.register("machine", ["feed:norway"]))).json()
    place = free_port()
    async with running(service.settings, place, engine_as, keys_as) as other:
        other.url = f"http://127.0.0.1:{place.getsockname()[1]}"
        here = await service.patient(mine.person_id)
        there = await other.anyone({"origin": service.url, "x-csrf": here.headers["x-csrf"]})
        there.cookies.update(here.cookies)
        first = await here.put(path, json=body)
        assert first.status_code == 200
        assert (await there.put(path, json=body)).content == first.content
        machine = await other.anyone({"authorization": f"Bearer {token['access_token']}"})
        assert (await machine.get(f"/api/feed/norway/batches/{new_id()}")).status_code == 404


@get("/breaks", opt={"who": Who.ANYONE})
async def breaks() -> Stream:
    async def parts() -> AsyncIterator[bytes]:
        yield b"a" * 100
        raise ValueError("answer 4711")

    return Stream(parts, headers={"content-length": "200"})


async def test_a_download_that_fails_halfway_is_broken_off_and_not_ended(
    database: str, keystore: Keystore
) -> None:
    place = free_port()
    settings = settings_for(database, keystore, place.getsockname()[1])
    app = build([breaks], settings, Clock())
    async with served(app, place), httpx2.AsyncClient(base_url=settings.etterklang_public_url) as client:
        with capture_logs() as logs, pytest.raises(httpx2.RemoteProtocolError):
            await client.get("/breaks")
    assert [one["event"] for one in logs] == ["response.broken-off", "request"]
    assert "4711" not in str(logs)


def test_https_is_insisted_on_where_browsers_come_by_it() -> None:
    def started(public_url: str) -> dict[bytes, bytes]:
        message = {"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"ALLOW")]}
        SecurityHeaders(public_url).add(message)  # type: ignore[arg-type] # a message as the server has it
        return dict(message["headers"])  # type: ignore[call-overload,no-any-return] # a list of pairs

    assert started("https://etterklang.example")[b"strict-transport-security"].startswith(b"max-age=63072000")
    assert b"strict-transport-security" not in started("http://127.0.0.1:8400")
    assert started("https://etterklang.example")[b"x-frame-options"] == b"DENY"
