"""We as a client of one identity provider: its metadata, the pushed request, the exchange of the code."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

import httpx2
import msgspec
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

from api.security.attempts import Attempt
from api.security.login_errors import (
    CodeRefusedError,
    IssuerMismatchError,
    ProviderUnavailableError,
)
from api.security.par import push
from api.security.profiles import Profile, read_profiles
from surveys import clock
from surveys.keys import Audience
from surveys.settings import Settings
from surveys.tls import trusted

METADATA_LASTS = timedelta(hours=1)
TIMEOUT_SECONDS = 5
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AUTHENTICATION = "private_key_jwt"
SCOPE = "openid profile"
LOG_IN_AGAIN = {"prompt": "login", "max_age": "0"}
"""Has the provider ask whoever is logged in there, and say in ``auth_time`` when it did (OpenID Connect Core
1.0, 3.1.2.1). What the provider makes of it the key service sees for itself."""
NO_ANSWER = (httpx2.HTTPError, httpx2.InvalidURL)
UNREADABLE = (ValueError, RecursionError)

# httpx2 logs whole addresses at INFO.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class Metadata(msgspec.Struct, frozen=True):
    """The provider's metadata (OpenID Connect Discovery 1.0, RFC 8414), as far as we read it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str
    end_session_endpoint: str = ""
    authorization_response_iss_parameter_supported: bool = False


class RelyingParty:
    """We as a client of one provider. The metadata is kept for an hour; no token is kept at all."""

    def __init__(self, profile: Profile, client: AsyncOAuth2Client, now: Callable[[], datetime]) -> None:
        self.profile = profile
        self._client = client
        self._now = now
        self._metadata: tuple[Metadata, datetime] | None = None
        client.register_client_auth_method((AUTHENTICATION, self._sign))

    async def authorization_address(self, attempt: Attempt, language: str) -> str:
        """Where to send the browser: the provider's page for a request that it has been pushed.

        Raises:
            ProviderUnavailableError: it does not answer.
            RequestRefusedError: it does not take the request.
        """
        metadata = await self._known_metadata()
        parameters = {
            "client_id": self.profile.client_id,
            "response_type": "code",
            "redirect_uri": self.profile.redirect_uri,
            "scope": SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.verifier),
            "code_challenge_method": "S256",
            "acr_values": self.profile.acr,
            "ui_locales": language,
        } | (LOG_IN_AGAIN if attempt.is_fresh else {})

        async def post(fields: Mapping[str, str]) -> httpx2.Response:
            response: httpx2.Response = await self._client.post(
                metadata.pushed_authorization_request_endpoint,
                data=dict(fields),
                auth=self._client.client_auth(AUTHENTICATION),
            )
            return response

        request_uri = await push(post, parameters)
        return _with_query(
            metadata.authorization_endpoint,
            {"client_id": self.profile.client_id, "request_uri": request_uri},
        )

    async def check_issuer(self, named: str | None) -> None:
        """Checks that the response is from this provider and no other (RFC 9207).

        Raises:
            IssuerMismatchError: another issuer is named, or none by a provider that promises to name itself.
            ProviderUnavailableError: it does not answer.
        """
        metadata = await self._known_metadata()
        if named is None and not metadata.authorization_response_iss_parameter_supported:
            return
        if named != self.profile.issuer:
            raise IssuerMismatchError("iss is not the provider that the browser was sent to")

    async def exchange(self, code: str, verifier: str) -> str:
        """The ID token for a code. It is not verified here: the key service does that, for itself and us.

        Raises:
            ProviderUnavailableError: the provider does not answer, or fails.
            CodeRefusedError: it does not take the code, or gives no ID token.
        """
        metadata = await self._known_metadata()
        try:
            answer = await self._client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=self.profile.redirect_uri,
            )
        except OAuthError as error:
            raise CodeRefusedError("the provider does not exchange the code") from error
        except (*NO_ANSWER, *UNREADABLE, TypeError) as error:
            # TypeError: Authlib takes expires_in for a number without looking.
            raise ProviderUnavailableError("the token endpoint does not answer") from error
        finally:
            self._client.token = None
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise CodeRefusedError("the provider gives no ID token")
        return id_token

    async def logout_address(self) -> str | None:
        """Where the browser ends its session at the provider (RP-Initiated Logout 1.0), if that can be said.

        Without ``id_token_hint``: an ID token in an address would leave the national identifier in logs.
        """
        try:
            metadata = await self._known_metadata()
        except ProviderUnavailableError:
            return None
        if not metadata.end_session_endpoint:
            return None
        return _with_query(
            metadata.end_session_endpoint,
            {
                "client_id": self.profile.client_id,
                "post_logout_redirect_uri": self.profile.signed_out_uri,
            },
        )

    async def _known_metadata(self) -> Metadata:
        now = self._now()
        if self._metadata is None or now - self._metadata[1] > METADATA_LASTS:
            self._metadata = await self._fetched_metadata(), now
        return self._metadata[0]

    async def _fetched_metadata(self) -> Metadata:
        address = f"{self.profile.issuer}/.well-known/openid-configuration"
        try:
            response = await self._client.request("GET", address, withhold_token=True)
            found = msgspec.json.decode(response.raise_for_status().content, type=Metadata)
        except (*NO_ANSWER, *UNREADABLE) as error:
            raise ProviderUnavailableError("the provider's metadata cannot be had") from error
        if found.issuer != self.profile.issuer:
            raise ProviderUnavailableError("the metadata name another issuer")
        _check_endpoints(found)
        return found

    def _sign(
        self, _auth: object, _method: str, address: str, headers: httpx2.Headers, body: bytes
    ) -> tuple[str, httpx2.Headers, bytes]:
        """Authlib calls this for every attempt; its own signer would give one ``jti`` to several."""
        assertion = self.profile.key.assertion(self.profile.client_id, self.profile.issuer, self._now())
        fields = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return address, headers, body + b"&" + urlencode(fields).encode()


@asynccontextmanager
async def open_relying_parties(
    settings: Settings, now: Callable[[], datetime] = clock.now
) -> AsyncIterator[Mapping[Audience, RelyingParty]]:
    """We at each provider that is set up; the connections close when the block ends.

    Raises:
        SettingsError: an address does not belong in this mode, or a client key cannot be used.
    """
    profiles = read_profiles(settings)
    async with AsyncExitStack() as clients:
        yield {
            audience: RelyingParty(profile, await clients.enter_async_context(_client(profile)), now)
            for audience, profile in profiles.items()
        }


def _client(profile: Profile) -> AsyncOAuth2Client:
    return AsyncOAuth2Client(
        client_id=profile.client_id,
        token_endpoint_auth_method=AUTHENTICATION,
        timeout=TIMEOUT_SECONDS,
        verify=trusted(),
        follow_redirects=False,
    )


def _check_endpoints(metadata: Metadata) -> None:
    """Where the issuer is reached by https, so is everything that it names."""
    if not metadata.issuer.startswith("https://"):
        return
    endpoints = (
        metadata.authorization_endpoint,
        metadata.token_endpoint,
        metadata.pushed_authorization_request_endpoint,
        metadata.end_session_endpoint or metadata.issuer,
    )
    if not all(endpoint.startswith("https://") for endpoint in endpoints):
        raise ProviderUnavailableError("the metadata name an endpoint without https")


def _with_query(address: str, parameters: Mapping[str, str]) -> str:
    joint = "&" if urlsplit(address).query else "?"
    return f"{address}{joint}{urlencode(parameters)}"
