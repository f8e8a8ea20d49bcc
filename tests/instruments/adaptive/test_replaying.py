"""What an adaptive test did not ask is absent, and what it asked can be shown to be what its rule gives."""

import json
from itertools import islice

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.adaptive import RULES, Done, next_step, replay
from instruments.answers import Answers, check, shown_items
from instruments.definition import AdaptiveRule, AdaptiveTest, Bank, BankItem, Branch, Condition, Item
from tests.builders.adaptive import (
    SCALE,
    Said,
    adaptive_structure,
    as_sent,
    make_test,
    phone_asks,
    with_rule,
)
from tests.builders.banks import synthetic_bank
from tests.instruments.adaptive.test_adaptive import CASES

BANK = synthetic_bank()
NAMES = [item.item_id for item in BANK.items]
SAID = st.lists(st.sampled_from([0, 1, 2, 3, 4, None]), min_size=20, max_size=20).map(
    lambda said: dict(zip(NAMES, said, strict=True))
)
TEST = st.builds(
    make_test,
    st.sampled_from(
        [*RULES.values(), AdaptiveRule(2, 6, 0.35, 0.02, first="SYN12"), AdaptiveRule(1, 20, 0.2)]
    ),
)
TWINS = Bank(tuple(BankItem(f"E{number}", 2.0, (-1.0, 0.0, 1.0)) for number in range(6)))


def rules_broken(test: AdaptiveTest, answers: Answers) -> list[tuple[str, str]]:
    return [(fault.item_id, fault.rule) for fault in check(adaptive_structure(test), answers)]


@given(TEST, SAID)
def test_whatever_is_answered_or_declined_the_set_that_the_phone_sends_is_taken(
    test: AdaptiveTest, said: Said
) -> None:
    answered, declined = phone_asks(test, said)
    sent = as_sent(answered, declined)
    assert check(adaptive_structure(test), sent) == []
    assert shown_items(adaptive_structure(test), sent) == {"energy", *answered, *declined}


@given(TEST, SAID)
def test_the_bounds_are_kept_and_where_the_error_ended_it_the_error_is_that_small(
    test: AdaptiveTest, said: Said
) -> None:
    answered, declined = phone_asks(test, said)
    done = next_step(test.bank, test.rule, answered, frozenset(declined))
    assert isinstance(done, Done)
    asked = len(answered) + len(declined)
    assert asked <= test.rule.max_items
    assert len(answered) >= test.rule.min_items or asked == test.rule.max_items
    assert (done.se < test.rule.se_stop) is (done.stop == "se")


@given(TEST, SAID, st.data())
def test_a_set_that_lacks_an_item_or_has_one_more_gets_one_fault_that_names_an_item(
    test: AdaptiveTest, said: Said, data: st.DataObject
) -> None:
    answered, declined = phone_asks(test, said)
    name = data.draw(st.sampled_from(NAMES))
    if name in answered:
        del answered[name]
    elif name in declined:
        declined.remove(name)
    else:
        answered[name] = 0
    found = rules_broken(test, as_sent(answered, declined))
    assert [rule for _, rule in found] in (["asked-next"], ["not-administered"])


@given(SAID, st.data())
def test_where_items_tell_equally_much_any_order_of_them_is_taken(said: Said, data: st.DataObject) -> None:
    test = AdaptiveTest(SCALE, AdaptiveRule(2, 4, 0.1), TWINS)
    order = data.draw(st.permutations(range(6)))
    turned = AdaptiveTest(SCALE, test.rule, Bank(tuple(TWINS.items[place] for place in order)))
    answers = dict(zip((item.item_id for item in TWINS.items), said.values(), strict=False))
    capped = {name: None if one is None else min(one, 3) for name, one in answers.items()}
    assert check(adaptive_structure(test), as_sent(*phone_asks(turned, capped))) == []


