"""An adaptive test is part of what is asked: held to rules, told apart between versions, exported whole."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from instruments.adaptive import RULES
from instruments.answers import Answers, check
from instruments.comparability import comparability
from instruments.definition import AdaptiveTest, Bank, BankItem, Branch, Condition, Item, Structure
from instruments.differences import apply, diff
from instruments.exchange.fhir import read_questionnaire
from instruments.exchange.response import canonical_of, read_response, write_response
from instruments.exchange.writing import write_questionnaire
from instruments.scoring.irt import estimate
from instruments.scoring.spec import Linear
from instruments.scoring.verdict import score_answers
from instruments.versions import (
    InvalidInstrumentError,
    check_instrument,
    content_hash,
    read_instrument,
)
from tests.builders.adaptive import (
    SCALE,
    adaptive_instrument,
    adaptive_structure,
    as_sent,
    make_test,
    phone_asks,
    with_rule,
)

WHOLE = adaptive_instrument()
TEST = make_test()
Change = Callable[[Structure], Structure]


def with_test(test: AdaptiveTest) -> Change:
    return lambda structure: replace(structure, adaptive=(test,))


def with_first(**fields: object) -> Change:
    """The structure with its first adaptive item changed."""

    def changed(structure: Structure) -> Structure:
        (group,) = structure.items
        first = replace(group.items[0], **fields)
        return replace(structure, items=(replace(group, items=(first, *group.items[1:])),))

    return changed


def moved_out(structure: Structure) -> Structure:
    (group,) = structure.items
    return replace(structure, items=(group.items[0], replace(group, items=group.items[1:])))


def parted(structure: Structure) -> Structure:
    (group,) = structure.items
    between = Item("between", "boolean")
    return replace(structure, items=(replace(group, items=(group.items[0], between, *group.items[1:])),))


def branched_upon(structure: Structure) -> Structure:
    more = Item("more", "boolean", branch=Branch((Condition("SYN03", "exists", value=True),)))
    return replace(structure, items=(*structure.items, more))


UNKNOWN = Bank((*TEST.bank.items, BankItem("SYN99", 1.0, (0.0,))))
FEWER = Bank((replace(TEST.bank.items[0], b=(0.0, 1.0)), *TEST.bank.items[1:]))


def test_an_adaptive_instrument_is_sound() -> None:
    check_instrument(WHOLE)


@pytest.mark.parametrize(
    ("change", "where", "rule"),
    [
        (with_test(replace(TEST, bank=UNKNOWN)), "SYN99", "no item of the instrument"),
        (with_test(replace(TEST, bank=Bank(()))), SCALE, "bank that cannot be used"),
        (with_test(replace(TEST, bank=FEWER)), "SYN01", "categories 0 to 2"),
        (with_test(with_rule(TEST, min_items=0)), SCALE, "needs 1 item at least"),
        (with_test(with_rule(TEST, max_items=21)), SCALE, "needs 1 item at least"),
        (with_test(with_rule(TEST, se_stop=0.0)), SCALE, "error that is not above zero"),
        (with_test(with_rule(TEST, se_change_stop=-1.0)), SCALE, "change of the error"),
        (with_test(with_rule(TEST, prior_sd=0.0)), SCALE, "prior without a spread"),
        (with_test(with_rule(TEST, start_theta=float("nan"))), SCALE, "not finite"),
        (with_test(with_rule(TEST, first="SYN99")), SCALE, "first item that is not in the bank"),
        (with_test(replace(TEST, scale="OTHER")), "OTHER", "no scale that is estimated"),
        (with_first(branch=Branch((Condition("SYN02", "=", "a"),))), "SYN01", "can have no branch"),
        (with_first(hidden=True), "SYN01", "neither hidden"),
        (with_first(initial="a"), "SYN01", "filled in"),
        (with_first(repeats=True), "SYN01", "no choice of one option"),
        (moved_out, SCALE, "do not stand in one group"),
        (parted, SCALE, "others between them"),
        (branched_upon, "more", "may never ask for"),
        (lambda structure: replace(structure, adaptive=(TEST, TEST)), SCALE, "two adaptive tests"),
    ],
)
def test_what_cannot_be_asked_adaptively_is_refused_by_place_and_rule(
    change: Change, where: str, rule: str
) -> None:
    with pytest.raises(InvalidInstrumentError, match=rule) as caught:
        check_instrument(replace(WHOLE, structure=change(WHOLE.structure)))
    assert caught.value.where == where


def test_a_scoring_that_counts_an_item_by_other_categories_is_refused() -> None:
    first = replace(WHOLE.scoring.items[0], codes=(("a", 4.0), ("e", 0.0)))
    scoring = replace(WHOLE.scoring, items=(first, *WHOLE.scoring.items[1:]))
    with pytest.raises(InvalidInstrumentError, match="counts in other categories than its options' scores"):
        check_instrument(replace(WHOLE, scoring=scoring))


def test_a_scoring_by_a_newer_calibration_changes_nothing_of_what_is_asked() -> None:
    (named,) = WHOLE.scoring.banks
    newer = Bank(tuple(replace(item, a=item.a * 1.1) for item in named.bank.items))
    scoring = replace(WHOLE.scoring, version="2", banks=(replace(named, bank=newer),))
    changed = replace(WHOLE, scoring=scoring)
    check_instrument(changed)
    assert content_hash(changed.structure) == content_hash(WHOLE.structure)


def test_the_rule_is_pinned_with_what_is_asked_and_its_change_told_in_words() -> None:
    shorter = replace(WHOLE.structure, adaptive=(make_test(RULES["adult-recommended"]),))
    changed = replace(WHOLE, structure=shorter)
    assert content_hash(shorter) != content_hash(WHOLE.structure)
    (change,) = diff(WHOLE, changed)
    assert "adaptive test of the scale 'ENERGY'" in change.words
    assert "4 to 12 items" in change.words
    assert "4 to 8 items, ending at an error below 0.3 or changed by less than 0.01" in change.words
    assert (change.trigger, change.effect, change.scales) == ("major", "scores comparable", (SCALE,))
    assert apply(WHOLE, [change]) == changed
    assert comparability(WHOLE, changed).scales == {SCALE: "scores comparable"}


def test_an_item_that_stands_beside_a_test_does_not_hang_on_its_items() -> None:
    gate = Item("gate", "boolean")
    more = Item("more", "boolean", branch=Branch((Condition("gate", "=", value=True),)))
    before = adaptive_instrument(TEST, gate, more)
    worded = replace(before.translations[0], texts=before.translations[0].texts | {"SYN01": "Andre ord"})
    same = comparability(before, replace(before, translations=(worded,))).items
    assert "more" in same
    assert "SYN01" not in same
    assert "SYN02" in same


def test_an_instrument_that_is_asked_whole_compares_with_one_that_is_asked_adaptively() -> None:
    whole = replace(WHOLE, structure=replace(WHOLE.structure, adaptive=()))
    (change,) = diff(whole, WHOLE)
    assert (change.act, change.effect) == ("add", "scores comparable")
    assert apply(WHOLE, diff(WHOLE, whole)) == whole


def test_it_survives_its_own_file_and_a_fhir_questionnaire() -> None:
    assert read_instrument(msgspec.json.encode(WHOLE)) == WHOLE
    read = read_questionnaire(write_questionnaire(WHOLE)).instrument
    assert read is not None
    assert read.structure.adaptive == WHOLE.structure.adaptive


def test_a_questionnaire_response_leaves_out_what_was_not_asked_and_is_read_back() -> None:
    structure = WHOLE.structure
    names = [item.item_id for item in TEST.bank.items]
    answered, declined = phone_asks(TEST, dict.fromkeys(names, 2) | {"SYN02": None})
    sent = as_sent(answered, declined)
    content = write_response(structure, sent)
    assert {name for name in names if f'"{name}"'.encode() in content} == {*answered, *declined}
    read = read_response(content, {canonical_of(structure): structure})
    assert read.answers.values == sent.values
    assert read.answers.skipped == sent.skipped


def test_the_score_is_the_estimate_of_what_was_answered_with_its_error_and_its_reasons() -> None:
    names = [item.item_id for item in TEST.bank.items]
    answered, declined = phone_asks(TEST, dict.fromkeys(names, 1) | {"SYN02": None})
    (score,) = score_answers(WHOLE.scoring, WHOLE.structure, as_sent(answered, declined))
    row = np.array([[float(answered.get(name, "nan")) for name in names]])
    found = estimate(TEST.bank, row, WHOLE.scoring.scales[0].grid)
    assert (score.value, score.se) == pytest.approx((found.theta[0], found.se[0]))
    assert set(score.used) == set(answered)
    assert score.rule == f"eap on energy; {len(answered)} of 20 items, 1 needed"


def test_the_error_is_brought_on_the_line_of_the_score() -> None:
    as_t = replace(WHOLE.scoring.scales[0], transform=Linear(0, 1, 50, 60), lowest=0, highest=100)
    scoring = replace(WHOLE.scoring, scales=(as_t,))
    sent = as_sent(*phone_asks(TEST, {item.item_id: 3 for item in TEST.bank.items}))
    (theta,), (t,) = (score_answers(one, WHOLE.structure, sent) for one in (WHOLE.scoring, scoring))
    assert theta.se is not None
    assert (t.value, t.se) == pytest.approx((50 + 10 * (theta.value or 0), 10 * theta.se))
    (nothing,) = score_answers(scoring, WHOLE.structure, Answers())
    assert (nothing.value, nothing.se) == (None, None)


def test_two_tests_of_one_structure_are_told_apart() -> None:
    names = [item.item_id for item in TEST.bank.items]
    halves = [Bank(TEST.bank.items[:10]), Bank(TEST.bank.items[10:])]
    tests = tuple(
        with_rule(AdaptiveTest(f"S{number}", TEST.rule, bank), max_items=5)
        for number, bank in enumerate(halves)
    )
    structure = replace(adaptive_structure(TEST), adaptive=tests)
    first, second = (phone_asks(test, dict.fromkeys(names, 2))[0] for test in tests)
    assert check(structure, as_sent({**first, **second}, [])) == []
