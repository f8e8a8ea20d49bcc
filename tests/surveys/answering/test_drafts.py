"""A draft is sealed, opened for its own person alone, and never overwritten by a device that lags behind."""

import asyncio
from datetime import timedelta

import pytest

from surveys.answering import (
    AssessmentNotFoundError,
    AssessmentNotOpenError,
    Draft,
    DraftConflictError,
    DraftToSave,
    PartAnswers,
    own_draft,
    save_draft,
)
from surveys.database import Role, as_person, transaction
from surveys.identifiers import PersonId, new_id
from surveys.keys import NotAllowedError, NotOpenedError, TooLongError
from tests.builders.answering import (
    NOW,
    TODAY,
    Open,
    Study,
    answers,
    as_owner,
    grant_of,
    make_submission,
    open_assessment,
    send,
)


async def save(
    study: Study,
    one: Open,
    builds_on: int,
    given: tuple[PartAnswers, ...] | None = None,
    by: PersonId | None = None,
) -> int:
    inbox_key = await study.keys_as(Role.WEB).inbox_key()
    draft = DraftToSave(
        by or one.person_id, one.assessment_id, builds_on, answers() if given is None else given
    )
    async with transaction(study.web) as connection:
        await as_person(connection, by or one.person_id)
        return await save_draft(connection, inbox_key, draft, NOW)


async def opened(study: Study, one: Open, grant: bytes | None = None) -> Draft | None:
    grant = grant_of(study, one.person_id) if grant is None else grant
    async with transaction(study.web) as connection:
        await as_person(connection, one.person_id)
        return await own_draft(connection, study.keys_as(Role.WEB), one.person_id, one.assessment_id, grant)


async def test_a_draft_comes_back_on_another_device(study: Study) -> None:
    one = await open_assessment(study)
    assert await opened(study, one) is None
    assert await save(study, one, 0) == 1
    assert await opened(study, one) == Draft(1, answers())


async def test_each_save_raises_the_revision(study: Study) -> None:
    one = await open_assessment(study)
    await save(study, one, 0)
    later = answers(first={"tired": ("a0",)})
    assert await save(study, one, 1, later) == 2
    assert await opened(study, one) == Draft(2, later)


@pytest.mark.parametrize("builds_on", [0, 2])
async def test_a_device_that_lags_behind_or_runs_ahead_overwrites_nothing(
    study: Study, builds_on: int
) -> None:
    one = await open_assessment(study)
    await save(study, one, 0)
    with pytest.raises(DraftConflictError):
        await save(study, one, builds_on, answers(first={}))
    assert await opened(study, one) == Draft(1, answers())


async def test_a_revision_of_a_draft_that_is_gone_is_a_conflict(study: Study) -> None:
    with pytest.raises(DraftConflictError):
        await save(study, await open_assessment(study), 3)


async def test_of_two_devices_at_once_one_saves(study: Study) -> None:
    one = await open_assessment(study)
    results = await asyncio.gather(*(save(study, one, 0) for _ in range(5)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["DraftConflictError"] * 4 + ["int"]


async def test_nobody_saves_to_an_assessment_that_is_closed_or_not_theirs(study: Study) -> None:
    closed = await open_assessment(study, closes_on=TODAY - timedelta(days=1))
    with pytest.raises(AssessmentNotOpenError):
        await save(study, closed, 0)
    one = await open_assessment(study)
    with pytest.raises(AssessmentNotFoundError):
        await save(study, one, 0, by=PersonId(new_id()))


async def test_no_draft_is_saved_behind_a_submission(study: Study) -> None:
    one = await open_assessment(study)
    await send(study, make_submission(one))
    with pytest.raises(AssessmentNotOpenError):
        await save(study, one, 0)


async def test_another_persons_grant_opens_no_draft(study: Study) -> None:
    one = await open_assessment(study)
    await save(study, one, 0)
    with pytest.raises(NotAllowedError):
        await opened(study, one, grant_of(study, PersonId(new_id())))


async def test_a_draft_that_was_moved_to_another_person_or_revision_does_not_open(
    study: Study, database: str
) -> None:
    mine, theirs = await open_assessment(study), await open_assessment(study)
    await save(study, mine, 0)
    await save(study, theirs, 0)
    as_owner(
        database,
        "UPDATE answering.draft SET sealed = (SELECT sealed FROM answering.draft WHERE person_id = :theirs) "
        "WHERE person_id = :mine",
        theirs=theirs.person_id,
        mine=mine.person_id,
    )
    with pytest.raises(NotOpenedError):
        await opened(study, mine)
    as_owner(
        database, "UPDATE answering.draft SET revision = 7 WHERE person_id = :theirs", theirs=theirs.person_id
    )
    with pytest.raises(NotOpenedError):
        await opened(study, theirs)


async def test_a_draft_longer_than_an_envelope_is_refused(study: Study) -> None:
    one = await open_assessment(study)
    with pytest.raises(TooLongError):
        await save(study, one, 0, answers(second={"words": ("x" * 20_000,)}))
