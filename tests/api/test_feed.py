"""The feed over HTTP: batches stream in, and what became of each row can be asked."""

from collections.abc import AsyncIterator

from surveys.database import Role
from surveys.identifiers import new_id
from surveys.registry import import_waiting_batches
from tests.builders.answering import NOW
from tests.builders.api import Service

NDJSON = {"content-type": "application/x-ndjson"}


async def test_a_batch_streams_in_far_beyond_the_body_limit_and_is_reported_on(service: Service) -> None:
    client = await service.machine("feed:norway")
    path = f"/api/feed/norway/batches/{new_id()}"
    row = b'{"kind":"nonsense"}\n'

    async def rows() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield row * 100

    taken = await client.post(path, content=rows(), headers=NDJSON)
    assert (taken.status_code, taken.headers["location"]) == (202, path)
    waiting = (await client.get(path)).json()
    assert (waiting["state"], waiting["report"]) == ("received", None)
    worker = service.engine_as(Role.WORKER)
    assert await import_waiting_batches(worker, service.keys_as(Role.WORKER), NOW) == 1
    report = (await client.get(path)).json()["report"]
    assert report["accepted"] == 0
    assert report["rejected"]


async def test_the_same_batch_again_is_taken_and_another_under_its_name_is_not(service: Service) -> None:
    client = await service.machine("feed:norway")
    path = f"/api/feed/norway/batches/{new_id()}"
    found = [
        await client.post(path, content=content, headers=NDJSON) for content in (b"{}\n", b"{}\n", b"{ }\n")
    ]
    assert [one.status_code for one in found] == [202, 202, 409]
    assert found[2].json()["type"].endswith("/batch-conflict")


async def test_a_batch_is_csv_or_ndjson_and_nothing_else(service: Service) -> None:
    client = await service.machine("feed:norway")
    for content_type, status in (
        ("text/csv", 202),
        ("application/json", 415),
        ("text/csv; charset=latin1", 415),
    ):
        path = f"/api/feed/norway/batches/{new_id()}"
        found = await client.post(path, content=b"a,b\n", headers={"content-type": content_type})
        assert found.status_code == status, content_type


async def test_a_registrys_machine_feeds_that_registry_alone(service: Service) -> None:
    client = await service.machine("feed:norway")
    for registry in ("sweden", "norway2", "%2e", "{registry}", "norway%00"):
        found = await client.post(f"/api/feed/{registry}/batches/{new_id()}", content=b"{}\n", headers=NDJSON)
        assert found.status_code == 403, registry
    assert (await client.get(f"/api/feed/norway/batches/{new_id()}")).status_code == 404
