"""Every way in which an answer can be wrong: one fault each, with its item and rule, never the answer."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from instruments.answers import MAX_TEXT, MESSAGES, Answers, Fault, check
from instruments.definition import Branch, Condition, Item, ItemKind, Option, Structure, Value
from tests.builders.instruments import answered_structures, choice, make_structure

CHOICE = choice("q", "x", "y", "z")
MANY = Item("q", "choice", (Option("x"), Option("y"), Option("none", exclusive=True)), repeats=True)
OPEN = Item("q", "open-choice", (Option("x"), Option("y")), max_length=10)
HOSTILE_PATTERN = "(a+)+$"


def rules(item: Item, *values: Value) -> list[str]:
    return [fault.rule for fault in check(make_structure(item), Answers({item.item_id: values}))]


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (CHOICE, "x"),
        (OPEN, "x"),
        (OPEN, "own words"),
        (Item("q", "boolean"), False),
        (Item("q", "integer", minimum=0, maximum=10), 10),
        (Item("q", "decimal", decimals=2), 1.25),
        (Item("q", "decimal", decimals=2), 3),
        (Item("q", "decimal", minimum=0, step=0.1), 0.3),
        (Item("q", "quantity", unit="kg"), 72.5),
        (Item("q", "string", min_length=2, max_length=4), "four"),
        (Item("q", "string", pattern="[0-9]{4}"), "0150"),
        (Item("q", "text"), "two\nlines\tand a tab"),
        (Item("q", "url"), "https://etterklang.example/"),
        (Item("q", "date", earliest="2020-01-01", latest="2026-12-31"), "2024-02-29"),
        (Item("q", "time", earliest="08:00:00"), "08:00"),
        (Item("q", "date-time"), "2026-11-23T10:15:00+01:00"),
        (Item("q", "date-time"), "2026-11-23T10:15"),
    ],
)
def test_an_answer_of_the_right_kind_has_no_fault(item: Item, value: Value) -> None:
    assert rules(item, value) == []


@pytest.mark.parametrize(
    ("rule", "item", "value"),
    [
        ("unknown-option", CHOICE, "w"),
        ("wrong-type", CHOICE, 1),
        ("wrong-type", CHOICE, True),
        ("wrong-type", OPEN, 1.5),
        ("too-long", OPEN, "more than ten characters"),
        ("wrong-type", Item("q", "boolean"), "true"),
        ("wrong-type", Item("q", "boolean"), 1),
        ("wrong-type", Item("q", "integer"), True),
        ("wrong-type", Item("q", "integer"), 1.0),
        ("wrong-type", Item("q", "integer"), "1"),
        ("out-of-range", Item("q", "integer"), 2**53),
        ("out-of-range", Item("q", "integer"), 10**400),
        ("out-of-range", Item("q", "integer", minimum=0), -1),
        ("out-of-range", Item("q", "decimal", maximum=10), 10.01),
        ("not-finite", Item("q", "decimal"), math.nan),
        ("not-finite", Item("q", "decimal"), math.inf),
        ("not-finite", Item("q", "quantity"), -math.inf),
        ("too-many-decimals", Item("q", "decimal", decimals=1), 1.25),
        ("too-many-decimals", Item("q", "decimal", decimals=2), 1e-7),
        ("off-step", Item("q", "decimal", minimum=0, step=0.5), 0.7),
        ("wrong-type", Item("q", "string"), 1),
        ("blank", Item("q", "string"), "  \n"),
        ("too-short", Item("q", "string", min_length=5), "four"),
        ("too-long", Item("q", "string", max_length=3), "four"),
        ("too-long", Item("q", "text"), "x" * (MAX_TEXT + 1)),
        ("characters", Item("q", "text"), "a\x00b"),
        ("characters", Item("q", "text"), "a\ud800b"),
        ("pattern", Item("q", "string", pattern="[0-9]{4}"), "015"),
        ("pattern", Item("q", "string", pattern="[0-9]{4}"), "01500"),
        ("pattern", Item("q", "string", pattern=HOSTILE_PATTERN), "a" * 900 + "b"),
        ("malformed", Item("q", "url"), "javascript:alert(1)"),
        ("malformed", Item("q", "date"), "2023-02-29"),
        ("malformed", Item("q", "date"), "2023"),
        ("malformed", Item("q", "date"), "20230201"),
        ("malformed", Item("q", "time"), "25:00"),
        ("malformed", Item("q", "date-time"), "2026-11-23"),
        ("malformed", Item("q", "date-time"), "2026-11-23 10:15"),
        ("wrong-type", Item("q", "date"), 20230201),
        ("out-of-range", Item("q", "date", earliest="2020-01-01"), "2019-12-31"),
        ("out-of-range", Item("q", "time", latest="08:00:00"), "08:01"),
        ("not-answerable", Item("q", "group"), "x"),
        ("not-answerable", Item("q", "display"), "x"),
        ("hidden", Item("q", "string", hidden=True), "x"),
        ("read-only", Item("q", "string", read_only=True), "x"),
    ],
)
def test_a_wrong_answer_has_one_fault_that_names_the_rule(rule: str, item: Item, value: Value) -> None:
    assert rules(item, value) == [rule]


def test_an_item_that_is_not_in_the_version_is_named() -> None:
    assert check(make_structure(CHOICE), Answers({"nowhere": ("x",)}))[0].rule == "unknown-item"


def test_two_answers_are_one_too_many_where_one_is_asked_for() -> None:
    assert rules(CHOICE, "x", "y") == ["too-many-answers"]
    assert rules(Item("q", "integer"), 1, 2) == ["too-many-answers"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("integer", (1, 1, 2)),
        ("quantity", (1.5, 2)),
        ("string", ("x", "y")),
        ("url", ("https://x.example", "https://y.example")),
        ("date", ("2026-01-01", "2026-01-02")),
        ("time", ("08:00", "09:00")),
    ],
)
def test_several_answers_may_be_given_where_the_item_repeats(
    kind: ItemKind, values: tuple[Value, ...]
) -> None:
    assert rules(Item("q", kind, repeats=True), *values) == []


def test_each_of_several_answers_is_held_to_the_rules() -> None:
    assert rules(Item("q", "integer", repeats=True, maximum=3), 1, 4) == ["out-of-range"]
    assert rules(Item("q", "string", repeats=True), "x", " ") == ["blank"]
    assert rules(Item("q", "integer", repeats=True), *range(101)) == ["too-many-answers"]


@pytest.mark.parametrize("item", [MANY, Item("q", "string", repeats=True)])
def test_there_are_as_many_answers_as_the_item_asks_for_once_there_is_one(item: Item) -> None:
    bounded = replace(item, min_answers=2, max_answers=2)
    assert rules(bounded, "x") == ["too-few-answers"]
    assert rules(bounded, "x", "y") == []
    assert rules(bounded, "x", "y", "z") == ["too-many-answers"]
    assert check(make_structure(bounded), Answers()) == []


def test_several_options_may_be_chosen_where_the_item_repeats() -> None:
    assert rules(MANY, "x", "y") == []


def test_an_option_is_chosen_once() -> None:
    assert rules(MANY, "x", "x") == ["chosen-twice"]


def test_an_exclusive_option_stands_alone() -> None:
    assert rules(MANY, "none") == []
    assert rules(MANY, "x", "none") == ["exclusive-option"]


def test_a_required_item_is_answered_or_skipped() -> None:
    structure = make_structure(choice("q", "x", required=True))
    assert [fault.rule for fault in check(structure, Answers())] == ["required"]
    assert [fault.rule for fault in check(structure, Answers({"q": ()}))] == ["required"]
    assert check(structure, Answers(skipped=("q",))) == []
    assert check(structure, Answers({"q": ("x",)})) == []


FOLLOW_UP = Item(
    "why", "string", required=True, branch=Branch((Condition(item="q", operator="=", value="x"),))
)


def test_a_required_item_is_not_missed_where_its_branch_is_closed() -> None:
    structure = make_structure(CHOICE, FOLLOW_UP)
    assert check(structure, Answers({"q": ("y",)})) == []
    assert [fault.item_id for fault in check(structure, Answers({"q": ("x",)}))] == ["why"]


def test_an_answer_to_an_item_that_is_not_shown_is_a_fault() -> None:
    structure = make_structure(CHOICE, FOLLOW_UP)
    assert check(structure, Answers({"q": ("y",), "why": ("words",)})) == [
        Fault("why", "not-shown", "item 'why' is not shown, given the other answers; leave it out")
    ]


def test_an_item_that_is_not_shown_cannot_be_skipped() -> None:
    structure = make_structure(CHOICE, FOLLOW_UP)
    assert [fault.rule for fault in check(structure, Answers({"q": ("y",)}, skipped=("why",)))] == [
        "not-shown"
    ]


@pytest.mark.parametrize(
    ("rule", "answers"),
    [
        ("unknown-item", Answers(skipped=("nowhere",))),
        ("answered-and-skipped", Answers({"q": ("x",)}, skipped=("q",))),
        ("skipped-twice", Answers(skipped=("q", "q"))),
    ],
)
def test_what_is_skipped_is_checked_too(rule: str, answers: Answers) -> None:
    assert [fault.rule for fault in check(make_structure(CHOICE), answers)] == [rule]


def test_each_wrong_item_has_its_own_fault() -> None:
    structure = make_structure(CHOICE, Item("n", "integer"), choice("r", "x", required=True))
    faults = check(structure, Answers({"q": ("w",), "n": (math.nan,)}))
    assert [(fault.item_id, fault.rule) for fault in faults] == [
        ("q", "unknown-option"),
        ("n", "wrong-type"),
        ("r", "required"),
    ]


ANYTHING = st.one_of(st.booleans(), st.integers(), st.floats(), st.text("xå1 .-:T\n\x00\ud800", max_size=30))
SECRET = "seven-golden-marmots"


@given(answered_structures(), st.dictionaries(st.sampled_from(["i0", "i1", "i2", "no"]), st.tuples(ANYTHING)))
def test_any_answers_at_all_give_faults_and_no_error(
    drawn: tuple[Structure, Answers], values: dict[str, tuple[Value, ...]]
) -> None:
    for fault in check(drawn[0], Answers(values, skipped=("i0", "no"))):
        assert fault.rule in MESSAGES
        assert repr(fault.item_id) in fault.message


@given(answered_structures())
def test_a_fault_never_repeats_the_answer(drawn: tuple[Structure, Answers]) -> None:
    structure, answers = drawn
    secrets: tuple[Value, ...] = (SECRET, SECRET)
    values = dict.fromkeys((*answers.values, "unknown"), secrets)
    faults = check(structure, Answers(values))
    assert faults
    assert all(SECRET not in fault.message for fault in faults)


def test_thousands_of_answers_to_thousands_of_options_are_checked_once_each() -> None:
    codes: list[Value] = [f"o{number}" for number in range(5_000)]
    item = Item("q", "choice", tuple(Option(str(code)) for code in codes), repeats=True)
    assert rules(item, *codes) == []
