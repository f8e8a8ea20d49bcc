"""Which unsafe requests count: every combination of where one comes from and what it brings."""

import secrets

import pytest
from litestar.testing import RequestFactory

from api.security.csrf import check_token
from api.security.errors import CrossSiteError
from surveys.settings import Settings

SETTINGS = Settings(etterklang_public_url="https://answers.example")
OURS = "https://answers.example"
TOKEN = secrets.token_urlsafe(32)


def is_let_in(headers: dict[str, str], csrf: str = TOKEN) -> bool:
    request = RequestFactory().put("/", headers=headers)
    try:
        check_token(request, csrf, SETTINGS)
    except CrossSiteError:
        return False
    return True


@pytest.mark.parametrize(
    "from_us",
    [
        {"origin": OURS},
        {"sec-fetch-site": "same-origin"},
        {"origin": OURS, "sec-fetch-site": "same-origin"},
    ],
)
def test_our_page_is_let_in_with_its_token(from_us: dict[str, str]) -> None:
    assert is_let_in(from_us | {"x-csrf": TOKEN})


@pytest.mark.parametrize(
    "from_elsewhere",
    [
        {},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://elsewhere.example"},
        {"origin": "http://answers.example"},
        {"origin": "https://answers.example:444"},
        {"origin": "https://answers.example.elsewhere.example"},
        {"origin": "https://sub.answers.example", "sec-fetch-site": "same-site"},
        {"origin": OURS, "sec-fetch-site": "cross-site"},
        {"origin": "https://elsewhere.example", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"referer": OURS},
    ],
)
def test_nobody_else_is_let_in_even_with_the_token(from_elsewhere: dict[str, str]) -> None:
    assert not is_let_in(from_elsewhere | {"x-csrf": TOKEN})


@pytest.mark.parametrize(
    "token",
    ["", TOKEN[:-1], TOKEN + "A", secrets.token_urlsafe(32), "null"],
    ids=["empty", "cut", "longer", "another", "null"],
)
def test_our_page_without_its_token_is_not_let_in(token: str) -> None:
    assert not is_let_in({"origin": OURS, "x-csrf": token})
    assert not is_let_in({"origin": OURS})


def test_a_cookie_that_is_none_of_ours_has_no_token_that_fits() -> None:
    assert not is_let_in({"origin": OURS, "x-csrf": ""}, csrf="")
    assert not is_let_in({"origin": OURS}, csrf="")
