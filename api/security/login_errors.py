"""Why a login came to nothing. Whoever logs in sees one of two notices; the log has class and rule."""

from typing import Literal

Notice = Literal["signed-out", "login-failed", "provider-unavailable"]


class LoginError(Exception):
    """The family of everything that ends a login; ``notice`` is what the page says of it."""

    notice: Notice = "login-failed"

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(rule)


class ProviderUnavailableError(LoginError):
    """The identity provider is not set up, does not answer, or answers what cannot be used."""

    notice: Notice = "provider-unavailable"


class RequestRefusedError(LoginError):
    """The provider does not take our request: a wrong registration, key or setting."""

    notice: Notice = "provider-unavailable"


class ResponseMalformedError(LoginError):
    """The address that the browser came back with is not an authorization response."""


class AttemptNotFoundError(LoginError):
    """No login is under way by this state in this browser: unknown, used, expired, or another's."""


class IssuerMismatchError(LoginError):
    """The response is not from the provider that the browser was sent to (RFC 9207)."""


class LoginDeniedError(LoginError):
    """The provider, or the person there, said no."""


class CodeRefusedError(LoginError):
    """The provider does not exchange the code."""
