"""The patient's own view, over HTTP: who used the answers, and leaving."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import httpx2
import psycopg
import pytest
from sqlalchemy import text

from surveys import clock
from surveys.answering import process_inbox, rescore
from surveys.database import Role, transaction
from surveys.followup import Sent, send_due, sweep
from surveys.identifiers import PersonId, new_id
from surveys.keys import Purpose
from surveys.keys.erasure import erase
from surveys.keys.permissions import ONE_ENTRY
from surveys.keys.status import read_status
from surveys.lateeffects import LateEffectRule, store_rule
from surveys.own.uses import KINDS, UsePurpose, UserRole
from surveys.persons import merge
from tests.builders.answering import (
    EVERYDAY,
    NOW,
    Open,
    Study,
    answers,
    as_owner,
    count,
    make_submission,
    open_assessment,
    send,
)
from tests.builders.api import Service, statements
from tests.builders.followup import (
    DIAGNOSED,
    FIRST_DAY,
    Pigeon,
    at,
    make_history,
    make_protocol,
    make_tumour,
    publish,
    tell_registry,
)
from tests.builders.research import answered, approve, extract, make_project, patient, rows_of

OLD = timedelta(minutes=5, seconds=1)
STAYS = {"stopped_at": None, "erasure": None}


def problem(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].rpartition("/")[2]


async def uses_of(client: httpx2.AsyncClient) -> list[dict[str, str]]:
    found = await client.get("/api/patient/uses")
    assert found.status_code == 200, found.text
    uses: list[dict[str, str]] = found.json()["uses"]
    return uses


def purposes(uses: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(one["purpose"], one["role"]) for one in uses]


async def test_an_extract_is_shown_to_those_who_are_in_it_with_who_is_responsible(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered(study, database, *patient())
    await extract(study, await approve(study, make_project()))
    berit = await answered(study, database, *patient())
    uses = await uses_of(await service.patient(anna))
    assert purposes(uses) == [("research", "researcher"), ("stored", "registry")]
    assert {name: uses[0][name] for name in ("organisation", "project", "basis")} == {
        "organisation": "The institute of tests",
        "project": "How people fare",
        "basis": "a law that was made for tests",
    }
    assert set(uses[1]) == {"at", "purpose", "role", "organisation", "project", "basis"}
    assert uses[0]["at"] > uses[1]["at"]
    assert purposes(await uses_of(await service.patient(berit))) == [("stored", "registry")]
    assert await uses_of(await service.patient()) == []
    assert (await (await service.anyone()).get("/api/patient/uses")).status_code == 401


DROP = LateEffectRule(
    rule_id=UUID(int=1),
    version=1,
    instrument_id=EVERYDAY,
    scale_id="energy",
    drop=10.0,
    worse="lower",
    names={"nb": "Mindre krefter", "nn": "Mindre krefter", "en": "Less energy"},
    scale_names={"nb": "Krefter", "nn": "Krefter", "en": "Energy"},
    source="made for tests",
)


async def test_every_use_of_a_persons_answers_is_shown(service: Service, study: Study, database: str) -> None:
    person, tumour_id = patient()
    tell_registry(database, [person], NOW - timedelta(days=30))
    one = await open_assessment(study, 1, person.person_id, tumour_id)
    client = await service.patient(one.person_id)
    path = f"/api/patient/assessments/{one.assessment_id}"
    await client.put(f"{path}/draft", json={"revision": 0, "answers": []})
    await client.get(path)
    await send(study, make_submission(one))
    await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 10)
    await rescore(study.research, study.keys_as(Role.RESEARCH), study.instruments[0], NOW, "kari")
    await extract(study, await approve(study, make_project()))
    await answer_worse(study, await open_assessment(study, 2, person.person_id, tumour_id))
    staff = await service.staff()
    (signal,) = (await staff.get("/api/staff/signals")).json()["signals"]
    await staff.post(f"/api/staff/signals/{signal['person_id']}/{signal['signal_id']}/seen")
    assert (await client.get("/api/patient/answers.json")).status_code == 200
    uses = await uses_of(client)
    assert purposes(uses) == [
        ("own-download", "you"),
        ("signal-seen", "registry"),
        ("signal-seen", "registry"),
        ("stored", "registry"),
        ("late-effect", "registry"),
        ("research", "researcher"),
        ("rescored", "registry"),
        ("stored", "registry"),
        ("own-reading", "you"),
    ]
    assert {one["purpose"] for one in uses} == set(UsePurpose.__args__)
    assert [one["at"] for one in uses] == sorted((one["at"] for one in uses), reverse=True)
    held = (await client.get("/api/patient/answers.json")).json()
    (seen,) = held["signals"]
    assert (seen["rule"], seen["drop"] > 10) == ("Mindre krefter", True)
    assert seen["seen_at"] is not None


async def answer_worse(study: Study, later: Open) -> None:
    """The second round, with a drop that a rule watches for."""
    keys = study.keys_as(Role.WORKER)
    async with transaction(study.worker) as connection:
        await store_rule(connection, keys, DROP, NOW)
    await send(study, make_submission(later, answers({"tired": ("a3",), "walk": ("a0",), "rest": ("a3",)})))
    assert await process_inbox(study.worker, keys, NOW, 10) == 1


def test_every_purpose_of_opening_answers_has_its_line() -> None:
    shown = {action for action, _ in KINDS}
    assert {one for one in Purpose if f"opened-for-{one}" not in shown} == ONE_ENTRY
    assert {one.purpose for one in KINDS.values()} == set(UsePurpose.__args__)
    assert {one.role for one in KINDS.values()} == set(UserRole.__args__)


async def test_what_another_process_enters_in_the_key_services_words_is_no_use(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered(study, database, *patient())
    said = {"about": {}, "action": "opened-for-extract", "actor": "x", "at": "", "person_id": str(anna)}
    entry = json.dumps(said, separators=(",", ":"))
    async with transaction(study.web) as connection:
        await connection.execute(text("SELECT audit.append(:entry)"), {"entry": entry})
    assert purposes(await uses_of(await service.patient(anna))) == [("stored", "registry")]


async def test_both_numbers_of_a_merged_person_show_and_stop_together(
    service: Service, study: Study, database: str
) -> None:
    old = await answered(study, database, *patient())
    new = await answered(study, database, *patient())
    async with transaction(service.engine_as(Role.KEYS)) as connection:
        await merge(connection, old, new, "kari", "a D-number", NOW)
    client = await service.patient(new)
    assert purposes(await uses_of(client)) == [("stored", "registry")] * 2
    waiting = await open_assessment(study, 2, old)
    assert (await client.post("/api/patient/participation/erasure")).json()["erasure"]["done_at"] is None
    cancelled = f"followup.assessment WHERE state = 'cancelled' AND person_id = '{waiting.person_id}'"
    assert count(database, cancelled) == 1
    async with transaction(service.engine_as(Role.KEYS)) as connection:
        assert await erase(connection, new, "kari", NOW) == 2
    assert (await client.get("/api/patient/participation")).json()["erasure"]["done_at"] is not None


async def test_the_uses_take_one_round_trip_after_the_session_and_no_scan(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered(study, database, *patient())
    client = await service.patient(anna)
    with statements(service) as seen:
        await client.get("/api/patient/uses")
    assert [one.split()[0] for one in seen] == ["WITH", "SELECT"], seen
    with psycopg.connect(database) as connection:
        (query,) = connection.execute("SELECT prosrc FROM pg_proc WHERE oid = 'own.uses'::regproc").fetchone()
        connection.execute("SET enable_seqscan = off")
        plan = str(connection.execute(f"EXPLAIN {query.replace('LIMIT most', 'LIMIT 10')}").fetchall())
    assert "audit_entry_rest_right_recorded_at_idx" in plan
    assert "Seq Scan on audit_entry" not in plan


ACTS = ("/api/patient/participation/stop", "/api/patient/participation/erasure")


@pytest.mark.parametrize("path", ACTS)
async def test_leaving_needs_a_login_of_the_last_five_minutes(
    service: Service, study: Study, database: str, path: str
) -> None:
    one = await open_assessment(study)
    for logged_in in (OLD, timedelta(hours=1), None):
        client = await service.patient(one.person_id, logged_in)
        assert problem(await client.post(path)) == (403, "fresh-login-needed")
        assert (await client.get("/api/patient/participation")).json() == STAYS
    strangers = await service.anyone()
    assert (await strangers.post(path)).status_code == 401
    fresh = await service.patient(one.person_id)
    del fresh.headers["x-csrf"]
    assert problem(await fresh.post(path)) == (403, "cross-site")
    assert count(database, "registry.reservation_fact") == count(database, "keys.erasure") == 0


async def test_who_stops_is_planned_nothing_sent_nothing_and_keeps_what_they_answered(
    service: Service, database: str
) -> None:
    worker, keys = service.engine_as(Role.WORKER), service.keys_as(Role.WORKER)
    opening, channel = at(clock.local_date(clock.now())), Pigeon()
    diagnosed = DIAGNOSED + (opening.date() - FIRST_DAY)
    person, other = make_history(make_tumour(diagnosed)), make_history(make_tumour(diagnosed))
    await publish(worker, keys, make_protocol(), opening)
    tell_registry(database, [person, other], opening)
    await sweep(worker, keys, opening)
    client = await service.patient(person.person_id)
    stopped = await client.post(ACTS[0])
    assert stopped.status_code == 200
    assert stopped.json()["erasure"] is None
    assert stopped.json()["stopped_at"] is not None
    mine = f"followup.assessment WHERE person_id = '{person.person_id}'"
    assert count(database, mine) == count(database, f"{mine} AND state = 'cancelled'") > 0
    assert count(database, "followup.outbox WHERE state = 'withheld' AND reason = 'withdrawal'") == 3
    assert await send_due(worker, keys, channel, opening) == Sent(claimed=1, sent=1)
    # A feed that knows nothing of it, and a reservation that ended, bring nobody back.
    tell_registry(database, [person], opening + timedelta(days=1))
    for days in (0, 2, 400):
        await sweep(worker, keys, opening + timedelta(days=days))
        assert count(database, mine) == count(database, f"{mine} AND state = 'cancelled'")
    assert (await client.post(ACTS[0])).json() == stopped.json()
    assert count(database, "audit.audit_entry WHERE entry LIKE '%participation-stopped%'") == 1


async def test_a_notice_that_a_worker_holds_already_is_withheld_when_it_is_judged(
    service: Service, database: str
) -> None:
    worker, keys = service.engine_as(Role.WORKER), service.keys_as(Role.WORKER)
    opening, person, channel = at(FIRST_DAY), make_history(make_tumour()), Pigeon()
    await publish(worker, keys, make_protocol(), opening)
    tell_registry(database, [person], opening)
    await sweep(worker, keys, opening)
    lost = "UPDATE followup.outbox SET state = 'leased', lease_until = now() - interval '1 minute'"
    as_owner(database, lost)
    await (await service.patient(person.person_id)).post(ACTS[0])
    assert (await send_due(worker, keys, channel, opening + timedelta(days=60))).sent == 0
    assert channel.sent == []


async def test_erasure_waits_for_a_member_of_staff_and_then_the_page_still_works(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered(study, database, *patient())
    client = await service.patient(anna)
    asked = (await client.post(ACTS[1])).json()
    assert asked["stopped_at"] is not None
    assert asked["erasure"]["asked_at"] is not None
    assert asked["erasure"]["done_at"] is None
    assert (await client.post(ACTS[1])).json() == asked, "asking again changes nothing"
    async with transaction(service.engine_as(Role.KEYS)) as connection:
        (waits,) = (await read_status(connection)).waiting
        assert (waits.person_id, waits.asked_by) == (anna, "patient")
        assert await erase(connection, anna, "kari", NOW) == 1
        assert (await read_status(connection)).waiting == ()
    done = (await client.get("/api/patient/participation")).json()
    assert done["erasure"]["done_at"] is not None
    assert (await client.post(ACTS[1])).json() == done
    assert (await client.get("/api/patient/assessments")).status_code == 200
    assert purposes(await uses_of(client)) == [("stored", "registry")]


async def test_two_requests_for_erasure_at_once_are_one(service: Service, database: str) -> None:
    person = PersonId(new_id())
    both = [await service.patient(person), await service.patient(person)]
    given = await asyncio.gather(*(one.post(ACTS[1]) for one in both for _ in range(3)))
    assert {one.status_code for one in given} == {200}
    assert count(database, "keys.erasure") == 1


async def test_who_asks_for_erasure_is_in_no_extract_from_then_on_and_fails_nobodys(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered(study, database, *patient())
    await answered(study, database, *patient())
    project = await approve(study, make_project())
    assert len(await rows_of(study, await extract(study, project))) == 4
    await (await service.patient(anna)).post(ACTS[1])
    assert len(await rows_of(study, await extract(study, project))) == 2
    async with transaction(service.engine_as(Role.KEYS)) as connection:
        await erase(connection, anna, "kari", NOW)
    assert len(await rows_of(study, await extract(study, project))) == 2
    done = await rescore(study.research, study.keys_as(Role.RESEARCH), study.instruments[0], NOW, "kari")
    assert (done.dark, done.present) == (1, 1)


async def test_a_person_whom_no_registry_has_fed_gets_the_same_answers(
    service: Service, study: Study
) -> None:
    for logged_in in (timedelta(), OLD):
        known, told = (await open_assessment(study)).person_id, []
        for person in (known, PersonId(new_id())):
            client = await service.patient(person, logged_in)
            found = [await client.get("/api/patient/uses"), await client.get("/api/patient/participation")]
            found += [await client.post(path) for path in (*ACTS, ACTS[1])]
            told.append([(one.status_code, sorted(one.json()), len(one.content)) for one in found])
        assert told[0] == told[1]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"person_id": "x"}', b"[" * 1000, b"\xff\x00"])
async def test_whatever_body_is_sent_it_is_not_read(service: Service, body: bytes) -> None:
    client = await service.patient(logged_in=OLD)
    for path in ACTS:
        found = await client.post(path, content=body, headers={"content-type": "application/json"})
        assert problem(found) == (403, "fresh-login-needed")
