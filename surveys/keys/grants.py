"""Grants: what a login gives the web process, so that one person's rows open while the session lasts."""

from datetime import datetime, timedelta

import msgspec

from surveys.identifiers import PersonId
from surveys.keys.errors import NotAllowedError, NotOpenedError
from surveys.keys.messages import Audience
from surveys.keys.sealing import open_with_secret, seal_with_secret

CONTEXT = "grant"


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose login it was, and until when it counts."""

    audience: Audience
    person_id: PersonId
    roles: tuple[str, ...]
    expires_at: datetime


def make_grant(
    key: bytes, audience: Audience, person_id: PersonId, roles: tuple[str, ...], expires_at: datetime
) -> bytes:
    """A grant that only the key service can make or read."""
    return seal_with_secret(key, msgspec.json.encode(Grant(audience, person_id, roles, expires_at)), CONTEXT)


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


def grant_end(now: datetime, minutes: int) -> datetime:
    """When a grant made now runs out."""
    return now + timedelta(minutes=minutes)
