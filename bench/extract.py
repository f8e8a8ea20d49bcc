"""From inbox to rest, and from rest to an extract: responses a second, on one core of Python."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from api.commands.acting import acting_as
from api.demo import places
from bench.figures import Figure
from bench.ground import ground
from bench.respondents import make_ready
from surveys import clock
from surveys.answering import Library, Submission, process_inbox, submit
from surveys.database import Role, transaction
from surveys.identifiers import SubmissionId, new_id
from surveys.research import build_extract, find_project, link_requested, request_extract, write_extract

PERSONS = 1_500
PARTS = 2


def measure() -> Sequence[Figure]:
    """Stores and extracts the responses of 1,500 people, two instruments each, with in-process keys."""
    with ground():
        return asyncio.run(_measure())


async def _measure() -> Sequence[Figure]:
    ready = await make_ready(PERSONS)
    now = clock.now()
    async with acting_as(Role.WEB) as web:
        library = Library(web.engine, web.keys)
        receipt_key, inbox_key = await web.keys.receipt_key(), await web.keys.inbox_key()
        for one in ready:
            submission = Submission(
                one.person_id, one.assessment_id, SubmissionId(new_id()), "nb", one.answers
            )
            async with transaction(web.engine) as connection:
                await connection.execute(
                    text("SELECT set_config('etterklang.person', :person_id, true)"),
                    {"person_id": str(one.person_id)},
                )
                await submit(connection, receipt_key, inbox_key, library, submission, now)
    started = time.perf_counter()
    async with acting_as(Role.WORKER) as worker:
        stocked = Library(worker.engine, worker.keys)
        while await process_inbox(worker.engine, worker.keys, clock.now(), 100, stocked):
            pass
    stored = time.perf_counter() - started
    extracted = await _extract()
    return (
        Figure("responses_stored_per_s", PERSONS * PARTS / stored, "1/s", "higher"),
        Figure("responses_extracted_per_s", PERSONS * PARTS / extracted, "1/s", "higher"),
    )


async def _extract() -> float:
    # The extract is as of a moment that has been, and the clock has moved on since.
    now = clock.now() + timedelta(seconds=1)
    async with acting_as(Role.WORKER) as worker, acting_as(Role.RESEARCH) as research:
        async with transaction(research.engine) as connection:
            project = await find_project(connection, places.PROJECT)
            extract_id = await request_extract(connection, project.project_id, now, "bench", now)
        await link_requested(worker.engine, now)
        started = time.perf_counter()
        await build_extract(research.engine, research.keys, extract_id, now)
        with tempfile.TemporaryDirectory() as folder:
            await write_extract(research.engine, research.keys, extract_id, Path(folder))
        return time.perf_counter() - started
