"""Checkpoints go to every place that the operator names; one that is away is given them later."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from surveys.audit import merkle
from surveys.audit.batches import Batch
from surveys.audit.checkpoints import read_note
from surveys.audit.publishing import Destination, Standing, destinations_of, publish
from surveys.audit.publishing.shell import pause_after
from surveys.database import Role
from surveys.settings import Settings, SettingsError
from tests.builders.audit import NOW, EngineAs, KeysAs, checkpointed, notes, tamper, verifier, write

SECRET = b"a secret of at least 24 bytes"


@dataclass
class Place:
    """A server at this machine: what it was sent, and the status that it answers with."""

    port: int
    status: int = 200
    sent: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def place() -> Iterator[Place]:
    class Handler(BaseHTTPRequestHandler):
        def take(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.sent.append((self.command, self.path, headers, body))
            self.send_response(found.status)
            self.send_header("content-length", "0")
            self.end_headers()

        do_PUT = do_POST = take  # noqa: N815 - the base class's names

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Place(server.server_port)
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield found
        server.shutdown()
        serving.join()


def settings(tmp_path: Path, *addresses: str, endpoint: str = "") -> Settings:
    secret = tmp_path / "secret"
    secret.write_text(f"whsec_{base64.b64encode(SECRET).decode()}\n", encoding="ascii")
    return Settings(
        etterklang_audit_destinations=" ".join(addresses),
        etterklang_audit_bucket_endpoint=endpoint,
        etterklang_audit_webhook_secret_file=str(secret),
    )


async def sign_three(engine_as: EngineAs, keys_as: KeysAs) -> None:
    for _ in range(3):
        await write(engine_as(Role.WEB), 4)
        await checkpointed(engine_as, keys_as)


async def given(engine_as: EngineAs, destinations: list[Destination], hours: int = 0) -> list[Standing]:
    return await publish(engine_as(Role.WORKER), destinations, NOW + timedelta(hours=hours))


async def test_a_folder_gets_every_checkpoint_its_leaves_and_the_latest(
    database: str, engine_as: EngineAs, keys_as: KeysAs, tmp_path: Path
) -> None:
    folder = tmp_path / "log"
    destinations = destinations_of(settings(tmp_path, folder.as_uri()))
    await sign_three(engine_as, keys_as)
    [standing] = await given(engine_as, destinations)
    assert standing == Standing(f"folder {folder}", 12, 0, None)
    assert sorted(one.name for one in folder.iterdir()) == [
        "12.batch", "12.checkpoint", "4.batch", "4.checkpoint", "8.batch", "8.checkpoint", "latest",
    ]  # fmt: skip
    assert (folder / "latest").read_text() == (folder / "12.checkpoint").read_text() == notes(database)[2]


async def test_whoever_has_the_folder_can_build_the_tree_without_the_database(
    database: str, engine_as: EngineAs, keys_as: KeysAs, tmp_path: Path
) -> None:
    folder = tmp_path / "log"
    await sign_three(engine_as, keys_as)
    await given(engine_as, destinations_of(settings(tmp_path, folder.as_uri())))
    key, tree = await verifier(keys_as), merkle.Frontier()
    for size in (4, 8, 12):
        batch = msgspec.msgpack.decode((folder / f"{size}.batch").read_bytes(), type=Batch)
        tree.extend(batch.hashes())
        signed = read_note((folder / f"{size}.checkpoint").read_bytes(), key)
        assert (signed.size, signed.root) == (tree.size, tree.root())


async def test_a_folder_that_holds_a_later_checkpoint_tells_that_the_database_was_set_back(
    database: str, engine_as: EngineAs, keys_as: KeysAs, tmp_path: Path
) -> None:
    destinations = destinations_of(settings(tmp_path, (tmp_path / "log").as_uri()))
    await sign_three(engine_as, keys_as)
    await given(engine_as, destinations)
    before = (tmp_path / "log" / "latest").read_text()
    tamper(database, "DELETE FROM audit.checkpoint WHERE size = 12", "UPDATE audit.publication SET size = 4")
    [standing] = await given(engine_as, destinations)
    assert standing.failed_because is not None
    assert "set back" in standing.failed_because
    assert (tmp_path / "log" / "latest").read_text() == before


async def test_a_file_that_is_there_is_never_written_over(
    database: str, engine_as: EngineAs, keys_as: KeysAs, tmp_path: Path
) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    (folder / "4.checkpoint").write_text("another", encoding="ascii")
    await sign_three(engine_as, keys_as)
    [standing] = await given(engine_as, destinations_of(settings(tmp_path, folder.as_uri())))
    assert (standing.size, standing.behind) == (0, 3)
    assert (folder / "4.checkpoint").read_text() == "another"


async def test_a_webhook_gets_each_checkpoint_under_a_signature_that_it_can_check(
    database: str, engine_as: EngineAs, keys_as: KeysAs, tmp_path: Path, place: Place
) -> None:
    address = f"http://127.0.0.1:{place.port}/token-in-the-path"
    destinations = destinations_of(settings(tmp_path, address))
    await sign_three(engine_as, keys_as)
    [standing] = await given(engine_as, destinations)
    assert (standing.size, standing.behind, standing.failed_because) == (12, 0, None)
    assert "token" not in standing.destination
    assert [json.loads(body)["data"]["note"] for _, _, _, body in place.sent] == notes(database)
    assert len({headers["webhook-id"] for _, _, headers, _ in place.sent}) == 3
    for _, path, headers, body in place.sent:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(SECRET, signed, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert path == "/token-in-the-path"


async def test_a_bucket_gets_signed_puts(
    database: str,
    engine_as: EngineAs,
    keys_as: KeysAs,
    tmp_path: Path,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("boto3")
    for name, value in (("ACCESS_KEY_ID", "made-up"), ("SECRET_ACCESS_KEY", "x"), ("DEFAULT_REGION", "eu")):
        monkeypatch.setenv(f"AWS_{name}", value)
    endpoint = f"http://127.0.0.1:{place.port}"
    destinations = destinations_of(settings(tmp_path, "s3://logs/etterklang/audit", endpoint=endpoint))
    await write(engine_as(Role.WEB), 4)
    await checkpointed(engine_as, keys_as)
    [standing] = await given(engine_as, destinations)
    assert standing == Standing("bucket logs/etterklang/audit/", 4, 0, None)
    assert [(method, path) for method, path, _, _ in place.sent] == [
        ("PUT", f"/logs/etterklang/audit/{name}") for name in ("4.batch", "4.checkpoint", "latest")
    ]
    for _, _, headers, _ in place.sent:
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=made-up/")
    assert notes(database)[0].encode() in place.sent[1][3]


async def test_a_destination_that_is_away_holds_up_no_other_and_catches_up_later(
    database: str, engine_as: EngineAs, keys_as: KeysAs, tmp_path: Path, place: Place
) -> None:
    folder = (tmp_path / "log").as_uri()
    destinations = destinations_of(settings(tmp_path, f"http://127.0.0.1:{place.port}/", folder))
    place.status = 503
    await sign_three(engine_as, keys_as)
    webhook, archive = await given(engine_as, destinations)
    assert (webhook.size, webhook.behind) == (0, 3)
    assert webhook.failed_because == "it answered with status 503"
    assert (archive.size, archive.behind) == (12, 0)
    place.status = 204
    await given(engine_as, destinations)
    assert len(place.sent) == 1
    webhook, _ = await given(engine_as, destinations, hours=1)
    assert (webhook.size, webhook.behind, webhook.failed_because) == (12, 0, None)
    assert len(place.sent) == 4


async def test_entries_that_no_longer_fit_their_signed_root_are_not_published(
    database: str, engine_as: EngineAs, keys_as: KeysAs, tmp_path: Path
) -> None:
    await write(engine_as(Role.WEB), 4)
    await checkpointed(engine_as, keys_as)
    tamper(database, "UPDATE audit.audit_entry SET hash = sha256('x') WHERE sequence = 2")
    [standing] = await given(engine_as, destinations_of(settings(tmp_path, (tmp_path / "log").as_uri())))
    assert standing.failed_because is not None
    assert "audit verify" in standing.failed_because


def test_pauses_grow_from_a_minute_to_an_hour() -> None:
    minutes = [pause_after(attempts) / timedelta(minutes=1) for attempts in (1, 2, 3, 6, 7, 1000)]
    assert minutes == [1, 2, 4, 32, 60, 60]


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a/b",
        "folder",
        "file://relative/log",
        "s3:///prefix",
        "http://example.org/token",
        "https://[/",
        "file:///a file:///a",
    ],
)
def test_a_destination_that_is_none_stops_the_start_and_is_not_quoted(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ETTERKLANG_AUDIT_DESTINATIONS") as caught:
        destinations_of(settings(tmp_path, address))
    assert address not in str(caught.value)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_a", "secret", "whsec_é"])
def test_a_webhook_without_a_proper_secret_stops_the_start(secret: str, tmp_path: Path) -> None:
    (tmp_path / "weak").write_text(secret, encoding="utf-8")
    named = settings(tmp_path, "https://example.org/")
    weak = msgspec.structs.replace(named, etterklang_audit_webhook_secret_file=str(tmp_path / "weak"))
    with pytest.raises(SettingsError, match="ETTERKLANG_AUDIT_WEBHOOK_SECRET_FILE"):
        destinations_of(weak)
