"""The committed documents are what the source builds, small enough, and ask nobody else for anything."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.frontend import node

DIST = node.FRONTEND / "dist"
PAGES = ("patient.html", "mine.html", "staff.html")
MAX_GZIP_BYTES = 31 * 1024
NAMES_OF_FORMATS = {
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/1998/Math/MathML",
}


@pytest.fixture(scope="session")
def installed() -> None:
    node.install()


def inline(document: str, tag: str) -> list[str]:
    text = (DIST / document).read_text(encoding="utf-8")
    return re.findall(rf"<{tag}(?: type=\"module\")?>(.*?)</{tag}>", text, re.DOTALL)


def test_the_types_hold(installed: None) -> None:
    node.run(node.FRONTEND / "node_modules" / "typescript" / "bin" / "tsc", "--noEmit")


def test_the_types_are_those_of_the_described_api(tmp_path: Path) -> None:
    node.write_types(tmp_path / "api.ts")
    committed = (node.FRONTEND / "core" / "api.ts").read_text(encoding="utf-8")
    assert (tmp_path / "api.ts").read_text(encoding="utf-8") == committed, "run `make frontend` and commit"


def test_every_unit_test_of_the_frontend_passes(installed: None) -> None:
    said = node.run(node.FRONTEND / "node_modules" / "vitest" / "vitest.mjs", "run")
    assert "passed" in said
    assert "skipped" not in said


def test_the_committed_documents_are_what_the_source_builds(installed: None, tmp_path: Path) -> None:
    node.build(tmp_path / "dist")
    built = {file.name: file.read_bytes() for file in (tmp_path / "dist").iterdir()}
    committed = {file.name: file.read_bytes() for file in DIST.iterdir()}
    assert built.keys() == committed.keys()
    different = [name for name in built if built[name] != committed[name]]
    assert not different, f"{different} are not what the source builds: run `make frontend` and commit"


def test_the_lock_file_holds_no_download_address() -> None:
    locked = json.loads((node.FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in locked["packages"].items() if "resolved" in package]


@pytest.mark.parametrize("document", PAGES)
def test_a_document_is_small(document: str) -> None:
    assert len(gzip.compress((DIST / document).read_bytes(), 9)) <= MAX_GZIP_BYTES


@pytest.mark.parametrize("document", PAGES)
def test_a_document_names_no_other_host(document: str) -> None:
    found = set(re.findall(r"https?://[\w./-]+", (DIST / document).read_text(encoding="utf-8")))
    assert found <= NAMES_OF_FORMATS


@pytest.mark.parametrize("document", PAGES)
@pytest.mark.parametrize("tag", ["script", "style"])
def test_a_policy_holds_the_hash_of_each_inline_part(document: str, tag: str) -> None:
    policies = json.loads((DIST / "csp.json").read_text(encoding="utf-8"))
    digests = [hashlib.sha256(part.encode()).digest() for part in inline(document, tag)]
    assert digests
    assert policies[document][tag] == [f"sha256-{base64.b64encode(digest).decode()}" for digest in digests]


@pytest.mark.parametrize("document", PAGES)
def test_a_document_has_one_place_for_its_state_and_no_inline_style_or_handler(document: str) -> None:
    text = (DIST / document).read_text(encoding="utf-8")
    markup = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    assert text.count('<script type="application/json" id="state"></script>') == 1
    assert not re.search(r"\s(style|on\w+)=", markup)
