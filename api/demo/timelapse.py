"""Lets the cohort live through the years before today: swept, asked, answering by the response model."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.commands.acting import Acting, acting_as
from api.demo import console, places
from api.demo.cohort.behaviour import Respondent, answering_day, answers_of
from surveys import clock
from surveys.answering import Library, PartAnswers, Submission, process_inbox, submit
from surveys.database import Role, transaction
from surveys.followup import sweep
from surveys.identifiers import AssessmentId, PersonId, ProtocolVersionId, SubmissionId, new_id
from surveys.keys import InboxKey

YEARS = 4
STEP = timedelta(days=60)
EVENING = time(17, 30, tzinfo=UTC)
INBOX_BATCH = 200

# Whoever has an open questionnaire, with what they answered before.
OPEN = text(
    """
    SELECT a.person_id, a.assessment_id, a.protocol_version_id, a.wave, a.opens_on, a.closes_on,
           l.registry_person,
           (SELECT count(*) FROM followup.assessment b
             WHERE b.person_id = a.person_id AND b.protocol_id = a.protocol_id
               AND b.tumour_id = a.tumour_id AND b.state = 'submitted') AS answered_before
    FROM followup.assessment a JOIN registry.person_link l USING (person_id)
    WHERE a.state = 'open' ORDER BY l.registry_person, a.wave
    """
)
OWN_ROWS = text("SELECT set_config('etterklang.person', :person_id, true)")


class _Open(NamedTuple):
    person_id: PersonId
    assessment_id: AssessmentId
    protocol_version_id: ProtocolVersionId
    wave: int
    opens_on: date
    closes_on: date
    registry_person: str
    answered_before: int


class _CohortRow(msgspec.Struct):
    kind: str
    pat: str
    date_of_birth: str = ""
    treatment_kind: str = ""


class _Answering(NamedTuple):
    """What the web process has when somebody submits."""

    acting: Acting
    library: Library
    receipt_key: bytes
    inbox_key: InboxKey


async def live_through(now: datetime) -> None:
    """Sweeps and answers, two months at a time, up to ``now``; what is open then stays open for visitors."""
    people = _respondents(clock.local_date(now))
    async with acting_as(Role.WORKER) as worker, acting_as(Role.WEB) as web:
        answering = _Answering(
            web, Library(web.engine, web.keys), await web.keys.receipt_key(), await web.keys.inbox_key()
        )
        library = Library(worker.engine, worker.keys)
        moments = list(_moments(now))
        for moment in console.bar(moments, "Living through four years: planning and answering", len(moments)):
            await sweep(worker.engine, worker.keys, moment)
            await _answer_open(worker, answering, people, moment)
            while await process_inbox(worker.engine, worker.keys, moment, INBOX_BATCH, library):
                pass


def _moments(now: datetime) -> Iterator[datetime]:
    moment = now - timedelta(days=YEARS * 365)
    while moment < now:
        yield moment
        moment += STEP
    yield now


async def _answer_open(
    worker: Acting, answering: _Answering, people: Mapping[str, Respondent], moment: datetime
) -> None:
    async with transaction(worker.engine) as connection:
        waiting = [_Open(*row) for row in await connection.execute(OPEN)]
    for one in waiting:
        person = people.get(one.registry_person)
        if person is None:
            continue
        day = answering_day(places.SEED, person, one.wave, one.answered_before, one.opens_on, one.closes_on)
        if day is not None and day <= clock.local_date(moment):
            await _submit(answering, person, one, datetime.combine(day, EVENING))


async def _submit(answering: _Answering, person: Respondent, one: _Open, at: datetime) -> None:
    parts = await answering.library.parts(one.protocol_version_id, one.wave)
    answers = [answers_of(places.SEED, person, one.wave, instrument) for instrument in parts]
    submission = Submission(
        one.person_id,
        one.assessment_id,
        SubmissionId(new_id()),
        "nb",
        tuple(PartAnswers(n, each.values, each.skipped) for n, each in enumerate(answers)),
    )
    async with transaction(answering.acting.engine) as connection:
        await _as_person(connection, one.person_id)
        await submit(
            connection, answering.receipt_key, answering.inbox_key, answering.library, submission, at
        )


async def _as_person(connection: AsyncConnection, person_id: PersonId) -> None:
    """Stands in for the session check, which says whose rows this transaction sees."""
    await connection.execute(OWN_ROWS, {"person_id": str(person_id)})


def _respondents(today: date) -> dict[str, Respondent]:
    """Everyone in the cohort file, as far as answering depends on it."""
    decoder = msgspec.json.Decoder(_CohortRow)
    with places.COHORT.open("rb") as lines:
        rows = [decoder.decode(line) for line in lines]
    treatments: dict[str, set[str]] = {}
    for row in _of_kind(rows, "treatment"):
        treatments.setdefault(row.pat, set()).add(row.treatment_kind)
    controls = {row.pat for row in _of_kind(rows, "control")}
    return {
        row.pat: Respondent(
            row.pat,
            today.year - int(row.date_of_birth[:4]),
            row.pat in controls,
            frozenset(treatments.get(row.pat, ())),
        )
        for row in _of_kind(rows, "person")
    }


def _of_kind(rows: Sequence[_CohortRow], kind: str) -> Iterable[_CohortRow]:
    return (row for row in rows if row.kind == kind)
