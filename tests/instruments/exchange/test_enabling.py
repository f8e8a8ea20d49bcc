"""``enableWhenExpression``: FHIRPath as a branch that holds exactly where a FHIRPath engine says true."""

import json
from itertools import product

import pytest
from fhirpathpy import evaluate
from fhirpathpy.models import models

from instruments.answers import Answers, shown_items
from instruments.definition import Branch, Condition, Structure, Value
from instruments.exchange.fhir import Imported, read_questionnaire
from instruments.response_items import response_items
from tests.builders.instruments import fhir_choice, fhir_extension, fhir_item, make_questionnaire

ENABLE = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
BOOLEAN = "%resource.item.where(linkId='b').answer.value"
NUMBER = "%resource.repeat(item).where(linkId='n').answer.value"
ONE = "%resource.item.where(linkId = 'one').answer.value"
MANY = "%resource.item.where(linkId = 'many').answer.value"
WORDS = "%resource.descendants().where(linkId = 'w').answer.value"
DAY = "%resource.item.where(linkId='g').item.where(linkId='d').answer.value"
AMOUNT = "%resource.item.where(linkId='g').item.where(linkId='q').answer"
UNDER = "%resource.item.where(linkId='b').answer.item.where(linkId='under').answer.value"

ANSWERS: dict[str, tuple[tuple[Value, ...], ...]] = {
    "b": ((), (True,), (False,)),
    "n": ((), (4,), (5,)),
    "one": ((), ("x",), ("y",), ("v",)),
    "many": ((), ("x",), ("y", "x"), ("z",)),
    "w": ((), ("it's",), ("b",)),
    "d": ((), ("2020-05-01",)),
    "q": ((), (2.5,)),
}


def expression(text: str, **more: object) -> dict[str, object]:
    return fhir_extension(ENABLE, valueExpression={"language": "text/fhirpath", "expression": text} | more)


def read(text: str, *variables: tuple[str, str], **more: object) -> Imported:
    """A questionnaire with items of many kinds, of which ``asked`` is asked where ``text`` is true."""
    several = fhir_choice("many", "x", "y", "z") | {"repeats": True}
    within = [fhir_item("n", "integer"), fhir_item("d", "date"), fhir_item("q", "quantity")]
    tree = make_questionnaire(
        fhir_item("b", "boolean", item=[fhir_item("under", "integer")]),
        fhir_choice("one", "x", "y", "v"),
        several,
        fhir_item("w", "string"),
        fhir_item("g", "group", item=within),
        fhir_item("asked", "string", extension=[expression(text)], **more),
    )
    tree["extension"] = [
        fhir_extension(
            "variable", valueExpression={"name": name, "language": "text/fhirpath", "expression": of}
        )
        for name, of in variables
    ]
    return read_questionnaire(json.dumps(tree).encode())


def structure_of(imported: Imported) -> Structure:
    assert imported.losses == ()
    assert imported.instrument is not None
    return imported.instrument.structure


def branch(text: str, *variables: tuple[str, str]) -> Branch | None:
    return structure_of(read(text, *variables)).items[-1].branch


def is_true(text: str, structure: Structure, values: dict[str, tuple[Value, ...]]) -> bool:
    """What a FHIRPath engine makes of the response that holds these answers."""
    response = {"resourceType": "QuestionnaireResponse", "item": response_items(structure.items, values)}
    return bool(evaluate(response, text, {"resource": response}, models["r4"]) == [True])


@pytest.mark.parametrize(
    "text",
    [
        f"{BOOLEAN}",
        f"{BOOLEAN} = true",
        f"{BOOLEAN} != true",
        f"{BOOLEAN}.not()",
        f"({BOOLEAN} = true).not()",
        f"{NUMBER} > 4",
        f"({NUMBER} > 4).not()",
        f"5 <= {NUMBER}",
        f"{NUMBER}.first() = -4 or {NUMBER} = 4",
        f"{NUMBER}.exists() and {BOOLEAN}.empty()",
        f"({NUMBER} = 4 or {BOOLEAN} = true).not()",
        f"({NUMBER} = 4 and {BOOLEAN} = true) = false",
        f"{BOOLEAN} = true and ({NUMBER} = 4 or {ONE}.code = 'x')",
        f"{ONE}.code = 'x'",
        f"{ONE}.code != 'x'",
        f"{ONE}.exists(code = 'x')",
        f"{ONE}.exists(code = 'x').not()",
        f"{ONE}.where(code != 'x').exists()",
        f"{ONE}.code in ('x' | 'y')",
        f"({ONE}.code in ('x' | 'y')).not()",
        f"{ONE}.ofType(Coding).code = 'y'",
        f"{MANY}.where(code = 'x').exists()",
        f"{MANY}.where(code = 'x' or code = 'y').empty()",
        f"{MANY}.code contains 'x'",
        f"('z' in {MANY}.code).not()",
        f"{MANY}.count() > 0",
        f"{MANY}.count() = 0",
        f"{NUMBER}.count() = 1",
        f"{NUMBER}.count() < 1",
        f"{WORDS} = 'it\\'s'",
        f"{WORDS} != 'b'",
        f"{DAY} >= @2020-05-01",
        f"({DAY} < @2020-05-01).not()",
        f"{AMOUNT}.value.value > 2",
        f"{AMOUNT}.where(value.value > 2).exists()",
        f"{AMOUNT}.where(%resource.item.where(linkId='b').answer.value = true).exists()",
    ],
)
def test_a_branch_holds_for_every_answer_exactly_where_the_expression_is_true(text: str) -> None:
    structure = structure_of(read(text))
    looked_at = [name for name in ANSWERS if f"'{name}'" in text]
    outcomes = set()
    for given in product(*(ANSWERS[name] for name in looked_at)):
        values = {name: said for name, said in zip(looked_at, given, strict=True) if said}
        is_asked = "asked" in shown_items(structure, Answers(values))
        assert is_asked is is_true(text, structure, values), values
        outcomes.add(is_asked)
    assert outcomes == {True, False}


