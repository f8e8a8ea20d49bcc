"""Where the root key lives: one small interface, one module a backend."""

from collections.abc import Sequence
from typing import Protocol


class Kms(Protocol):
    """The root of the key hierarchy. ``context`` is bound to what is wrapped."""

    def wrap_many(self, keys: Sequence[bytes], context: bytes) -> list[bytes]:
        """Each key sealed under the root key."""
        ...

    def unwrap_many(self, wrapped: Sequence[bytes], context: bytes) -> list[bytes]:
        """The keys that were wrapped; raises NotOpenedError."""
        ...

    def mac(self, message: bytes, purpose: str) -> bytes:
        """A keyed hash (32 bytes) of the message, under a key for this purpose alone.

        Whoever hashes many values asks once and takes the hash as their key: the root may be a network away.
        """
        ...

    def sign(self, message: bytes, purpose: str) -> bytes:
        """An Ed25519 signature (64 bytes) of the message, under a key for this purpose alone."""
        ...

    def public_key(self, purpose: str) -> bytes:
        """The public key (32 bytes) that checks the signatures of this purpose."""
        ...
