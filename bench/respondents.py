"""People with an open questionnaire and a session, made straight in the database for the load."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import insert, select

from api.commands.acting import Acting, acting_as
from api.demo import places
from api.demo.cohort.behaviour import Respondent, answers_of
from api.demo.seeding import load_documents
from api.security.sessions import SessionLimits, start_session
from surveys import clock
from surveys.answering import Library, PartAnswers
from surveys.database import Role, transaction
from surveys.followup.tables import assessment, protocol_version
from surveys.identifiers import AssessmentId, PersonId, new_id
from surveys.keys import Audience, Login

WAVE = 1


class Ready(NamedTuple):
    """One person ready to submit: the session's cookie, the assessment, and the body of answers."""

    person_id: PersonId
    assessment_id: AssessmentId
    cookie: str
    answers: tuple[PartAnswers, ...]


async def make_ready(count: int) -> list[Ready]:
    """``count`` people, each with wave 1 of the demonstration's protocol open and logged in."""
    now = clock.now()
    async with acting_as(Role.WORKER) as worker, acting_as(Role.WEB) as web:
        await load_documents(worker, now)
        opened = await _open_assessments(worker, count, now)
        answers = await _answers(worker, count)
        limits = SessionLimits(idle=timedelta(hours=1), total=timedelta(hours=1))
        ready = []
        async with transaction(web.engine) as connection:
            for (person_id, assessment_id), body in zip(opened, answers, strict=True):
                login = Login(person_id, str(person_id), (), secrets.token_bytes(200))
                cookie = await start_session(connection, login, Audience.PATIENT, now, limits)
                ready.append(Ready(person_id, assessment_id, cookie, body))
        return ready


async def _open_assessments(worker: Acting, count: int, now: datetime) -> list[tuple[PersonId, AssessmentId]]:
    today = clock.local_date(now)
    people = [(PersonId(new_id()), AssessmentId(new_id())) for _ in range(count)]
    async with transaction(worker.engine) as connection:
        version = (await connection.execute(select(protocol_version))).one()
        rows = [
            {
                "person_id": person_id,
                "assessment_id": assessment_id,
                "protocol_id": version.protocol_id,
                "protocol_version_id": version.protocol_version_id,
                "study_id": version.study_id,
                "tumour_id": new_id(),
                "wave": WAVE,
                "state": "open",
                "anchor_date": today,
                "opens_on": today,
                "closes_on": today + timedelta(days=100),
                "planned_at": now,
                "changed_at": now,
            }
            for person_id, assessment_id in people
        ]
        await connection.execute(insert(assessment), rows)
    return people


async def _answers(worker: Acting, count: int) -> Sequence[tuple[PartAnswers, ...]]:
    library = Library(worker.engine, worker.keys)
    async with transaction(worker.engine) as connection:
        version = await connection.scalar(select(protocol_version.c.protocol_version_id))
    parts = await library.parts(version, WAVE)
    made = []
    for n in range(count):
        person = Respondent(f"bench {n}", 70, is_control=False, treatments=frozenset())
        each = [answers_of(places.SEED, person, WAVE, instrument) for instrument in parts]
        made.append(tuple(PartAnswers(at, one.values, one.skipped) for at, one in enumerate(each)))
    return made


def submission_body(ready: Ready) -> bytes:
    """The body that the patient's page would send."""
    return msgspec.json.encode({"language": "nb", "answers": ready.answers})
