"""The key store that the settings name: opened, set up, and called by its name."""

import os
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from surveys.keys.errors import KeystoreError
from surveys.keys.kms import SIGNING_PURPOSES, Kms
from surveys.keys.kms.addresses import (
    SETTING,
    AwsStore,
    FileStore,
    Pkcs11Store,
    Store,
    TransitStore,
    name_of,
    read_store,
)
from surveys.keys.kms.passphrase import create_keystore, open_keystore
from surveys.keys.kms.secret_file import read_secret_file
from surveys.keys.kms.transit import TransitKms
from surveys.keys.kms.transit_calls import transit_calls
from surveys.settings import Settings, SettingsError

SECRET_SETTING = "ETTERKLANG_KEY_STORE_SECRET_FILE"  # noqa: S105 - the name of a setting
PROBE_BYTES = 32


class RootedKms(Kms, Protocol):
    """A ``Kms`` whose root keys are made and stay elsewhere."""

    def set_up(self) -> list[str]:
        """Makes the root keys that are not there, and gives their names."""
        ...

    def check(self) -> None:
        """Raises RootKeyMissingError unless the root keys are there."""
        ...


def open_key_store(settings: Settings) -> Kms:
    """The key store, seen to hold its root keys.

    Raises:
        SettingsError: none is named, or not as it must be.
        KeystoreError: it does not open.
    """
    store = _store(settings)
    if isinstance(store, FileStore):
        return open_keystore(store.path, read_secret_file(_secret_file(settings)))
    kms = _kms(settings, store)
    kms.check()
    return kms


def set_up_key_store(settings: Settings) -> list[str]:
    """Makes what the key store lacks, tries all of it, and gives the names of what was made.

    Raises:
        SettingsError: see ``open_key_store``.
        KeystoreError: a right is lacking, what is there is not ours, or it does not do what it should.
    """
    store = _store(settings)
    if isinstance(store, FileStore):
        made = _set_up_file(store.path, _secret_file(settings))
    else:
        made = _kms(settings, store).set_up()
    _try(open_key_store(settings))
    return made


def key_store_name(settings: Settings) -> str:
    """What the key store is called in what an operator reads; no secret is in it."""
    return name_of(_store(settings))


def _store(settings: Settings) -> Store:
    if not settings.etterklang_key_store:
        raise SettingsError(f"{SETTING} must be set")
    return read_store(settings.etterklang_key_store)


def _kms(settings: Settings, store: TransitStore | AwsStore | Pkcs11Store) -> RootedKms:
    match store:
        case TransitStore():
            ca_file = settings.etterklang_key_store_ca_file
            trusted = Path(ca_file) if ca_file else None
            return TransitKms(store, transit_calls(store, _secret_file(settings), trusted))
        case AwsStore():
            return _aws(store)
        case Pkcs11Store():
            return _hsm(store, _secret_file(settings))


def _aws(store: AwsStore) -> RootedKms:
    try:
        from surveys.keys.kms.aws import AwsKms  # noqa: PLC0415 - boto3 is optional, and slow to import
        from surveys.keys.kms.aws_calls import AwsCalls  # noqa: PLC0415
    except ImportError as error:
        raise KeystoreError("AWS KMS needs boto3: install etterklang[aws]") from error
    return AwsKms(store, AwsCalls(store))


def _hsm(store: Pkcs11Store, pin_file: Path) -> RootedKms:
    try:
        from surveys.keys.kms.hsm import HsmKms  # noqa: PLC0415 - python-pkcs11 is optional
    except ImportError as error:
        raise KeystoreError("PKCS#11 needs python-pkcs11: install etterklang[pkcs11]") from error
    return HsmKms(store, pin_file)


def _secret_file(settings: Settings) -> Path:
    if not settings.etterklang_key_store_secret_file:
        raise SettingsError(f"{SECRET_SETTING} must be set for this key store")
    return Path(settings.etterklang_key_store_secret_file)


def _set_up_file(path: Path, passphrase_file: Path) -> list[str]:
    if path.exists():
        return []
    create_keystore(path, read_secret_file(passphrase_file))
    return [str(path)]


def _try(kms: Kms) -> None:
    """Raises KeystoreError unless the store gives back what it wrapped and its signatures verify."""
    key, context = os.urandom(PROBE_BYTES), b"etterklang probe"
    if kms.unwrap_many(kms.wrap_many([key], context), context) != [key]:
        raise KeystoreError("the key store does not give back what it wrapped")
    for purpose in SIGNING_PURPOSES:
        signature = kms.sign(key, purpose)
        try:
            Ed25519PublicKey.from_public_bytes(kms.public_key(purpose)).verify(signature, key)
        except InvalidSignature as error:
            raise KeystoreError(f"the key store's signatures for {purpose} do not verify") from error
