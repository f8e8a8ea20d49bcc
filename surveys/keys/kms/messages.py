"""What is given to a keyed hash inside a key store, where one key answers for many purposes."""

import hashlib

KEY_BYTES = 32
SIGNATURE_BYTES = 64


def mac_message(message: bytes, purpose: str) -> bytes:
    """Another message for every purpose and message, of a length that each store takes.

    The purpose stands behind its length, so that no purpose's messages are those of another; HMAC is a
    pseudorandom function, so one key then serves as one key a purpose.
    """
    named = purpose.encode()
    return b"etterklang mac 1\0" + len(named).to_bytes(2) + named + hashlib.sha256(message).digest()


def epoch_message(epoch: int) -> bytes:
    """What the store's own key of an epoch hashes, so that the hash is the epoch's key outside."""
    return b"etterklang epoch key 1\0" + str(epoch).encode()


def seed_message(purpose: str) -> bytes:
    """What a secret in the store hashes to the Ed25519 seed of a purpose, where the store cannot sign."""
    return b"etterklang signing seed 1\0" + purpose.encode()
