"""Which operating-system account may call the key service as which role, and the sockets that they find."""

import os
import pwd
import socket
import struct
from pathlib import Path

from surveys.database import Role
from surveys.settings import Settings, SettingsError

BACKLOG = 128
OWNER_ALONE = 0o600
ANYONE = 0o666


def socket_path(settings: Settings, role: Role) -> Path:
    """Where callers of this role find the service."""
    return Path(settings.etterklang_keys_socket_folder) / f"{_name(role)}.sock"


def caller_of(settings: Settings, role: Role) -> int:
    """The account (its uid) that may call as ``role``: the one that is set, else the service's own.

    Raises:
        SettingsError: ETTERKLANG_KEYS_CALLERS is malformed, or this system cannot tell who calls.
    """
    account = _accounts(settings.etterklang_keys_callers).get(_name(role), "")
    if not account:
        return os.getuid()
    if not hasattr(socket, "SO_PEERCRED"):
        raise SettingsError("ETTERKLANG_KEYS_CALLERS needs Linux, whose sockets tell who calls")
    return _uid(account)


def listen(path: Path, caller: int) -> socket.socket:
    """A socket at ``path`` that ``caller`` can reach; it takes the place of an earlier one in one step.

    The file lets in nobody but its owner; another caller comes through a file that is open to all, since the
    kernel's word (``calls_as``) is what counts then.
    """
    place = socket.socket(socket.AF_UNIX)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        place.bind(str(new))
    finally:
        os.umask(before)
    new.chmod(OWNER_ALONE if caller == os.getuid() else ANYONE)
    place.listen(BACKLOG)
    new.rename(path)
    return place


def calls_as(connection: socket.socket, caller: int) -> bool:
    """Whether the other side runs as this account, by the kernel's word."""
    if not hasattr(socket, "SO_PEERCRED"):
        # The file's permissions have let in its owner alone.
        return True
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return bool(uid == caller)


def _accounts(callers: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in callers.split()]
    roles = {_name(role) for role in Role if role is not Role.KEYS}
    if any(name not in roles or not account for name, _, account in pairs):
        raise SettingsError(
            "ETTERKLANG_KEYS_CALLERS must be pairs: web=ACCOUNT worker=ACCOUNT research=ACCOUNT"
        )
    return {name: account for name, _, account in pairs}


def _uid(account: str) -> int:
    if account.isdigit():
        return int(account)
    try:
        return pwd.getpwnam(account).pw_uid
    except KeyError as error:
        raise SettingsError(f"ETTERKLANG_KEYS_CALLERS names {account}, which is no account here") from error


def _name(role: Role) -> str:
    return role.name.lower()
