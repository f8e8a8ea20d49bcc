"""From draft to retirement: each move has a name and a time, a second person approves, as in the database."""

from itertools import pairwise, permutations

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from instruments.versions import MOVES, State
from surveys.catalogue import (
    NoActorError,
    NotPublishableError,
    SecondPersonError,
    VersionMoveError,
    VersionNotFoundError,
)
from surveys.identifiers import InstrumentVersionId, new_id
from tests.builders.answering import FIRST, NOW, SECOND, as_owner, count, everyday, refusal
from tests.builders.instruments import make_licence
from tests.surveys.catalogue.conftest import Catalogue

THIRD = "siv"
SECOND_VERSION = replace(everyday(), structure=replace(everyday().structure, version="2"))


async def test_a_version_keeps_who_moved_it_and_when(catalogue: Catalogue) -> None:
    await catalogue.license(make_licence(everyday()))
    version_id = await catalogue.store(everyday())
    await catalogue.vouch(version_id, everyday())
    await catalogue.submit(version_id)
    await catalogue.give_back(version_id)
    await catalogue.submit(version_id, THIRD)
    await catalogue.publish(version_id)
    await catalogue.retire(version_id)
    moves = await catalogue.moves(version_id)
    assert [(one.before, one.after, one.actor) for one in moves] == [
        (None, State.DRAFT, FIRST),
        (State.DRAFT, State.IN_REVIEW, FIRST),
        (State.IN_REVIEW, State.DRAFT, SECOND),
        (State.DRAFT, State.IN_REVIEW, THIRD),
        (State.IN_REVIEW, State.PUBLISHED, SECOND),
        (State.PUBLISHED, State.RETIRED, FIRST),
    ]
    assert {one.at for one in moves} == {NOW}


async def test_every_move_is_in_the_audit_log_under_its_actor(catalogue: Catalogue, database: str) -> None:
    version_id = await catalogue.approve(everyday())
    await catalogue.retire(version_id)
    for action, actor in (
        ("instrument-imported", FIRST),
        ("translation-recorded", FIRST),
        ("translation-approved", SECOND),
        ("instrument-submitted", FIRST),
        ("licence-recorded", SECOND),
        ("instrument-published", SECOND),
        ("instrument-retired", FIRST),
    ):
        entry = f'audit.audit_entry WHERE entry::jsonb @> \'{{"action": "{action}", "actor": "{actor}"}}\''
        assert count(database, entry) == (3 if action.startswith("translation") else 1), action


async def test_storing_the_same_again_is_no_second_import(catalogue: Catalogue) -> None:
    version_id = await catalogue.store(everyday())
    assert await catalogue.store(everyday(), SECOND) == version_id
    assert len(await catalogue.moves(version_id)) == 1


async def test_the_new_live_version_retires_the_one_before_in_the_same_name(catalogue: Catalogue) -> None:
    old = await catalogue.approve(everyday())
    await catalogue.approve(SECOND_VERSION)
    assert (await catalogue.moves(old))[-1].actor == SECOND
    assert await catalogue.state(old) is State.RETIRED


async def test_a_draft_is_not_published_without_review(catalogue: Catalogue) -> None:
    await catalogue.license(make_licence(everyday()))
    version_id = await catalogue.store(everyday())
    with pytest.raises(VersionMoveError, match="submit it for review first"):
        await catalogue.publish(version_id)
    assert await catalogue.state(version_id) is State.DRAFT


async def test_a_retired_version_does_not_come_back(catalogue: Catalogue) -> None:
    old = await catalogue.approve(everyday())
    await catalogue.retire(old)
    with pytest.raises(VersionMoveError, match="store a new version"):
        await catalogue.submit(old)
    with pytest.raises(VersionMoveError):
        await catalogue.publish(old)
    with pytest.raises(VersionNotFoundError):
        await catalogue.submit(InstrumentVersionId(new_id()))


@pytest.mark.parametrize("actor", [FIRST, THIRD, f" {FIRST.upper()} "])
async def test_whoever_imported_or_submitted_it_does_not_publish(catalogue: Catalogue, actor: str) -> None:
    await catalogue.license(make_licence(everyday()))
    version_id = await catalogue.store(everyday())
    await catalogue.submit(version_id, THIRD)
    with pytest.raises(SecondPersonError, match="somebody else must publish it"):
        await catalogue.publish(version_id, actor)
    assert await catalogue.state(version_id) is State.IN_REVIEW


async def test_nobody_acts_without_a_name(catalogue: Catalogue, database: str) -> None:
    with pytest.raises(NoActorError):
        await catalogue.store(everyday(), " ")
    assert count(database, "catalogue.instrument_version") == 0
    version_id = await catalogue.store(everyday())
    with pytest.raises(NoActorError):
        await catalogue.submit(version_id, "")


async def test_a_version_with_a_gap_is_not_published(catalogue: Catalogue) -> None:
    nb, nn, en = everyday().translations
    texts = {key: text for key, text in nn.texts.items() if key != "walk/a2"}
    gappy = replace(everyday(), translations=(nb, replace(nn, texts=texts), en))
    await catalogue.license(make_licence(gappy))
    version_id = await catalogue.store(gappy)
    await catalogue.vouch(version_id, gappy)
    await catalogue.submit(version_id)
    with pytest.raises(NotPublishableError) as refused:
        await catalogue.publish(version_id)
    assert refused.value.faults == ("nn: walk/a2 has no text",)
    assert "walk" not in str(refused.value)
    assert await catalogue.state(version_id) is State.IN_REVIEW


