"""``etterklang instruments check``: a report and an exit code for any file; never a traceback."""

import json
import os
from pathlib import Path

import pytest

from tests.builders.command_line import Ended, etterklang, etterklang_started
from tests.builders.instruments import fhir_item, make_questionnaire


def check(file: Path, *options: str) -> tuple[int, dict[str, object]]:
    ended: Ended = etterklang("instruments", "check", file, *options)
    assert "Traceback" not in ended.error
    report = json.loads(ended.out)
    assert {"understood", "items", "losses", "errors"} <= report.keys()
    return ended.code, report


def written(folder: Path, content: object) -> Path:
    file = folder / "file.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return file


def test_a_questionnaire_that_is_understood_whole_ends_with_0(tmp_path: Path) -> None:
    code, report = check(written(tmp_path, make_questionnaire(fhir_item("a", "string"))), "--format", "fhir")
    assert (code, report["items"], report["losses"], report["errors"]) == (0, 1, [], [])


def test_losses_are_named_with_path_what_and_why_and_end_with_3(tmp_path: Path) -> None:
    code, report = check(written(tmp_path, make_questionnaire(fhir_item("a", "attachment"))))
    losses = report["losses"]
    assert code == 3
    assert isinstance(losses, list)
    assert [(loss["path"], loss["what"]) for loss in losses] == [("item[0].type", "the type attachment")]
    assert losses[0]["why"]


def test_what_is_invalid_is_named_with_path_and_rule_and_ends_with_2(tmp_path: Path) -> None:
    twice = make_questionnaire(fhir_item("a", "string"), fhir_item("a", "string"))
    code, report = check(written(tmp_path, twice))
    assert code == 2
    assert report["errors"] == [{"path": "item[1].linkId", "rule": "is the linkId of item[0] too"}]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b" " * (9 * 1024 * 1024)],
    ids=["empty", "binary", "deep lists", "deep objects", "large"],
)
def test_a_file_that_is_no_questionnaire_ends_with_2_and_one_error(tmp_path: Path, content: bytes) -> None:
    code, report = check(written(tmp_path, content))
    assert code == 2
    assert len(report["errors"]) == 1  # type: ignore[arg-type]


def test_what_is_no_file_ends_with_2_and_one_error(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (tmp_path, tmp_path / "missing.json", pipe, Path("/dev/null/x")):
        code, report = check(place)
        assert code == 2
        assert len(report["errors"]) == 1  # type: ignore[arg-type]


def test_no_settings_and_no_database_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "nonsense")
    ended = etterklang_started(
        "instruments", "check", written(tmp_path, make_questionnaire(fhir_item("a", "string")))
    )
    assert (ended.code, ended.error) == (0, "")
