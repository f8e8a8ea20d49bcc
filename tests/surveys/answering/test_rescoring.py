"""Scoring anew adds scores beside the old ones, once, and extracts show the newest."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from instruments.scoring.engine import ENGINE_VERSION
from instruments.scoring.spec import Scale
from instruments.versions import Instrument, content_hash
from surveys.answering import NotLiveScoringError, Place, Rescored, StoredScores, process_inbox, rescore
from surveys.answering import rescoring as rescoring_module
from surveys.catalogue import VersionNotFoundError, store_instrument
from surveys.database import Role, transaction
from surveys.identifiers import InstrumentVersionId, PersonId, ResponseId, StudyId, TumourId, new_id
from surveys.keys import Purpose, SealedRow
from tests.builders import answering
from tests.builders.answering import (
    FIRST,
    NOW,
    Study,
    answers,
    as_owner,
    count,
    everyday,
    make_submission,
    open_assessment,
    send,
)
from tests.builders.research import approve as approve_project
from tests.builders.research import extract, files_of, make_project, rows_of

ANEW = NOW + timedelta(minutes=10)
RENEWED: Instrument = replace(
    everyday(),
    scoring=replace(
        everyday().scoring,
        version="2",
        scales=(Scale("energy", items=("walk",)), Scale("all", items=("tired", "walk"))),
    ),
)


async def answer(study: Study, persons: int = 1) -> None:
    for _ in range(persons):
        await send(study, make_submission(await open_assessment(study), answers()))
    while await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 100):
        pass


async def publish(study: Study, instrument: Instrument = RENEWED) -> InstrumentVersionId:
    async with transaction(study.worker) as connection:
        return await answering.approve(connection, study.keys_as(Role.WORKER), instrument)


async def score_anew(study: Study, version_id: InstrumentVersionId) -> Rescored:
    return await rescore(study.research, study.keys_as(Role.RESEARCH), version_id, ANEW, FIRST)


async def scores(study: Study) -> list[StoredScores]:
    """Every score of the first part, opened, in the order in which they were made."""
    query = text(
        "SELECT response_id, person_id, study_id, tumour_id, wave, part, sealed, "
        "row_number() OVER (PARTITION BY person_id, response_id ORDER BY scored_at) AS scoring "
        "FROM answering.score WHERE part = 0 ORDER BY scored_at, person_id"
    )
    async with study.research.connect() as connection:
        rows = (await connection.execute(query)).all()
    sealed = [SealedRow(place_of(row).score(row.scoring), row.sealed) for row in rows]
    opened = await study.keys_as(Role.RESEARCH).open(Purpose.RESCORE, sealed)
    return [msgspec.json.decode(one, type=StoredScores) for one in opened]


def place_of(row) -> Place:
    return Place(
        ResponseId(row.response_id),
        PersonId(row.person_id),
        StudyId(row.study_id),
        TumourId(row.tumour_id),
        row.wave,
        row.part,
    )


async def test_new_scores_stand_beside_the_old_with_both_hashes(study: Study) -> None:
    await answer(study)
    assert await score_anew(study, await publish(study)) == Rescored(added=1)
    old, new = await scores(study)
    assert old.scoring == content_hash(everyday().scoring).hex()
    assert new.scoring == content_hash(RENEWED.scoring).hex()
    assert old.structure == new.structure
    assert (old.engine, new.engine) == (ENGINE_VERSION, ENGINE_VERSION)
    assert {one.scale_id: one.value for one in new.scores} == {"energy": 2, "all": 1.5}


async def test_scoring_anew_twice_or_twice_at_once_adds_once(study: Study, database: str) -> None:
    await answer(study, 3)
    version_id = await publish(study)
    twice = await asyncio.gather(score_anew(study, version_id), score_anew(study, version_id))
    assert sorted(one.added for one in twice) == [0, 3]
    assert await score_anew(study, version_id) == Rescored(present=3)
    assert count(database, "answering.score WHERE part = 0") == 6


async def test_it_goes_on_batch_by_batch(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescoring_module, "BATCH", 2)
    await answer(study, 5)
    assert await score_anew(study, await publish(study)) == Rescored(added=5)
    assert len(await scores(study)) == 10


async def test_answers_to_another_structure_are_left_alone(study: Study, database: str) -> None:
    await answer(study)
    other = replace(RENEWED, structure=replace(RENEWED.structure, version="2"))
    assert await score_anew(study, await publish(study, other)) == Rescored()
    assert count(database, "answering.score") == 2
    assert count(database, "answering.rescoring") == 0


async def test_whoever_was_erased_does_not_keep_the_others_from_being_scored(
    study: Study, database: str
) -> None:
    await answer(study, 4)
    as_owner(
        database,
        "UPDATE keys.person_key SET wrapped = '', erased_at = now() WHERE person_id = "
        "(SELECT person_id FROM answering.response ORDER BY person_id LIMIT 1)",
    )
    assert await score_anew(study, await publish(study)) == Rescored(added=3, dark=1)


async def test_only_a_published_scoring_scores(study: Study) -> None:
    async with transaction(study.worker) as connection:
        draft = await store_instrument(connection, study.keys_as(Role.WORKER), RENEWED, NOW, FIRST)
    with pytest.raises(NotLiveScoringError, match="is draft"):
        await score_anew(study, draft)
    with pytest.raises(VersionNotFoundError):
        await score_anew(study, InstrumentVersionId(new_id()))


async def test_each_batch_is_in_the_audit_log_under_its_actor(study: Study, database: str) -> None:
    await answer(study, 2)
    await score_anew(study, await publish(study))
    entry = '{"action": "responses-rescored", "actor": "kari"}'
    assert count(database, f"audit.audit_entry WHERE entry::jsonb @> '{entry}'") == 1


async def test_no_role_changes_a_score_that_is_there(study: Study) -> None:
    for engine in (study.web, study.worker, study.research):
        for change in ("UPDATE answering.score SET sealed = ''", "DELETE FROM answering.score"):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with engine.begin() as connection:
                    await connection.execute(text(change))


async def test_an_extract_shows_the_newest_scoring_and_an_earlier_one_stays_the_same(
    study: Study,
) -> None:
    await answer(study)
    project = await approve_project(study, make_project())
    early = await extract(study, project, NOW + timedelta(minutes=1))
    before = await files_of(study, early)
    await score_anew(study, await publish(study))
    (row,) = [one for one in await rows_of(study, await extract(study, project)) if one["part"] == 0]
    scored = {
        name.rpartition("/")[2]: value for name, value in row.items() if "energy" in name or "all" in name
    }
    assert sorted(scored.values()) == [1.5, 2.0], row
    again = await files_of(study, await extract(study, project, NOW + timedelta(minutes=1)))
    assert again == before
    latest = await files_of(study, await extract(study, project))
    assert content_hash(RENEWED.scoring).hex() in latest["codebook.json"].decode()