WAY_TO: dict[State, list[State]] = {
    State.DRAFT: [State.DRAFT],
    State.IN_REVIEW: [State.DRAFT, State.IN_REVIEW],
    State.PUBLISHED: [State.DRAFT, State.IN_REVIEW, State.PUBLISHED],
    State.RETIRED: [State.DRAFT, State.IN_REVIEW, State.PUBLISHED, State.RETIRED],
}


def row(before: State, after: State, actor: str) -> str:
    return (
        "INSERT INTO catalogue.version_move (version_id, from_state, to_state, actor, moved_at) "
        f"SELECT version_id, '{before}', '{after}', '{actor}', now() FROM catalogue.instrument_version"
    )


async def test_the_database_holds_the_same_moves(catalogue: Catalogue, database: str) -> None:
    await catalogue.vouch(await catalogue.store(everyday()), everyday())
    for before, after in permutations(State, 2):
        way = [*pairwise(WAY_TO[before]), (before, after)]
        said = refusal(
            database, *(row(*step, SECOND if step[1] is State.PUBLISHED else FIRST) for step in way)
        )
        assert ("does not go from" in said) == (after not in MOVES[before]), (before, after, said)


async def test_the_database_knows_the_state_that_a_move_begins_in(
    catalogue: Catalogue, database: str
) -> None:
    await catalogue.store(everyday())
    assert "does not go from in-review" in refusal(database, row(State.IN_REVIEW, State.PUBLISHED, SECOND))


@pytest.mark.parametrize("actor", [FIRST, THIRD, f" {FIRST.upper()} "])
async def test_the_database_wants_a_second_person_too(
    catalogue: Catalogue, database: str, actor: str
) -> None:
    version_id = await catalogue.store(everyday())
    await catalogue.submit(version_id, THIRD)
    own = row(State.IN_REVIEW, State.PUBLISHED, actor)
    assert "a second person publishes" in refusal(database, own)
    with pytest.raises(DBAPIError, match="a second person publishes"):
        async with catalogue.engine.begin() as connection:
            await connection.execute(text(own))


async def test_the_database_moves_nothing_without_a_row_that_says_who(
    catalogue: Catalogue, database: str
) -> None:
    version_id = await catalogue.store(everyday())
    state = "UPDATE catalogue.instrument_version SET state = 'in-review'"
    assert "says who moves it" in refusal(database, state)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with catalogue.engine.begin() as connection:
            await connection.execute(text(state))
    nobody = row(State.DRAFT, State.IN_REVIEW, " ")
    assert "violates check constraint" in refusal(database, nobody)
    as_owner(database, row(State.DRAFT, State.IN_REVIEW, FIRST))
    assert await catalogue.state(version_id) is State.IN_REVIEW


CHANGES = (
    "UPDATE catalogue.document SET sealed = ''",
    "DELETE FROM catalogue.document",
    "UPDATE catalogue.instrument_version SET scoring_id = structure_id",
    "UPDATE catalogue.instrument_version SET lineage = ''",
    "UPDATE catalogue.instrument_version SET state = 'draft'",
    "UPDATE catalogue.instrument_version SET published_at = now() + interval '1 day'",
    "UPDATE catalogue.instrument_version SET published_at = NULL",
    "DELETE FROM catalogue.instrument_version",
    "UPDATE catalogue.instrument_translation SET language = 'sv'",
    "DELETE FROM catalogue.instrument_translation",
    "INSERT INTO catalogue.instrument_translation SELECT version_id, 'sv', translation_id "
    "FROM catalogue.instrument_translation LIMIT 1",
    "INSERT INTO catalogue.instrument_version SELECT gen_random_uuid(), '\\x00', structure_id, "
    "presentation_id, scoring_id, 'published', now(), now() FROM catalogue.instrument_version",
    "UPDATE catalogue.version_move SET actor = 'another'",
    "DELETE FROM catalogue.version_move",
    "INSERT INTO catalogue.version_move (version_id, to_state, actor, moved_at) "
    "SELECT version_id, 'draft', 'another', now() FROM catalogue.instrument_version",
    "UPDATE catalogue.licence SET recorded_at = now()",
    "DELETE FROM catalogue.licence",
    "UPDATE catalogue.translation_record SET recorded_by = 'another'",
    "DELETE FROM catalogue.translation_approval",
    "UPDATE catalogue.translation_approval SET approved_by = 'another'",
)
RULES = ("never changed", "new version", "begins as a draft", "begins once", "does not go from")


@pytest.mark.parametrize("change", CHANGES)
async def test_what_is_published_never_changes_for_the_worker_nor_for_the_owner(
    catalogue: Catalogue, database: str, change: str
) -> None:
    await catalogue.approve(everyday())
    said = refusal(database, change)
    assert any(rule in said for rule in RULES), said
    with pytest.raises(DBAPIError) as refused:
        async with catalogue.engine.begin() as connection:
            await connection.execute(text(change))
    assert any(rule in str(refused.value) for rule in (*RULES, "permission denied"))
