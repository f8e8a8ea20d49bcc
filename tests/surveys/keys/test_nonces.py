"""No nonce and no salt comes twice, in processes that were forked from one that had sealed already.

Everybody seals the same under the same key and context, so a salt that came twice would give the same bytes
twice. ``ETTERKLANG_TEST_SEALS=10000000`` makes it ten million; docs/security.md has the figures.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from math import ceil
from typing import TypeVar
from uuid import UUID

import numpy as np
import pytest

from surveys.identifiers import PersonId
from surveys.keys import Binding, InboxKey, seal_to_inbox, seal_with_secret
from surveys.keys.envelope import ANSWER_LIMIT, HEADER
from surveys.keys.sealing import SALT_BYTES, InboxPrivateKey, make_inbox_key, seal_at_rest

Result = TypeVar("Result")

SEALS = int(os.environ.get("ETTERKLANG_TEST_SEALS", "60000"))
PROCESSES = 4
LOTS_A_PROCESS = 5
START = 16
"""Bytes of a sealed value that are compared, of those in which its salt or its encapsulated key begins."""

KEY, SECRET = bytes(32), bytes(32)
PLACE = Binding("answering.response", UUID(int=1), PersonId(UUID(int=2)), UUID(int=3), "v1", 1)
INBOX_KEY = InboxKey(1, InboxPrivateKey(make_inbox_key()).public_key())

SEALERS: dict[str, Callable[[], bytes]] = {
    "at rest": lambda: seal_at_rest(KEY, b"answers", PLACE, ANSWER_LIMIT)[HEADER.size :],
    "inbox": lambda: seal_to_inbox(INBOX_KEY, b"answers", PLACE)[HEADER.size :],
    "under a secret": lambda: seal_with_secret(SECRET, b"answers", "a session"),
}
SHARES = {"at rest": 0.95, "inbox": 0.02, "under a secret": 0.03}


def starts(asked: tuple[str, int]) -> bytes:
    """How so many sealed values begin, one behind the other."""
    kind, count = asked
    seal = SEALERS[kind]
    return b"".join(seal()[:START] for _ in range(count))


def repeated(found: bytes) -> int:
    """How many of the starts came before."""
    values = np.frombuffer(found, dtype=[("high", ">u8"), ("low", ">u8")])
    return len(values) - len(np.unique(values))


def alone(work: Callable[..., Result], *arguments: object) -> Result:
    """What ``work`` gives in a fresh process: one with threads, as a test's own is, must not be forked."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(work, *arguments).result()


def sealed_around_a_fork(kind: str, lot: int) -> bytes:
    """A lot before, many in forked processes, and one after."""
    before = starts((kind, lot))
    with multiprocessing.get_context("fork").Pool(PROCESSES) as forked:
        lots = forked.map(starts, [(kind, lot)] * (PROCESSES * LOTS_A_PROCESS), chunksize=1)
    return b"".join((before, *lots, starts((kind, lot))))


def first_of_eight_forks() -> list[bytes]:
    """What each of eight processes seals first, forked from one that has sealed."""
    starts(("at rest", 1))
    firsts = []
    for _ in range(8):
        with multiprocessing.get_context("fork").Pool(1) as forked:
            firsts.append(forked.apply(starts, [("at rest", 1)]))
    return firsts


def test_a_start_that_comes_twice_is_found() -> None:
    found = starts(("at rest", 100))
    assert repeated(found) == 0
    assert repeated(found + found[START : 2 * START]) == 1
    assert START == SALT_BYTES


@pytest.mark.parametrize("kind", SEALERS)
def test_no_salt_comes_twice_also_after_a_fork(kind: str) -> None:
    lot = ceil(SEALS * SHARES[kind] / (PROCESSES * LOTS_A_PROCESS + 2))
    found = alone(sealed_around_a_fork, kind, lot)
    sealed = len(found) // START
    assert sealed == lot * (PROCESSES * LOTS_A_PROCESS + 2)
    sys.stdout.write(
        f"\n{kind}: {sealed:,} sealed in {PROCESSES + 1} processes, {repeated(found)} came twice\n"
    )
    assert repeated(found) == 0


def test_what_two_forks_of_one_process_seal_first_differs() -> None:
    assert len(set(alone(first_of_eight_forks))) == 8
