"""Each role gets what the table of docs/security.md says, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import clock
from surveys.database import Role
from surveys.identifiers import PersonId, new_id
from surveys.keys import (
    Audience,
    Binding,
    Keys,
    KeysError,
    NotAllowedError,
    OwnAct,
    PlainRow,
    Purpose,
    SealedRow,
    seal_to_inbox,
)
from surveys.keys.grants import make_grant, read_grant
from surveys.keys.permissions import METHODS, OPENINGS, SEALINGS, Opening
from tests.builders.keys import in_process_keys

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "security.md"
CALLERS = (Role.WEB, Role.WORKER, Role.RESEARCH)
TABLES = sorted({table for opening in OPENINGS.values() for table in opening.tables})
NOW = clock.now()
KEY = bytes(32)

KeysAs = Callable[[Role], Keys]


def place(table: str, person_id: PersonId | None = None) -> Binding:
    return Binding(table, new_id(), person_id or PersonId(new_id()), new_id())


def test_the_documentation_has_the_same_purposes() -> None:
    rows = [line.split("|") for line in DOCUMENTATION.read_text(encoding="utf-8").splitlines()]
    said = {
        row[1].strip(): (set(row[2].split(", ")), set(row[3].split(", ")), int(row[5].replace(",", "")))
        for row in ([cell.strip().replace("`", "") for cell in row] for row in rows)
        if len(row) == 7 and row[1] in list(Purpose)
    }
    assert said == {
        str(purpose): ({role.name.lower() for role in one.roles}, set(one.tables), one.rows_an_hour)
        for purpose, one in OPENINGS.items()
    }


async def test_no_role_opens_for_a_purpose_or_a_table_that_is_not_its_own(keys_as: KeysAs) -> None:
    refused = 0
    for role in Role:
        for purpose, opening in OPENINGS.items():
            for table in TABLES:
                if role in opening.roles and table in opening.tables:
                    continue
                with pytest.raises(NotAllowedError):
                    await keys_as(role).open(purpose, [SealedRow(place(table), b"")])
                refused += 1
    assert refused == len(Role) * len(OPENINGS) * len(TABLES) - sum(map(_allowed, OPENINGS.values()))


def _allowed(opening: Opening) -> int:
    return len(opening.roles) * len(opening.tables)


async def test_no_role_seals_for_a_table_that_is_not_its_own(keys_as: KeysAs) -> None:
    for role in Role:
        for table in TABLES:
            row = PlainRow(place(table), b"x")
            if table in SEALINGS.get(role, {}):
                assert await keys_as(role).seal([row])
            else:
                with pytest.raises(NotAllowedError):
                    await keys_as(role).seal([row])


async def test_no_role_calls_what_is_not_its_own(keys_as: KeysAs) -> None:
    arguments: dict[str, tuple[object, ...]] = {
        "inbox_key": (),
        "receipt_key": (),
        "link": ([],),
        "login": (Audience.PATIENT, "", ""),
        "fingerprints": ([],),
        "pseudonyms": (new_id(), []),
        "checkpoint": (0, KEY),
        "checkpoint_key": (),
        "act": (OwnAct.READ, b""),
    }
    for role in Role:
        for method, roles in METHODS.items():
            if role not in roles:
                with pytest.raises(NotAllowedError):
                    await getattr(keys_as(role), method)(*arguments[method])


async def test_what_anyone_may_send_is_never_taken_for_what_was_stored(keys_as: KeysAs) -> None:
    key = await keys_as(Role.WEB).inbox_key()
    for purpose, role, table in (
        (Purpose.EXTRACT, Role.RESEARCH, "answering.response"),
        (Purpose.COMPARE, Role.WORKER, "answering.score"),
        (Purpose.DOCUMENTS, Role.WEB, "catalogue.document"),
    ):
        binding = place(table)
        await keys_as(Role.WORKER).seal([PlainRow(binding, b"theirs")])
        with pytest.raises(KeysError, match="does not open"):
            await keys_as(role).open(purpose, [SealedRow(binding, seal_to_inbox(key, b"forged", binding))])


async def test_one_bad_row_and_none_of_the_batch_opens(keys_as: KeysAs) -> None:
    worker = keys_as(Role.WORKER)
    rows = [PlainRow(place("answering.score"), b"scores") for _ in range(3)]
    sealed = await worker.seal(rows)
    stored = [SealedRow(row.binding, one) for row, one in zip(rows, sealed, strict=True)]
    with pytest.raises(KeysError):
        await worker.open(Purpose.COMPARE, [*stored[:2], SealedRow(stored[2].binding, sealed[0])])
    with pytest.raises(NotAllowedError):
        await worker.open(Purpose.COMPARE, [*stored[:2], SealedRow(place("answering.response"), sealed[0])])


async def test_a_draft_opens_with_its_own_persons_grant_alone(
    engine_as: Callable[[Role], AsyncEngine],
) -> None:
    keys_as = in_process_keys(engine_as(Role.KEYS), now=lambda: NOW)
    web = keys_as(Role.WEB)
    key = web._vault.grant_key
    anna, berit = PersonId(new_id()), PersonId(new_id())
    binding = place("answering.draft", anna)
    row = SealedRow(binding, seal_to_inbox(await web.inbox_key(), b"half an answer", binding))
    soon, over = NOW + timedelta(minutes=1), NOW
    good = make_grant(key, Audience.PATIENT, anna, (), soon)
    assert await web.open(Purpose.OWN_DRAFT, [row], good) == [b"half an answer"]
    for grant in (
        make_grant(key, Audience.PATIENT, berit, (), soon),
        make_grant(key, Audience.PATIENT, anna, (), over),
        make_grant(key, Audience.STAFF, anna, ("registry",), soon),
        make_grant(KEY, Audience.PATIENT, anna, (), soon),
        b"",
        good[:-1],
        good + b"x",
    ):
        with pytest.raises(NotAllowedError):
            await web.open(Purpose.OWN_DRAFT, [row], grant)
    others = place("answering.draft", berit)
    mixed = SealedRow(others, seal_to_inbox(await web.inbox_key(), b"hers", others))
    with pytest.raises(NotAllowedError):
        await web.open(Purpose.OWN_DRAFT, [row, mixed], good)


async def test_signals_open_for_staff_with_a_role_alone(engine_as: Callable[[Role], AsyncEngine]) -> None:
    keys_as = in_process_keys(engine_as(Role.KEYS), now=lambda: NOW)
    web = keys_as(Role.WEB)
    key = web._vault.grant_key
    binding = place("lateeffects.signal")
    (sealed,) = await keys_as(Role.WORKER).seal([PlainRow(binding, b"a drop")])
    row, soon, staff = SealedRow(binding, sealed), NOW + timedelta(minutes=1), PersonId(new_id())
    good = make_grant(key, Audience.STAFF, staff, ("registry",), soon)
    assert await web.open(Purpose.SIGNALS, [row], good) == [b"a drop"]
    for grant in (
        make_grant(key, Audience.STAFF, staff, (), soon),
        make_grant(key, Audience.PATIENT, binding.person_id, (), soon),
        make_grant(key, Audience.STAFF, staff, ("registry",), NOW - timedelta(minutes=1)),
    ):
        with pytest.raises(NotAllowedError):
            await web.open(Purpose.SIGNALS, [row], grant)


def test_no_changed_grant_is_read() -> None:
    grant = make_grant(KEY, Audience.STAFF, PersonId(new_id()), (), NOW + timedelta(minutes=1))
    assert read_grant(KEY, grant, NOW)
    for bit in range(len(grant) * 8):
        changed = bytearray(grant)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NotAllowedError):
            read_grant(KEY, bytes(changed), NOW)