def test_brackets_become_a_branch_within_a_branch() -> None:
    assert branch(f"{BOOLEAN} = true and ({NUMBER} = 4 or {ONE}.code = 'x')") == Branch(
        (Condition("b", "=", value=True),),
        "all",
        (Branch((Condition("n", "=", 4), Condition("one", "=", "x")), "any"),),
    )


def test_a_variable_stands_for_its_expression_and_may_use_another() -> None:
    found = branch("%old.not()", ("age", NUMBER), ("old", "%age > 4"))
    assert found == Branch((Condition("n", "<=", 4),))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{NUMBER} + 1 > 4", "uses '+'"),
        (f"{BOOLEAN} & {WORDS} = 'x'", "uses '&'"),
        (f"{MANY}.code = 'x'", "compares all answers to 'many' with one value"),
        (f"{MANY}.first().code = 'x'", "takes one of several answers"),
        (f"{MANY}.count() >= 2", "asks how many answers"),
        (f"{MANY}.where(code != 'x').exists()", "looks among the answers to 'many'"),
        (f"{ONE} = 'x'", "no single option"),
        (f"{ONE}.code = 'other'", "no single option"),
        (f"{ONE}.display = 'x'", "looks at 'display'"),
        (f"{WORDS} > 'b'", "asks for an order"),
        (f"{NUMBER} = '4'", "of another type"),
        (f"{DAY} > @2020", "no whole date"),
        (f"{DAY} > today()", "holds 'today'"),
        ("%resource.item.where(linkId='n').answer.value = 4", "does not stand where it looks for it"),
        ("%resource.item.answer.value = 4", "looks at the answers to several items"),
        ("%resource.item.where(linkId='g').answer.exists()", "which takes no answer"),
        ("%resource.item.where(linkId='b').exists()", "something else than an answer"),
        ("%unknown.exists()", "needs %unknown"),
        ("%resource", "is not a test of answers"),
        (f"{UNDER} = 1", "looks at 'item' of an answer"),
        (f"{BOOLEAN} = true)", "uses ')'"),
        (f"{BOOLEAN} = ", "no FHIRPath"),
        ("", "is empty"),
        (" or ".join([f"{NUMBER} = 4"] * 90), "more than 1000 words"),
        (f"iif({BOOLEAN}, true, false)", "holds 'iif'"),
    ],
)
def test_an_expression_that_a_branch_cannot_say_is_lost_with_its_reason(text: str, why: str) -> None:
    imported = read(text)
    assert [loss.path for loss in imported.losses] == ["item[5].extension[0]"]
    assert why in imported.losses[0].why


def test_a_variable_that_needs_itself_is_lost_with_what_rests_on_it() -> None:
    losses = read("%a.exists()", ("a", "%a")).losses
    assert [loss.path for loss in losses] == ["extension[0]", "item[5].extension[0]"]


def test_an_expression_beside_conditions_that_say_the_same_is_understood() -> None:
    same = [{"question": "b", "operator": "=", "answerBoolean": True}]
    assert read(f"{BOOLEAN} = true", enableWhen=same).losses == ()


def test_an_expression_beside_conditions_that_say_otherwise_is_lost_and_the_conditions_are_kept() -> None:
    other = [{"question": "b", "operator": "=", "answerBoolean": False}]
    losses = read(f"{BOOLEAN} = true", enableWhen=other).losses
    assert [(loss.path, loss.what) for loss in losses] == [
        ("item[5].extension[0]", "an expression beside enableWhen")
    ]


def test_an_expression_in_another_language_is_lost() -> None:
    tree = make_questionnaire(fhir_item("a", "string", extension=[expression("x", language="text/cql")]))
    losses = read_questionnaire(json.dumps(tree).encode()).losses
    assert [(loss.path, loss.what) for loss in losses] == [
        ("item[0].extension[0]", "an expression in text/cql")
    ]
