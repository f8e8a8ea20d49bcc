"""Licences are recorded one after the other, sealed; without one that holds, nothing is published."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from instruments.licence import InvalidLicenceError, Licence, Standing
from surveys.catalogue import (
    InvitationGate,
    NoActorError,
    NotPublishableError,
    expiring_licences,
    invitation_gate,
    licence_standings,
    licences_of,
    list_versions,
    record_licence,
)
from tests.builders.answering import EVERYDAY, NOW, SECOND, TODAY, count, everyday, habits, refusal
from tests.builders.instruments import make_licence
from tests.surveys.catalogue.conftest import Catalogue

DAY = timedelta(days=1)
UNTIL_TODAY = make_licence(everyday(), valid_from=TODAY, valid_to=TODAY)


async def faults(catalogue: Catalogue, *licences: Licence, now: datetime = NOW) -> tuple[str, ...]:
    """What keeps a version under these licences from being published at ``now``."""
    await catalogue.license(*licences)
    version_id = await catalogue.store(everyday())
    await catalogue.vouch(version_id, everyday())
    await catalogue.submit(version_id)
    try:
        await catalogue.publish(version_id, now=now)
    except NotPublishableError as error:
        return error.faults
    return ()


async def gate(catalogue: Catalogue, today: date) -> InvitationGate:
    async with catalogue.engine.connect() as connection:
        return await invitation_gate(connection, catalogue.keys, today)


async def test_without_a_licence_nothing_is_published(catalogue: Catalogue) -> None:
    assert await faults(catalogue) == ("licence: there is no licence record; register the agreement first",)


async def test_another_instruments_licence_does_not_count(catalogue: Catalogue) -> None:
    assert len(await faults(catalogue, make_licence(habits()))) == 1


@pytest.mark.parametrize(("days", "ends"), [(0, ""), (-1, "ran out on"), (1, "holds from")])
async def test_the_licence_must_hold_on_the_day(catalogue: Catalogue, days: int, ends: str) -> None:
    day = TODAY + days * DAY
    said = await faults(catalogue, make_licence(everyday(), valid_from=day, valid_to=day))
    assert said == () if not ends else ends in said[0]


async def test_the_day_is_norways(catalogue: Catalogue) -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert "ran out on 2026-11-23" in (await faults(catalogue, UNTIL_TODAY, now=late))[0]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"languages": ("nb", "nn")}, "does not cover the language en"),
        ({"modes": ("paper", "interview")}, "does not cover electronic use"),
    ],
)
async def test_the_licence_must_cover_every_language_and_the_mode(
    catalogue: Catalogue, terms: dict[str, object], said: str
) -> None:
    assert said in (await faults(catalogue, make_licence(everyday(), **terms)))[0]


async def test_a_renewal_is_one_more_record_and_the_newest_that_covers_the_day_counts(
    catalogue: Catalogue, database: str
) -> None:
    renewed = replace(UNTIL_TODAY, reference="2027/1", valid_from=TODAY + DAY, valid_to=None)
    await catalogue.license(UNTIL_TODAY, renewed, renewed)
    assert count(database, "catalogue.licence") == 3
    async with catalogue.engine.connect() as connection:
        assert await licences_of(connection, catalogue.keys, EVERYDAY) == [UNTIL_TODAY, renewed, renewed]
        (one,) = await licence_standings(connection, catalogue.keys, TODAY)
        (later,) = await licence_standings(connection, catalogue.keys, TODAY + DAY)
    assert (one.standing, one.current, one.last_day) == (Standing.HOLDS, UNTIL_TODAY, None)
    assert later.current == renewed


async def test_a_licence_is_stored_sealed_and_never_changed(catalogue: Catalogue, database: str) -> None:
    await catalogue.license(UNTIL_TODAY)
    assert "never changed" in refusal(database, "UPDATE catalogue.licence SET recorded_by = 'another'")
    assert "never changed" in refusal(database, "DELETE FROM catalogue.licence")
    clear = "catalogue.licence l JOIN catalogue.document d USING (document_id) WHERE (l, d)::text LIKE '%{}%'"
    for word in ("The holder", "made-everyday", "2026/1"):
        assert count(database, clear.format(word)) == 0
        assert count(database, clear.format(word.encode().hex())) == 0


async def test_a_record_without_a_holder_or_a_name_beside_it_is_refused(
    catalogue: Catalogue, database: str
) -> None:
    with pytest.raises(InvalidLicenceError, match="holder: is empty"):
        await catalogue.license(replace(UNTIL_TODAY, holder=" "))
    with pytest.raises(NoActorError):
        async with catalogue.engine.begin() as connection:
            await record_licence(connection, catalogue.keys, UNTIL_TODAY, NOW, " ")
    assert count(database, "catalogue.document") == 0


@pytest.mark.parametrize(
    ("days_left", "standing"),
    [(60, None), (59, Standing.ENDS_SOON), (0, Standing.ENDS_SOON), (-1, Standing.ENDED)],
)
async def test_staff_are_warned_of_what_runs_out_within_sixty_days(
    catalogue: Catalogue, days_left: int, standing: Standing | None
) -> None:
    ends = TODAY + 90 * DAY
    await catalogue.approve(everyday(), make_licence(everyday(), valid_to=ends))
    async with catalogue.engine.connect() as connection:
        found = await expiring_licences(connection, catalogue.keys, ends - days_left * DAY)
    assert [(one.standing, one.last_day) for one in found] == ([(standing, ends)] if standing else [])


async def test_nobody_is_warned_of_an_instrument_that_is_out_of_use(catalogue: Catalogue) -> None:
    version_id = await catalogue.approve(everyday(), UNTIL_TODAY)
    await catalogue.retire(version_id)
    async with catalogue.engine.connect() as connection:
        assert await expiring_licences(connection, catalogue.keys, TODAY) == []


async def test_the_gate_closes_versions_the_day_after_the_last(catalogue: Catalogue) -> None:
    version_id = await catalogue.approve(everyday(), UNTIL_TODAY)
    await catalogue.approve(habits())
    assert (await gate(catalogue, TODAY)).closed == frozenset()
    assert (await gate(catalogue, TODAY + DAY)).closed == {version_id}


async def test_the_gate_counts_all_versions_of_an_instrument_together(catalogue: Catalogue) -> None:
    limited = make_licence(everyday(), max_patients=7)
    second = replace(everyday(), structure=replace(everyday().structure, version="2"))
    versions = {await catalogue.approve(one, limited) for one in (everyday(), second)}
    (limit,) = (await gate(catalogue, TODAY)).limits
    assert (limit.max_patients, limit.versions) == (7, versions)


async def test_staff_see_every_version_with_its_state_and_licence(catalogue: Catalogue) -> None:
    live = await catalogue.approve(everyday(), UNTIL_TODAY)
    draft = await catalogue.store(habits())
    async with catalogue.engine.connect() as connection:
        listed = await list_versions(connection, catalogue.keys, TODAY)
    assert [(one.version_id, one.state, one.actor, one.standing) for one in listed] == [
        (live, "published", SECOND, Standing.ENDS_SOON),
        (draft, "draft", "kari", Standing.NONE),
    ]
    assert listed[0].languages == ("en", "nb", "nn")
