"""The receipt's cryptography: a commitment to what was received, and a signature that anyone can check."""

import hashlib
import hmac
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from surveys.keys.sealing import derive


class Commitment(NamedTuple):
    """``digest`` is SHA-256 of salt and body: with the salt on a receipt its owner can show what was sent."""

    salt: bytes
    digest: bytes


def commitment(receipt_key: bytes, submission_id: UUID, body: bytes) -> Commitment:
    """Commits to ``body``. The salt follows from the submission, so that the same again gives the same."""
    salt = hmac.digest(derive(receipt_key, "salt"), submission_id.bytes, hashlib.sha256)
    return Commitment(salt, hashlib.sha256(salt + body).digest())


def sign_receipt(receipt_key: bytes, message: bytes) -> bytes:
    """An Ed25519 signature (64 bytes, RFC 8032)."""
    return _signing_key(receipt_key).sign(message)


def receipt_public_key(receipt_key: bytes) -> bytes:
    """The public key (32 bytes) that checks the receipts."""
    return _signing_key(receipt_key).public_key().public_bytes_raw()


def verify_receipt(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this receipt is ours."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _signing_key(receipt_key: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive(receipt_key, "receipt signature"))
