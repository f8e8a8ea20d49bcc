"""What an instrument calculates stands with the answers: the same in any order, and only where it fits."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.answers import Answers, check
from instruments.calculation import complete
from instruments.definition import Branch, Condition, Item, Option, Structure
from instruments.soundness import faults_of
from instruments.versions import Instrument
from tests.builders.generated import sound_instruments

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def answered(name: str) -> str:
    return f"%resource.descendants().where(linkId = '{name}').answer.value"


def structure(*items: Item, variables: tuple[tuple[str, str], ...] = ()) -> Structure:
    made = Structure("made", "1", items=items, variables=variables)
    assert faults_of(made) == []
    return made


WEIGHED = structure(
    Item("kg", "decimal"),
    Item("cm", "decimal"),
    Item("index", "decimal", decimals=1, calculated="%kg / (%cm / 100).power(2)"),
    Item("high", "boolean", calculated=f"{answered('index')} > 25", hidden=True),
    variables=(("kg", "item.where(linkId = 'kg').answer.value"), ("cm", answered("cm"))),
)


def test_a_value_rests_on_answers_and_on_other_calculated_values() -> None:
    values = complete(WEIGHED, Answers({"kg": (90.0,), "cm": (180.0,)})).values
    assert values == {"kg": (90.0,), "cm": (180.0,), "index": (27.8,), "high": (True,)}


def test_where_an_answer_is_missing_nothing_is_calculated_from_it() -> None:
    assert complete(WEIGHED, Answers({"kg": (90.0,)}, ("cm",))) == Answers({"kg": (90.0,)}, ("cm",))


def test_what_the_answers_said_of_it_before_is_replaced() -> None:
    said = Answers({"kg": (90.0,), "cm": (180.0,), "index": (1.0,)})
    assert complete(WEIGHED, said).values["index"] == (27.8,)
    assert "index" not in complete(WEIGHED, Answers({"index": (1.0,)})).values


def test_nobody_answers_or_skips_what_is_calculated_and_it_is_never_required() -> None:
    asked = structure(Item("a", "integer", required=True, calculated="1 + 1"))
    assert check(asked, Answers()) == []
    assert [one.rule for one in check(asked, Answers({"a": (2,)}))] == ["calculated"]
    assert [one.rule for one in check(asked, Answers(skipped=("a",)))] == ["calculated"]


def test_options_count_by_their_published_numbers_and_are_chosen_by_code() -> None:
    options = (Option("never", score=0), Option("often", score=3))
    chosen = "%resource.item.where(linkId = 'a').answer.value.code"
    number = (
        f"%questionnaire.item.where(linkId = 'a').answerOption.where(valueCoding.code = {chosen})"
        f".extension.where(url = '{ORDINAL}').value"
    )
    asked = structure(
        Item("a", "choice", options=options),
        Item("n", "integer", calculated=number),
        Item("b", "choice", options=options, calculated=answered("a")),
    )
    values = complete(asked, Answers({"a": ("often",)})).values
    assert (values["n"], values["b"]) == ((3,), ("often",))


def test_a_variable_of_a_group_looks_from_the_group_and_goes_before_one_further_out() -> None:
    inner = (Item("x", "integer"), Item("twice", "integer", calculated="%v * 2"))
    group = Item("g", "group", variables=(("v", "item.where(linkId = 'x').answer.value"),), items=inner)
    asked = structure(group, Item("out", "integer", calculated="%v"), variables=(("v", "7"),))
    values = complete(asked, Answers({"x": (4,)})).values
    assert (values["twice"], values["out"]) == ((8,), (7,))


def test_what_is_not_asked_does_not_count_and_is_not_calculated() -> None:
    branch = Branch((Condition("yes", "=", value=True),))
    asked = structure(
        Item("yes", "boolean"),
        Item("g", "group", branch=branch, items=(Item("a", "integer", calculated="1"),)),
    )
    assert "a" in complete(asked, Answers({"yes": (True,)})).values
    assert "a" not in complete(asked, Answers({"yes": (False,)})).values


@pytest.mark.parametrize(
    "item",
    [
        Item("a", "integer", calculated="2.5"),
        Item("a", "integer", calculated="11", maximum=10),
        Item("a", "integer", calculated="'seven'"),
        Item("a", "boolean", calculated="1"),
        Item("a", "choice", options=(Option("x"),), calculated="'y'"),
        Item("a", "string", calculated="'abc'.toChars()"),
        Item("a", "date", calculated="'yesterday'"),
    ],
    ids=lambda item: f"{item.kind} {item.calculated}",
)
def test_a_value_that_the_item_could_not_have_is_left_out(item: Item) -> None:
    assert complete(structure(item), Answers()) == Answers()


@pytest.mark.parametrize(
    ("items", "where", "rule"),
    [
        ((Item("a", "integer", calculated="%b"),), "a", "is calculated with %b, which is not there"),
        ((Item("a", "integer", calculated="1 +"),), "a", "is calculated by what is no FHIRPath"),
        (
            (
                Item("a", "integer", calculated=answered("b")),
                Item("b", "integer", calculated=answered("a")),
            ),
            "a",
            "is calculated, in a circle, from itself",
        ),
        ((Item("a", "integer", calculated=answered("a")),), "a", "is calculated, in a circle, from itself"),
        (
            (Item("g", "group", variables=(("x", "%y"), ("y", "%x"))),),
            "g",
            "is calculated, in a circle, from itself",
        ),
        (
            (Item("g", "group", variables=(("resource", "1"),)),),
            "g",
            "has a variable with the name 'resource'",
        ),
        ((Item("g", "group", calculated="1"),), "g", "takes no answer"),
        (
            (
                Item("a", "integer", calculated="1"),
                Item("b", "integer", branch=Branch((Condition("a", "=", 1),))),
            ),
            "b",
            "is shown on a calculated value",
        ),
    ],
)
def test_a_calculation_that_cannot_be_made_is_a_fault_with_its_place(
    items: tuple[Item, ...], where: str, rule: str
) -> None:
    faults = faults_of(Structure("made", "1", items=items))
    assert any(fault.where == where and rule in fault.rule for fault in faults), faults


def test_many_long_calculations_are_refused_together() -> None:
    items = tuple(Item(f"i{n}", "integer", calculated=f"{n}" + " + 1" * 45) for n in range(500))
    assert any("over 3000 words" in fault.rule for fault in faults_of(Structure("made", "1", items=items)))


@given(st.permutations(list(WEIGHED.items)))
def test_the_order_of_the_items_does_not_matter(items: list[Item]) -> None:
    turned = msgspec.structs.replace(WEIGHED, items=tuple(items))
    answers = Answers({"kg": (81.0,), "cm": (180.0,)})
    assert complete(turned, answers).values == complete(WEIGHED, answers).values


@given(sound_instruments())
def test_of_any_instrument_completing_twice_is_completing_once(instrument: Instrument) -> None:
    once = complete(instrument.structure, Answers())
    assert complete(instrument.structure, once) == once
