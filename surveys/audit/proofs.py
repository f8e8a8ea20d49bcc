"""A proof that one entry is in the log, in C2SP's ``tlog-proof`` form; whoever checks it needs no database.

    c2sp.org/tlog-proof@v1
    extra <the entry's leaf content in base64: see ``leaf_content``>
    index <its number in the tree, from 0>
    <the hashes from leaf to root, lowest first, in base64, a line each>

    <the checkpoint, a signed note>

Source: c2sp.org/tlog-proof.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from surveys.audit.checkpoints import Checkpoint, VerifierKey, read_note
from surveys.audit.entries import AuditEntry
from surveys.audit.errors import AuditError
from surveys.audit.merkle import HASH_BYTES, includes, leaf_hash

FIRST = "c2sp.org/tlog-proof@v1"
LONGEST = 1 << 18
LONGEST_PATH = 63
INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ProofError(AuditError):
    """A proof is none that counts, or there is none to be had; the message says by which rule."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"no proof: {rule}")
        self.rule = rule


class Proof(NamedTuple):
    """``content`` is the leaf's content, ``path`` leads from it to the root of the checkpoint in ``note``."""

    content: bytes
    number: int
    path: tuple[bytes, ...]
    note: str


class Proven(NamedTuple):
    """An entry that is in the log under a checkpoint, when the database had it, and by which of its roles."""

    entry: AuditEntry
    recorded_at: datetime
    recorded_by: str
    number: int
    checkpoint: Checkpoint


def write_proof(proof: Proof) -> str:
    """The proof as text."""
    lines = [FIRST, f"extra {b64encode(proof.content).decode()}", f"index {proof.number}"]
    return "\n".join([*lines, *(b64encode(one).decode() for one in proof.path), "", proof.note])


def read_proof(content: bytes) -> Proof:
    """The proof in a file.

    Raises:
        ProofError: the line that breaks the form.
    """
    if len(content) > LONGEST:
        raise ProofError(f"it is longer than {LONGEST} bytes")
    try:
        head, parted, note = content.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise ProofError("it is not UTF-8") from error
    lines = head.split("\n")
    if lines[0] != FIRST or not parted or len(lines) < 3:
        raise ProofError(f"it must begin with {FIRST} and hold a checkpoint after an empty line")
    extra, index, *path = lines[1:]
    if not extra.startswith("extra "):
        raise ProofError("line 2 must be the entry: extra and base64")
    numbered = INDEX.fullmatch(index)
    if numbered is None:
        raise ProofError("line 3 must be the index: a decimal number without a leading zero")
    hashes = tuple(_decoded(one, "a line of the path") for one in path)
    if len(hashes) > LONGEST_PATH or any(len(one) != HASH_BYTES for one in hashes):
        raise ProofError(f"the path must be {LONGEST_PATH} hashes of {HASH_BYTES} bytes at most")
    return Proof(_decoded(extra.removeprefix("extra "), "line 2"), int(numbered[1]), hashes, note)


def check_proof(content: bytes, key: VerifierKey) -> Proven:
    """What a proof proves, if the checkpoint in it is signed by ``key``.

    Raises:
        ProofError: it is no proof, or it leads to another root.
        CheckpointError: its checkpoint is none, or its signature is not the key's.
    """
    proof = read_proof(content)
    checkpoint = read_note(proof.note.encode(), key)
    if not includes(checkpoint.root, checkpoint.size, proof.number, leaf_hash(proof.content), proof.path):
        raise ProofError("its path does not lead from the entry to the checkpoint's root")
    entry, recorded_at, recorded_by = read_leaf(proof.content)
    return Proven(entry, recorded_at, recorded_by, proof.number, checkpoint)


def read_leaf(content: bytes) -> tuple[AuditEntry, datetime, str]:
    """The entry in a leaf's content, with the database's time and role.

    Raises:
        ProofError: it holds no entry.
    """
    try:
        recorded_at, recorded_by, entry = content[HASH_BYTES:].decode().split(" ", 2)
        at = EPOCH + timedelta(microseconds=int(recorded_at))
        return msgspec.json.decode(entry, type=AuditEntry), at, recorded_by
    except (ValueError, OverflowError) as error:
        raise ProofError("what it proves is no entry") from error


def _decoded(encoded: str, place: str) -> bytes:
    try:
        value = b64decode(encoded, validate=True)
    except (Base64Error, ValueError) as error:
        raise ProofError(f"{place} must be base64") from error
    if b64encode(value).decode() != encoded:
        raise ProofError(f"{place} must be plain base64")
    return value
