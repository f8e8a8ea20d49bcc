"""Sessions on the server. The browser holds 32 random bytes; we hold their hash, and what they seal."""

import base64
import binascii
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.security.cookies import session_cookie_name
from surveys.identifiers import PersonId
from surveys.keys import (
    Audience,
    Login,
    NotOpenedError,
    derive,
    open_with_secret,
    seal_with_secret,
)
from surveys.settings import Settings

SECRET_BYTES = 32
TOUCHED_AT_MOST_EVERY = timedelta(minutes=1)

# Old sessions go a few at a time, and never those that another login is removing just now.
START = text(
    """
    WITH ended AS (
      DELETE FROM access.session WHERE session_hash IN (
        SELECT session_hash FROM access.session WHERE ends_at < :now LIMIT 100 FOR UPDATE SKIP LOCKED
      )
    )
    INSERT INTO access.session
      (session_hash, audience, person_id, sealed, started_at, last_used_at, idle, ends_at)
    VALUES (:session_hash, :audience, :person_id, :sealed, :now, :now, :idle, :ends_at)
    """
)

# The UPDATE has a condition of its own: of two requests at once, the second then writes nothing.
CURRENT = text(
    """
    WITH found AS (
      SELECT session_hash, person_id, sealed, ends_at FROM access.session
      WHERE session_hash = :session_hash AND audience = :audience
        AND ends_at > :now AND last_used_at + idle > :now
    ), touched AS (
      UPDATE access.session SET last_used_at = :now
      FROM found
      WHERE session.session_hash = found.session_hash AND session.last_used_at <= :touched_before
    )
    SELECT person_id, sealed, ends_at, set_config('etterklang.person', person_id::text, true) FROM found
    """
)

END = text("DELETE FROM access.session WHERE session_hash = :session_hash RETURNING audience")


class SessionLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a session lasts without a request, and in all; it keeps the limits that it began under."""

    idle: timedelta
    total: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "SessionLimits":
        """The limits that the settings give to new sessions."""
        return cls(
            timedelta(minutes=settings.etterklang_session_idle_minutes),
            timedelta(minutes=settings.etterklang_session_minutes),
        )


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is logged in; ``grant`` is for the key service, ``csrf`` for our page, ``ends_at`` the last end."""

    person_id: PersonId
    subject: str
    roles: tuple[str, ...]
    grant: bytes
    csrf: str
    ends_at: datetime

    def __repr__(self) -> str:
        """Whoever writes a session into a log writes no secret."""
        return f"Session({self.person_id})"


class _Held(msgspec.Struct, frozen=True):
    """What only the cookie opens."""

    subject: str
    roles: tuple[str, ...]
    grant: bytes


async def start_session(
    connection: AsyncConnection, login: Login, audience: Audience, now: datetime, limits: SessionLimits
) -> str:
    """Starts a session for a fresh login, and gives the cookie that carries it: new with every login."""
    secret = secrets.token_bytes(SECRET_BYTES)
    held = msgspec.msgpack.encode(_Held(login.subject, login.roles, login.grant))
    values = {
        "session_hash": _hash(secret),
        "audience": audience.value,
        "person_id": login.person_id,
        "sealed": seal_with_secret(secret, held, _context(audience, login.person_id)),
        "now": now,
        "idle": limits.idle,
        "ends_at": now + limits.total,
    }
    await connection.execute(START, values)
    return _text(secret)


async def current(
    connection: AsyncConnection, cookie: str, audience: Audience, now: datetime
) -> Session | None:
    """The session that ``cookie`` carries, or nothing where it has ended or is of the other audience.

    One statement checks it, notes its use (once a minute at most) and sets ``etterklang.person`` until the
    transaction ends, by which row-level security shows this person's rows and no others.
    """
    secret = _secret(cookie)
    if secret is None:
        return None
    values = {
        "session_hash": _hash(secret),
        "audience": audience.value,
        "now": now,
        "touched_before": now - TOUCHED_AT_MOST_EVERY,
    }
    row = (await connection.execute(CURRENT, values)).one_or_none()
    return None if row is None else _opened(secret, audience, row.person_id, row.sealed, row.ends_at)


async def end_session(connection: AsyncConnection, cookie: str) -> Audience | None:
    """Ends the session that ``cookie`` carries; says whose it was, or nothing where there was none."""
    secret = _secret(cookie)
    if secret is None:
        return None
    audience = await connection.scalar(END, {"session_hash": _hash(secret)})
    return None if audience is None else Audience(audience)


def cookie_of(request: Request[Any, Any, Any], settings: Settings) -> str | None:
    """The session cookie that the request brings."""
    return request.cookies.get(session_cookie_name(settings)) or None


def csrf_of(cookie: str) -> str:
    """What our page sends with every unsafe request: derived from the cookie, which no script can read.

    A cookie that is none of ours gives the empty string, which ``csrf`` never lets pass.
    """
    secret = _secret(cookie)
    return "" if secret is None else _text(derive(secret, "csrf"))


def _opened(
    secret: bytes, audience: Audience, person: UUID, sealed: bytes, ends_at: datetime
) -> Session | None:
    person_id = PersonId(person)
    try:
        held = open_with_secret(secret, sealed, _context(audience, person_id))
    except NotOpenedError:
        return None
    opened = msgspec.msgpack.decode(held, type=_Held)
    csrf = _text(derive(secret, "csrf"))
    return Session(person_id, opened.subject, opened.roles, opened.grant, csrf, ends_at)


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def _secret(cookie: str) -> bytes | None:
    try:
        secret = base64.b64decode(cookie + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) == SECRET_BYTES else None


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def _context(audience: Audience, person_id: PersonId) -> str:
    """Where the sealed part belongs: under another person's or audience's row it does not open."""
    return f"session {audience} {person_id}"
