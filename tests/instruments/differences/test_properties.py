"""What holds of the differences of any two instruments."""

from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from instruments.differences import Change, apply, diff
from instruments.differences.parts import as_read
from instruments.versions import Instrument, content_hash
from tests.instruments.differences.strategies import instruments, translations


@given(instruments())
def test_an_instrument_does_not_differ_from_itself(instrument: Instrument) -> None:
    assert diff(instrument, instrument) == ()


@settings(max_examples=200)
@given(instruments(), instruments(), st.randoms())
def test_the_changes_turn_the_one_into_the_other_in_any_order(
    a: Instrument, b: Instrument, chance: Random
) -> None:
    changes = list(diff(a, b))
    chance.shuffle(changes)
    made = apply(a, changes)
    assert made == b
    assert content_hash(made) == content_hash(as_read(b))


@given(instruments(), instruments())
def test_changes_survive_json(a: Instrument, b: Instrument) -> None:
    changes = diff(a, b)
    read = msgspec.json.decode(msgspec.json.encode(changes), type=tuple[Change, ...])
    assert read == changes
    assert apply(a, read) == b


@given(instruments(), st.data())
def test_other_words_change_nothing_but_the_translation(a: Instrument, data: st.DataObject) -> None:
    spoken = tuple(data.draw(translations(a.structure, one.language)) for one in a.translations)
    changes = diff(a, replace(a, translations=spoken))
    assert {change.axis for change in changes} <= {"translation"}


@given(instruments(), instruments())
def test_another_scoring_changes_nothing_but_the_scoring(a: Instrument, b: Instrument) -> None:
    changes = diff(a, replace(a, scoring=b.scoring))
    assert {change.axis for change in changes} <= {"scoring"}
    assert all(change.effect != "not comparable" for change in changes)


@given(instruments(), instruments())
def test_every_change_is_said_in_words_that_differ_from_all_others(a: Instrument, b: Instrument) -> None:
    words = [change.words for change in diff(a, b)]
    assert len(set(words)) == len(words)
