"""Which key store a setting names, and where in it our keys are."""

import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from surveys.settings import SettingsError

SETTING = "ETTERKLANG_KEY_STORE"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

Prefix = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,30}$")]
Query = TypeVar("Query")


class FileStore(msgspec.Struct, frozen=True):
    """A keystore file under a passphrase."""

    path: Path


class TransitStore(msgspec.Struct, frozen=True):
    """The Transit engine of a Vault or OpenBao, mounted at ``mount``; ``server`` is scheme, host and port."""

    server: str
    mount: str
    prefix: str
    namespace: str
    auth: Literal["token", "approle", "kubernetes"]
    role: str


class AwsStore(msgspec.Struct, frozen=True):
    """AWS KMS; an empty ``region`` or ``endpoint`` is the one that boto3 finds."""

    prefix: str
    region: str
    endpoint: str


class Pkcs11Store(msgspec.Struct, frozen=True):
    """A token behind a PKCS#11 module."""

    module: str
    token: str
    prefix: str


Store = FileStore | TransitStore | AwsStore | Pkcs11Store


class _TransitQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prefix: Prefix = "etterklang"
    namespace: str = ""
    auth: Literal["token", "approle", "kubernetes"] = "token"
    role: str = ""


class _AwsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    region: str = ""
    endpoint: str = ""


class _Pkcs11Path(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: str
    object: Prefix = "etterklang"


class _Pkcs11Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    module_path: str


class _Named(msgspec.Struct, frozen=True):
    prefix: Prefix


def read_store(address: str) -> Store:
    """The store that ``ETTERKLANG_KEY_STORE`` names.

    Raises:
        SettingsError: it names none, or not as its kind is named; the address itself is not repeated.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _unfit("it is no address") from error
    match parts.scheme:
        case "file":
            return _file(parts)
        case "vault+https":
            return _transit(parts)
        case "vault+http" if host in LOOPBACK:
            return _transit(parts)
        case "vault+http":
            raise _unfit("it must be vault+https; vault+http is for this machine alone")
        case "aws-kms":
            return _aws(parts)
        case "pkcs11":
            return _pkcs11(parts)
    raise _unfit("it must begin with file:, vault+https:, aws-kms: or pkcs11:")


def name_of(store: Store) -> str:
    """What a store is called in messages and tables; no secret is in it."""
    match store:
        case FileStore():
            return f"the keystore file {store.path}"
        case TransitStore():
            return f"Transit at {store.server}/v1/{store.mount}, keys {store.prefix}-…"
        case AwsStore():
            return f"AWS KMS {store.region or 'in the default region'}, aliases alias/{store.prefix}/…"
        case Pkcs11Store():
            return f"PKCS#11 token {store.token} of {store.module}, keys {store.prefix} …"


def _file(parts: SplitResult) -> FileStore:
    if parts.netloc or parts.query or parts.fragment or not parts.path:
        raise _unfit("a keystore file is written file:/path")
    return FileStore(Path(unquote(parts.path)))


def _transit(parts: SplitResult) -> TransitStore:
    mount = parts.path.strip("/")
    if not parts.hostname or not re.fullmatch(r"[\w./-]+", mount, re.ASCII):
        raise _unfit("Transit is written vault+https://host:8200/mount")
    if parts.username is not None or parts.fragment:
        raise _unfit("a token does not belong in it: it is read from ETTERKLANG_KEY_STORE_SECRET_FILE")
    query = _read(parts.query, "&", _TransitQuery)
    if (query.auth == "token") is bool(query.role):
        raise _unfit("approle and kubernetes need a role, and token takes none")
    server = f"{parts.scheme.removeprefix('vault+')}://{parts.netloc}"
    return TransitStore(server, mount, query.prefix, query.namespace, query.auth, query.role)


def _aws(parts: SplitResult) -> AwsStore:
    named = _converted({"prefix": parts.path}, _Named)
    query = _read(parts.query, "&", _AwsQuery)
    endpoint = urlsplit(query.endpoint)
    if query.endpoint and endpoint.scheme != "https" and endpoint.hostname not in LOOPBACK:
        raise _unfit("an endpoint must have https; http is for this machine alone")
    return AwsStore(named.prefix, query.region, query.endpoint)


def _pkcs11(parts: SplitResult) -> Pkcs11Store:
    # RFC 7512: attributes of the path are parted by semicolons.
    path = _read(parts.path, ";", _Pkcs11Path)
    return Pkcs11Store(_read(parts.query, "&", _Pkcs11Query).module_path, path.token, path.object)


def _read(text: str, separator: str, kind: type[Query]) -> Query:
    try:
        pairs = parse_qsl(text.replace("+", "%2B"), strict_parsing=bool(text), separator=separator)
    except ValueError as error:
        raise _unfit("what follows the name is not of the form name=value") from error
    return _converted(dict(pairs), kind)


def _converted(values: dict[str, str], kind: type[Query]) -> Query:
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise _unfit(str(error)) from error


def _unfit(rule: str) -> SettingsError:
    return SettingsError(f"{SETTING}: {rule} (docs/key-stores.md)")
