"""A sealed value opens where it belongs, whole and unchanged, and in no other way."""

import itertools
import os
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.identifiers import PersonId, new_id
from surveys.keys import (
    Binding,
    InboxKey,
    NotOpenedError,
    TooLongError,
    open_with_secret,
    seal_chunk_to_inbox,
    seal_to_inbox,
    seal_with_secret,
)
from surveys.keys.envelope import ANSWER_LIMIT, CHUNK_LIMIT, associated, pad, unpad
from surveys.keys.permissions import OPENINGS
from surveys.keys.sealing import InboxPrivateKey, make_inbox_key, open_at_rest, seal_at_rest, unwrap, wrap

PLACE = Binding("answering.response", new_id(), PersonId(new_id()), new_id(), "v1", 1)
ELSEWHERE = (
    {"table": "answering.score"},
    {"row_id": new_id()},
    {"person_id": new_id()},
    {"study_id": new_id()},
    {"version": "v2"},
    {"version": ""},
    {"row_version": 2},
)
INBOX = InboxPrivateKey(make_inbox_key())
INBOX_KEY = InboxKey(3, INBOX.public_key())
KEY = os.urandom(32)
SECRET = os.urandom(32)


class Kind(NamedTuple):
    """One of the ways in which something is sealed."""

    seal: Callable[[bytes], bytes]
    open: Callable[[bytes, Binding], bytes]
    open_elsewhere: Callable[[bytes], bytes]


