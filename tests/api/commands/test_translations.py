"""Translations go out and come in by command; what comes in is a draft of its own."""

import json
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

    # A tool that leaves a unit's state as it came leaves it initial; a table's empty cell says nothing.
    state = "translated" if form == "csv" else "initial"
    taken = etterklang("translations", "import", version, file, by="aili")

    found = re.fullmatch(rf"1 texts in se \(1 {state}\), (\d+) are missing; draft (\S+)\n", taken.out)
    assert found is not None, taken.error
    assert found[2] != version
    status = etterklang("translations", "status", found[2]).out
    assert re.search(rf"^se: 1 of \d+ texts \(1 {state}\)$", status, re.MULTILINE)
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


RECORD = {
    "instrument_id": "urinary-habits",
    "language": "nn",
    "kind": "adaptation",
    "source_language": "nb",
    "wording_by": ["Aili"],
}


def test_a_language_is_recorded_marked_and_approved_and_its_status_says_so(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    file = Path("record.json")
    file.write_text(json.dumps(RECORD))
    for_nn = ("--language", "nn")
    assert "has no record of how it was translated" in etterklang("translations", "status", version).out

    recorded = etterklang("translations", "record", version, file, *for_nn, by="kari")
    assert recorded.out == f"recorded how nn of {version} was made; somebody else approves it\n"
    own = etterklang("translations", "approve", version, *for_nn, "--actor", "aili")
    assert (own.code, own.out) == (2, "")
    assert "somebody else must approve it" in own.error
    marked = etterklang(
        "translations", "mark", version, *for_nn, "--state", "final", "--key", "title", by="kari"
    )
    assert marked.out == "1 texts in nn are final\n"
    approved = etterklang("translations", "approve", version, *for_nn, "--actor", "ola")
    assert approved.out == f"approved nn of {version}\n"

    said = etterklang("translations", "status", version).out
    assert "  adaptation from nb, recorded by kari, approved by ola\n" in said
    (nn,) = (
        one
        for one in json.loads(etterklang("translations", "status", version, "--json").out)
        if one["language"] == "nn"
    )
    assert nn["states"] == {"initial": 0, "translated": nn["needed"] - 1, "reviewed": 0, "final": 1}
    assert {"key": "title", "state": "final"} in nn["texts"]
    assert (nn["missing"], nn["record"], nn["approved_by"]) == ([], RECORD, "ola")


@pytest.mark.parametrize(
    ("content", "language", "why"),
    [
        ("{", "nn", "is not a record's JSON"),
        (json.dumps(RECORD | {"score": 1}), "nn", "unknown field"),
        (json.dumps(RECORD), "se", "language: is another than se"),
        (json.dumps(RECORD | {"language": "se"}), "se", "has no wording in se"),
        (json.dumps(RECORD | {"instrument_id": "other"}), "nn", "names another instrument"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_in_one_sentence(
    etterklang: Etterklang, content: str, language: str, why: str
) -> None:
    version = imported(etterklang)
    file = Path("record.json")
    file.write_text(content)
    refused = etterklang("translations", "record", version, file, "--language", language, by="kari")
    assert (refused.code, refused.out) == (2, "")
    assert why in refused.error


def test_a_state_that_is_none_is_refused(etterklang: Etterklang) -> None:
    version = imported(etterklang)
    refused = etterklang("translations", "mark", version, "--language", "nn", "--state", "done", by="kari")
    assert refused.code == 2
    assert "is no state" in refused.error
