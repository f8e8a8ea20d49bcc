"""A registered client that asks the development provider by hand."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx2
from joserfc import jwt

from api.demo.provider import Person
from api.demo.provider.book import s256
from api.security.client_key import ClientKey
from surveys import clock
from surveys.identifiers import new_id
from tests.builders.login import PEOPLE, REQUEST_URI, ClientKeys, query_of

WEB = "http://127.0.0.1:8400"
CALLBACK = f"{WEB}/login/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Asker:
    """A registered client that asks the provider by hand."""

    issuer: str
    http: httpx2.AsyncClient
    keys: ClientKeys

    def authentication(self, client_id: str = "etterklang", **changed: object) -> dict[str, str]:
        key = _key(self.keys.patient if client_id == "etterklang" else self.keys.staff)
        issued = int(clock.now().timestamp())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": self.issuer,
            "jti": str(new_id()),
            "iat": issued,
            "exp": issued + 60,
        } | changed
        header = {"alg": key.public.alg, "kid": key.public.kid}
        signed = jwt.encode(header, claims, key._private, algorithms=[key.public.alg])
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    async def push(self, client_id: str = "etterklang", **changed: str | None) -> httpx2.Response:
        good = {
            "client_id": client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "a-state",
            "nonce": "a-nonce",
            "code_challenge": s256(VERIFIER),
            "code_challenge_method": "S256",
            "acr_values": "idporten-loa-high",
            "ui_locales": "nn",
        } | self.authentication(client_id)
        fields = {name: value for name, value in (good | changed).items() if value is not None}
        return await self.http.post(f"{self.issuer}/par", data=fields)

    async def page(self, client_id: str = "etterklang") -> httpx2.Response:
        request_uri = (await self.push(client_id)).json()["request_uri"]
        asked = {"client_id": client_id, "request_uri": request_uri}
        return await self.http.get(f"{self.issuer}/authorize", params=asked)

    async def code(self, person: Person = PEOPLE[0], client_id: str = "etterklang") -> str:
        found = REQUEST_URI.search((await self.page(client_id)).text)
        assert found is not None
        chosen = {"request_uri": found[1], "person": str(PEOPLE.index(person))}
        answer = await self.http.post(f"{self.issuer}/choose", data=chosen)
        return query_of(answer.headers["location"])["code"]

    async def exchange(self, code: str, client_id: str = "etterklang", **changed: str) -> httpx2.Response:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": CALLBACK,
        }
        own = self.authentication(client_id)
        return await self.http.post(f"{self.issuer}/token", data=fields | own | changed)


@cache
def _key(file: Path) -> ClientKey:
    """Reading a private key checks its primes, which takes its time."""
    return ClientKey.read(file)
