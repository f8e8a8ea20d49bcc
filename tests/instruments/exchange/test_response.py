"""A QuestionnaireResponse is read against the version that it names, or refused by place and rule."""

import contextlib
import json

import pytest
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.answers import Answers, check
from instruments.definition import Item, Option, Structure
from instruments.exchange.response import InvalidResponseError, canonical_of, read_response, write_response
from tests.builders.instruments import answered_structures

STRUCTURE = Structure(
    "https://example.org/q",
    "2",
    (
        Item(
            "g",
            "group",
            items=(
                Item(
                    "a",
                    "choice",
                    (Option("1", 1.0, system="urn:scale"), Option("2", 2.0, system="urn:scale")),
                ),
                Item("n", "integer", minimum=0, maximum=10),
            ),
        ),
        Item("w", "quantity", minimum=0, maximum=300, unit="kg"),
        Item("t", "text"),
        Item("d", "date"),
        Item("b", "boolean"),
    ),
)
KNOWN = {canonical_of(STRUCTURE): STRUCTURE}
ANSWERS = Answers(
    {"a": ("2",), "n": (7,), "w": (70.5,), "t": ("some words",), "d": ("2026-01-02",)}, skipped=("b",)
)


def tree(**changes: object) -> dict[str, object]:
    written = json.loads(write_response(STRUCTURE, ANSWERS, authored="2026-11-24T10:00:00Z", language="nb"))
    return {**written, **changes}


def test_answers_survive_the_way_out_and_in() -> None:
    read = read_response(json.dumps(tree()).encode(), KNOWN)
    assert read == (canonical_of(STRUCTURE), ANSWERS, "2026-11-24T10:00:00Z", "nb")


def test_what_is_written_is_fhir() -> None:
    QuestionnaireResponse.model_validate(tree())


@given(answered_structures())
@settings(max_examples=80, deadline=None)
def test_any_answers_to_any_sound_version_survive(answered: tuple[Structure, Answers]) -> None:
    structure, answers = answered
    if check(structure, answers):
        return
    read = read_response(write_response(structure, answers), {canonical_of(structure): structure})
    assert read.answers.values == {name: values for name, values in answers.values.items() if values}
    assert set(read.answers.skipped) == set(answers.skipped)


def item(link_id: str, **fields: object) -> dict[str, object]:
    return {"linkId": link_id, **fields}


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"questionnaire": "https://example.org/q"}, "questionnaire", "url|version"),
        ({"questionnaire": "https://example.org/q|3"}, "questionnaire", "not known"),
        ({"resourceType": "Questionnaire"}, "resourceType", "QuestionnaireResponse"),
        ({"status": "in-progress"}, "status", "completed"),
        ({"contained": []}, "contained", "not understood"),
        ({"authored": "yesterday"}, "authored", "form"),
        ({"item": {}}, "item", "list"),
        ({"item": [item("gone")]}, "item[0].linkId", "no item"),
        ({"item": [item("a", answer=[{"valueCoding": {"code": "1"}}])]}, "item[0].linkId", "in this place"),
        ({"item": [item("t"), item("t")]}, "item[1]", "again"),
        ({"item": [item("t", answer=[{"valueInteger": 1}])]}, "item[0].answer[0].valueInteger", "kind text"),
        ({"item": [item("t", answer=[{}])]}, "item[0].answer[0]", "one value"),
        (
            {"item": [item("b", answer=[{"valueBoolean": True}, {"valueBoolean": True}])]},
            "item[0]",
            "more answers than it takes",
        ),
        ({"item": [item("g", answer=[{"valueString": "x"}])]}, "item[0].answer", "takes no answer"),
        (
            {"item": [item("g", item=[item("n", answer=[{"valueInteger": 11}])])]},
            "item[0].item[0]",
            "range",
        ),
        (
            {"item": [item("g", item=[item("a", answer=[{"valueCoding": {"code": "3"}}])])]},
            "item[0].item[0].answer[0].valueCoding",
            "none of the item's options",
        ),
        (
            {"item": [item("w", answer=[{"valueQuantity": {"value": 1, "code": "g"}}])]},
            "item[0].answer[0].valueQuantity",
            "another unit",
        ),
        (
            {"item": [item("t", extension=[{"url": "urn:x", "valueCode": "y"}])]},
            "item[0].extension",
            "not understood",
        ),
    ],
)
def test_what_the_version_does_not_allow_is_refused_by_place_and_rule(
    changes: dict[str, object], path: str, rule: str
) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        read_response(json.dumps(tree(**changes)).encode(), KNOWN)
    assert caught.value.path == path
    assert rule in caught.value.rule


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["linkId", "answer", "item", "valueString", "text"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_whatever_stands_there_it_is_a_response_or_one_error(items: object) -> None:
    with contextlib.suppress(InvalidResponseError):
        read_response(json.dumps(tree(item=items)).encode(), KNOWN)


CALCULATING = Structure(
    "https://example.org/c",
    "1",
    items=(
        Item("a", "integer"),
        Item("b", "decimal", calculated="%resource.item.where(linkId = 'a').answer.value / 2"),
    ),
)


def test_what_the_version_calculates_is_filled_in_and_must_not_be_said_otherwise() -> None:
    known = {canonical_of(CALCULATING): CALCULATING}
    plain = Answers({"a": (3,)})
    whole = Answers({"a": (3,), "b": (1.5,)})
    for said in (plain, whole):
        assert read_response(write_response(CALCULATING, said), known).answers == whole
    with pytest.raises(InvalidResponseError) as refused:
        read_response(write_response(CALCULATING, Answers({"a": (3,), "b": (2.0,)})), known)
    assert (refused.value.path, refused.value.rule) == ("item[1]", "is not what the version calculates")