KINDS = {
    "inbox": Kind(
        lambda content: seal_to_inbox(INBOX_KEY, content, PLACE),
        INBOX.open,
        lambda sealed: InboxPrivateKey(make_inbox_key()).open(sealed, PLACE),
    ),
    "at rest": Kind(
        lambda content: seal_at_rest(KEY, content, PLACE, ANSWER_LIMIT),
        lambda sealed, place: open_at_rest(KEY, sealed, place),
        lambda sealed: open_at_rest(os.urandom(32), sealed, PLACE),
    ),
    "under a secret": Kind(
        lambda content: seal_with_secret(SECRET, content, str(PLACE)),
        lambda sealed, place: open_with_secret(SECRET, sealed, str(place)),
        lambda sealed: open_with_secret(os.urandom(32), sealed, str(PLACE)),
    ),
    "a wrapped key": Kind(
        lambda content: wrap(KEY, content, str(PLACE).encode()),
        lambda sealed, place: unwrap(KEY, sealed, str(place).encode()),
        lambda sealed: unwrap(os.urandom(32), sealed, str(PLACE).encode()),
    ),
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@kinds
def test_what_is_sealed_opens(kind: Kind) -> None:
    for content in (b"", b"\0", b"answers", bytes(300), os.urandom(5000)):
        assert kind.open(kind.seal(content), PLACE) == content


@kinds
def test_the_same_is_never_sealed_to_the_same(kind: Kind) -> None:
    assert len({kind.seal(b"answers") for _ in range(200)}) == 200


@kinds
def test_no_flipped_bit_opens(kind: Kind) -> None:
    sealed = kind.seal(b"a")
    for bit in range(len(sealed) * 8):
        with pytest.raises(NotOpenedError):
            kind.open(_flipped(sealed, bit), PLACE)


@kinds
def test_no_truncation_and_no_extension_opens(kind: Kind) -> None:
    sealed = kind.seal(b"a")
    for length in range(len(sealed)):
        for cut in (sealed[:length], sealed[len(sealed) - length :]):
            with pytest.raises(NotOpenedError):
                kind.open(cut, PLACE)
    for longer in (sealed + b"\0", b"\0" + sealed, sealed + sealed):
        with pytest.raises(NotOpenedError):
            kind.open(longer, PLACE)


@kinds
@pytest.mark.parametrize("change", ELSEWHERE, ids=lambda change: next(iter(change)))
def test_nothing_opens_elsewhere(kind: Kind, change: dict[str, object]) -> None:
    with pytest.raises(NotOpenedError):
        kind.open(kind.seal(b"answers"), msgspec.structs.replace(PLACE, **change))


def test_what_is_sealed_for_one_table_opens_in_no_other() -> None:
    tables = {table for opening in OPENINGS.values() for table in opening.tables} | {
        "identity.national_identifier"
    }
    swapped = 0
    for one, other in itertools.permutations(sorted(tables), 2):
        here, there = (msgspec.structs.replace(PLACE, table=table) for table in (one, other))
        with pytest.raises(NotOpenedError):
            open_at_rest(KEY, seal_at_rest(KEY, b"answers", here, ANSWER_LIMIT), there)
        with pytest.raises(NotOpenedError):
            INBOX.open(seal_to_inbox(INBOX_KEY, b"answers", here), there)
        swapped += 2
    assert swapped >= 2 * 9 * 8


@kinds
def test_nothing_opens_under_another_key(kind: Kind) -> None:
    with pytest.raises(NotOpenedError):
        kind.open_elsewhere(kind.seal(b"answers"))


def test_halves_of_two_values_of_one_place_do_not_open() -> None:
    for kind in KINDS.values():
        one, other = kind.seal(b"one"), kind.seal(b"two")
        for cut in range(1, len(one), 7):
            joined = one[:cut] + other[cut:]
            if joined not in {one, other}:
                with pytest.raises(NotOpenedError):
                    kind.open(joined, PLACE)


def test_a_value_of_one_kind_is_none_of_another() -> None:
    for name, kind in KINDS.items():
        for other_name, other in KINDS.items():
            if other_name != name:
                with pytest.raises(NotOpenedError):
                    other.open(kind.seal(b"answers"), PLACE)


def test_an_error_says_nothing_of_why() -> None:
    sealed = KINDS["inbox"].seal(b"answers")
    attempts = (b"", b"EK2" + sealed[3:], sealed[:-1], _flipped(sealed, 8 * 500), sealed + b"\0")
    messages = set()
    for attempt in attempts:
        with pytest.raises(NotOpenedError) as refused:
            KINDS["inbox"].open(attempt, PLACE)
        messages.add(str(refused.value))
    assert len(messages) == 1


@given(st.binary(max_size=3000))
def test_padding_comes_off_as_it_went_on(content: bytes) -> None:
    padded = pad(content, ANSWER_LIMIT)
    assert len(padded) % 256 == 0
    assert len(padded) - len(content) <= 4 + 255
    assert unpad(padded) == content


@given(st.binary(max_size=1024))
def test_nothing_but_padding_is_taken_for_padding(content: bytes) -> None:
    try:
        opened = unpad(content)
    except NotOpenedError:
        return
    assert pad(opened, ANSWER_LIMIT) == content


def test_lengths_tell_no_more_than_the_next_step() -> None:
    lengths = {len(KINDS["inbox"].seal(bytes(length))) for length in range(0, 2000, 7)}
    assert len(lengths) == 8


def test_there_is_room_for_so_much_and_no_more() -> None:
    assert seal_to_inbox(INBOX_KEY, bytes(ANSWER_LIMIT - 4), PLACE)
    with pytest.raises(TooLongError):
        seal_to_inbox(INBOX_KEY, bytes(ANSWER_LIMIT - 3), PLACE)
    chunk = bytes(CHUNK_LIMIT - 4)
    assert INBOX.open(seal_chunk_to_inbox(INBOX_KEY, chunk, PLACE), PLACE) == chunk
    with pytest.raises(TooLongError):
        seal_chunk_to_inbox(INBOX_KEY, chunk + b"x", PLACE)


bindings = st.builds(
    Binding, table=st.text(max_size=5), row_id=st.uuids(), person_id=st.uuids(), study_id=st.uuids(),
    version=st.text(max_size=5), row_version=st.integers(0, 300),
)  # fmt: skip


@given(bindings, bindings, st.binary(max_size=8), st.binary(max_size=8))
def test_two_places_never_look_alike(one: Binding, other: Binding, header: bytes, another: bytes) -> None:
    same = associated(one, header) == associated(other, another)
    assert same == ((one, header) == (other, another))


def _flipped(sealed: bytes, bit: int) -> bytes:
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
