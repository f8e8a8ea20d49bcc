"""How the provider says no: to a client in JSON (RFC 6749, 5.2), to a person on a page."""

import msgspec


class OAuthRefusalError(Exception):
    """A client's request is refused; ``code`` is one of OAuth's."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        self.code = code
        self.description = description
        self.status = status
        super().__init__(f"{code}: {description}")


class PageRefusalError(Exception):
    """A browser has come with something that leads nowhere; it is never sent on from there."""


class Refused(msgspec.Struct, frozen=True):
    """A refusal as clients read it."""

    error: str
    error_description: str
