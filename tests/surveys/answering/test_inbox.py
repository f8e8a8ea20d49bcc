"""The worker takes submissions from inbox to rest: scored again, compared, never lost, never stored twice."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from surveys.answering import Place, StoredResponse, StoredScores, freeze, inbox, process_inbox
from surveys.answering.messages import SealedSubmission
from surveys.database import Role, transaction
from surveys.identifiers import PersonId, ResponseId, StudyId, TumourId, new_id
from surveys.keys import (
    Binding,
    Keys,
    KeysUnavailableError,
    NotOpenedError,
    PlainRow,
    Purpose,
    SealedRow,
    seal_to_inbox,
)
from surveys.lateeffects import LateEffectRule, store_rule
from tests.builders.answering import (
    EVERYDAY,
    HABITS,
    NOW,
    STUDY,
    Open,
    Study,
    answers,
    as_owner,
    count,
    make_submission,
    open_assessment,
    send,
)
from tests.builders.followup import DIAGNOSED, make_history, make_treatment, make_tumour, tell_registry

LATER = NOW + timedelta(minutes=5)


async def process(study: Study, keys: Keys | None = None, limit: int = 100) -> int:
    return await process_inbox(study.worker, keys or study.keys_as(Role.WORKER), LATER, limit)


async def stored(study: Study, one: Open) -> tuple[list[StoredResponse], list[StoredScores]]:
    """The responses and scores of one assessment, opened as the research process may."""
    query = text(
        "SELECT r.*, s.sealed AS scores FROM answering.response r "
        "JOIN answering.score s USING (person_id, response_id) WHERE person_id = :person ORDER BY part"
    )
    async with study.research.connect() as connection:
        rows = (await connection.execute(query, {"person": one.person_id})).all()
    places = [
        Place(ResponseId(row.response_id), one.person_id, STUDY, TumourId(row.tumour_id), row.wave, row.part)
        for row in rows
    ]
    sealed = [
        SealedRow(place.response(row.protocol_version_id), row.sealed)
        for place, row in zip(places, rows, strict=True)
    ] + [SealedRow(place.score(1), row.scores) for place, row in zip(places, rows, strict=True)]
    opened = await study.keys_as(Role.RESEARCH).open(Purpose.EXTRACT, sealed)
    return (
        [msgspec.json.decode(content, type=StoredResponse) for content in opened[: len(rows)]],
        [msgspec.json.decode(content, type=StoredScores) for content in opened[len(rows) :]],
    )


async def test_each_part_becomes_a_response_with_its_scores(study: Study, database: str) -> None:
    one = await open_assessment(study)
    await send(study, make_submission(one, answers(skipped=())))
    assert await process(study) == 1
    assert count(database, "answering.inbox") == 0
    responses, scores = await stored(study, one)
    assert [response.instrument_id for response in responses] == [EVERYDAY, HABITS]
    assert responses[0].answers.values == {"tired": ("a1",), "walk": ("a2",), "rest": ("a3",)}
    assert set(responses[0].shown) == {"tired", "walk", "rest"}
    # (tired 3 - 1 = 2, walk 2): mean 2 of 0..3, brought to 0..100.
    assert [(one.scale_id, round(one.value or 0, 6)) for one in scores[0].scores] == [("energy", 66.666667)]
    assert scores[1].scores == ()


async def test_a_part_is_pinned_to_the_wording_that_was_read(study: Study) -> None:
    one = await open_assessment(study)
    await send(study, make_submission(one))
    await process(study)
    responses, _ = await stored(study, one)
    hashes = responses[0].hashes
    assert len({hashes.structure, hashes.translation, hashes.presentation, hashes.scoring}) == 4
    assert responses[0].submitted_at == NOW


async def test_processing_twice_or_by_two_workers_stores_once(study: Study, database: str) -> None:
    for _ in range(8):
        await send(study, make_submission(await open_assessment(study)))
    done = await asyncio.gather(*(process(study, limit=5) for _ in range(4)))
    assert sum(done) == 8
    assert await process(study) == 0
    assert count(database, "answering.response") == 16
    assert count(database, "answering.score") == 16


async def test_a_worker_that_dies_after_claiming_loses_nothing(study: Study, database: str) -> None:
    await send(study, make_submission(await open_assessment(study)))
    claimed = await inbox.claim(study.worker, 10)
    assert len(claimed) == 1
    assert await process(study) == 0, "nobody else takes a row under a lease"
    as_owner(database, "UPDATE answering.inbox SET lease_until = now() - interval '1 second'")
    assert await process(study) == 1
    assert count(database, "answering.response") == 2


async def test_a_worker_that_dies_while_storing_loses_nothing(
    study: Study, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(study, make_submission(await open_assessment(study)))
    insert_signals = inbox.insert_signals

    async def die(*arguments: object) -> int:
        raise asyncio.CancelledError

    monkeypatch.setattr(inbox, "insert_signals", die)
    with pytest.raises(asyncio.CancelledError):
        await process(study)
    assert count(database, "answering.response") == 0
    assert count(database, "answering.inbox") == 1
    monkeypatch.setattr(inbox, "insert_signals", insert_signals)
    as_owner(database, "UPDATE answering.inbox SET lease_until = NULL")
    assert await process(study) == 1
    assert count(database, "answering.response") == 2


async def test_a_slow_worker_whose_lease_ran_out_stores_nothing_twice(study: Study, database: str) -> None:
    await send(study, make_submission(await open_assessment(study)))
    (slow,) = await inbox.claim(study.worker, 10)
    as_owner(database, "UPDATE answering.inbox SET lease_until = NULL")
    assert await process(study) == 1
    async with transaction(study.worker) as connection:
        assert await inbox.take(connection, [slow]) == set()


async def test_a_damaged_row_is_kept_with_its_reason_and_blocks_nobody(study: Study, database: str) -> None:
    bad, *good = [await open_assessment(study) for _ in range(4)]
    for one in (bad, *good):
        await send(study, make_submission(one))
    as_owner(
        database,
        "UPDATE answering.inbox SET sealed = set_byte(sealed, 200, get_byte(sealed, 200) # 1) "
        "WHERE person_id = :bad",
        bad=bad.person_id,
    )
    assert await process(study) == 3
    assert count(database, "answering.inbox WHERE attempts = 1 AND failed_because = 'NotOpenedError'") == 1
    assert await process(study) == 0, "it waits before it is tried again"


async def test_a_row_pointed_at_another_assessment_is_kept(study: Study, database: str) -> None:
    one = await open_assessment(study)
    other = await open_assessment(study, wave=2, person_id=one.person_id)
    await send(study, make_submission(one))
    as_owner(database, "UPDATE answering.inbox SET assessment_id = :other", other=other.assessment_id)
    assert await process(study) == 0
    assert count(database, "answering.inbox WHERE failed_because = 'MisplacedError'") == 1


async def test_answers_that_got_round_the_check_are_kept_aside(study: Study, database: str) -> None:
    one = await open_assessment(study)
    submission = make_submission(one)
    await send(study, submission)
    content = SealedSubmission(one.assessment_id, "nb", answers(first={"tired": ("a9",)}), NOW)
    place = Binding(
        "answering.inbox", submission.submission_id, one.person_id, STUDY, str(study.protocol_version_id)
    )
    key = await study.keys_as(Role.WEB).inbox_key()
    sealed = seal_to_inbox(key, msgspec.json.encode(content), place)
    as_owner(database, "UPDATE answering.inbox SET sealed = :sealed", sealed=sealed)
    assert await process(study) == 0
    assert count(database, "answering.inbox WHERE failed_because = 'AnswersRefusedError'") == 1


async def test_without_the_key_service_the_rows_wait_untouched(study: Study, database: str) -> None:
    await send(study, make_submission(await open_assessment(study)))

    class Unreachable:
        async def open(self, *_: object) -> list[bytes]:
            raise KeysUnavailableError

    with pytest.raises(KeysUnavailableError):
        await process(study, Unreachable())  # type: ignore[arg-type] # it is asked for nothing else
    assert count(database, "answering.inbox WHERE lease_until IS NULL AND attempts = 0") == 1
    assert await process(study) == 1


async def test_a_persons_responses_are_stored_in_the_order_in_which_they_came(study: Study) -> None:
    first = await open_assessment(study)
    second = await open_assessment(study, wave=2, person_id=first.person_id, tumour_id=first.tumour_id)
    await send(study, make_submission(first))
    await send(study, make_submission(second), now=NOW + timedelta(minutes=1))
    assert await process(study) == 1
    assert await process(study) == 1
    responses, _ = await stored(study, first)
    assert len(responses) == 4


def rule() -> LateEffectRule:
    names = {"nb": "Fall", "nn": "Fall", "en": "Drop"}
    return LateEffectRule(UUID(int=30), 1, EVERYDAY, "energy", 20.0, "lower", names, names, "made for tests")


async def two_waves(study: Study, database: str, later: str) -> Open:
    """Somebody treated, who answered the best at baseline, and at the second wave as ``later``."""
    tumour = make_tumour(DIAGNOSED)
    person = make_history(tumour, treatments=(make_treatment(tumour, "surgery", date(2025, 3, 1)),))
    tell_registry(database, [person], NOW - timedelta(days=30))
    async with transaction(study.worker) as connection:
        await store_rule(connection, study.keys_as(Role.WORKER), rule(), NOW)
    for wave, tired in ((1, "a0"), (2, later)):
        one = await open_assessment(study, wave, person.person_id, tumour.tumour_id)
        await send(study, make_submission(one, answers(first={"tired": (tired,), "walk": ("a3",)})))
        assert await process(study) == 1
    return one


async def test_a_drop_against_the_persons_own_baseline_raises_a_signal(study: Study, database: str) -> None:
    one = await two_waves(study, database, later="a3")
    assert count(database, f"lateeffects.signal WHERE assessment_id = '{one.assessment_id}'") == 1


async def test_no_drop_no_signal(study: Study, database: str) -> None:
    await two_waves(study, database, later="a0")
    assert count(database, "lateeffects.signal") == 0


async def test_what_is_stored_after_an_extract_is_stamped_after_it(study: Study, database: str) -> None:
    await send(study, make_submission(await open_assessment(study)))
    frozen = LATER + timedelta(hours=1)
    async with transaction(study.worker) as connection:
        await freeze(connection, STUDY, frozen)
    await process(study)
    assert count(database, f"answering.response WHERE stored_at > '{frozen.isoformat()}'") == 2
    assert count(database, f"answering.score WHERE scored_at > '{frozen.isoformat()}'") == 2


async def test_a_response_moved_to_another_wave_or_case_does_not_open(study: Study) -> None:
    place = Place(ResponseId(new_id()), PersonId(new_id()), STUDY, TumourId(new_id()), 1, 0)
    (sealed,) = await study.keys_as(Role.WORKER).seal([PlainRow(place.score(1), b"{}")])
    research = study.keys_as(Role.RESEARCH)
    for moved in (
        place._replace(wave=2),
        place._replace(part=1),
        place._replace(tumour_id=TumourId(new_id())),
        place._replace(person_id=PersonId(new_id())),
        place._replace(response_id=ResponseId(new_id())),
        place._replace(study_id=StudyId(new_id())),
    ):
        with pytest.raises(NotOpenedError):
            await research.open(Purpose.EXTRACT, [SealedRow(moved.score(1), sealed)])
    with pytest.raises(NotOpenedError):
        await research.open(Purpose.EXTRACT, [SealedRow(place.score(2), sealed)])
