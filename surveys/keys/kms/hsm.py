"""A PKCS#11 token: root and epoch keys are objects in it, sensitive and never extractable.

They are found by their labels: ``PREFIX wrap`` (AES-256, CKM_AES_GCM), ``PREFIX mac`` and ``PREFIX epoch N``
(generic secrets, CKM_SHA256_HMAC), ``PREFIX sign PURPOSE`` (an Ed25519 pair, CKM_EDDSA; where the token has
none, a generic secret that the seed is computed from). ``PREFIX destroyed N`` marks a destroyed epoch.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pkcs11 import Session

from surveys.keys.errors import KeystoreError, NotOpenedError, RootKeyMissingError
from surveys.keys.kms import SIGNING_PURPOSES
from surveys.keys.kms.addresses import Pkcs11Store
from surveys.keys.kms.hsm_keys import (
    HsmKey,
    find_private,
    find_public,
    find_secret,
    hash_with,
    make_pair,
    make_secret,
    make_wrapping_key,
    public_bytes,
    sign_with,
    signs_ed25519,
    stays_inside,
    unwrap_with,
    wrap_with,
)
from surveys.keys.kms.hsm_session import HsmSession
from surveys.keys.kms.messages import epoch_message, mac_message, seed_message


class HsmKms:
    """A ``Kms`` whose root keys never leave a PKCS#11 token; a seed does where the token has no Ed25519."""

    def __init__(self, store: Pkcs11Store, pin_file: Path) -> None:
        self._session = HsmSession(store, pin_file)
        self._prefix = store.prefix
        self._token = store.token
        self._pin_file = pin_file
        self._public: dict[str, bytes] = {}

    def set_up(self, purposes: Sequence[str] = SIGNING_PURPOSES) -> list[str]:
        """Makes the root keys that are not there, and gives their labels.

        Raises:
            KeystoreError: the token does not make them, or has others under these labels.
        """
        with self._alone():
            return self._session.use(lambda session: self._made_roots(session, purposes))

    def check(self) -> None:
        """Raises RootKeyMissingError unless the root keys are there."""
        self._session.use(lambda session: [self._present(session, name) for name in ("wrap", "mac")])

    def wrap_many(self, keys: Sequence[bytes], context: bytes) -> list[bytes]:
        """Each key sealed under the root key (AES-256-GCM, the context as associated data)."""

        def wrap_all(session: Session) -> list[bytes]:
            root = self._present(session, "wrap")
            return [wrap_with(root, key, context) for key in keys]

        return self._session.use(wrap_all)

    def unwrap_many(self, wrapped: Sequence[bytes], context: bytes) -> list[bytes]:
        """The keys that were wrapped.

        Raises:
            NotOpenedError: another root key or context, or damaged.
        """
        return self._session.use(
            lambda session: unwrap_with(self._present(session, "wrap"), wrapped, context)
        )

    def mac(self, message: bytes, purpose: str) -> bytes:
        """HMAC-SHA256 of purpose and message, under the one key for it."""
        return self._session.use(
            lambda session: hash_with(self._present(session, "mac"), mac_message(message, purpose))
        )

    def make_epoch(self, epoch: int) -> None:
        """Makes the key of an epoch, unless there is one or it was destroyed.

        PKCS#11 makes as many of a label as it is asked for. So the processes of a machine wait for each other
        at the PIN's file, and machines at the database, where an epoch is opened under a lock.
        """
        with self._alone():
            self._session.use(lambda session: self._make_epoch(session, epoch))

    def epoch_key(self, epoch: int) -> bytes:
        """The key of an epoch: what the token's own key of this epoch makes of a fixed message.

        Raises:
            NotOpenedError: none was made, or it was destroyed.
        """
        return self._session.use(lambda session: self._epoch_key(session, epoch))

    def destroy_epoch(self, epoch: int) -> None:
        """Marks the epoch as destroyed, then destroys its key. Backups of the token must be destroyed too."""
        with self._alone():
            self._session.use(lambda session: self._destroy(session, epoch))

    def sign(self, message: bytes, purpose: str) -> bytes:
        """An Ed25519 signature under the key of this purpose."""
        return self._session.use(lambda session: self._signed(session, message, purpose))

    def public_key(self, purpose: str) -> bytes:
        """The public key of this purpose; asked for once."""
        if purpose not in self._public:
            self._public[purpose] = self._session.use(lambda session: self._public_of(session, purpose))
        return self._public[purpose]

    def _made_roots(self, session: Session, purposes: Sequence[str]) -> list[str]:
        wrap, mac = self._label("wrap"), self._label("mac")
        made = []
        if find_secret(session, wrap) is None:
            make_wrapping_key(session, wrap)
            made.append(wrap)
        if find_secret(session, mac) is None:
            make_secret(session, mac)
            made.append(mac)
        signing = [self._label(f"sign {purpose}") for purpose in purposes]
        make = make_pair if signs_ed25519(session) else make_secret
        for label in signing:
            if find_private(session, label) is None and find_secret(session, label) is None:
                make(session, label)
                made.append(label)
        for label in (wrap, mac, *signing):
            self._check(session, label)
        return made

    def _make_epoch(self, session: Session, epoch: int) -> None:
        labels = (self._label(f"destroyed {epoch}"), self._label(f"epoch {epoch}"))
        if all(find_secret(session, label) is None for label in labels):
            make_secret(session, self._label(f"epoch {epoch}"))

    def _epoch_key(self, session: Session, epoch: int) -> bytes:
        key = find_secret(session, self._label(f"epoch {epoch}"))
        if key is None or find_secret(session, self._label(f"destroyed {epoch}")) is not None:
            raise NotOpenedError
        return hash_with(key, epoch_message(epoch))

    def _destroy(self, session: Session, epoch: int) -> None:
        mark = self._label(f"destroyed {epoch}")
        if find_secret(session, mark) is None:
            make_secret(session, mark)
        key = find_secret(session, self._label(f"epoch {epoch}"))
        if key is not None:
            key.destroy()

    def _signed(self, session: Session, message: bytes, purpose: str) -> bytes:
        private = find_private(session, self._label(f"sign {purpose}"))
        return (
            self._derived(session, purpose).sign(message) if private is None else sign_with(private, message)
        )

    def _public_of(self, session: Session, purpose: str) -> bytes:
        public = find_public(session, self._label(f"sign {purpose}"))
        if public is None:
            return self._derived(session, purpose).public_key().public_bytes_raw()
        return public_bytes(public)

    def _derived(self, session: Session, purpose: str) -> Ed25519PrivateKey:
        seed = hash_with(self._present(session, f"sign {purpose}"), seed_message(purpose))
        return Ed25519PrivateKey.from_private_bytes(seed)

    def _present(self, session: Session, name: str) -> HsmKey:
        found = find_secret(session, self._label(name))
        if found is None:
            raise RootKeyMissingError(
                f"the token {self._token} has no key {self._label(name)}: another token or prefix, or "
                "`etterklang keys init` was never run"
            )
        return found

    def _check(self, session: Session, label: str) -> None:
        key = find_private(session, label) or find_secret(session, label)
        if key is None or not stays_inside(key):
            raise KeystoreError(
                f"the key {label} of the token {self._token} must be sensitive and not extractable; "
                "take another prefix"
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Other processes of this machine that make or destroy keys of this token wait."""
        try:
            held = self._pin_file.open("rb")
        except OSError as error:
            raise KeystoreError("ETTERKLANG_KEY_STORE_SECRET_FILE names no file that can be read") from error
        with held:
            fcntl.flock(held, fcntl.LOCK_EX)
            try:
                yield
            finally:
                # Closing is not enough: a process forked meanwhile has the file open too.
                fcntl.flock(held, fcntl.LOCK_UN)

    def _label(self, name: str) -> str:
        return f"{self._prefix} {name}"
