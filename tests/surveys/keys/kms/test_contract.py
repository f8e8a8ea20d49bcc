"""What every key store promises (``Kms``), tried on each kind."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from surveys.keys import NotOpenedError
from tests.builders.key_stores import KeyStore, in_processes

CONTEXT = b"etterklang person key 1"
EPOCH, NEXT = 20261100, 20261200


def test_what_is_wrapped_opens_after_a_restart_and_no_two_look_alike(store: KeyStore) -> None:
    key = os.urandom(32)
    wrapped = store.open().wrap_many([key, key], CONTEXT)
    assert wrapped[0] != wrapped[1]
    assert not any(key in one for one in wrapped)
    assert store.open().unwrap_many(wrapped, CONTEXT) == [key, key]


def test_a_thousand_keys_are_wrapped_in_one_call_and_keep_their_order(store: KeyStore) -> None:
    kms, keys = store.open(), [os.urandom(32) for _ in range(1000)]
    assert kms.unwrap_many(kms.wrap_many(keys, CONTEXT), CONTEXT) == keys


def test_no_keys_are_wrapped_as_none(store: KeyStore) -> None:
    kms = store.open()
    assert kms.wrap_many([], CONTEXT) == kms.unwrap_many([], CONTEXT) == []


def test_what_is_wrapped_belongs_to_its_context(store: KeyStore) -> None:
    kms = store.open()
    wrapped = kms.wrap_many([b"k" * 32], CONTEXT)
    for other in (b"etterklang person key 2", b"", CONTEXT + b"\0"):
        with pytest.raises(NotOpenedError):
            kms.unwrap_many(wrapped, other)


def test_a_flipped_bit_anywhere_opens_nothing(store: KeyStore) -> None:
    kms = store.open()
    (wrapped,) = kms.wrap_many([b"k" * 32], CONTEXT)
    for place in range(len(wrapped)):
        damaged = bytearray(wrapped)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(NotOpenedError):
            kms.unwrap_many([bytes(damaged)], CONTEXT)


def test_what_is_cut_short_opens_nothing_and_one_damaged_opens_none(store: KeyStore) -> None:
    kms = store.open()
    whole, other = kms.wrap_many([b"k" * 32, b"l" * 32], CONTEXT)
    for length in (0, 1, 2, 4, 15, 27, 40, len(other) - 1):
        with pytest.raises(NotOpenedError):
            kms.unwrap_many([whole, other[:length]], CONTEXT)


def test_a_hash_is_its_purposes_alone_and_the_same_after_a_restart(store: KeyStore) -> None:
    kms = store.open()
    hashes = [
        kms.mac(b"", "grants"),
        kms.mac(b"", "grant"),
        kms.mac(b"s", "grant"),
        kms.mac(b"x" * 9999, "g"),
    ]
    assert len(set(hashes)) == 4
    assert {len(one) for one in hashes} == {32}
    assert store.open().mac(b"", "grants") == hashes[0]


def test_an_epoch_is_made_once_and_keeps_its_key(store: KeyStore) -> None:
    kms = store.open()
    with pytest.raises(NotOpenedError):
        kms.epoch_key(EPOCH)
    for _ in range(2):
        kms.make_epoch(EPOCH)
    kms.make_epoch(NEXT)
    first = kms.epoch_key(EPOCH)
    assert len(first) == 32
    assert kms.epoch_key(NEXT) != first
    again = store.open()
    again.make_epoch(EPOCH)
    assert again.epoch_key(EPOCH) == first


def test_processes_that_make_an_epoch_at_once_have_the_same_key(store: KeyStore) -> None:
    def made() -> bytes:
        kms = store.open()
        kms.make_epoch(EPOCH)
        return kms.epoch_key(EPOCH)

    keys = in_processes([made] * 3)
    assert set(keys) == {store.open().epoch_key(EPOCH)}


def test_threads_that_make_an_epoch_at_once_have_the_same_key(store: KeyStore) -> None:
    kms = store.open()

    def made(_: int) -> bytes:
        kms.make_epoch(EPOCH)
        return kms.epoch_key(EPOCH)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(made, range(8)))) == 1


def test_a_destroyed_epoch_never_comes_back(store: KeyStore) -> None:
    kms = store.open()
    for epoch in (EPOCH, NEXT):
        kms.make_epoch(epoch)
    kept = kms.epoch_key(NEXT)
    kms.destroy_epoch(EPOCH)
    for one in (kms, store.open()):
        with pytest.raises(NotOpenedError):
            one.epoch_key(EPOCH)
        one.make_epoch(EPOCH)
        with pytest.raises(NotOpenedError):
            one.epoch_key(EPOCH)
        one.destroy_epoch(EPOCH)
    assert store.open().epoch_key(NEXT) == kept


def test_an_epoch_that_was_destroyed_before_it_was_made_is_never_made(store: KeyStore) -> None:
    store.open().destroy_epoch(EPOCH)
    store.open().make_epoch(EPOCH)
    with pytest.raises(NotOpenedError):
        store.open().epoch_key(EPOCH)


def test_a_signature_is_checked_by_the_key_of_its_purpose_alone(store: KeyStore) -> None:
    kms = store.open()
    message = b"the head of the log"
    signature = kms.sign(message, "checkpoints")
    public = Ed25519PublicKey.from_public_bytes(kms.public_key("checkpoints"))
    public.verify(signature, message)
    with pytest.raises(InvalidSignature):
        public.verify(signature, message + b"\n")
    with pytest.raises(InvalidSignature):
        public.verify(kms.sign(message, "another"), message)
    assert store.open().public_key("checkpoints") == kms.public_key("checkpoints")
    assert store.open().sign(message, "checkpoints") == signature


def test_a_forked_process_goes_on_with_what_it_was_forked_with(store: KeyStore) -> None:
    kms = store.open()
    kms.make_epoch(EPOCH)
    wrapped, epoch_key = kms.wrap_many([b"k" * 32], CONTEXT), kms.epoch_key(EPOCH)

    def used() -> bytes:
        (key,) = kms.unwrap_many(wrapped, CONTEXT)
        return key + kms.epoch_key(EPOCH) + kms.mac(b"", "grants") + kms.sign(b"m", "checkpoints")

    one, other = in_processes([used, used])
    assert one == other == b"k" * 32 + epoch_key + kms.mac(b"", "grants") + kms.sign(b"m", "checkpoints")
    assert kms.unwrap_many(wrapped, CONTEXT) == [b"k" * 32]
