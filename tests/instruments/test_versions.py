"""Documents and their hashes, what makes four documents one instrument, and the life of a version."""

import msgspec
import pytest
from hypothesis import given
from msgspec.structs import replace

from instruments.answers import Answers
from instruments.definition import Branch, Condition, Item, Option, Presentation, Structure
from instruments.scoring import Scale
from instruments.soundness import MAX_DEPTH, MAX_ITEMS, faults_of
from instruments.versions import (
    MOVES,
    InvalidInstrumentError,
    State,
    canonical,
    check_instrument,
    content_hash,
    read_instrument,
)
from tests.builders.instruments import answered_structures, choice, make_instrument, make_structure


@given(answered_structures())
def test_a_document_read_from_its_canonical_json_has_the_same_canonical_json(
    drawn: tuple[Structure, Answers],
) -> None:
    for document in drawn:
        again = msgspec.json.decode(canonical(document), type=type(document))
        assert canonical(again) == canonical(document)
        assert content_hash(again) == content_hash(document)


def test_the_order_in_which_texts_were_written_does_not_change_the_hash() -> None:
    (one,) = make_instrument(choice("a", "x")).translations
    turned = replace(one, texts=dict(reversed(one.texts.items())))
    assert content_hash(one) == content_hash(turned)


def test_a_score_written_as_a_whole_number_has_the_hash_of_the_decimal_one() -> None:
    whole = msgspec.json.decode(b'{"code": "x", "score": 1}', type=Option)
    assert content_hash(whole) == content_hash(Option("x", score=1.0)) == content_hash(Option("x", score=1))


def test_a_field_left_at_its_default_does_not_change_the_hash() -> None:
    assert canonical(Option("x", exclusive=False)) == b'{"code":"x"}'


def test_another_order_of_items_is_another_version() -> None:
    a, b = choice("a", "x"), choice("b", "x")
    assert content_hash(make_structure(a, b)) != content_hash(make_structure(b, a))
    assert len(content_hash(make_structure(a, b))) == 32


def test_an_instrument_is_read_from_its_json() -> None:
    instrument = make_instrument(choice("a", "x", "y"), languages=("nb", "nn"))
    assert read_instrument(canonical(instrument)) == instrument


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"structure": 1}', b"[" * 100_000, b"\xff\xfe"]
)
def test_what_is_no_instrument_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInstrumentError):
        read_instrument(content)


def test_an_unknown_field_is_refused() -> None:
    content = canonical(make_instrument(choice("a", "x"))).replace(
        b'"presentation":{', b'"presentation":{"new":1,'
    )
    with pytest.raises(InvalidInstrumentError):
        read_instrument(content)


def test_documents_of_different_instruments_do_not_make_one() -> None:
    instrument = make_instrument(choice("a", "x"))
    with pytest.raises(InvalidInstrumentError) as caught:
        check_instrument(replace(instrument, presentation=Presentation(instrument_id="another", version="1")))
    assert caught.value.where == "another"


def test_a_language_has_one_translation() -> None:
    with pytest.raises(InvalidInstrumentError):
        check_instrument(make_instrument(choice("a", "x"), languages=("nb", "nb")))


ON_NOWHERE = Branch((Condition(item="nowhere", operator="exists", value=True),))
ON_ITSELF = Branch((Condition(item="a", operator="exists", value=True),))


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        (Item(" ", "string"), "empty id"),
        (Item("a", "string", branch=ON_NOWHERE), "not there"),
        (Item("a", "string", branch=ON_ITSELF), "in a circle"),
        (Item("a", "string", branch=Branch(())), "without a condition"),
        (Item("a", "string", options=(Option("x"),)), "takes none"),
        (Item("a", "choice", options=(Option("x"), Option("x"))), "two options with one code"),
        (Item("a", "boolean", repeats=True), "takes one answer"),
        (Item("a", "string", min_answers=2), "takes one"),
        (Item("a", "string", repeats=True, min_answers=0), "below one"),
        (Item("a", "string", repeats=True, max_answers=101), "above 100"),
        (Item("a", "string", repeats=True, min_answers=3, max_answers=2), "more answers than it takes"),
        (Item("a", "choice", (Option("x"),), repeats=True, min_answers=2), "than it has options"),
        (Item("a", "display", items=(Item("b", "string"),)), "holds items"),
        (Item("a", "group", required=True), "takes no answer"),
        (Item("a", "integer", minimum=2, maximum=1), "above its maximum"),
        (Item("a", "decimal", maximum=float("nan")), "not finite"),
        (Item("a", "choice", options=(Option("x", score=float("inf")),)), "not finite"),
        (Item("a", "integer", step=0), "not above zero"),
        (Item("a", "string", min_length=3, max_length=2), "above its greatest"),
        (Item("a", "string", pattern="(a"), "pattern that cannot be used"),
        (Item("a", "date", earliest="2026"), "no date"),
        (Item("a", "time", latest="8:00"), "no date"),
        (Item("a", "string", earliest="2026-01-01"), "of another kind"),
        (Item("a", "choice", options=(Option("x"),), initial="y"), "filled in"),
        (Item("a", "integer", maximum=3, initial=4), "filled in"),
        (Item("a", "choice", options=(Option("help"),)), "wording key of two things"),
    ],
)
def test_an_unsound_item_is_named_with_its_rule(item: Item, rule: str) -> None:
    faults = faults_of(make_structure(item))
    assert [fault for fault in faults if rule in fault.rule and fault.where.startswith(item.item_id)]


def test_two_items_with_one_id_are_named() -> None:
    assert faults_of(make_structure(Item("a", "string"), Item("a", "string")))[0].rule == "is named twice"


def test_an_item_whose_id_reads_like_an_option_of_another_is_named() -> None:
    structure = make_structure(choice("a", "b"), Item("a/b", "string"))
    assert [fault.where for fault in faults_of(structure)] == [
        "a/b",
        "a/b/markdown",
        "a/b/prefix",
        "a/b/xhtml",
    ]


def test_a_structure_is_neither_too_large_nor_too_deep() -> None:
    many = make_structure(*(Item(str(number), "string") for number in range(MAX_ITEMS + 1)))
    assert "more than" in faults_of(many)[0].rule
    deep = Item("leaf", "string")
    for number in range(MAX_DEPTH):
        deep = Item(str(number), "group", items=(deep,))
    assert [fault.rule for fault in faults_of(make_structure(deep))] == [
        f"is nested more than {MAX_DEPTH} deep"
    ]
    assert faults_of(make_structure(deep.items[0])) == []


def test_what_was_published_is_only_ever_retired() -> None:
    assert MOVES[State.PUBLISHED] == {State.RETIRED}
    assert MOVES[State.RETIRED] == frozenset()
    assert set(MOVES) == set(State)


def test_a_default_that_is_written_out_is_the_document_that_leaves_it_out() -> None:
    said = b'{"scale_id":"s","missing":{"kind":"half"},"lowest":0,"items":[]}'
    assert content_hash(msgspec.json.decode(said, type=Scale)) == content_hash(Scale("s"))
