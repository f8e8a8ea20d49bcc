"""What holds of the differences of any two instruments."""

from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from instruments.comparability import comparability
from instruments.differences import Change, apply, diff, worst
from instruments.differences.parts import as_read
from instruments.versions import Instrument, content_hash
from tests.instruments.differences.strategies import instruments, translations

SOME = settings(max_examples=20)


@SOME
@given(instruments())
def test_an_instrument_does_not_differ_from_itself(instrument: Instrument) -> None:
    assert diff(instrument, instrument) == ()


@SOME
@given(instruments(), instruments(), st.randoms())
def test_the_changes_turn_the_one_into_the_other_in_any_order(
    a: Instrument, b: Instrument, chance: Random
) -> None:
    changes = list(diff(a, b))
    chance.shuffle(changes)
    made = apply(a, changes)
    assert made == b
    assert content_hash(made) == content_hash(as_read(b))


@SOME
@given(instruments(), instruments())
def test_changes_survive_json(a: Instrument, b: Instrument) -> None:
    changes = diff(a, b)
    read = msgspec.json.decode(msgspec.json.encode(changes), type=tuple[Change, ...])
    assert read == changes
    assert apply(a, read) == b


@SOME
@given(instruments(), st.data())
def test_other_words_change_nothing_but_the_translation(a: Instrument, data: st.DataObject) -> None:
    spoken = tuple(data.draw(translations(a.structure, one.language)) for one in a.translations)
    changes = diff(a, replace(a, translations=spoken))
    assert {change.axis for change in changes} <= {"translation"}


@SOME
@given(instruments(), instruments())
def test_another_scoring_changes_nothing_but_the_scoring(a: Instrument, b: Instrument) -> None:
    changes = diff(a, replace(a, scoring=b.scoring))
    assert {change.axis for change in changes} <= {"scoring"}
    assert all(change.effect != "not comparable" for change in changes)


@SOME
@given(instruments(), instruments())
def test_every_change_is_said_in_words_that_differ_from_all_others(a: Instrument, b: Instrument) -> None:
    words = [change.words for change in diff(a, b)]
    assert len(set(words)) == len(words)


@SOME
@given(instruments(), instruments())
def test_comparability_is_the_same_in_either_direction(a: Instrument, b: Instrument) -> None:
    there, back = comparability(a, b), comparability(b, a)
    assert (there.overall, there.scales, there.items) == (back.overall, back.scales, back.items)


@SOME
@given(instruments(), instruments(), st.booleans())
def test_two_versions_are_identical_only_if_their_documents_have_the_same_hashes(
    a: Instrument, b: Instrument, alike: bool
) -> None:
    a, b = as_read(a), as_read(replace(a, translations=a.translations[::-1]) if alike else b)
    assert (comparability(a, b).overall == "identical") is (hashes(a) == hashes(b))


@SOME
@given(instruments(), instruments())
def test_no_change_leaves_a_scale_better_than_it_says_itself(a: Instrument, b: Instrument) -> None:
    found = comparability(a, b)
    for change in diff(a, b):
        for scale in change.scales:
            assert worst((found.scales[scale], change.effect)) == found.scales[scale]


@SOME
@given(instruments(), instruments())
def test_a_scale_that_no_change_touches_is_identical(a: Instrument, b: Instrument) -> None:
    touched = {scale for change in diff(a, b) for scale in change.scales}
    found = comparability(a, b)
    assert {scale for scale, effect in found.scales.items() if effect == "identical"} == (
        found.scales.keys() - touched
    )


def hashes(instrument: Instrument) -> set[bytes]:
    return {
        content_hash(instrument.structure),
        content_hash(instrument.presentation),
        content_hash(instrument.scoring),
        *(content_hash(translation) for translation in instrument.translations),
    }
