"""``etterklang instruments export``: a stored version as a Questionnaire that imports as itself."""

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from api import cli
from api.demo import places
from tests.builders.api import Keystore

FILE = places.DOCUMENTS / "urinary-habits.fhir.json"


@pytest.fixture
def _service(database: str, keystore: Keystore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ETTERKLANG_MODE", "development")
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("ETTERKLANG_KEYSTORE", str(keystore.file))
    monkeypatch.setenv("ETTERKLANG_KEYSTORE_PASSPHRASE_FILE", str(keystore.passphrase))
    monkeypatch.setenv("ETTERKLANG_ACTOR", "kari")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], _service: None) -> "Saying":
    return Saying(monkeypatch, capsys)


class Saying:
    """Runs ``etterklang instruments`` in this process: how it ended, and what it said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        self._monkeypatch.setattr("sys.argv", ["etterklang", "instruments", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = self._capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err


def test_a_stored_draft_is_written_as_a_questionnaire_that_checks_whole(said: Saying, tmp_path: Path) -> None:
    code, imported, error = said("import", FILE)
    assert code == 0, error
    version = imported.split()[-1]
    code, content, error = said("export", version, "--format", "fhir")
    assert code == 0, error
    assert Questionnaire.model_validate_json(content).status == "draft"
    file = tmp_path / "written.json"
    assert said("export", version, "--out", file)[0] == 0
    assert file.read_text(encoding="utf-8") == content
    code, report, _ = said("check", file)
    assert code == 0
    assert json.loads(report)["losses"] == []
    assert version in said("import", file)[1]


def test_what_is_not_stored_is_said_in_one_sentence(said: Saying) -> None:
    for name in ("01890a5d-ac96-774b-bcce-b302099a8057", "https://x.example/no-such-instrument"):
        code, out, error = said("export", name)
        assert (code, out) == (2, "")
        assert error.count("\n") == 1
