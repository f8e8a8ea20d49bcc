"""A proof says of one entry that it is in the log, and can be checked by anybody who has the key."""

from typing import NamedTuple

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import audit
from surveys.audit.checkpoints import VerifierKey
from surveys.audit.proofs import Proof, read_proof
from surveys.database import Role
from tests.builders.audit import EngineAs, KeysAs, checkpointed, tamper, verifier, write


class Log(NamedTuple):
    """A log of 21 entries under three checkpoints, and one that no checkpoint covers."""

    database: str
    key: VerifierKey


@pytest.fixture
async def log(database: str, engine_as: EngineAs, keys_as: KeysAs) -> Log:
    for role in (Role.WEB, Role.WORKER, Role.KEYS):
        await write(engine_as(role), 7)
        await checkpointed(engine_as, keys_as)
    await write(engine_as(Role.RESEARCH), 1)
    return Log(database, await verifier(keys_as))


def entries(log: Log, role: Role) -> list[tuple[str, audit.AuditEntry]]:
    """The entries of a role: by their person, who is in no other, and as they are."""
    with psycopg.connect(log.database) as connection:
        rows = connection.execute(
            "SELECT entry FROM audit.audit_entry WHERE recorded_by = %s ORDER BY sequence", [role.value]
        ).fetchall()
    decoded = [msgspec.json.decode(row[0], type=audit.AuditEntry) for row in rows]
    return [(f'{{"person_id": "{one.person_id}"}}', one) for one in decoded]


def proof_of(log: Log, like: str) -> Proof:
    with psycopg.connect(log.database) as connection:
        now = connection.execute("SELECT now()").fetchone()
        assert now is not None
        return audit.prove(connection, like, now[0])


async def test_every_entry_is_proven_under_the_first_checkpoint_that_covers_it(log: Log) -> None:
    indices = []
    for number, role in enumerate((Role.WEB, Role.WORKER, Role.KEYS), start=1):
        for like, entry in entries(log, role):
            text = audit.write_proof(proof_of(log, like))
            proven = audit.check_proof(text.encode(), log.key)
            assert (proven.entry, proven.recorded_by, proven.checkpoint.size) == (entry, role, 7 * number)
            indices.append(proven.number)
    assert sorted(indices) == list(range(21))


async def test_there_is_no_proof_before_the_next_checkpoint(log: Log) -> None:
    [(like, _)] = entries(log, Role.RESEARCH)
    with pytest.raises(audit.ProofError, match="no checkpoint covers the entry yet"):
        proof_of(log, like)


async def test_there_is_no_proof_of_what_was_not_entered(log: Log) -> None:
    with pytest.raises(audit.ProofError, match="no such entry"):
        proof_of(log, '{"person_id": "nobody"}')


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.audit_entry SET entry = replace(entry, 'tried', 'never') WHERE sequence = 2",
        "UPDATE audit.audit_entry SET hash = sha256('x') WHERE sequence IN (1, 3)",
        "DELETE FROM audit.audit_entry WHERE sequence = 1",
        "DELETE FROM audit.audit_entry WHERE sequence = 7",
    ],
    ids=["the entry edited", "its neighbours edited", "the one before deleted", "a later one deleted"],
)
async def test_a_log_that_was_changed_gives_no_proof(log: Log, statement: str) -> None:
    like, _ = entries(log, Role.WEB)[1]
    tamper(log.database, statement)
    with pytest.raises(audit.ProofError):
        proof_of(log, like)


async def test_a_proof_with_any_character_changed_proves_nothing_else(log: Log) -> None:
    like, entry = entries(log, Role.WORKER)[3]
    text = audit.write_proof(proof_of(log, like)).encode()
    for at in range(len(text)):
        for other in (text[at] ^ 1, text[at] ^ 2):
            changed = text[:at] + bytes([other]) + text[at + 1 :]
            with pytest.raises(audit.AuditError):
                audit.check_proof(changed, log.key)
    assert audit.check_proof(text, log.key).entry == entry


async def test_a_proof_is_checked_with_the_right_key_alone(log: Log) -> None:
    like, _ = entries(log, Role.WEB)[0]
    text = audit.write_proof(proof_of(log, like)).encode()
    with pytest.raises(audit.CheckpointError):
        audit.check_proof(text, VerifierKey(log.key.name, b"x" * 32))
    with pytest.raises(audit.CheckpointError):
        audit.check_proof(text, VerifierKey("example.org/audit", log.key.public_key))


@given(
    content=st.binary(min_size=32, max_size=100),
    index=st.integers(0, 10**18),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=10),
)
def test_what_was_written_is_read_again(content: bytes, index: int, path: list[bytes]) -> None:
    proof = Proof(content, index, tuple(path), "a\n1\nb\n\n— a b\n")
    assert read_proof(audit.write_proof(proof).encode()) == proof


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "must begin with"),
        (b"\xff", "UTF-8"),
        (b"c2sp.org/tlog-proof@v1\n\n", "must begin with"),
        (b"c2sp.org/tlog-proof@v1\nextra YQ==\nindex 1", "must begin with"),
        (b"c2sp.org/tlog-proof@v1\nindex 1\nextra YQ==\n\n", "line 2"),
        (b"c2sp.org/tlog-proof@v1\nextra YQ\nindex 1\n\n", "base64"),
        (b"c2sp.org/tlog-proof@v1\nextra YR==\nindex 1\n\n", "plain base64"),
        (b"c2sp.org/tlog-proof@v1\nextra YQ==\nindex 01\n\n", "line 3"),
        (b"c2sp.org/tlog-proof@v1\nextra YQ==\nindex 1\nYQ==\n\n", "32 bytes"),
        (b"c2sp.org/tlog-proof@v1\nextra YQ==\nindex 1\n" + b"YQ==\n" * 100_000, "longer than"),
    ],
)
def test_what_is_no_proof_is_refused_by_its_line(content: bytes, rule: str) -> None:
    with pytest.raises(audit.ProofError, match=rule):
        read_proof(content)
