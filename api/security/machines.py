"""Machines: registered by their public key, they get an access token for a signed assertion (RFC 7523)."""

import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.security.tables import machine
from surveys.audit import AuditEntry, append

ALGORITHMS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("OKP", "Ed25519"): ("EdDSA", "Ed25519"),
    ("EC", "P-256"): ("ES256",),
    ("RSA", ""): ("PS256", "RS256"),
}
"""What each kind of key signs with. EdDSA is the older name of Ed25519 (RFC 9864); they count as one."""

SAME = frozenset(ALGORITHMS["OKP", "Ed25519"])
PUBLIC_PARTS = frozenset(("kty", "crv", "x", "y", "n", "e"))
SMALLEST_RSA_BITS = 2048
CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}", re.ASCII)
FEED_SCOPE = re.compile(r"feed:[a-z][a-z0-9-]{0,62}", re.ASCII)
RESEARCH_SCOPE = re.compile(r"research:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
JTI = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)

LONGEST_LIFE = timedelta(seconds=60)
LEEWAY = timedelta(seconds=5)

# One statement: the assertion counts once, and what nobody can replay any more is forgotten.
USE = text(
    """
    WITH forgotten AS (
      DELETE FROM access.used_assertion WHERE client_id = :client_id AND expires_at < :now
    )
    INSERT INTO access.used_assertion (client_id, jti, expires_at) VALUES (:client_id, :jti, :expires_at)
    ON CONFLICT (client_id, jti) DO NOTHING RETURNING jti
    """
)

Key = OKPKey | ECKey | RSAKey


class InvalidMachineError(Exception):
    """A machine cannot be registered like this; the message names the field and the rule."""


class MachineTakenError(Exception):
    """A machine of this name is registered already."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"{client_id} is registered already; choose another name for the new key")


class MachineNotFoundError(Exception):
    """No machine of this name is registered and not yet revoked."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"there is no machine {client_id} that could be revoked")


class AssertionRefusedError(Exception):
    """The client assertion does not hold; which rule it breaks is for our log alone."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A registered machine that has not been revoked."""

    client_id: str
    public_key: dict[str, str]
    scopes: tuple[str, ...]


