"""``etterklang audit``: what an operator and an outsider are told, and with which exit code."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from surveys import audit, clock
from surveys.answering import Receipt, entry_like
from surveys.database import Role, transaction
from surveys.identifiers import AssessmentId, SubmissionId, new_id
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms.passphrase import open_keystore
from surveys.settings import Settings
from tests.builders.api import Keystore
from tests.builders.audit import NOW, EngineAs, KeysAs, checkpointed, notes, tamper, write
from tests.builders.command_line import Ended

Etterklang = Callable[..., Ended]


def keys_of(keystore: Keystore, engine_as: EngineAs) -> KeysAs:
    """The key service that the command line opens, for a worker of this test."""
    kms = open_keystore(keystore.file, keystore.passphrase.read_bytes())
    vault = Vault(Settings(etterklang_mode="development"), engine_as(Role.KEYS), kms)
    return lambda role: InProcessKeys(vault, role)


@pytest.fixture
async def log(
    database: str, engine_as: EngineAs, keystore: Keystore, command_line: Etterklang, tmp_path: Path
) -> Etterklang:
    """Runs ``etterklang audit`` on a log of 20 entries under two checkpoints; ``latest`` is the second."""
    for role in (Role.WEB, Role.WORKER):
        await write(engine_as(role), 10)
        await checkpointed(engine_as, keys_of(keystore, engine_as))
    (tmp_path / "latest").write_text(notes(database)[-1], encoding="utf-8")
    return lambda *arguments: command_line("audit", *arguments)


async def run(etterklang: Etterklang, *arguments: str | Path) -> Ended:
    return await asyncio.to_thread(etterklang, *arguments)


async def test_a_log_that_is_whole_ends_with_0(log: Etterklang, tmp_path: Path) -> None:
    ended = await run(log, "verify", "--checkpoint", tmp_path / "latest")
    said = "every entry is as it was written: 20, of which 20 under a checkpoint\n"
    assert ended == Ended(0, said, "")


async def test_without_a_checkpoint_it_says_that_the_database_alone_says_so(log: Etterklang) -> None:
    ended = await run(log, "verify")
    assert ended.code == 0
    assert "this database alone says so" in ended.error


async def test_a_bad_entry_is_named_and_ends_with_1(log: Etterklang, database: str, tmp_path: Path) -> None:
    tamper(database, "UPDATE audit.audit_entry SET entry = '{}' WHERE sequence = 5")
    ended = await run(log, "verify", "--checkpoint", tmp_path / "latest")
    assert ended.code == 1
    assert "entry 5: its content or an earlier one was changed" in ended.error


async def test_a_checkpoint_by_another_key_ends_with_2(log: Etterklang, tmp_path: Path) -> None:
    key = (await run(log, "key")).out.strip()
    other = audit.checkpoints.VerifierKey("example.org/audit", b"x" * 32)
    assert (await run(log, "verify", "--checkpoint", tmp_path / "latest", "--key", key)).code == 0
    ended = await run(log, "verify", "--checkpoint", tmp_path / "latest", "--key", str(other))
    assert (ended.code, ended.out) == (2, "")
    assert "not a checkpoint that counts" in ended.error


async def test_status_names_each_destination_and_ends_with_1_where_one_fails(
    log: Etterklang, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await run(log, "status")).out.startswith("no destinations")
    monkeypatch.setenv("ETTERKLANG_AUDIT_DESTINATIONS", (tmp_path / "log").as_uri())
    ended = await run(log, "status")
    assert ended == Ended(0, f"folder {tmp_path}/log: has 0 entries, lacks 2 checkpoints\n", "")
    tamper(
        database,
        "INSERT INTO audit.publication (destination, failed_because) "
        f"VALUES ('folder {tmp_path}/log', 'PermissionError')",
    )
    ended = await run(log, "status")
    assert ended.code == 1
    assert ended.out.endswith("fails: PermissionError\n")


RECEIPT = Receipt(SubmissionId(new_id()), AssessmentId(new_id()), NOW, "AAAA", "AAAA", "AAAA")


async def test_a_receipt_is_proven_to_whoever_has_the_key_and_no_database(
    log: Etterklang, engine_as: EngineAs, tmp_path: Path, keystore: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = msgspec.json.decode(entry_like(RECEIPT))["about"]
    async with transaction(engine_as(Role.WEB)) as connection:
        await audit.append(connection, audit.AuditEntry("submission-received", "patient", NOW, None, about))
    receipt, proof, key = tmp_path / "receipt", tmp_path / "proof", (await run(log, "key")).out.strip()
    at = msgspec.structs.replace(RECEIPT, received_at=clock.now())
    receipt.write_bytes(msgspec.json.encode(at))
    ended = await run(log, "prove", receipt, "--out", proof)
    assert (ended.code, proof.exists()) == (2, False)
    assert "no checkpoint covers the entry yet" in ended.error
    await checkpointed(engine_as, keys_of(keystore, engine_as))
    assert (await run(log, "prove", receipt, "--out", proof)).code == 0
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere.invalid/none")
    ended = await run(log, "check-proof", proof, receipt, "--key", key)
    assert ended == Ended(1, "", "not proven: what is proven was received at another time\n")
    receipt.write_bytes(msgspec.json.encode(RECEIPT))
    ended = await run(log, "check-proof", proof, receipt, "--key", key)
    place = "entry 20 of 21 in 127.0.0.1/audit"
    assert ended == Ended(0, f"proven: the submission was received at {NOW.isoformat()}, {place}\n", "")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"commitment": 1}'])
async def test_what_is_no_receipt_is_refused_in_one_sentence(
    log: Etterklang, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "receipt").write_bytes(content)
    ended = await run(log, "prove", tmp_path / "receipt")
    assert ended.code == 2
    assert ended.error.count("\n") == 1
