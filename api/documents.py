"""The pages: one built HTML file each, with the state of the visit written into it."""

import base64
import hashlib
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
from litestar import Request, Response

from surveys.answering import Language

HERE = Path(__file__).parent
PLACES = (HERE / "dist", HERE.parent / "frontend" / "dist")
"""In a wheel, and in a working copy."""

STATE_BEGINS = '<script type="application/json" id="state">'
STATE_ENDS = "</script>"
LANGUAGE_AS_BUILT = '<html lang="nb"'
LANGUAGES: tuple[Language, ...] = ("nb", "nn", "en")
# What browsers call the same: "no" is an older tag for Norwegian in either written form.
SPOKEN: Mapping[str, Language] = {"nb": "nb", "no": "nb", "nn": "nn", "en": "en", "da": "nb", "sv": "nb"}
LANGUAGE_COOKIE = "etterklang-language"
YEAR_SECONDS = 365 * 24 * 3600
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
RAW_DEFLATE = -zlib.MAX_WBITS

Kind = Literal["patient", "staff"]


class DocumentError(Exception):
    """A built page is missing, or is not one that a state can be written into."""

    def __init__(self, file: str, rule: str) -> None:
        super().__init__(f"{file} {rule}; run `make frontend`")


class _Half(NamedTuple):
    """The unchanging text before or after the state: as it is, and deflated up to a byte's boundary."""

    plain: bytes
    deflated: bytes


class Page:
    """One built document. Only the state is compressed for each visit; the rest was, at the start."""

    def __init__(self, file: str, built: str) -> None:
        """Cuts ``built`` at its state.

        Raises:
            DocumentError: it holds no place for the state, or more than one.
        """
        before, found, rest = built.partition(STATE_BEGINS)
        _, ended, after = rest.partition(STATE_ENDS)
        if not (found and ended) or STATE_BEGINS in after:
            raise DocumentError(file, "has no single place for the state")
        self._before = {
            language: _half(
                before.replace(LANGUAGE_AS_BUILT, f'<html lang="{language}"', 1) + found, zlib.Z_FULL_FLUSH
            )
            for language in LANGUAGES
        }
        self._after = _half(ended + after, zlib.Z_FINISH)
        self.policy = _policy(built)

    def plain(self, language: Language, state: bytes) -> bytes:
        """The document with ``state``, which is JSON in UTF-8."""
        return self._before[language].plain + _harmless(state) + self._after.plain

    def gzipped(self, language: Language, state: bytes) -> bytes:
        """The same as one gzip member (RFC 1952), put together from parts that end on a byte's boundary."""
        before, written = self._before[language], _harmless(state)
        squeezing = zlib.compressobj(6, zlib.DEFLATED, RAW_DEFLATE)
        middle = squeezing.compress(written) + squeezing.flush(zlib.Z_FULL_FLUSH)
        check = zlib.crc32(self._after.plain, zlib.crc32(written, zlib.crc32(before.plain)))
        length = len(before.plain) + len(written) + len(self._after.plain)
        return b"".join(
            (GZIP_HEADER, before.deflated, middle, self._after.deflated, struct.pack("<II", check, length))
        )


@dataclass(frozen=True)
class Documents:
    """The built pages."""

    patient: Page
    mine: Page
    staff: Page

    @classmethod
    def read(cls) -> "Documents":
        """Reads the pages from where they were built to.

        Raises:
            DocumentError: one is missing, or holds no place for the state.
        """
        return cls(_read("patient.html"), _read("mine.html"), _read("staff.html"))


def show(
    request: Request[Any, Any, Any], page: Page, language: Language, state: msgspec.Struct
) -> Response[bytes]:
    """The page with this state, gzipped for those who take it."""
    content = msgspec.json.encode(state)
    headers = {
        "content-security-policy": page.policy,
        "content-language": language,
        "vary": "accept-encoding, accept-language, cookie",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        body = page.gzipped(language, content)
    else:
        body = page.plain(language, content)
    return Response(body, media_type="text/html", headers=headers)


def language_of(request: Request[Any, Any, Any], asked: Language | None) -> Language:
    """The language asked for now, else the one chosen before, else the first that the browser names."""
    if asked is not None:
        return asked
    chosen = SPOKEN.get(request.cookies.get(LANGUAGE_COOKIE, ""))
    if chosen is not None:
        return chosen
    preferred = _preferences(request.headers.get("accept-language", ""))
    return next((SPOKEN[tag] for tag in preferred if tag in SPOKEN), "nb")


def remember_language(response: Response[bytes], language: Language, *, secure: bool) -> None:
    """Keeps the choice for a year; the cookie holds the two letters and nothing else."""
    response.set_cookie(
        key=LANGUAGE_COOKIE,
        value=language,
        max_age=YEAR_SECONDS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def _preferences(header: str) -> list[str]:
    """The primary subtags of an Accept-Language header (RFC 9110, 12.5.4), the most wanted first."""
    wanted: list[tuple[float, str]] = []
    for one in header[:200].split(","):
        tag, _, weight = one.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if quality > 0:
            wanted.append((quality, tag.strip().lower().partition("-")[0]))
    return [tag for _, tag in sorted(wanted, key=lambda one: -one[0])]


def _read(name: str) -> Page:
    file = next((place / name for place in PLACES if (place / name).exists()), None)
    if file is None:
        raise DocumentError(name, "has not been built")
    return Page(name, file.read_text(encoding="utf-8"))


def _half(text: str, ending: int) -> _Half:
    plain = text.encode()
    squeezing = zlib.compressobj(9, zlib.DEFLATED, RAW_DEFLATE)
    return _Half(plain, squeezing.compress(plain) + squeezing.flush(ending))


def _harmless(state: bytes) -> bytes:
    """The state so that nothing in it can end the element that holds it."""
    return state.replace(b"<", b"\\u003c")


def _policy(built: str) -> str:
    found = _InlineParts()
    found.feed(built)
    found.close()
    directives = {
        "default-src": ("'none'",),
        "script-src": _hashes(found.scripts),
        "style-src": _hashes(found.styles),
        "img-src": ("'self'", "data:"),
        "connect-src": ("'self'",),
        "form-action": ("'self'",),
        "base-uri": ("'none'",),
        "frame-ancestors": ("'none'",),
    }
    return "; ".join(" ".join((name, *values)) for name, values in directives.items())


def _hashes(texts: list[str]) -> tuple[str, ...]:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return tuple(f"'sha256-{digest}'" for digest in digests) or ("'none'",)


class _InlineParts(HTMLParser):
    """The texts of a document's inline scripts and styles; a block of JSON is neither."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._into: list[str] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begins to collect where the element's text is run or applied."""
        attributes = dict(attrs)
        if tag == "script" and "src" not in attributes and attributes.get("type") != "application/json":
            self._into, self._text = self.scripts, ""
        elif tag == "style":
            self._into, self._text = self.styles, ""

    def handle_data(self, data: str) -> None:
        """Collects."""
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        """Notes what was collected."""
        if tag in ("script", "style") and self._into is not None:
            self._into.append(self._text)
            self._into = None
