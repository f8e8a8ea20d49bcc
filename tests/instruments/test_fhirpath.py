"""FHIRPath is taken as far as it is understood, refused by name beyond, and never takes long."""

from contextlib import redirect_stderr, redirect_stdout
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.fhirpath import FhirPathError, evaluate, read_path

RESPONSE = {
    "resourceType": "QuestionnaireResponse",
    "item": [
        {"linkId": "a", "answer": [{"valueInteger": 3}]},
        {"linkId": "g", "item": [{"linkId": "b", "answer": [{"valueDecimal": 2.5}]}]},
        {"linkId": "c", "answer": [{"valueCoding": {"code": "x"}}]},
    ],
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("%resource.item.where(linkId = 'a').answer.value + 1", [4]),
        ("QuestionnaireResponse.descendants().where(linkId='b').answer.valueDecimal", [2.5]),
        ("item.where(linkId = 'c').answer.value.code = 'x'", [True]),
        ("(%w / (%h / 100).power(2)).round(1)", [Decimal("24.7")]),
        ("iif(%resource.item.where(linkId = 'z').answer.empty(), 'none', 'some')", ["none"]),
        ("%resource.item.where(linkId = 'z').answer.value + 1", []),
        ("1 / 0", []),
        ("'a' + 1", []),
        ("'abc'.toChars()", ["a", "b", "c"]),
    ],
)
def test_what_is_understood_is_reckoned(text: str, found: list[object]) -> None:
    path = read_path(text)
    assert evaluate(path, RESPONSE, {"resource": RESPONSE, "w": [80], "h": [180]}) == found


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "is empty"),
        ("1 +", "is no FHIRPath"),
        (")(", "is no FHIRPath"),
        ("a b", "is no FHIRPath"),
        ("1 = = 2", "is no FHIRPath"),
        ("'x", "is no FHIRPath"),
        ("iif(1, 2", "is no FHIRPath"),
        ("1 // and more", "is no FHIRPath"),
        ("today()", "uses today()"),
        ("item.repeat(item.item)", "repeats something else than item"),
        ("repeat(item).repeat(item)", "looks at everything once for each of many"),
        ("item.trace('x')", "uses trace()"),
        ("item.answer.value.display", "looks at 'display'"),
        ("item is Group", "asks for a type"),
        ("descendants().descendants().count()", "looks at everything once for each of many"),
        ("item.where(%resource.descendants().exists())", "looks at everything once for each of many"),
        ("item.where(item.where(item.where(item.exists()).exists()).exists())", "more than 2 tests"),
        ("(" * 100 + "1" + ")" * 100, "brackets more than 32 deep"),
        ("1" + "+1" * 400, "nested too deep"),
        ("1" + "+1" * 5_000, "has more than 1000 words"),
        ("1" * 30_000, "is longer than 20000 characters"),
    ],
)
def test_what_is_not_understood_or_could_take_long_is_refused_by_its_rule(text: str, rule: str) -> None:
    with pytest.raises(FhirPathError) as refused:
        read_path(text)
    assert rule in refused.value.rule


@given(st.text(alphabet="1a.()'%`+-*=<>| \\\n[],${}@", max_size=40))
def test_any_text_is_read_or_refused_and_nothing_is_said(text: str) -> None:
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            path = read_path(text)
        except FhirPathError:
            return
        finally:
            assert said.getvalue() == ""
    variables = {name: [1] for name in path.names}
    assert isinstance(evaluate(path, RESPONSE, variables), list)
