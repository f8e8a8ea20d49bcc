"""Attacks on what is stored, carried out: by code inside the web process, and with two keys at once."""

import itertools
import os
from datetime import timedelta

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import clock
from surveys.answering import Place, process_inbox
from surveys.database import Role
from surveys.identifiers import PersonId, new_id
from surveys.keys import Audience, Binding, KeysError, NotOpenedError, Purpose, SealedRow
from surveys.keys.envelope import AT_REST
from surveys.keys.grants import make_grant
from surveys.keys.in_process import InProcessKeys
from surveys.keys.sealing import open_at_rest
from tests.builders.answering import (
    NOW,
    EngineAs,
    Study,
    answers,
    make_submission,
    open_assessment,
    send,
)

POLYNOMIAL = 0xE1 << 120
STORED = ("answering.response", "answering.score", "answering.inbox", "identity.national_identifier")


async def answered(study: Study, words: str = "words of a stranger") -> PersonId:
    one = await open_assessment(study)
    await send(study, make_submission(one, answers(second={"words": (words,)})))
    return one.person_id


def stored_rows(database: str) -> list[SealedRow]:
    """Every sealed answer and score, as a thief of the database would have them."""
    columns = "response_id, person_id, study_id, tumour_id, wave, part, sealed"
    with psycopg.connect(database) as connection:
        responses = connection.execute(f"SELECT {columns}, protocol_version_id FROM answering.response")
        scores = connection.execute(f"SELECT {columns} FROM answering.score")
        return [
            *(SealedRow(Place(*row[:6]).response(row[7]), row[6]) for row in responses),
            *(SealedRow(Place(*row[:6]).score(1), row[6]) for row in scores),
        ]


async def test_code_inside_the_web_process_opens_no_stored_answer(study: Study, database: str) -> None:
    persons = [await answered(study) for _ in range(3)]
    await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 10)
    web = study.keys_as(Role.WEB)
    assert isinstance(web, InProcessKeys)
    rows = stored_rows(database)
    assert len(await study.keys_as(Role.RESEARCH).open(Purpose.EXTRACT, rows)) == len(rows)
    soon = clock.now() + timedelta(minutes=5)
    held = web._vault.grant_key
    before = clock.now() - timedelta(minutes=5)
    grants = [
        b"",
        make_grant(os.urandom(32), Audience.PATIENT, persons[0], (), soon),
        *(make_grant(held, Audience.PATIENT, one, (), soon) for one in persons),
        *(make_grant(held, Audience.PATIENT, one, (), soon, before) for one in persons),
        make_grant(held, Audience.STAFF, PersonId(new_id()), ("registry",), soon),
    ]
    tried = opened = 0
    for row, purpose, grant in itertools.product(rows, Purpose, grants):
        tried += 1
        try:
            await web.open(purpose, [row], grant)
            opened += 1
        except KeysError:
            continue
    assert (len(rows), tried, opened) == (12, 972, 0)


async def test_a_fresh_login_opens_its_own_persons_answers_and_no_others(study: Study, database: str) -> None:
    anna, berit = [await answered(study) for _ in range(2)]
    await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 10)
    web = study.keys_as(Role.WEB)
    assert isinstance(web, InProcessKeys)
    fresh = make_grant(
        web._vault.grant_key, Audience.PATIENT, anna, (), clock.now() + timedelta(minutes=5), clock.now()
    )
    opened = []
    for row, purpose in itertools.product(stored_rows(database), Purpose):
        try:
            await web.open(purpose, [row], fresh)
            opened.append((row.binding.person_id, purpose))
        except KeysError:
            continue
    assert opened == [(anna, Purpose.OWN_HISTORY)] * 4, berit


@pytest.mark.parametrize("table", STORED)
async def test_code_inside_the_web_process_reads_no_stored_row(
    study: Study, engine_as: EngineAs, table: str
) -> None:
    await answered(study)
    web: AsyncEngine = engine_as(Role.WEB)
    for statement in (f"SELECT * FROM {table}", f"SELECT sealed FROM {table}", f"TABLE {table}"):
        async with web.connect() as connection:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await connection.execute(text(statement))


def _times(one: int, other: int) -> int:
    """The product in GF(2^128) as GHASH takes it (NIST SP 800-38D, algorithm 1)."""
    product = 0
    for bit in range(127, -1, -1):
        if other >> bit & 1:
            product ^= one
        one = one >> 1 ^ (POLYNOMIAL if one & 1 else 0)
    return product


def _inverse(one: int) -> int:
    """By Fermat: one to the power of 2^128 - 2."""
    result, power = 1 << 127, one
    for _ in range(127):
        power = _times(power, power)
        result = _times(result, power)
    return result


def _block(key: bytes, counter_block: bytes) -> int:
    """AES of one block."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - one block, for the attack
    return int.from_bytes(encryptor.update(counter_block), "big")


def two_key_ciphertext(one: bytes, other: bytes, nonce: bytes) -> bytes:
    """A ciphertext of two blocks with a tag that AES-GCM takes under both keys.

    The tag under a key with hash key H is C1·H^3 + C2·H^2 + L·H + E(nonce), which is linear in C2: with C1
    chosen, one C2 makes both tags the same (Dodis et al., Fast Message Franking, 2018).
    """
    length = 2 * 128
    first = int.from_bytes(os.urandom(16), "big")
    sums, squares = [], []
    for key in (one, other):
        hashed = _block(key, bytes(16))
        square = _times(hashed, hashed)
        sums.append(
            _times(first, _times(square, hashed)) ^ _times(length, hashed) ^ _block(key, nonce + b"\0\0\0\1")
        )
        squares.append(square)
    second = _times(sums[0] ^ sums[1], _inverse(squares[0] ^ squares[1]))
    tag = sums[0] ^ _times(second, squares[0])
    return b"".join(part.to_bytes(16, "big") for part in (first, second, tag))


def test_a_ciphertext_of_two_keys_that_aes_gcm_takes_opens_under_neither() -> None:
    refused = 0
    for _ in range(20):
        keys, nonce = (os.urandom(32), os.urandom(32)), os.urandom(12)
        crafted = two_key_ciphertext(*keys, nonce)
        plain = {AESGCM(key).decrypt(nonce, crafted, None) for key in keys}
        assert len(plain) == 2
        place = Binding("answering.response", new_id(), PersonId(new_id()), new_id())
        for key, body in itertools.product(keys, (crafted, nonce + crafted, bytes(32) + nonce + crafted)):
            with pytest.raises(NotOpenedError):
                open_at_rest(key, AT_REST + body, place)
            refused += 1
    assert refused == 120
