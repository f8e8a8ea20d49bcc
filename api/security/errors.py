"""Why a caller is turned away."""

from surveys.keys import Audience


class AccessError(Exception):
    """The family of everything that turns a caller away."""


class NotSignedInError(AccessError):
    """There is no session, or it has ended."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        super().__init__(f"you are not logged in; go to /login/{audience}")


class RoleMissingError(AccessError):
    """The person is logged in, but lacks the role that the route asks for."""

    def __init__(self, role: str) -> None:
        self.role = role
        super().__init__(f"this needs the role {role}; ask the registry for it")


class TokenRefusedError(AccessError):
    """A machine brought no access token, or one that does not hold."""

    def __init__(self) -> None:
        super().__init__("bring an access token that is still valid; get one at /api/token")


class ScopeMissingError(AccessError):
    """The access token is good, but for something else."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"this needs a token for the scope {scope}")


class CrossSiteError(AccessError):
    """A request that changes something did not come from a page of ours."""

    def __init__(self) -> None:
        super().__init__("the request did not come from our page; load the page again")
