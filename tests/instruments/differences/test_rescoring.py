"""Scoring stored answers anew by a newer scoring."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from instruments.answers import Answers
from instruments.scoring import score_answers
from instruments.scoring.engine import ENGINE_VERSION
from instruments.scoring.rescoring import SameScoringError, rescore
from instruments.scoring.spec import MissingRule
from instruments.versions import InvalidInstrumentError, content_hash
from tests.builders.instruments import choice, make_scoring, make_structure

STRUCTURE = make_structure(choice("q1", "a", "b", "c", "d"), choice("q2", "a", "b", "c", "d"))
OLD = make_scoring("q1", "q2")
NEW = make_scoring("q1", "q2", missing=MissingRule("all"))
STORED = (
    Answers(values={"q1": ("d",), "q2": ("b",)}),
    Answers(values={"q1": ("d",)}),
)


def test_each_response_gets_new_scores_with_the_hashes_of_both_scorings() -> None:
    rows = list(rescore(OLD, NEW, STRUCTURE, STORED))
    assert [row.response for row in rows] == [0, 1]
    assert [row.scores for row in rows] == [score_answers(NEW, STRUCTURE, answers) for answers in STORED]
    assert {(row.old_scoring, row.new_scoring, row.engine) for row in rows} == {
        (content_hash(OLD), content_hash(NEW), ENGINE_VERSION)
    }


def test_the_new_rule_decides_what_is_missing() -> None:
    before = score_answers(OLD, STRUCTURE, STORED[1])[0].value
    after = list(rescore(OLD, NEW, STRUCTURE, STORED))[1].scores[0].value
    assert before == pytest.approx(100)
    assert after is None


def test_answers_are_taken_one_by_one() -> None:
    taken = []

    def stored() -> Iterator[Answers]:
        for number, answers in enumerate(STORED):
            taken.append(number)
            yield answers

    next(rescore(OLD, NEW, STRUCTURE, stored()))
    assert taken == [0]


def test_the_same_scoring_is_refused() -> None:
    with pytest.raises(SameScoringError, match="give a newer one"):
        rescore(OLD, make_scoring("q1", "q2"), STRUCTURE, STORED)


def test_a_scoring_that_does_not_fit_the_structure_is_refused() -> None:
    with pytest.raises(InvalidInstrumentError, match="is not an item of the instrument"):
        rescore(OLD, make_scoring("q1", "q9"), STRUCTURE, STORED)


def test_a_scoring_of_another_instrument_is_refused() -> None:
    with pytest.raises(InvalidInstrumentError, match="another instrument"):
        rescore(OLD, replace(NEW, instrument_id="other"), STRUCTURE, STORED)
