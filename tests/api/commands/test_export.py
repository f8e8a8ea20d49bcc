"""``etterklang instruments export``: a stored version as a Questionnaire that imports as itself."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from api.demo import places
from tests.builders.command_line import Ended

FILE = places.DOCUMENTS / "urinary-habits.fhir.json"


Saying = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(etterklang: Callable[..., Ended]) -> Saying:
    """Runs ``etterklang instruments``: how it ended, and what it said."""
    return lambda *arguments: etterklang(*arguments, by="kari")


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
