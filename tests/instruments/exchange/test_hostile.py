"""What is no Questionnaire gets one clear error, at once: the place and the rule, never a traceback."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.exchange.fhir import InvalidQuestionnaireError, read_questionnaire
from instruments.exchange.json_tree import MAX_BYTES, MAX_OBJECTS
from tests.builders.instruments import fhir_choice, fhir_extension, fhir_item, make_questionnaire


def error(content: object) -> InvalidQuestionnaireError:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(InvalidQuestionnaireError) as caught:
        read_questionnaire(raw)
    return caught.value


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe{}", "is not UTF-8"),
        (b"[]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b'{"item": [], "item": []}', "'item' twice"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "too many digits"),
        (b" " * (MAX_BYTES + 1), "larger than"),
        (b'{"a": [' + b",".join([b"{}"] * (MAX_OBJECTS + 1)) + b"]}", "objects"),
    ],
)
def test_what_is_no_json_object_is_refused(content: bytes, rule: str) -> None:
    assert rule in error(content).rule


@pytest.mark.parametrize(
    ("number", "path"),
    [("NaN", "item[0].maxLength"), ("Infinity", "item[0].maxLength"), ("-1e999", "item[0].maxLength")],
)
def test_a_number_that_is_not_finite_is_named_with_its_place(number: str, path: str) -> None:
    content = json.dumps(make_questionnaire(fhir_item("a", "string", maxLength=77777)))
    found = error(content.replace("77777", number).encode())
    assert (found.path, found.rule) == (path, "is a number that is not finite")


def test_half_a_character_is_named_with_its_place() -> None:
    content = json.dumps(make_questionnaire(fhir_item("a", "string", text="HALF")))
    assert error(content.replace("HALF", "\\ud800").encode()).path == "item[0].text"


Q = fhir_item("q", "boolean")


@pytest.mark.parametrize(
    ("tree", "path", "rule"),
    [
        ({"resourceType": "Patient"}, "resourceType", "must be Questionnaire"),
        ({}, "resourceType", "must be Questionnaire"),
        ({"resourceType": "Bundle", "entry": [{}, {"resource": make_questionnaire(Q)}]}, "resourceType",
            "the Questionnaire in it (entry[1].resource)"),
        ({"resourceType": "Bundle", "entry": "x"}, "resourceType", "a Bundle: give a Questionnaire"),
        (make_questionnaire(fhir_item("a", "choice", option=[])), "item[0].option", "of FHIR STU3"),
        (make_questionnaire(fhir_item("a", "question")), "item[0].type", "of FHIR R5"),
        (make_questionnaire(fhir_item("a", "coding")), "item[0].type", "of FHIR R5"),
        (make_questionnaire(fhir_item("a", "string", answerConstraint="optionsOnly")),
            "item[0].answerConstraint", "of FHIR R5"),
        (make_questionnaire(Q, versionAlgorithmString="semver"), "versionAlgorithmString", "of FHIR R5"),
        (make_questionnaire(Q, fhir_item("a", "string", enableWhen=[{"question": "q", "hasAnswer": True}])),
            "item[1].enableWhen[0].hasAnswer", "of FHIR STU3"),
        (make_questionnaire(item="x"), "item", "list of objects"),
        ({"resourceType": "Questionnaire"}, "item", "asks nothing"),
        (make_questionnaire(), "item", "asks nothing"),
        (make_questionnaire({"type": "string"}), "item[0].linkId", "needs one"),
        (make_questionnaire({"linkId": "a"}), "item[0].type", "needs one"),
        (make_questionnaire(fhir_item("a", "string", text=["x"])), "item[0].text", "must be a text"),
        (make_questionnaire(fhir_item("a", "string", required="yes")), "item[0].required", "true or false"),
        (make_questionnaire(fhir_item("a", "string", maxLength="x")), "item[0].maxLength", "a number"),
        (make_questionnaire(fhir_item("a", "string", maxLength=1.5)), "item[0].maxLength", "whole number"),
        (make_questionnaire(fhir_item("a", "string", extension={})), "item[0].extension", "list of objects"),
        (make_questionnaire(fhir_item("a", "string", item=[1])), "item[0].item", "list of objects"),
        (make_questionnaire(Q, fhir_item("g", "group", item=[Q])), "item[1].item[0].linkId", "item[0] too"),
        (make_questionnaire(fhir_choice("a", "x", "x")), "item[0].answerOption", "an option twice"),
        (
            make_questionnaire(fhir_choice("a", "x", initial=[{"valueCoding": {"code": "y"}}])),
            "item[0].initial[0]",
            "does not have",
        ),
        (make_questionnaire(fhir_choice("a", "x"), fhir_item("a/x", "string")), "item[1]", "wording key"),
        (make_questionnaire(fhir_item("a", "display", item=[Q])), "item[0].item", "holds no items"),
        (make_questionnaire(Q, url="https://x|1"), "url", "neither"),
        (
            make_questionnaire(fhir_item("a", "integer", initial=[{"valueInteger": 4}], extension=[
                fhir_extension("maxValue", valueInteger=3)])),
            "item[0]",
            "filled in",
        ),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named_with_its_place(tree: dict[str, object], path: str, rule: str) -> None:
    found = error(tree)
    assert found.path == path
    assert rule in found.rule
    assert str(found).startswith(path)


def when(question: str, **fields: object) -> dict[str, object]:
    return {"question": question, "operator": "exists", "answerBoolean": True} | fields


@pytest.mark.parametrize(
    ("conditions", "path", "rule"),
    [
        ([when("nowhere")], "item[1].enableWhen[0].question", "not there"),
        ([when("q", operator="~")], "item[1].enableWhen[0].operator", "must be one of"),
        ([when("q", answerString="x")], "item[1].enableWhen[0]", "one answer[x]"),
        ([{"question": "q", "operator": "="}], "item[1].enableWhen[0]", "one answer[x]"),
        ([when("c", operator="=", answerBoolean=None)], "item[1].enableWhen[0].answerBoolean", ""),
        ([when("a")], "item[1]", "in a circle"),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(conditions: list[object], path: str, rule: str) -> None:
    item = fhir_item("a", "string", enableWhen=conditions)
    choice = fhir_choice("c", "x")
    if rule:
        found = error(make_questionnaire(Q, item, choice))
        assert found.path == path
        assert rule in found.rule
    else:
        losses = read_questionnaire(json.dumps(make_questionnaire(Q, item, choice)).encode()).losses
        assert [loss.path for loss in losses] == [path]


def test_a_condition_on_an_option_that_is_not_there_is_refused() -> None:
    condition = {"question": "c", "operator": "=", "answerCoding": {"system": "urn:test", "code": "y"}}
    found = error(make_questionnaire(fhir_choice("c", "x"), fhir_item("a", "string", enableWhen=[condition])))
    assert (found.path, found.rule) == (
        "item[1].enableWhen[0]",
        "names an option that the item it looks at does not have",
    )


def test_a_circle_of_three_branches_is_refused() -> None:
    items = [fhir_item(name, "string", enableWhen=[when(other)]) for name, other in ("ab", "bc", "ca")]
    assert "in a circle" in error(make_questionnaire(*items)).rule


def test_more_than_five_thousand_items_are_refused_and_five_thousand_are_read() -> None:
    items = [{"linkId": str(number), "type": "string"} for number in range(5_001)]
    assert error(make_questionnaire(*items)).path == "item[5000]"
    assert read_questionnaire(json.dumps(make_questionnaire(*items[:-1])).encode()).items == 5_000


def test_five_thousand_items_that_wait_for_one_another_in_a_circle_are_refused() -> None:
    items = [
        fhir_item(str(number), "string", enableWhen=[when(str((number + 1) % 5_000))])
        for number in range(5_000)
    ]
    assert "in a circle" in error(make_questionnaire(*items)).rule


def nested(depth: int) -> dict[str, object]:
    item = fhir_item("leaf", "string")
    for number in range(depth - 1):
        item = fhir_item(str(number), "group", item=[item])
    return make_questionnaire(item)


def test_items_nested_more_than_64_deep_are_refused() -> None:
    assert read_questionnaire(json.dumps(nested(64)).encode()).items == 64
    assert "64 deep" in error(nested(65)).rule
    assert "64 deep" in error(nested(100)).rule


def test_fifty_thousand_unknown_extensions_are_all_named() -> None:
    extension = [{"url": f"urn:{number}"} for number in range(50_000)]
    content = json.dumps(make_questionnaire(Q, extension=extension)).encode()
    assert len(read_questionnaire(content).losses) == 50_000


def test_a_contained_list_that_thousands_of_items_share_is_refused_before_it_fills_the_memory() -> None:
    concepts = [{"code": str(number)} for number in range(3_000)]
    contained = [{"resourceType": "ValueSet", "id": "v", "compose": {"include": [{"concept": concepts}]}}]
    items = [fhir_item(str(number), "choice", answerValueSet="#v") for number in range(3_000)]
    assert "options" in error(make_questionnaire(*items, contained=contained)).rule


def test_thousands_of_conditions_on_thousands_of_options_are_looked_up_once_each() -> None:
    codes = [str(number) for number in range(10_000)]
    conditions = [{"question": "c", "operator": "=", "answerCoding": {"code": code}} for code in codes]
    item = fhir_item("a", "string", enableWhen=conditions, enableBehavior="any")
    content = json.dumps(make_questionnaire(fhir_choice("c", *codes), item)).encode()
    assert read_questionnaire(content).items == 2


WORDS = st.sampled_from(["", "a", "choice", "group", "#v"])
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["item", "linkId", "type", "text", "_text", "extension", "url", "answerOption", "valueCoding",
                 "code", "enableWhen", "question", "operator", "answerCoding", "initial", "contained",
                 "compose", "required"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON, JSON, JSON)
def test_any_json_at_all_is_read_or_refused(items: object, contained: object, title: object) -> None:
    tree = make_questionnaire(contained=contained, title=title) | {"item": items}
    with contextlib.suppress(InvalidQuestionnaireError):
        assert read_questionnaire(json.dumps(tree).encode()).items


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidQuestionnaireError):
        read_questionnaire(content)