class _Claims(msgspec.Struct, frozen=True):
    """The claims that we read; an assertion may carry others."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    jti: str
    iat: float | None = None
    nbf: float | None = None


async def register_machine(
    connection: AsyncConnection,
    client_id: str,
    public_key: dict[str, str],
    scopes: Sequence[str],
    now: datetime,
) -> None:
    """Lets the owner of a key (a public JWK) ask for tokens for ``feed:REGISTRY`` or ``research:PROJECT_ID``.

    Raises:
        InvalidMachineError: the name, the key or a scope is not one that can be registered.
        MachineTakenError: the name is.
    """
    if not CLIENT_ID.fullmatch(client_id):
        raise InvalidMachineError("the name is letters, digits and ._:/- (100 at most)")
    _read_key(public_key)
    for scope in scopes:
        if not (FEED_SCOPE.fullmatch(scope) or RESEARCH_SCOPE.fullmatch(scope)):
            raise InvalidMachineError("a scope is feed:REGISTRY or research:PROJECT_ID")
    if not scopes:
        raise InvalidMachineError("at least one scope must be given")
    if (
        await connection.scalar(select(machine.c.client_id).where(machine.c.client_id == client_id))
        is not None
    ):
        raise MachineTakenError(client_id)
    projects = [UUID(scope.removeprefix("research:")) for scope in scopes if scope.startswith("research:")]
    await connection.execute(
        insert(machine).values(
            client_id=client_id,
            public_key=public_key,
            scopes=sorted(set(scopes)),
            project_id=projects[0] if len(projects) == 1 else None,
            registered_at=now,
        )
    )
    await append(connection, AuditEntry("machine-registered", "operator", now, None, {"machine": client_id}))


async def revoke_machine(connection: AsyncConnection, client_id: str, now: datetime) -> None:
    """Refuses the machine from now on; tokens that it has already are refused too.

    Raises:
        MachineNotFoundError: there is none that could be revoked.
    """
    revoked = await connection.execute(
        update(machine)
        .where(machine.c.client_id == client_id, machine.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if revoked.rowcount == 0:
        raise MachineNotFoundError(client_id)
    await append(connection, AuditEntry("machine-revoked", "operator", now, None, {"machine": client_id}))


async def find_machine(connection: AsyncConnection, client_id: str) -> Machine | None:
    """The machine of this name, unless it has been revoked."""
    found = await connection.execute(
        select(machine.c.client_id, machine.c.public_key, machine.c.scopes).where(
            machine.c.client_id == client_id, machine.c.revoked_at.is_(None)
        )
    )
    row = found.one_or_none()
    return None if row is None else Machine(row.client_id, row.public_key, tuple(row.scopes))


async def authenticate(
    connection: AsyncConnection, assertion: str, audiences: frozenset[str], now: datetime
) -> Machine:
    """The machine that signed the assertion, which counts once.

    ``audiences`` are the names by which we may be addressed: the token endpoint or the service.

    Raises:
        AssertionRefusedError: it is not signed by a registered machine, breaks a rule, or has been used.
    """
    claimed = _unverified_client(assertion)
    found = await find_machine(connection, claimed)
    if found is None:
        raise AssertionRefusedError("no such machine")
    claims = _verified(assertion, found)
    broken = _broken_rule(claims, found.client_id, audiences, now)
    if broken is not None:
        raise AssertionRefusedError(broken)
    used = {
        "client_id": found.client_id,
        "jti": claims.jti,
        "now": now,
        "expires_at": now + LONGEST_LIFE + 2 * LEEWAY,
    }
    if await connection.scalar(USE, used) is None:
        raise AssertionRefusedError("jti has been used")
    return found


def _unverified_client(assertion: str) -> str:
    """Whom the assertion says it is from: good for nothing but finding the key to check it with."""
    try:
        claims = msgspec.json.decode(jws.extract_compact(assertion.encode("ascii")).payload, type=_Claims)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise AssertionRefusedError("not a signed token with the claims needed") from error
    if not CLIENT_ID.fullmatch(claims.iss):
        raise AssertionRefusedError("iss is not a machine's name")
    return claims.iss


def _verified(assertion: str, signer: Machine) -> _Claims:
    key, algorithms = _read_key(signer.public_key)
    try:
        header = jws.extract_compact(assertion.encode("ascii")).headers()
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in algorithms:
            raise AssertionRefusedError("alg is not the registered key's")
        if key_id is not None and signer.public_key.get("kid", key_id) != key_id:
            raise AssertionRefusedError("kid is not the registered key's")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # EdDSA, the older name, is still common
            signed = jws.deserialize_compact(assertion, key, algorithms=[str(algorithm)])
        return msgspec.json.decode(signed.payload, type=_Claims)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise AssertionRefusedError("the signature does not hold") from error


def _broken_rule(claims: _Claims, client_id: str, audiences: frozenset[str], now: datetime) -> str | None:
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    rules = (
        (claims.iss == claims.sub == client_id, "iss and sub are not the machine"),
        (len(audience) == 1 and audience[0] in audiences, "aud is not us alone"),
        (claims.exp > moment - leeway, "exp has passed"),
        (claims.exp <= moment + LONGEST_LIFE.total_seconds() + leeway, "exp is more than 60 s ahead"),
        (claims.iat is None or claims.iat <= moment + leeway, "iat lies ahead"),
        (claims.nbf is None or claims.nbf <= moment + leeway, "nbf lies ahead"),
        (JTI.fullmatch(claims.jti) is not None, "jti is not 1 to 128 visible characters"),
    )
    return next((rule for holds, rule in rules if not holds), None)


def _read_key(public_key: dict[str, str]) -> tuple[Key, tuple[str, ...]]:
    """The key, and the algorithms that it is pinned to.

    Raises:
        InvalidMachineError: it is no public key of a kind that we take.
    """
    if "d" in public_key or public_key.get("kty") == "oct":
        raise InvalidMachineError("the key must be a public one; keep the private key where it was made")
    family = public_key.get("kty", ""), public_key.get("crv", "")
    possible = ALGORITHMS.get(family)
    if possible is None:
        raise InvalidMachineError("the key must be Ed25519, P-256 or RSA")
    named = public_key.get("alg")
    if named is None and len(possible) > 1 and not SAME.issuperset(possible):
        raise InvalidMachineError(f"the key must name its alg: {' or '.join(possible)}")
    if named is not None and named not in possible:
        raise InvalidMachineError(f"alg of this key must be {' or '.join(possible)}")
    try:
        key = import_key(
            {name: value for name, value in public_key.items() if name in ("kty", "crv", "x", "y", "n", "e")}
        )
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidMachineError("the key cannot be read as a JWK") from error
    if isinstance(key, RSAKey) and key.public_key.key_size < SMALLEST_RSA_BITS:
        raise InvalidMachineError(f"an RSA key must have {SMALLEST_RSA_BITS} bits or more")
    if not isinstance(key, OKPKey | ECKey | RSAKey):
        raise InvalidMachineError("the key must be Ed25519, P-256 or RSA")
    return key, possible if named is None or named in SAME else (named,)
