"""Grants: what a login gives the web process, so that one person's rows open while the session lasts."""

from datetime import datetime, timedelta

import msgspec

from surveys.identifiers import PersonId
from surveys.keys.errors import FreshLoginNeededError, NotAllowedError, NotOpenedError
from surveys.keys.messages import Audience
from surveys.keys.sealing import open_with_secret, seal_with_secret

CONTEXT = "grant"
FRESH = timedelta(minutes=5)
"""For so long after a login a person may have their whole history opened, stop, or ask for erasure."""


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose login it was, and until when it counts.

    ``logged_in_at`` is when the person themselves logged in, by the verified ID token: the earlier of its
    ``iat`` and ``auth_time``. Nothing where the token does not say; such a login is never fresh.
    """

    audience: Audience
    person_id: PersonId
    roles: tuple[str, ...]
    expires_at: datetime
    logged_in_at: datetime | None = None


def make_grant(
    key: bytes,
    audience: Audience,
    person_id: PersonId,
    roles: tuple[str, ...],
    expires_at: datetime,
    logged_in_at: datetime | None = None,
) -> bytes:
    """A grant that only the key service can make or read."""
    grant = Grant(audience, person_id, roles, expires_at, logged_in_at)
    return seal_with_secret(key, msgspec.json.encode(grant), CONTEXT)


def read_grant(key: bytes, sealed: bytes, now: datetime) -> Grant:
    """The grant, if it is ours and has not run out.

    Raises:
        NotAllowedError: it is not, or it has.
    """
    try:
        grant = msgspec.json.decode(open_with_secret(key, sealed, CONTEXT), type=Grant)
    except (NotOpenedError, ValueError) as error:
        raise NotAllowedError("no grant of a login") from error
    if grant.expires_at <= now:
        raise NotAllowedError("the login is too old")
    return grant


def fresh_until(grant: Grant, now: datetime) -> datetime:
    """Until when the login behind the grant is fresh.

    Raises:
        FreshLoginNeededError: it is not any more, or nobody knows.
    """
    if grant.logged_in_at is None or grant.logged_in_at + FRESH <= now:
        raise FreshLoginNeededError
    return grant.logged_in_at + FRESH


def grant_end(now: datetime, minutes: int) -> datetime:
    """When a grant made now runs out."""
    return now + timedelta(minutes=minutes)
