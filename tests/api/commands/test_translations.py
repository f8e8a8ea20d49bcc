"""Translations go out and come in by command; what comes in is a draft of its own."""

import re
from pathlib import Path

import pytest

from tests.api.commands.test_instruments import Etterklang, imported


@pytest.mark.parametrize("form", ["xliff", "csv"])
def test_a_language_goes_out_and_comes_back_as_a_new_draft(etterklang: Etterklang, form: str) -> None:
    version = imported(etterklang)
    file = Path(f"to-translate.{form}")
    wrote = etterklang("translations", "export", version, "--language", "se", "--format", form, "--out", file)
    assert (wrote.code, wrote.out) == (0, "")
    key = rb"\btitle,([^,]+)," if form == "csv" else rb"(<source>[^<]+</source>)"
    said = "Čállit".encode() if form == "csv" else "<target>Čállit</target>".encode()
    content = file.read_bytes()
    file.write_bytes(re.sub(key, lambda found: found[0] + said, content, count=1))

    taken = etterklang("translations", "import", version, file, by="aili")

    found = re.fullmatch(r"1 texts in se, (\d+) are missing; draft (\S+)\n", taken.out)
    assert found is not None, taken.error
    assert found[2] != version
    status = etterklang("translations", "status", found[2]).out
    assert re.search(r"^se: 1 of \d+ texts$", status, re.MULTILINE)
    assert len(re.findall(r"has no text$", status, re.MULTILINE)) == int(found[1])
    assert "by aili" in etterklang("list").out


def test_a_file_that_does_not_fit_stores_nothing(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    file = Path("wrong.xliff")
    file.write_text("<xliff/>")
    refused = etterklang("translations", "import", version, file, by="aili")
    assert (refused.code, refused.out) == (2, "")
    assert "must be XLIFF 2.0 or 2.1" in refused.error
    assert len(etterklang("list").out.splitlines()) == 1


def test_a_language_that_is_not_there_cannot_be_translated_from(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    refused = etterklang("translations", "export", version, "--language", "se", "--source", "fi")
    assert refused.code == 2
    assert "is no language that the instrument has" in refused.error
