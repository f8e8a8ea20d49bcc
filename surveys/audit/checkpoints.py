"""Signed checkpoints: a tree's size and root in C2SP's ``tlog-checkpoint`` form, as a ``signed-note``.

    <origin>
    <size in decimal>
    <root in base64>

    — <key name> <base64 of 4 bytes of key id and the signature>

The origin is also the name of our key. Sources: c2sp.org/tlog-checkpoint, c2sp.org/signed-note (Ed25519,
signature type 0x01).
"""

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from surveys.audit.errors import CheckpointError
from surveys.audit.merkle import HASH_BYTES

LONGEST = 64 * 1024
ED25519 = b"\x01"
KEY_ID_BYTES = 4
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
DASH = "— "

SIZE = re.compile(r"(?:0|[1-9][0-9]{0,18})", re.ASCII)
NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")


class Checkpoint(NamedTuple):
    """``root`` (32 bytes) is the root over the first ``size`` leaves of the log that ``origin`` names."""

    origin: str
    size: int
    root: bytes


class VerifierKey(NamedTuple):
    """Who signs, and the Ed25519 key (32 bytes) that checks it."""

    name: str
    public_key: bytes

    def key_id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        named = self.name.encode() + b"\n" + ED25519 + self.public_key
        return hashlib.sha256(named).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        """As signed-note writes it: name, key id in hexadecimal, and type and key in base64."""
        return f"{self.name}+{self.key_id().hex()}+{b64encode(ED25519 + self.public_key).decode()}"


def body_of(checkpoint: Checkpoint) -> str:
    """The text that is signed; it ends with a newline.

    Raises:
        CheckpointError: the origin is no name that a key can have.
    """
    if not NAME.fullmatch(checkpoint.origin):
        raise CheckpointError("the origin must be one word without a plus sign")
    return f"{checkpoint.origin}\n{checkpoint.size}\n{b64encode(checkpoint.root).decode()}\n"


def sign_note(body: str, key: VerifierKey, signature: bytes) -> str:
    """The signed note: the body, an empty line, one signature."""
    return f"{body}\n{DASH}{key.name} {b64encode(key.key_id() + signature).decode()}\n"


def read_body(body: str) -> Checkpoint:
    """The checkpoint that a body says. It may go on with extension lines, which mean nothing to us.

    Raises:
        CheckpointError: the line that breaks the form.
    """
    lines = body.split("\n")
    if len(lines) < 4 or lines[-1]:
        raise CheckpointError("it must have three lines, each ended: origin, size and root")
    origin, size, root, *extensions = lines[:-1]
    if not NAME.fullmatch(origin):
        raise CheckpointError("line 1 must be the origin: one word without a plus sign")
    if not SIZE.fullmatch(size):
        raise CheckpointError("line 2 must be the size: a decimal number without a leading zero")
    if not all(extensions):
        raise CheckpointError("an extension line must not be empty")
    return Checkpoint(origin, int(size), _decoded(root, HASH_BYTES, "line 3 must be the root"))


def read_note(content: bytes, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a note with a good signature by ``key``; others' may stand beside it.

    Raises:
        CheckpointError: it is no such note, is another log's, or our key's signature is missing or wrong.
    """
    body, signatures = _split(content)
    checkpoint = read_body(body)
    if checkpoint.origin != key.name:
        raise CheckpointError(f"it is of the log {checkpoint.origin}, not of {key.name}")
    ours = [one for name, one in map(_signature, signatures) if (name, one[:4]) == (key.name, key.key_id())]
    if not ours:
        raise CheckpointError(f"no signature in it is by the key {key}")
    for one in ours:
        if not _is_signed(key.public_key, one[KEY_ID_BYTES:], body):
            raise CheckpointError(f"the signature by {key.name} is wrong")
    return checkpoint


def read_key(content: str) -> VerifierKey:
    """The key in signed-note's form, ``name+key id+base64``.

    Raises:
        CheckpointError: it is not of that form, or its key id is another key's.
    """
    parts = content.strip().split("+", 2)
    if len(parts) != 3 or not NAME.fullmatch(parts[0]):
        raise CheckpointError("a key is written name+key id+base64")
    typed = _decoded(parts[2], 1 + PUBLIC_KEY_BYTES, "the key must be Ed25519's")
    key = VerifierKey(parts[0], typed[1:])
    if typed[:1] != ED25519 or parts[1] != key.key_id().hex():
        raise CheckpointError("the key id is not that of this name and Ed25519 key")
    return key


def _split(content: bytes) -> tuple[str, list[str]]:
    if len(content) > LONGEST:
        raise CheckpointError(f"it is longer than {LONGEST} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise CheckpointError("it is not UTF-8") from error
    if any(ord(one) < 0x20 and one != "\n" for one in text):
        raise CheckpointError("it holds a control character")
    # Nothing but the last empty line parts text from signatures.
    body, parted, signatures = text.rpartition("\n\n")
    if not parted or not signatures.endswith("\n"):
        raise CheckpointError("no signatures follow after an empty line")
    return body + "\n", signatures[:-1].split("\n")


def _signature(line: str) -> tuple[str, bytes]:
    if not line.startswith(DASH):
        raise CheckpointError("a signature line must begin with an em dash and a space")
    name, parted, encoded = line.removeprefix(DASH).partition(" ")
    if not parted or not NAME.fullmatch(name):
        raise CheckpointError("a signature line must be a dash, a key's name and base64")
    try:
        signature = b64decode(encoded, validate=True)
    except (Base64Error, ValueError) as error:
        raise CheckpointError("a signature must be base64") from error
    # Base64 has several ways to write some values; one only is the form.
    if len(signature) <= KEY_ID_BYTES or b64encode(signature).decode() != encoded:
        raise CheckpointError("a signature must be plain base64, longer than its key id")
    return name, signature


def _is_signed(public_key: bytes, signature: bytes, body: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, body.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _decoded(encoded: str, length: int, rule: str) -> bytes:
    try:
        value = b64decode(encoded, validate=True)
    except (Base64Error, ValueError) as error:
        raise CheckpointError(f"{rule}: base64 of {length} bytes") from error
    if len(value) != length or b64encode(value).decode() != encoded:
        raise CheckpointError(f"{rule}: base64 of {length} bytes")
    return value
