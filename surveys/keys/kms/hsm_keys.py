"""What is asked of the keys in a PKCS#11 token.

By python-pkcs11, which is the optional extra ``pkcs11``.
"""

import os
from collections.abc import Sequence
from typing import Any

from pkcs11 import (
    Attribute,
    GCMParams,
    KeyType,
    Mechanism,
    MechanismFlag,
    ObjectClass,
    PKCS11Error,
    Session,
)

from surveys.keys.errors import KeystoreAnswerError, KeystoreError, NotOpenedError
from surveys.keys.kms.messages import KEY_BYTES, SIGNATURE_BYTES

NONCE_BYTES = 12
TAG_BYTES = 16
BITS = 256
ED25519 = b"\x13\x0cedwards25519"
"""CKA_EC_PARAMS of PKCS#11 3.0: the curve's name, as a DER PrintableString."""

KEPT_INSIDE = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True}
PROBE = b"etterklang probe"

HsmKey = Any
"""A key as python-pkcs11 gives it: its methods are those that the key's own attributes allow."""


def find_secret(session: Session, label: str) -> HsmKey | None:
    """The secret key of this label."""
    return _found(session, label, ObjectClass.SECRET_KEY)


def find_private(session: Session, label: str) -> HsmKey | None:
    """The private half of the pair of this label."""
    return _found(session, label, ObjectClass.PRIVATE_KEY)


def find_public(session: Session, label: str) -> HsmKey | None:
    """The public half of the pair of this label."""
    return _found(session, label, ObjectClass.PUBLIC_KEY)


def make_wrapping_key(session: Session, label: str) -> None:
    """An AES-256 key that encrypts and decrypts."""
    session.generate_key(
        KeyType.AES,
        BITS,
        label=label,
        store=True,
        capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
        template=KEPT_INSIDE,
    )


def make_secret(session: Session, label: str) -> None:
    """A generic secret of 32 bytes that hashes."""
    session.generate_key(
        KeyType.GENERIC_SECRET,
        BITS,
        label=label,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        mechanism=Mechanism.GENERIC_SECRET_KEY_GEN,
        template=KEPT_INSIDE,
    )


def signs_ed25519(session: Session) -> bool:
    """Whether the token has CKM_EDDSA."""
    return Mechanism.EDDSA in session.token.slot.get_mechanisms()


def make_pair(session: Session, label: str) -> None:
    """An Ed25519 pair."""
    curve = session.create_domain_parameters(KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: ED25519}, local=True)
    curve.generate_keypair(
        label=label,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
        private_template=KEPT_INSIDE,
    )


def stays_inside(key: HsmKey) -> bool:
    """Whether the token gives the key to nobody."""
    return bool(key[Attribute.SENSITIVE]) and not key[Attribute.EXTRACTABLE]


def wrap_with(key: HsmKey, inner: bytes, context: bytes) -> bytes:
    """A nonce (12 bytes), then what AES-256-GCM makes of ``inner``, the context being associated data."""
    nonce = os.urandom(NONCE_BYTES)
    sealed: bytes = key.encrypt(inner, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, context))
    return nonce + sealed


def unwrap_with(key: HsmKey, wrapped: Sequence[bytes], context: bytes) -> list[bytes]:
    """What ``wrap_with`` was given, one by one.

    Raises:
        NotOpenedError: another key or context, or damaged.
        PKCS11Error: the token does not do it.
    """
    if any(len(one) < NONCE_BYTES + TAG_BYTES for one in wrapped):
        raise NotOpenedError
    try:
        return [_opened(key, one, context) for one in wrapped]
    except PKCS11Error as error:
        # Tokens say so in different ways (SoftHSM: a general error), and say the same when they are broken.
        if _opened(key, wrap_with(key, PROBE, context), context) != PROBE:
            raise
        raise NotOpenedError from error


def hash_with(key: HsmKey, message: bytes) -> bytes:
    """HMAC-SHA256."""
    hashed: bytes = key.sign(message, mechanism=Mechanism.SHA256_HMAC)
    if len(hashed) != KEY_BYTES:
        raise KeystoreAnswerError("the token gave a hash of another length than asked for")
    return hashed


def sign_with(key: HsmKey, message: bytes) -> bytes:
    """An Ed25519 signature."""
    signature: bytes = key.sign(message, mechanism=Mechanism.EDDSA)
    if len(signature) != SIGNATURE_BYTES:
        raise KeystoreAnswerError("the token gave a signature that is none of Ed25519")
    return signature


def public_bytes(key: HsmKey) -> bytes:
    """The 32 bytes of an Ed25519 public key: in a DER octet string in PKCS#11 3.0, bare in 3.1."""
    point: bytes = key[Attribute.EC_POINT]
    if len(point) not in {KEY_BYTES, KEY_BYTES + 2}:
        raise KeystoreAnswerError("the token gave a public key that is none of Ed25519")
    return point[-KEY_BYTES:]


def _found(session: Session, label: str, kind: ObjectClass) -> HsmKey | None:
    found = list(session.get_objects({Attribute.LABEL: label, Attribute.CLASS: kind}))
    if len(found) > 1:
        raise KeystoreError(f"the token has more than one key {label}")
    return found[0] if found else None


def _opened(key: HsmKey, wrapped: bytes, context: bytes) -> bytes:
    nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    return bytes(key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, context)))


def _gcm(nonce: bytes, context: bytes) -> GCMParams:
    return GCMParams(nonce, context, TAG_BYTES * 8)