@given(SAID, st.integers(4, 11))
def test_where_the_error_is_just_at_the_limit_both_ends_are_taken(said: Said, number: int) -> None:
    whole = with_rule(make_test(), se_stop=0.01)
    answered, _ = phone_asks(whole, {name: one or 0 for name, one in said.items()})
    some = dict(islice(answered.items(), number))
    so_far = next_step(whole.bank, AdaptiveRule(1, number, 0.01, grid=whole.rule.grid), some)
    assert isinstance(so_far, Done)
    here = with_rule(whole, min_items=number, max_items=number + 1, se_stop=so_far.se)
    one_more = dict(islice(answered.items(), number + 1))
    assert rules_broken(here, as_sent(some, [])) == rules_broken(here, as_sent(one_more, [])) == []
    clear = with_rule(here, se_stop=so_far.se - 1e-4)
    assert [rule for _, rule in rules_broken(clear, as_sent(some, []))] == ["asked-next"]


def test_the_shared_cases_are_explained_as_they_stand() -> None:
    told = json.loads(CASES.read_text(encoding="utf-8"))
    for case in told["cases"]:
        test = msgspec.convert(told["tests"][case["test"]], AdaptiveTest)
        asked = case["asked"] if case["over"] else case["asked"][:-1]
        answered = {name: case["said"][name] for name in asked if case["said"][name] is not None}
        course = replay(test, answered, [name for name in asked if name not in answered])
        assert sorted(course.asked) == sorted(asked), case["name"]
        assert course.following == (None if case["over"] else case["asked"][-1]), case["name"]
        assert course.beside == (), case["name"]


def test_the_fault_of_a_set_that_the_rule_cannot_give_names_the_item_and_the_rule() -> None:
    answered, declined = phone_asks(make_test(), dict.fromkeys(NAMES, 2))
    last = list(answered)[-1]
    structure = adaptive_structure(make_test())
    (fault,) = check(structure, as_sent({name: 2 for name in answered if name != last}, declined))
    assert (fault.item_id, fault.rule) == (last, "asked-next")
    assert "most information" in fault.message
    unasked = next(name for name in NAMES if name not in answered)
    (fault,) = check(structure, as_sent({**answered, unasked: 2}, declined))
    assert (fault.item_id, fault.rule) == (unasked, "not-administered")


def test_an_answer_that_is_no_option_is_the_only_fault() -> None:
    answered, _ = phone_asks(make_test(), dict.fromkeys(NAMES, 2))
    sent = as_sent(answered, [])
    sent.values[next(iter(answered))] = ("no option",)
    assert [rule for _, rule in rules_broken(make_test(), sent)] == ["unknown-option"]


def test_a_test_whose_group_is_not_shown_asks_nothing() -> None:
    whole = adaptive_structure(make_test())
    gate = Item("gate", "boolean")
    shut = Branch((Condition("gate", "=", value=True),))
    group = Item("energy", "group", items=whole.items[0].items, branch=shut)
    structure = type(whole)(whole.instrument_id, "1", items=(gate, group), adaptive=whole.adaptive)
    assert check(structure, Answers({"gate": (False,)})) == []
    assert [fault.rule for fault in check(structure, Answers({"gate": (True,)}))] == ["asked-next"]
    (fault,) = check(structure, Answers({"gate": (False,), "SYN01": ("a",)}))
    assert fault.rule == "not-shown"


def test_a_hundred_equal_items_in_any_number_of_orders_are_decided_at_once() -> None:
    bank = Bank(tuple(BankItem(f"E{number}", 2.0, (-1.0, 0.0, 1.0)) for number in range(100)))
    test = AdaptiveTest(SCALE, AdaptiveRule(40, 50, 0.01), bank)
    answered = {f"E{number}": number % 4 for number in range(99, 49, -1)}
    course = replay(test, answered)
    assert (sorted(course.asked), course.following, course.beside) == (sorted(answered), None, ())


@pytest.mark.parametrize("name", ["E1", "E3"])
def test_of_equal_items_the_first_of_the_bank_is_named_where_one_is_lacking(name: str) -> None:
    test = AdaptiveTest(SCALE, AdaptiveRule(2, 4, 0.1), TWINS)
    course = replay(test, {name: 1})
    assert (course.asked, course.following) == ((name,), "E0")
