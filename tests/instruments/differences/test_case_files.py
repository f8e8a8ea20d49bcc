"""Real Questionnaires turn into one another by their differences."""

from pathlib import Path

import pytest

from instruments.comparability import comparability
from instruments.differences import apply, diff
from instruments.exchange.fhir import read_questionnaire
from instruments.versions import Instrument

FOLDER = Path(__file__).parents[3] / "../shared/cases/questionnaires"
FILES = sorted(FOLDER.glob("*.json"))


def imported(file: Path) -> Instrument:
    """The instrument with all its losses accepted."""
    losses = read_questionnaire(file.read_bytes()).losses
    instrument = read_questionnaire(file.read_bytes(), {loss.path for loss in losses}).instrument
    assert instrument is not None
    return instrument


@pytest.mark.skipif(not FILES, reason="the shared case files are not here")
def test_each_questionnaire_turns_into_the_next_and_is_identical_to_itself() -> None:
    instruments = [imported(file) for file in FILES]
    for a, b in zip(instruments, instruments[1:] + instruments[:1], strict=True):
        assert apply(a, diff(a, b)) == b
        assert comparability(a, a).overall == "identical"
