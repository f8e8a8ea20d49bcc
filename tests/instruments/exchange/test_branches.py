"""Conditions of a Questionnaire, resolved against the items that they look at."""

import json

import pytest

from instruments.definition import Branch, Condition
from instruments.exchange.fhir import read_questionnaire
from instruments.versions import Instrument
from tests.builders.instruments import fhir_choice, fhir_item, make_questionnaire


def whole(*items: object) -> Instrument:
    """The instrument of a questionnaire that is understood whole."""
    imported = read_questionnaire(json.dumps(make_questionnaire(*items)).encode())
    assert imported.losses == ()
    assert imported.instrument is not None
    return imported.instrument


def when(question: str, operator: str, **answer: object) -> dict[str, object]:
    return {"question": question, "operator": operator} | answer


@pytest.mark.parametrize(
    ("target", "condition", "expected"),
    [
        (fhir_item("q", "boolean"), when("q", "=", answerBoolean=True), Condition("q", "=", value=True)),
        (
            fhir_item("q", "string"),
            when("q", "exists", answerBoolean=False),
            Condition("q", "exists", value=False),
        ),
        (fhir_item("q", "integer"), when("q", ">=", answerInteger=4), Condition("q", ">=", 4)),
        (fhir_item("q", "decimal"), when("q", "<", answerDecimal=5.6), Condition("q", "<", 5.6)),
        (fhir_item("q", "string"), when("q", "!=", answerString="x"), Condition("q", "!=", "x")),
        (fhir_item("q", "date"), when("q", ">", answerDate="2020-05-01"), Condition("q", ">", "2020-05-01")),
        (fhir_item("q", "time"), when("q", "=", answerTime="08:00"), Condition("q", "=", "08:00:00")),
        (
            fhir_item("q", "dateTime"),
            when("q", ">", answerDateTime="2020-05-01T08:00:00Z"),
            Condition("q", ">", "2020-05-01T08:00:00Z"),
        ),
        (
            fhir_item("q", "quantity"),
            when("q", "=", answerQuantity={"value": 4, "unit": "kg"}),
            Condition("q", "=", 4),
        ),
        (
            fhir_choice("q", "x"),
            when("q", "=", answerCoding={"system": "urn:test", "code": "x"}),
            Condition("q", "=", "x"),
        ),
        (fhir_choice("q", "x"), when("q", "=", answerCoding={"code": "x"}), Condition("q", "=", "x")),
        (
            fhir_item("q", "integer", answerOption=[{"valueInteger": 34}]),
            when("q", "=", answerInteger=34),
            Condition("q", "=", "34"),
        ),
    ],
)
def test_a_condition_is_resolved_against_the_item_it_looks_at(
    target: object, condition: dict[str, object], expected: Condition
) -> None:
    items = whole(target, fhir_item("a", "string", enableWhen=[condition])).structure.items
    assert items[1].branch == Branch((expected,))


@pytest.mark.parametrize("needs", ["all", "any"])
def test_all_or_any_of_several_conditions_is_kept(needs: str) -> None:
    conditions = [when("q", "=", answerBoolean=True), when("r", "exists", answerBoolean=True)]
    item = fhir_item("a", "string", enableWhen=conditions, enableBehavior=needs)
    branch = whole(fhir_item("q", "boolean"), fhir_item("r", "string"), item).structure.items[2].branch
    assert branch is not None
    assert branch.needs == needs


def test_a_condition_finds_the_option_of_the_right_system_where_two_share_a_code() -> None:
    options = [{"valueCoding": {"system": system, "code": "x"}} for system in ("urn:one", "urn:two")]
    condition = when("q", "=", answerCoding={"system": "urn:two", "code": "x"})
    items = whole(
        fhir_item("q", "choice", answerOption=options), fhir_item("a", "string", enableWhen=[condition])
    ).structure.items
    assert items[1].branch == Branch((Condition("q", "=", "urn:two|x"),))
