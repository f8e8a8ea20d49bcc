"""Branching: the shared cases, which the patient page runs too, and what holds for any structure."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from instruments.answers import Answers, shown_items
from instruments.definition import Branch, Condition, Item, Structure, Value
from instruments.expressions import Outline, cycle, enabled, unknown_target
from instruments.soundness import MAX_BRANCH_DEPTH, faults_of
from tests.builders.instruments import answered_structures, make_structure


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    structure: Structure
    values: dict[str, tuple[Value, ...]]
    shown: tuple[str, ...]


CASES = msgspec.json.decode(
    (Path(__file__).parent / "branching_cases.json").read_bytes(), type=tuple[Case, ...]
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_shared_branching_cases(case: Case) -> None:
    assert shown_items(case.structure, Answers(values=case.values)) == frozenset(case.shown)


def test_every_shared_case_has_its_own_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def waiting_for(item_id: str, *others: str) -> Item:
    conditions = tuple(Condition(item=other, operator="exists", value=True) for other in others)
    return Item(item_id=item_id, kind="string", branch=Branch(conditions=conditions) if conditions else None)


def test_a_circle_of_branches_is_found_and_named() -> None:
    structure = make_structure(
        waiting_for("z"), waiting_for("a", "b"), waiting_for("b", "c"), waiting_for("c", "a")
    )
    assert set(cycle(Outline(structure))) == {"a", "b", "c"}


def test_an_item_that_waits_for_itself_is_a_circle() -> None:
    assert cycle(Outline(make_structure(waiting_for("a", "a")))) == ("a",)


def test_a_group_that_waits_for_what_it_holds_is_a_circle() -> None:
    group = Item(
        item_id="g",
        kind="group",
        branch=Branch(conditions=(Condition(item="a", operator="exists", value=True),)),
        items=(Item(item_id="a", kind="string"),),
    )
    assert set(cycle(Outline(make_structure(group)))) == {"a", "g"}


def test_a_diamond_of_branches_is_no_circle() -> None:
    structure = make_structure(
        waiting_for("a"), waiting_for("b", "a"), waiting_for("c", "a"), waiting_for("d", "b", "c")
    )
    assert cycle(Outline(structure)) == ()


def test_a_condition_on_an_item_that_is_not_there_is_found() -> None:
    assert unknown_target(Outline(make_structure(waiting_for("a"), waiting_for("b", "a", "nowhere")))) == (
        "b",
        1,
    )


def test_a_chain_of_ten_thousand_branches_is_followed_to_its_end() -> None:
    names = [f"i{number}" for number in range(10_000)]
    items = [waiting_for(name, following) for name, following in pairwise(names)]
    structure = make_structure(*items, waiting_for(names[-1]))
    assert cycle(Outline(structure)) == ()
    assert shown_items(structure, Answers(values=dict.fromkeys(names, ("x",)))) == frozenset(names)
    assert shown_items(structure, Answers()) == frozenset({names[-1]})


def test_ten_thousand_conditions_on_one_item_are_looked_at_once_each() -> None:
    names = [f"i{number}" for number in range(10_000)]
    structure = make_structure(waiting_for("first", *names), *(waiting_for(name) for name in names))
    assert "first" in shown_items(structure, Answers(values=dict.fromkeys(names, ("x",))))


@given(answered_structures())
def test_what_is_shown_stands_in_what_is_shown(drawn: tuple[Structure, Answers]) -> None:
    structure, answers = drawn
    outline = Outline(structure)
    shown = shown_items(structure, answers)
    assert all(outline.parents.get(item_id, item_id) in shown for item_id in shown)


@given(answered_structures())
def test_answers_to_items_that_are_not_enabled_change_nothing(drawn: tuple[Structure, Answers]) -> None:
    structure, answers = drawn
    is_enabled = enabled(Outline(structure), answers.values)
    kept = {name: values for name, values in answers.values.items() if is_enabled.get(name, False)}
    assert shown_items(structure, Answers(values=kept)) == shown_items(structure, answers)


def within(branch: Branch, depth: int) -> Branch:
    for _ in range(depth):
        branch = Branch(conditions=(), branches=(branch,))
    return branch


def test_a_circle_through_brackets_is_found() -> None:
    inner = Branch(conditions=(Condition(item="b", operator="exists", value=True),))
    a = Item(item_id="a", kind="string", branch=within(inner, 2))
    assert set(cycle(Outline(make_structure(a, waiting_for("b", "a"))))) == {"a", "b"}


def test_a_condition_in_brackets_on_an_item_that_is_not_there_is_found() -> None:
    inner = Branch(conditions=(Condition(item="nowhere", operator="exists", value=True),))
    outline = Outline(make_structure(Item(item_id="a", kind="string", branch=within(inner, 1))))
    assert unknown_target(outline) == ("a", 0)


@pytest.mark.parametrize(
    ("branch", "rule"),
    [
        (within(Branch(conditions=()), 3), "has a branch without a condition"),
        (
            within(Branch(conditions=(Condition(item="b", operator="exists", value=True),)), 1_000),
            f"has a branch nested more than {MAX_BRANCH_DEPTH} deep",
        ),
    ],
)
def test_empty_brackets_and_endless_ones_are_faults(branch: Branch, rule: str) -> None:
    structure = make_structure(
        Item(item_id="a", kind="string", branch=branch), Item(item_id="b", kind="string")
    )
    assert [fault.rule for fault in faults_of(structure)] == [rule]


def test_a_branch_without_brackets_is_written_as_before() -> None:
    branch = Branch(conditions=(Condition(item="a", operator="=", value=1),))
    assert msgspec.json.encode(branch) == b'{"conditions":[{"item":"a","operator":"=","value":1}]}'
