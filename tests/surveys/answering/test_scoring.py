"""What is stored of answers: what the version calculates stands with them, and counts in the scores."""

import pytest
from msgspec.structs import replace

from instruments.definition import Item
from instruments.scoring.spec import Scale, ScoredItem
from surveys.answering.errors import AnswersRefusedError
from surveys.answering.messages import PartAnswers, SealedSubmission
from surveys.answering.scoring import store_parts
from surveys.identifiers import AssessmentId, new_id
from tests.builders.answering import NOW, habits

TWICE = "%resource.item.where(linkId = 'times').answer.value * 2"


def submitted(**values: object) -> SealedSubmission:
    answers = PartAnswers(0, {name: (value,) for name, value in values.items()}, ())  # type: ignore[misc]
    return SealedSubmission(AssessmentId(new_id()), "nb", (answers,), NOW)


plain = habits()
COUNTING = replace(
    plain,
    structure=replace(
        plain.structure, items=(*plain.structure.items, Item("twice", "integer", calculated=TWICE))
    ),
    scoring=replace(
        plain.scoring, items=(ScoredItem("twice", 0, 40),), scales=(Scale("load", items=("twice",)),)
    ),
)


def test_a_calculated_value_is_stored_with_the_answers_and_scored() -> None:
    ((part, response, scores),) = store_parts([COUNTING], submitted(times=4))
    assert (part, response.answers.values) == (0, {"times": (4,), "twice": (8,)})
    assert [(one.scale_id, one.value) for one in scores.scores] == [("load", 8.0)]


def test_what_cannot_be_calculated_is_missing() -> None:
    ((_, response, scores),) = store_parts([COUNTING], submitted())
    assert response.answers.values == {}
    assert [one.value for one in scores.scores] == [None]


def test_a_calculated_value_that_somebody_sends_is_refused() -> None:
    with pytest.raises(AnswersRefusedError):
        store_parts([COUNTING], submitted(times=4, twice=9))
