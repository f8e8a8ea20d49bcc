"""A login under way: found by the hash of its state, opened by the browser that began it, good once."""

import base64
import binascii
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.security.login_errors import AttemptNotFoundError
from surveys.keys import Audience, NotOpenedError, open_with_secret, seal_with_secret

LASTS = timedelta(minutes=10)
SECRET_BYTES = 32

# Old attempts go a few at a time, and never those that another login is removing just now.
KEEP = text(
    """
    WITH ended AS (
      DELETE FROM access.login WHERE state_hash IN (
        SELECT state_hash FROM access.login WHERE ends_at < :now LIMIT 100 FOR UPDATE SKIP LOCKED
      )
    )
    INSERT INTO access.login (state_hash, sealed, ends_at) VALUES (:state_hash, :sealed, :ends_at)
    """
)
TAKE = text("DELETE FROM access.login WHERE state_hash = :state_hash RETURNING sealed, ends_at")


class Attempt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a login needs again when the browser comes back; made new for each.

    ``is_fresh``: whoever is logged in at the provider already is asked to log in again.
    """

    audience: Audience
    issuer: str
    state: str
    nonce: str
    verifier: str
    return_path: str
    is_fresh: bool = False

    def __repr__(self) -> str:
        """Whoever writes an attempt into a log writes no secret."""
        return f"Attempt({self.audience})"


class KeptAttempt(NamedTuple):
    """An attempt as it stood in the database."""

    sealed: bytes
    ends_at: datetime


def new_attempt(audience: Audience, issuer: str, return_path: str, *, is_fresh: bool = False) -> Attempt:
    """A fresh attempt: state, nonce and verifier of 256 bits each."""
    state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
    return Attempt(audience, issuer, state, nonce, verifier, return_path, is_fresh)


async def keep_attempt(connection: AsyncConnection, attempt: Attempt, now: datetime) -> str:
    """Keeps the attempt for ten minutes, and gives the cookie without which nobody opens it."""
    secret = secrets.token_bytes(SECRET_BYTES)
    state_hash = _hash(attempt.state)
    sealed = seal_with_secret(secret, msgspec.json.encode(attempt), _context(state_hash))
    await connection.execute(
        KEEP, {"state_hash": state_hash, "sealed": sealed, "now": now, "ends_at": now + LASTS}
    )
    return base64.urlsafe_b64encode(secret).decode()


async def take_attempt(connection: AsyncConnection, state: str) -> KeptAttempt | None:
    """Takes the attempt of this state out of the database, so that it is good once whatever comes of it."""
    row = (await connection.execute(TAKE, {"state_hash": _hash(state)})).one_or_none()
    return None if row is None else KeptAttempt(row.sealed, row.ends_at)


def open_attempt(kept: KeptAttempt | None, state: str, cookie: str, now: datetime) -> Attempt:
    """The attempt, for the browser that began it.

    Raises:
        AttemptNotFoundError: the state is unknown, used or expired, or the cookie is another one.
    """
    if kept is None:
        raise AttemptNotFoundError("the state is unknown or has been used")
    if kept.ends_at <= now:
        raise AttemptNotFoundError("it took more than ten minutes")
    try:
        opened = open_with_secret(_secret(cookie), kept.sealed, _context(_hash(state)))
    except NotOpenedError as error:
        raise AttemptNotFoundError("another browser began it") from error
    return msgspec.json.decode(opened, type=Attempt)


def _secret(cookie: str) -> bytes:
    """The cookie's bytes; whatever is no cookie of ours gives bytes that open nothing."""
    try:
        return base64.b64decode(cookie, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()


def _context(state_hash: bytes) -> str:
    return f"login {state_hash.hex()}"
