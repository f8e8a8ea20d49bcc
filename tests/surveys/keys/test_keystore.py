"""The keystore file: the root key under a passphrase."""

import stat
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from surveys.keys import KeystoreError, NotOpenedError, create_keystore
from surveys.keys.kms import passphrase
from surveys.keys.kms.passphrase import PassphraseKms, open_keystore

RIGHT = b"the right passphrase"


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    # The file says at which costs it opens; a test has no thief to slow down.
    with patch.multiple(passphrase, MEMORY_KIB=64, ITERATIONS=1, LANES=1):
        create_keystore(tmp_path / "keystore", RIGHT)
    return tmp_path / "keystore"


def test_it_is_its_owners_alone_and_never_overwritten(keystore: Path) -> None:
    before = keystore.read_bytes()
    assert stat.S_IMODE(keystore.stat().st_mode) == 0o600
    with pytest.raises(KeystoreError, match="never overwritten"):
        create_keystore(keystore, RIGHT)
    assert keystore.read_bytes() == before


def test_it_gives_the_same_keys_each_time_and_another_one_gives_others(keystore: Path) -> None:
    one, again = open_keystore(keystore, RIGHT), open_keystore(keystore, RIGHT)
    assert one.mac(b"x", "purpose") == again.mac(b"x", "purpose")
    assert again.unwrap_many(one.wrap_many([b"a", b"b"], b"here"), b"here") == [b"a", b"b"]
    other = PassphraseKms(bytes(32))
    assert one.mac(b"x", "purpose") != other.mac(b"x", "purpose")
    with pytest.raises(NotOpenedError):
        other.unwrap_many(one.wrap_many([b"a"], b"here"), b"here")


def test_another_passphrase_opens_nothing(keystore: Path) -> None:
    with pytest.raises(KeystoreError, match="another passphrase"):
        open_keystore(keystore, b"the wrong passphrase")


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"memory_kib": 1}, {"salt": "AAAA"}, {"wrapped_root": "AAAA"}]
)
def test_a_changed_file_opens_nothing(keystore: Path, change: dict[str, object]) -> None:
    changed = msgspec.json.decode(keystore.read_bytes()) | change
    keystore.write_bytes(msgspec.json.encode(changed))
    with pytest.raises(KeystoreError):
        open_keystore(keystore, RIGHT)


def test_no_file_and_no_keystore_are_named(tmp_path: Path) -> None:
    for content in (None, b"", b"{}"):
        if content is not None:
            (tmp_path / "keystore").write_bytes(content)
        with pytest.raises(KeystoreError, match=str(tmp_path / "keystore")):
            open_keystore(tmp_path / "keystore", RIGHT)


def test_a_short_passphrase_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(KeystoreError, match="at least 12"):
        create_keystore(tmp_path / "keystore", b"short")
    assert not (tmp_path / "keystore").exists()


def test_what_is_wrapped_belongs_to_its_context(keystore: Path) -> None:
    kms = open_keystore(keystore, RIGHT)
    with pytest.raises(NotOpenedError):
        kms.unwrap_many(kms.wrap_many([b"a"], b"epoch 202611"), b"epoch 202612")


def test_a_signature_is_checked_by_the_key_of_its_purpose_alone(keystore: Path) -> None:
    kms = open_keystore(keystore, RIGHT)
    signature = kms.sign(b"the head of the log", "checkpoint")
    Ed25519PublicKey.from_public_bytes(kms.public_key("checkpoint")).verify(signature, b"the head of the log")
    assert kms.public_key("checkpoint") != kms.public_key("another")
