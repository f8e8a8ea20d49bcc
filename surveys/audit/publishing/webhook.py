"""A webhook: each checkpoint as a signed POST after Standard Webhooks 1.0.0 (standardwebhooks.com)."""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import httpx2
import msgspec

from surveys import clock
from surveys.audit.publishing.destination import Publication, PublicationError

SECONDS = 10.0
SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret begins, not one
SECRET = re.compile(rf"{SECRET_PREFIX}[A-Za-z0-9+/]+={{0,2}}", re.ASCII)
SHORTEST_SECRET = 24


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The checkpoint in the message; ``root`` in base64, ``note`` as signed."""

    size: int
    root: str
    note: str


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of the POST."""

    type: str
    timestamp: datetime
    data: Sent


class Webhook:
    """Somebody else's address. A witness there sees each checkpoint within a minute."""

    def __init__(self, address: str, secret: bytes, now: Callable[[], datetime] = clock.now) -> None:
        digest = hashlib.sha256(address.encode()).hexdigest()[:8]
        # A path may hold a token; the digest tells two webhooks at one host apart.
        self.name = f"webhook {urlsplit(address).hostname} ({digest})"
        self._address = address
        self._secret = secret
        self._now = now

    async def put(self, publication: Publication) -> None:
        """Sent and answered with a 2xx when it returns. The same checkpoint has the same ``webhook-id``.

        Raises:
            PublicationError: any other answer, or none.
        """
        sent = Sent(publication.size, b64encode(publication.root).decode(), publication.note)
        at = self._now()
        body = msgspec.json.encode(Message("audit.checkpoint", at, sent))
        name = f"checkpoint_{publication.size}_{publication.root.hex()[:16]}"
        headers = signed_headers(self._secret, name, int(at.timestamp()), body)
        try:
            async with httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False) as client:
                answer = await client.post(self._address, content=body, headers=headers)
        except httpx2.HTTPError as error:
            raise PublicationError(f"it does not answer: {type(error).__name__}") from error
        if not answer.is_success:
            raise PublicationError(f"it answered with status {answer.status_code}")


def signed_headers(secret: bytes, name: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a message: HMAC-SHA256 over identifier, time in seconds and body, parted by dots."""
    signed = f"{name}.{timestamp}.".encode() + body
    signature = b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def read_secret(content: str) -> bytes:
    """The secret as Standard Webhooks writes it: ``whsec_`` and base64 of 24 bytes or more.

    Raises:
        ValueError: it is not of that form.
    """
    written = content.strip()
    if not SECRET.fullmatch(written):
        raise ValueError("a webhook's secret is whsec_ and base64")
    try:
        secret = b64decode(written.removeprefix(SECRET_PREFIX), validate=True)
    except Base64Error as error:
        raise ValueError("a webhook's secret is whsec_ and base64") from error
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a webhook's secret has {SHORTEST_SECRET} bytes or more")
    return secret
