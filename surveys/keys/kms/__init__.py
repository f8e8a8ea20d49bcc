"""Where the root and epoch keys live, outside the database: one small interface, one module a backend.

The epoch keys are here, and not wrapped in a table, since a backup of the database would hold them for as
long as it is kept: what is destroyed here is gone from every backup.
"""

from collections.abc import Sequence
from typing import Protocol

CHECKPOINTS = "checkpoints"
SIGNING_PURPOSES = (CHECKPOINTS,)
"""What ``etterklang keys init`` makes a signing key for."""


class Kms(Protocol):
    """The root of the key hierarchy. ``context`` is bound to what is wrapped.

    Each method may wait for a network, is safe in threads and after a fork, and raises KeystoreError where
    the store does not do what it is asked: unreachable, sealed, forbidden, or a root key that is not there.
    """

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

    def make_epoch(self, epoch: int) -> None:
        """Makes the key of an epoch, unless there is one or it was destroyed: it never comes back."""
        ...

    def epoch_key(self, epoch: int) -> bytes:
        """The key (32 bytes) of an epoch; raises NotOpenedError where none was made, or it was destroyed."""
        ...

    def destroy_epoch(self, epoch: int) -> None:
        """Destroys the key of an epoch, and with it everything that is wrapped in it, in every backup."""
        ...

    def sign(self, message: bytes, purpose: str) -> bytes:
        """An Ed25519 signature (64 bytes) of the message, under a key for this purpose alone."""
        ...

    def public_key(self, purpose: str) -> bytes:
        """The public key (32 bytes) that checks the signatures of this purpose."""
        ...
