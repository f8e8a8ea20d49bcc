"""A submission is checked, stored once, and answered with a receipt."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from surveys.answering import (
    AlreadySubmittedError,
    AnswersRefusedError,
    AssessmentNotFoundError,
    AssessmentNotOpenError,
    PartAnswers,
    Submission,
    canonical_body,
    is_genuine,
    save_draft,
    submit,
)
from surveys.answering.messages import DraftToSave
from surveys.answering.submission import find_faults
from surveys.database import Role, as_person, transaction
from surveys.identifiers import PersonId, new_id
from surveys.keys import receipt_public_key
from tests.builders.answering import (
    NOW,
    TODAY,
    KeysAs,
    Study,
    answers,
    count,
    everyday,
    habits,
    make_submission,
    open_assessment,
    send,
)


async def state_of(study: Study, submission: Submission) -> str:
    async with study.worker.connect() as connection:
        return str(
            await connection.scalar(
                text("SELECT state FROM followup.assessment WHERE assessment_id = :one"),
                {"one": submission.assessment_id},
            )
        )


async def test_a_submission_moves_its_assessment_and_fills_the_inbox(study: Study, database: str) -> None:
    submission = make_submission(await open_assessment(study))
    receipt = await send(study, submission)
    assert await state_of(study, submission) == "submitted"
    assert count(database, "answering.inbox") == 1
    assert count(database, "answering.submission") == 1
    assert (receipt.submission_id, receipt.received_at) == (submission.submission_id, NOW)


async def test_submitting_twice_stores_once_and_gives_the_same_receipt(study: Study, database: str) -> None:
    submission = make_submission(await open_assessment(study))
    first = await send(study, submission)
    again = await send(study, submission, now=NOW + timedelta(days=30))
    assert again == first
    assert count(database, "answering.inbox") == 1


async def test_two_requests_at_once_store_once_and_both_get_the_receipt(study: Study, database: str) -> None:
    submission = make_submission(await open_assessment(study))
    receipts = await asyncio.gather(*(send(study, submission) for _ in range(6)))
    assert len(set(receipts)) == 1
    assert count(database, "answering.inbox") == 1
    assert count(database, "answering.submission") == 1
    assert count(database, "audit.audit_entry WHERE entry LIKE '%submission-received%'") == 1


async def test_of_two_bodies_at_once_one_is_stored_and_the_other_refused(study: Study, database: str) -> None:
    one = await open_assessment(study)
    bodies = [make_submission(one), make_submission(one, answers(first={"tired": ("a0",)}))]
    results = await asyncio.gather(*(send(study, body) for body in bodies), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["AlreadySubmittedError", "Receipt"]
    assert count(database, "answering.inbox") == 1


async def test_another_body_under_the_same_identifier_is_refused(study: Study) -> None:
    submission = make_submission(await open_assessment(study))
    await send(study, submission)
    with pytest.raises(AlreadySubmittedError):
        await send(study, replace(submission, answers=answers(first={"tired": ("a3",), "walk": ("a2",)})))


async def test_an_identifier_serves_one_assessment_only(study: Study) -> None:
    first = await open_assessment(study)
    second = await open_assessment(study, wave=2, person_id=first.person_id)
    submission = make_submission(first)
    await send(study, submission)
    with pytest.raises(AlreadySubmittedError):
        await send(study, replace(make_submission(second), submission_id=submission.submission_id))


async def test_somebody_elses_assessment_looks_like_none(study: Study, database: str) -> None:
    one = await open_assessment(study)
    stranger = PersonId(new_id())
    with pytest.raises(AssessmentNotFoundError):
        await send(study, make_submission(one), by=stranger)
    with pytest.raises(AssessmentNotFoundError):
        await send(study, replace(make_submission(one), person_id=stranger), by=stranger)
    assert count(database, "answering.inbox") == 0


async def test_outside_its_window_nothing_is_taken(study: Study, database: str) -> None:
    for one in (
        await open_assessment(study, opens_on=TODAY + timedelta(days=1), closes_on=TODAY + timedelta(days=9)),
        await open_assessment(study, opens_on=TODAY - timedelta(days=9), closes_on=TODAY - timedelta(days=1)),
        await open_assessment(study, state="planned"),
        await open_assessment(study, state="lapsed"),
        await open_assessment(study, state="cancelled"),
    ):
        with pytest.raises(AssessmentNotOpenError):
            await send(study, make_submission(one))
    assert count(database, "answering.inbox") == 0


async def test_the_window_closes_at_midnight_in_norway(study: Study) -> None:
    one = await open_assessment(study, closes_on=TODAY)
    last_minute = NOW.replace(hour=22, minute=59)
    with pytest.raises(AssessmentNotOpenError):
        await send(study, make_submission(one), now=last_minute + timedelta(minutes=1))
    await send(study, make_submission(one), now=last_minute)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (answers(first={"nothing-such": ("a1",)}), (0, "nothing-such", "unknown-item")),
        (answers(first={"tired": ("a9",)}), (0, "tired", "unknown-option")),
        (answers(first={"tired": ("a0",), "rest": ("a1",)}), (0, "rest", "not-shown")),
        (answers(second={"times": (21,)}), (1, "times", "out-of-range")),
        (answers()[:1], (1, "", "part-missing")),
        ((*answers(), PartAnswers(2)), (2, "", "part-unknown")),
        ((*answers(), PartAnswers(1)), (1, "", "part-repeated")),
    ],
)
def test_what_breaks_a_rule_is_named_by_part_item_and_rule(
    given: tuple[PartAnswers, ...], fault: tuple[int, str, str]
) -> None:
    faults = find_faults((everyday(), habits()), given)
    assert [(one.part, one.item_id, one.rule) for one in faults] == [fault]


async def test_answers_with_a_fault_are_refused_and_the_assessment_stays_open(
    study: Study, database: str
) -> None:
    submission = make_submission(await open_assessment(study), answers(second={"times": (21,)}))
    with pytest.raises(AnswersRefusedError) as refused:
        await send(study, submission)
    assert [one.item_id for one in refused.value.faults] == ["times"]
    assert await state_of(study, submission) == "open"
    assert count(database, "answering.inbox") == 0


async def test_a_receipt_is_genuine_until_a_field_of_it_changes(study: Study, keys_as: KeysAs) -> None:
    submission = make_submission(await open_assessment(study))
    receipt = await send(study, submission)
    public_key = receipt_public_key(await keys_as(Role.WEB).receipt_key())
    assert is_genuine(receipt, public_key)
    assert not is_genuine(replace(receipt, received_at=NOW + timedelta(seconds=1)), public_key)
    assert not is_genuine(replace(receipt, commitment=receipt.salt), public_key)


def test_the_order_of_the_answers_does_not_change_what_is_committed_to() -> None:
    one = Submission(PersonId(new_id()), new_id(), new_id(), "nb", (PartAnswers(0, {"a": (1,), "b": (2,)}),))
    other = replace(one, answers=(PartAnswers(0, {"b": (2,), "a": (1,)}),))
    assert canonical_body(one) == canonical_body(other)


async def test_submitting_removes_the_draft(study: Study, database: str) -> None:
    one = await open_assessment(study)
    inbox_key = await study.keys_as(Role.WEB).inbox_key()
    async with transaction(study.web) as connection:
        await as_person(connection, one.person_id)
        await save_draft(
            connection, inbox_key, DraftToSave(one.person_id, one.assessment_id, 0, answers()), NOW
        )
    await send(study, make_submission(one))
    assert count(database, "answering.draft") == 0


async def test_everything_of_a_refused_submission_is_rolled_back_together(
    study: Study, database: str
) -> None:
    submission = make_submission(await open_assessment(study))
    keys = study.keys_as(Role.WEB)
    inbox_key, receipt_key = await keys.inbox_key(), await keys.receipt_key()

    async def send_and_die() -> None:
        async with transaction(study.web) as connection:
            await as_person(connection, submission.person_id)
            await submit(connection, receipt_key, inbox_key, study.library, submission, NOW)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await send_and_die()
    assert count(database, "answering.inbox") == 0
    assert count(database, "audit.audit_entry WHERE entry LIKE '%submission-received%'") == 0
    assert await state_of(study, submission) == "open"
