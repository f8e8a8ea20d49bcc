"""A logged-in session on a PKCS#11 token.

PKCS#11 logs in a whole process, not an object of it, and a library that was set up before a fork must be set
up again after it. So each process has one session a token, and one thread at a time speaks to it.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Session, Token

from surveys.keys.errors import KeystoreError, KeystoreForbiddenError, KeystoreUnreachableError
from surveys.keys.kms.addresses import Pkcs11Store
from surveys.keys.kms.secret_file import read_secret_file

LOST = (
    pkcs11.DeviceError,
    pkcs11.DeviceRemoved,
    pkcs11.KeyHandleInvalid,
    pkcs11.ObjectHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.SessionHandleInvalid,
    pkcs11.TokenNotPresent,
    pkcs11.UserNotLoggedIn,
)
"""What a token says that was restarted or put back meanwhile."""

Value = TypeVar("Value")


class _OfProcess:
    """What one process has: a lock, its sessions by module and token, and the modules that it has set up."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.sessions: dict[tuple[str, str], Session] = {}
        self.modules: set[str] = set()


_of_process: dict[int, _OfProcess] = {}


class HsmSession:
    """Opens the session when it is first needed, and once more when the token has lost it."""

    def __init__(self, store: Pkcs11Store, pin_file: Path) -> None:
        self._store = store
        self._place = (store.module, store.token)
        self._pin_file = pin_file

    def use(self, act: Callable[[Session], Value]) -> Value:
        """What ``act`` gives; it is done twice where the session was lost on the way.

        Raises:
            KeystoreUnreachableError: no module, no token, or it does not do it.
            KeystoreForbiddenError: the PIN is not the token's, or is locked. It is tried once.
        """
        mine = _of_process.setdefault(os.getpid(), _OfProcess())
        with mine.lock:
            try:
                return self._tried(mine, act)
            except pkcs11.PKCS11Error as error:
                # The next call begins anew.
                mine.sessions.pop(self._place, None)
                raise self._judged(error) from error

    def _tried(self, mine: _OfProcess, act: Callable[[Session], Value]) -> Value:
        if self._place in mine.sessions:
            try:
                return act(mine.sessions[self._place])
            except LOST:
                del mine.sessions[self._place]
        mine.sessions[self._place] = self._opened(mine)
        return act(mine.sessions[self._place])

    def _opened(self, mine: _OfProcess) -> Session:
        pin = read_secret_file(self._pin_file).decode(errors="replace")
        token: Token = _module(mine, self._store.module).get_token(token_label=self._store.token)
        try:
            return token.open(rw=True, user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:
            # The login outlives a session that was lost.
            return token.open(rw=True)

    def _judged(self, error: pkcs11.PKCS11Error) -> KeystoreError:
        kind = type(error).__name__
        place = f"token {self._store.token} of {self._store.module}"
        if kind.startswith("Pin") or isinstance(error, pkcs11.UserPinNotInitialized):
            return KeystoreForbiddenError(f"the {place} does not take the PIN ({kind}); it was tried once")
        if isinstance(error, pkcs11.NoSuchToken | pkcs11.MultipleTokensReturned):
            return KeystoreUnreachableError(f"there is not one {place}")
        return KeystoreUnreachableError(f"the {place} does not do what it was asked ({kind})")


def _module(mine: _OfProcess, path: str) -> Any:
    module = pkcs11.lib(path)
    if path not in mine.modules and len(_of_process) > 1:
        # Forked: some modules say that they are not set up, others that they are.
        with contextlib.suppress(pkcs11.PKCS11Error):
            module.finalize()
        module.initialize()
    mine.modules.add(path)
    return module
