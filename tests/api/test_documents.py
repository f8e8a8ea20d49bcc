"""The pages: the state is written in and cannot break out, and the policy names exactly what is inlined."""

import gzip
import hashlib
import json
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.documents import PLACES, STATE_BEGINS, DocumentError, Documents, Page
from tests.builders.api import Service

STYLE, SCRIPT = "body{color:red}", "console.log('<b>')"
BUILT = (
    f'<!doctype html><html lang="nb"><head><style>{STYLE}</style></head><body>'
    '<script type="application/json" id="state"></script>'
    f'<script type="module">{SCRIPT}</script></body></html>'
)
PAGE = Page("test.html", BUILT)


def digest(text: str) -> str:
    return "'sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def written(document: bytes) -> object:
    return json.loads(document.decode().partition(STATE_BEGINS)[2].partition("</script>")[0])


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.text() | st.none() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_the_state_holds_it_comes_out_as_it_went_in(state: object) -> None:
    encoded = json.dumps(state, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        encoded.decode()
    except UnicodeDecodeError:
        return
    document = PAGE.plain("nb", encoded)
    assert written(document) == state
    assert document.count(b"</script>") == 2
    assert gzip.decompress(PAGE.gzipped("nb", encoded)) == document


def test_the_policy_allows_what_is_inlined_and_nothing_else() -> None:
    assert PAGE.policy == (
        f"default-src 'none'; script-src {digest(SCRIPT)}; style-src {digest(STYLE)}; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def test_the_page_says_in_which_language_it_is() -> None:
    assert b'<html lang="nn"' in PAGE.plain("nn", b"{}")


@pytest.mark.parametrize("built", ["<html></html>", BUILT + BUILT])
def test_a_document_without_one_place_for_the_state_is_refused(built: str) -> None:
    with pytest.raises(DocumentError, match="single place"):
        Page("test.html", built)


def test_the_built_documents_have_the_hashes_that_the_build_wrote_down() -> None:
    documents = Documents.read()
    hashes = json.loads(
        next(place / "csp.json" for place in PLACES if (place / "csp.json").exists()).read_text()
    )
    built = (
        (documents.patient, "patient.html"),
        (documents.mine, "mine.html"),
        (documents.staff, "staff.html"),
    )
    for page, name in built:
        for one in hashes[name]["script"] + hashes[name]["style"]:
            assert f"'{one}'" in page.policy


async def test_the_language_is_the_one_asked_for_then_the_one_chosen_then_the_browsers(
    service: Service,
) -> None:
    async def shown(path: str = "/", **headers: str) -> str:
        client = await service.anyone({name.replace("_", "-"): value for name, value in headers.items()})
        found = await client.get(path)
        return found.headers["content-language"]

    assert await shown() == "nb"
    assert await shown(accept_language="de, en;q=0.5, nn-NO;q=0.9") == "nn"
    assert await shown(accept_language="no") == "nb"
    assert await shown(accept_language="en", cookie="etterklang-language=nn") == "nn"
    assert await shown("/?lang=en", cookie="etterklang-language=nn") == "en"
    chosen = await (await service.anyone()).get("/?lang=nn")
    cookie = chosen.headers["set-cookie"]
    assert cookie.startswith("etterklang-language=nn; ")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_the_page_comes_gzipped_to_those_who_take_it(service: Service) -> None:
    squeezed = await (await service.anyone({"accept-encoding": "br, gzip"})).get("/")
    plain = await (await service.anyone({"accept-encoding": "identity"})).get("/")
    assert squeezed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert squeezed.text == plain.text
    assert plain.headers["content-type"] == "text/html; charset=utf-8"


async def test_the_page_of_ones_own_answers_opens_at_its_own_parts_and_nowhere_else(service: Service) -> None:
    patient = await service.patient()
    csrf = patient.headers["x-csrf"]
    state = written((await patient.get("/mine?at=stop&lang=nn")).content)
    assert isinstance(state, dict)
    assert {name: state[name] for name in ("signed_in", "csrf", "at", "language")} == {
        "signed_in": True,
        "csrf": csrf,
        "at": "stop",
        "language": "nn",
    }
    assert (await patient.get("/mine?at=elsewhere")).status_code == 400
    for somebody in (await service.anyone(), await service.staff()):
        assert written((await somebody.get("/mine")).content) == {
            "signed_in": False,
            "language": "nb",
            "session_ends_at": None,
            "csrf": None,
            "at": None,
        }
