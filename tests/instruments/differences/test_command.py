"""``etterklang instruments diff A B``: what changed, what it leaves to compare, and what cannot be read."""

import json
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from api.cli import main
from instruments.versions import Instrument
from tests.builders.instruments import (
    choice,
    fhir_choice,
    fhir_item,
    make_instrument,
    make_questionnaire,
    make_scoring,
)

A = make_instrument(
    choice("q1", "a", "b", "c", "d"), choice("q2", "a", "b"), scoring=make_scoring("q1"), languages=("nb",)
)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Said":
    return Said(capsys, monkeypatch, tmp_path)


class Said:
    """Runs the command on two documents and gives its exit code, output and error output."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        self.capsys, self.monkeypatch, self.folder = capsys, monkeypatch, folder

    def __call__(self, a: bytes, b: bytes, *options: str) -> tuple[int, str, str]:
        for name, content in (("A.json", a), ("B.json", b)):
            (self.folder / name).write_bytes(content)
        return self.run(self.folder / "A.json", self.folder / "B.json", *options)

    def run(self, *arguments: object) -> tuple[int, str, str]:
        words = ["etterklang", "instruments", "diff", *map(str, arguments)]
        self.monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        shown = self.capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err


def written(instrument: Instrument) -> bytes:
    return msgspec.json.encode(instrument)


def test_the_changes_are_said_and_then_what_may_be_compared(say: Said) -> None:
    b = replace(A, structure=replace(A.structure, recall="P7D"))
    code, out, _ = say(written(A), written(b))
    assert code == 0
    assert out.splitlines() == [
        "the structure: the recall period changes from nothing to 'P7D' (structure, major: not comparable)",
        "overall: not comparable",
        "  all: not comparable",
    ]


def test_a_version_and_itself_have_no_changes(say: Said) -> None:
    code, out, _ = say(written(A), written(A))
    assert (code, out.splitlines()) == (0, ["no changes", "overall: identical", "  all: identical"])


def test_the_report_is_json_on_demand(say: Said) -> None:
    b = replace(A, structure=replace(A.structure, recall="P7D"))
    _, out, _ = say(written(A), written(b), "--json")
    report = json.loads(out)
    assert report["changes"][0]["path"] == ["structure", "recall"]
    assert report["comparability"]["scales"] == {"all": "not comparable"}


def test_questionnaires_are_compared_and_what_is_not_understood_is_named(say: Said) -> None:
    one = make_questionnaire(fhir_choice("q1", "x", "y"))
    other = make_questionnaire(fhir_choice("q1", "x", "y", "z"), fhir_item("q2", "attachment"))
    code, out, _ = say(json.dumps(one).encode(), json.dumps(other).encode())
    assert code == 0
    assert "item 'q1', option 'z' is added" in out
    assert "not compared, since not understood, in B: item[1]" in out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[[", "is not an instrument's JSON"),
        (b"\xff\xfe", "is not an instrument's JSON"),
        (b"[" * 100_000, "is not an instrument's JSON"),
        (b'{"resourceType": "Patient"}', "must be Questionnaire"),
        (b'{"resourceType": 7}', "is not an instrument's JSON"),
        (written(replace(A, scoring=make_scoring("q9"))), "is not an item of the instrument"),
    ],
)
def test_a_file_without_an_instrument_is_named_in_one_sentence(
    say: Said, content: bytes, reason: str
) -> None:
    code, out, error = say(written(A), content)
    assert (code, out) == (2, "")
    assert error.startswith("etterklang: B.json: ")
    assert reason in error
    assert len(error.splitlines()) == 1


def test_a_file_that_is_not_there_is_named_in_one_sentence(say: Said, tmp_path: Path) -> None:
    code, _, error = say.run(tmp_path / "none.json", tmp_path / "none.json")
    assert code == 2
    assert error == "etterklang: none.json: cannot be read: No such file or directory\n"
