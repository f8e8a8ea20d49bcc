"""Signals: sealed when they are raised, opened for staff, seen once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import Role, transaction
from surveys.identifiers import AssessmentId, PersonId, SignalId, StudyId, new_id
from surveys.keys import Keys, NotAllowedError
from surveys.keys.erasure import erase
from surveys.lateeffects import (
    InvalidRuleError,
    LateEffectRule,
    Occasion,
    ScoredWave,
    SignalDraft,
    SignalNotFoundError,
    insert_signals,
    list_signals,
    load_rules,
    mark_seen,
    signals_for,
    store_rule,
)
from surveys.registry import History
from tests.builders.followup import make_control, make_history, make_treatment, make_tumour

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = {"nb": "Mindre krefter", "nn": "Mindre krefter", "en": "Less energy"}
RULE = LateEffectRule(
    rule_id=UUID(int=1),
    version=1,
    instrument_id="garden-work",
    scale_id="digging",
    drop=15.0,
    worse="lower",
    names=NAMES,
    scale_names={"nb": "Graving", "nn": "Graving", "en": "Digging"},
    source="made up",
)
EARLIER = [ScoredWave(1, 0, "garden-work", {"digging": 80.0})]
NEW = [ScoredWave(2, 0, "garden-work", {"digging": 50.0})]

Connect = Callable[[Role], AsyncEngine]
KeysAs = Callable[[Role], Keys]


def occasion_of(history: History) -> Occasion:
    return Occasion(
        history.person_id,
        StudyId(UUID(int=20)),
        AssessmentId(new_id()),
        (history.tumours or history.control_of)[0].tumour_id,
        {"nb": "Etter 12 måneder", "nn": "Etter 12 månader", "en": "After 12 months"},
        date(2026, 1, 9),
    )


def drafts_for(history: History) -> list[SignalDraft]:
    return signals_for([RULE], occasion_of(history), EARLIER, NEW, history)


def test_a_signal_names_the_case_and_the_time_since_diagnosis() -> None:
    tumour = make_tumour(date(2025, 1, 10))
    history = make_history(
        tumour,
        treatments=(
            make_treatment(tumour, "surveillance", date(2025, 2, 1)),
            make_treatment(tumour, "surgery", date(2025, 6, 1)),
            make_treatment(tumour, "hormone", date(2025, 9, 1)),
            make_treatment(make_tumour(), "chemotherapy", date(2025, 1, 1)),
        ),
    )
    (draft,) = drafts_for(history)
    content = draft.content
    assert (content.site, content.treatment, content.months_since_diagnosis) == ("C61", "surgery", 11)
    assert (content.baseline, content.score, content.drop, content.wave) == (80.0, 50.0, 30.0, 2)


@pytest.mark.parametrize(
    ("kinds", "shown"),
    [((), "none"), (("surveillance",), "surveillance"), (("radiotherapy",), "radiotherapy")],
)
def test_treatment_is_what_was_given_before_the_answer(kinds: tuple[str, ...], shown: str) -> None:
    tumour = make_tumour(date(2025, 1, 10))
    given = tuple(make_treatment(tumour, kind, date(2025, 3, 1)) for kind in kinds)
    later = make_treatment(tumour, "surgery", date(2026, 2, 1))
    (draft,) = drafts_for(make_history(tumour, treatments=(*given, later)))
    assert draft.content.treatment == shown


def test_a_controls_drop_is_no_late_effect() -> None:
    assert drafts_for(make_control()) == []


def test_without_a_known_case_there_is_no_signal() -> None:
    history = make_history(make_tumour())
    assert signals_for([RULE], occasion_of(history), EARLIER, NEW, None) == []


async def test_staff_read_what_the_worker_sealed(
    engine_as: Connect, keys_as: KeysAs, staff_grant: bytes
) -> None:
    drafts = drafts_for(make_history(make_tumour(date(2025, 1, 10))))
    await raise_signals(engine_as, keys_as, drafts)
    async with transaction(engine_as(Role.WEB)) as connection:
        (seen,) = await list_signals(connection, keys_as(Role.WEB), staff_grant, 10)
        (english,) = await list_signals(connection, keys_as(Role.WEB), staff_grant, 10, "en")
    assert (seen.rule_name, seen.scale_name, seen.wave_name) == (
        "Mindre krefter",
        "Graving",
        "Etter 12 måneder",
    )
    assert (english.rule_name, english.scale_name) == ("Less energy", "Digging")
    assert (seen.person_id, seen.raised_at, seen.state, seen.drop) == (drafts[0].person_id, NOW, "new", 30.0)


async def test_the_row_shows_nothing_of_what_the_signal_says(
    engine_as: Connect, keys_as: KeysAs, database: str
) -> None:
    await raise_signals(engine_as, keys_as, drafts_for(make_history(make_tumour())))
    async with transaction(engine_as(Role.WEB)) as connection:
        (row,) = (await connection.execute(text("SELECT s::text FROM lateeffects.signal s"))).scalars()
        sealed = await connection.scalar(text("SELECT sealed FROM lateeffects.signal"))
    for telling in ("garden", "digging", "krefter", "C61", "surgery"):
        assert telling not in row
        assert telling.encode() not in sealed


async def test_the_same_answers_processed_twice_raise_one_signal(engine_as: Connect, keys_as: KeysAs) -> None:
    drafts = drafts_for(make_history(make_tumour()))
    assert await raise_signals(engine_as, keys_as, drafts) == 1
    assert await raise_signals(engine_as, keys_as, drafts) == 0


async def test_without_a_grant_nobody_reads_a_signal(engine_as: Connect, keys_as: KeysAs) -> None:
    await raise_signals(engine_as, keys_as, drafts_for(make_history(make_tumour())))
    async with transaction(engine_as(Role.WEB)) as connection:
        with pytest.raises(NotAllowedError):
            await list_signals(connection, keys_as(Role.WEB), b"", 10)


async def test_the_newest_signals_come_first_and_no_more_than_asked_for(
    engine_as: Connect, keys_as: KeysAs, staff_grant: bytes
) -> None:
    for hours in range(3):
        drafts = drafts_for(make_history(make_tumour()))
        await raise_signals(engine_as, keys_as, drafts, NOW + timedelta(hours=hours))
    async with transaction(engine_as(Role.WEB)) as connection:
        listed = await list_signals(connection, keys_as(Role.WEB), staff_grant, 2)
    assert [one.raised_at - NOW for one in listed] == [timedelta(hours=2), timedelta(hours=1)]


async def test_an_erased_persons_signal_keeps_staff_from_no_other(
    engine_as: Connect, keys_as: KeysAs, staff_grant: bytes
) -> None:
    gone, other = make_history(make_tumour()), make_history(make_tumour())
    for history in (gone, other):
        await raise_signals(engine_as, keys_as, drafts_for(history))
    async with transaction(engine_as(Role.KEYS)) as connection:
        for person in ("kari", "ola"):
            await erase(connection, gone.person_id, person, NOW)
    async with transaction(engine_as(Role.WEB)) as connection:
        listed = await list_signals(connection, keys_as(Role.WEB), staff_grant, 10)
    assert {one.person_id for one in listed} == {other.person_id}


async def test_whoever_saw_a_signal_first_stays_noted(engine_as: Connect, keys_as: KeysAs) -> None:
    (draft,) = drafts_for(make_history(make_tumour()))
    await raise_signals(engine_as, keys_as, [draft])
    async with transaction(engine_as(Role.WEB)) as connection:
        signal_id = SignalId(await connection.scalar(text("SELECT signal_id FROM lateeffects.signal")))
        await mark_seen(connection, draft.person_id, signal_id, "ragnhild", NOW)
        await mark_seen(connection, draft.person_id, signal_id, "sigrid", NOW + timedelta(hours=1))
        row = (await connection.execute(text("SELECT state, seen_by FROM lateeffects.signal"))).one()
        assert tuple(row) == ("seen", "ragnhild")


async def test_the_act_of_seeing_is_audited(engine_as: Connect, keys_as: KeysAs, database: str) -> None:
    (draft,) = drafts_for(make_history(make_tumour()))
    await raise_signals(engine_as, keys_as, [draft])
    async with transaction(engine_as(Role.WEB)) as connection:
        signal_id = SignalId(await connection.scalar(text("SELECT signal_id FROM lateeffects.signal")))
        await mark_seen(connection, draft.person_id, signal_id, "ragnhild", NOW)
    with psycopg.connect(database) as owner:
        entries = [
            msgspec.json.decode(row[0]) for row in owner.execute("SELECT entry FROM audit.audit_entry")
        ]
    (seen,) = [one for one in entries if one["action"] == "signal-seen"]
    assert (seen["actor"], seen["about"]) == ("ragnhild", {"signal": str(signal_id)})


async def test_a_signal_that_is_not_there_cannot_be_marked(engine_as: Connect) -> None:
    async with transaction(engine_as(Role.WEB)) as connection:
        with pytest.raises(SignalNotFoundError):
            await mark_seen(connection, PersonId(new_id()), SignalId(new_id()), "ragnhild", NOW)


async def test_of_two_versions_of_a_rule_the_higher_counts(engine_as: Connect, keys_as: KeysAs) -> None:
    second, other = replace(RULE, version=2, drop=20.0), replace(RULE, rule_id=UUID(int=2))
    async with transaction(engine_as(Role.WORKER)) as connection:
        for rule in (second, RULE, other):
            await store_rule(connection, keys_as(Role.WORKER), rule, NOW)
        assert await load_rules(connection, keys_as(Role.WORKER)) == [second, other]


async def test_a_rule_with_faults_is_not_stored(engine_as: Connect, keys_as: KeysAs) -> None:
    async with transaction(engine_as(Role.WORKER)) as connection:
        with pytest.raises(InvalidRuleError, match="drop"):
            await store_rule(connection, keys_as(Role.WORKER), replace(RULE, drop=-1.0), NOW)


async def raise_signals(
    engine_as: Connect, keys_as: KeysAs, drafts: list[SignalDraft], now: datetime = NOW
) -> int:
    async with transaction(engine_as(Role.WORKER)) as connection:
        return await insert_signals(connection, keys_as(Role.WORKER), drafts, now)
