"""The two cookies that a login leaves: one for the ten minutes it takes, one for the session."""

from litestar.datastructures import Cookie

from surveys.settings import Settings


def session_cookie_name(settings: Settings) -> str:
    """``__Host-etterklang``; over plain http, which is for development on loopback, without the prefix."""
    return _name(settings, "etterklang")


def login_cookie_name(settings: Settings) -> str:
    """``__Host-etterklang-login``, or without the prefix over plain http."""
    return _name(settings, "etterklang-login")


def is_secure(settings: Settings) -> bool:
    """Whether browsers reach us by https alone."""
    return settings.etterklang_public_url.startswith("https://")


def made(settings: Settings, name: str, value: str, max_age: int | None = None) -> Cookie:
    """A cookie that no script and no other site sees; ``max_age`` in seconds, else until the browser ends."""
    return Cookie(
        key=name,
        value=value,
        path="/",
        max_age=max_age,
        secure=is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def removed(settings: Settings, name: str) -> Cookie:
    """What makes the browser forget the cookie."""
    return made(settings, name, "", max_age=0)


def _name(settings: Settings, name: str) -> str:
    return f"__Host-{name}" if is_secure(settings) else name
