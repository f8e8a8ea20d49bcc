"""Checkpoints are C2SP's: what others' tools write is read, and only what our key signed counts."""

from base64 import b64encode
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from surveys.audit.checkpoints import (
    LONGEST,
    Checkpoint,
    VerifierKey,
    body_of,
    read_body,
    read_key,
    read_note,
    sign_note,
)
from surveys.audit.errors import CheckpointError
from surveys.database import Role
from surveys.keys import Keys, NotAllowedError

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey("prom.example.org/audit", PRIVATE.public_key().public_bytes_raw())
ROOT = bytes(range(32))

sizes = st.integers(0, 10**18)
roots = st.binary(min_size=32, max_size=32)


def signed(body: str, key: VerifierKey = KEY, private: Ed25519PrivateKey = PRIVATE) -> bytes:
    return sign_note(body, key, private.sign(body.encode())).encode()


def note(size: int = 7, root: bytes = ROOT) -> bytes:
    return signed(body_of(Checkpoint(KEY.name, size, root)))


def test_the_key_of_signed_notes_own_documentation_is_read() -> None:
    written = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = read_key(written)
    assert key.name == "PeterNeumann"
    assert str(key) == written


def test_a_checkpoint_is_the_text_that_the_specification_shows() -> None:
    body = body_of(Checkpoint("example.com/behind-the-sofa", 20852163, ROOT))
    assert body == "example.com/behind-the-sofa\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    written = note().decode().split("\n")
    assert written[3] == ""
    assert written[4].startswith("— prom.example.org/audit ")
    assert written[5:] == [""]


@given(sizes, roots)
def test_what_was_signed_is_read_back(size: int, root: bytes) -> None:
    assert read_note(note(size, root), KEY) == Checkpoint(KEY.name, size, root)


def test_a_witness_may_sign_beside_us_and_extensions_may_stand_below() -> None:
    other = VerifierKey("witness.example.org", PRIVATE.public_key().public_bytes_raw())
    body = body_of(Checkpoint(KEY.name, 7, ROOT)) + "extension\n"
    both = signed(body) + signed(body, other).rsplit(b"\n\n", 1)[1]
    assert read_note(both, KEY) == Checkpoint(KEY.name, 7, ROOT)
    with pytest.raises(CheckpointError, match="no signature in it is by the key"):
        read_note(signed(body, other), KEY)


@given(st.data())
def test_with_any_bit_flipped_it_does_not_count(data: st.DataObject) -> None:
    content = bytearray(note())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CheckpointError):
        read_note(bytes(content), KEY)


def test_cut_off_anywhere_it_does_not_count() -> None:
    content = note()
    for length in range(len(content)):
        with pytest.raises(CheckpointError):
            read_note(content[:length], KEY)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_at_all_is_refused_with_a_rule(content: bytes) -> None:
    for given_ in (content, content + b"\n\n\xe2\x80\x94 a AAAA\n", note() + content[:1]):
        if given_ == note():
            continue
        with pytest.raises(CheckpointError):
            read_note(given_, KEY)
    with pytest.raises(CheckpointError):
        read_key(content.decode(errors="replace"))


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("origin\n7\n", "three lines"),
        ("or igin\n7\n{root}\n", "line 1"),
        ("or+igin\n7\n{root}\n", "line 1"),
        ("\n7\n{root}\n", "line 1"),
        ("origin\n07\n{root}\n", "line 2"),
        ("origin\n-7\n{root}\n", "line 2"),
        ("origin\n٧\n{root}\n", "line 2"),
        ("origin\n" + "9" * 30 + "\n{root}\n", "line 2"),
        ("origin\n7\n{root}=\n", "line 3"),
        ("origin\n7\nAAAA\n", "line 3"),
        ("origin\n7\n{root}\n\n", "extension"),
        ("origin\n7\n{root}", "each ended"),
    ],
)
def test_each_line_has_its_rule(body: str, rule: str) -> None:
    with pytest.raises(CheckpointError, match=rule):
        read_body(body.replace("{root}", b64encode(ROOT).decode()))


def test_too_long_of_another_log_or_by_another_key_it_does_not_count() -> None:
    with pytest.raises(CheckpointError, match="longer than"):
        read_note(b"a" * (LONGEST + 1), KEY)
    with pytest.raises(CheckpointError, match="of the log other"):
        read_note(signed(body_of(Checkpoint("other", 7, ROOT))), KEY)
    forger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(CheckpointError, match="is wrong"):
        read_note(signed(body_of(Checkpoint(KEY.name, 7, ROOT)), KEY, forger), KEY)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "name",
        "name+00000000+AAAA",
        str(KEY).replace("+", "+0", 1),
        str(KEY)[:-4],
        f"na me{str(KEY)[22:]}",
    ],
)
def test_what_is_no_key_is_refused(content: str) -> None:
    with pytest.raises(CheckpointError):
        read_key(content)


async def test_the_key_service_signs_for_the_worker_and_nothing_but_checkpoints(
    keys_as: Callable[[Role], Keys],
) -> None:
    worker = keys_as(Role.WORKER)
    key = read_key(await worker.checkpoint_key())
    assert read_note((await worker.checkpoint(7, ROOT)).encode(), key) == Checkpoint(key.name, 7, ROOT)
    for size, root in ((-1, ROOT), (7, b"7\nanything else"), (7, b"")):
        with pytest.raises(NotAllowedError, match="no checkpoint"):
            await worker.checkpoint(size, root)
    for role in set(Role) - {Role.WORKER}:
        with pytest.raises(NotAllowedError):
            await keys_as(role).checkpoint(7, ROOT)
