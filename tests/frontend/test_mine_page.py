"""What a person does on the page of their own answers: sees who used them, takes them along, leaves."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import clock
from surveys.answering import PartAnswers
from surveys.database import Role, transaction
from surveys.identifiers import PersonId
from surveys.keys.erasure import erase
from tests.builders.api import Keystore, Service
from tests.builders.login import ANNA, PEOPLE, ClientKeys, login_ground
from tests.builders.research import answered, approve, extract, make_project, patient
from tests.frontend.browsing import Pages, Visitor, lose_the_answer

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD = timedelta(minutes=6)
GIVEN = (PartAnswers(0, {"morning": ("fresh",)}), PartAnswers(1, {"times": (4,)}), PartAnswers(2, {"naps": (2,)}))
TOO_SMALL = """
[...document.querySelectorAll('main :is(a, button, label)')]
  .filter(one => Math.min(one.offsetWidth, one.offsetHeight) < 44).map(one => one.textContent)
"""


async def arrive(
    pages: Pages, person_id: PersonId | None = None, logged_in: timedelta = timedelta(), path: str = "/mine"
) -> Visitor:
    """Somebody who has logged in so long ago, at the page with all that it lists."""
    person = await pages.visitor()
    await person.log_in(await pages.service.patient(person_id, logged_in))
    await person.open(path)
    if path == "/":
        await person.page.get_by_role("link", name="Mine svar og valg").click()
    await person.sees("Slutte og slette")
    await person.page.locator("#uses ~ :is(.uses, .notice)").first.wait_for()
    return person


async def flaws(person: Visitor) -> list[str]:
    """What axe finds, what does not fit, and what is too small to hit."""
    small: list[str] = await person.page.evaluate(TOO_SMALL)
    return await person.faults() + await person.other_faults() + small


async def press_key(person: Visitor, name: str) -> None:
    """Presses the button as those do who have no mouse."""
    await person.page.get_by_role("button", name=name, exact=True).press("Enter")



@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def front_door(
    pages: Pages, keystore: Keystore, tmp_path_factory: pytest.TempPathFactory, engines: dict[Role, AsyncEngine]
) -> AsyncIterator[Pages]:
    """The same service once more, with an identity provider to log in at, at the real time."""
    keys = ClientKeys.make(tmp_path_factory.mktemp("client-keys"))
    async with login_ground(pages.database, keystore, keys) as ground, AsyncExitStack() as clients:
        service = Service(
            ground.url,
            ground.app,
            ground.settings,
            ground.clock,
            pages.service.engine_as,
            pages.service.keys_as,
            clients,
        )
        yield replace(pages, service=service)


async def test_a_person_reads_who_used_their_answers_for_what_and_by_what_right(pages: Pages) -> None:
    person_id = await answered(pages.study, pages.database, *patient(), GIVEN)
    project = await approve(pages.study, make_project())
    await extract(pages.study, project)
    person = await arrive(pages, person_id, path="/")
    uses = person.page.locator(".uses > li")
    assert await uses.locator("h3").all_text_contents() == ["Brukt i forskning", "Svarene ble tatt imot"]
    research = await uses.first.inner_text()
    for said in (f"En forsker ({project.organisation})", project.title, project.basis):
        assert said in research
    found = await flaws(person)
    await person.press("English")
    await person.sees("Used in research")
    await person.page.wait_for_function("document.title === 'My answers and choices – Etterklang'")
    assert (found + await person.faults(), person.noise) == ([], [])


async def test_a_long_list_goes_on_at_the_first_use_that_was_not_shown(pages: Pages) -> None:
    _, mine = await pages.patient()
    await pages.save(mine, 0, morning="late")
    for _ in range(7):
        await pages.draft(mine)
    person = await arrive(pages, mine.person_id)
    uses = person.page.locator(".uses > li")
    assert await uses.count() == 5
    await press_key(person, "Vis 2 til")
    assert await uses.count() == 7
    assert await uses.nth(5).evaluate("one => one === document.activeElement")


async def test_each_form_of_the_answers_is_taken_along_and_shows_as_a_use(pages: Pages, tmp_path: Path) -> None:
    person = await arrive(pages, await answered(pages.study, pages.database, *patient(), GIVEN))
    taken: dict[str, bytes] = {}
    for form in ("PDF", "JSON", "FHIR"):
        async with person.page.expect_download() as download:
            await press_key(person, f"Last ned {form}")
        file = await download.value
        await file.save_as(tmp_path / file.suggested_filename)
        taken[form] = (tmp_path / file.suggested_filename).read_bytes()
        await person.page.get_by_text(f"Filen er lastet ned ({form})").wait_for()
    assert taken["PDF"].startswith(b"%PDF-")
    assert "fresh" in json.dumps(json.loads(taken["JSON"]))
    assert json.loads(taken["FHIR"])["resourceType"] == "Bundle"
    await person.sees("Du lastet ned svarene")
    assert (await flaws(person), person.noise) == ([], [])


async def test_who_stops_is_asked_once_more_and_sees_that_it_is_done_without_a_mouse(pages: Pages) -> None:
    visitor, mine = await pages.patient()
    person = await arrive(pages, mine.person_id)
    await press_key(person, "Jeg vil slutte")
    await person.focuses("Vil du slutte å delta?")
    found = await person.faults()
    await press_key(person, "Nei, jeg blir med videre")
    await person.focuses("Jeg vil slutte")
    await press_key(person, "Jeg vil slutte")
    await person.focuses("Vil du slutte å delta?")
    await press_key(person, "Ja, jeg slutter")
    await person.focuses("Du sluttet")
    assert (found + await person.faults(), person.noise) == ([], [])
    await visitor.open()
    await visitor.sees("Ingenting å svare på nå")
    await visitor.open("/mine")
    await visitor.sees("Du sluttet")
    await visitor.page.get_by_text("Du kan fortsatt laste dem ned").wait_for()


async def test_who_has_everything_erased_says_so_with_a_tick_and_sees_what_became_of_it(pages: Pages) -> None:
    person_id = await answered(pages.study, pages.database, *patient(), GIVEN)
    person = await arrive(pages, person_id)
    await press_key(person, "Jeg vil slette svarene")
    await person.focuses("Vil du slutte og få svarene slettet?")
    await press_key(person, "Ja, slutt og slett")
    tick = person.page.get_by_role("checkbox")
    assert await tick.evaluate("box => box === document.activeElement")
    assert await tick.get_attribute("aria-invalid") == "true"
    found = await flaws(person)
    await tick.press("Space")
    await press_key(person, "Ja, slutt og slett")
    await person.focuses("Du ba om sletting")
    await person.sees("Du sluttet")
    assert await person.page.get_by_text("Du kan fortsatt laste dem ned").count() == 0
    found += await person.faults()
    async with transaction(pages.service.engine_as(Role.KEYS)) as connection:
        assert await erase(connection, person_id, "kari", clock.now()) == 1
    await person.page.reload()
    await person.sees("Svarene ble slettet")
    assert (found + await person.faults(), person.noise) == ([], [])


@pytest.mark.parametrize("way", ["Last ned PDF", "Ja, jeg slutter"])
async def test_an_old_login_is_renewed_at_the_provider_and_leads_back_to_where_it_was_needed(
    front_door: Pages, way: str
) -> None:
    (person_id,) = await front_door.service.keys_as(Role.WORKER).link([ANNA])
    person = await arrive(front_door, person_id, OLD)
    if way == "Ja, jeg slutter":
        await press_key(person, "Jeg vil slutte")
        await person.focuses("Vil du slutte å delta?")
    await press_key(person, way)
    await person.focuses("Logg inn en gang til")
    found = await flaws(person)
    await person.page.get_by_role("link", name="Logg inn og kom tilbake hit").press("Enter")
    await person.page.get_by_role("button", name=PEOPLE[0].story).click()
    await person.focuses("Last ned svarene" if way == "Last ned PDF" else "Vil du slutte å delta?")
    assert person.page.url == f"{front_door.service.url}/mine"
    await press_key(person, way)
    done = "Filen er lastet ned" if way == "Last ned PDF" else "Du sluttet"
    await person.page.get_by_text(done).first.wait_for()
    assert (found, person.noise) == ([], [])


async def test_a_net_that_fails_is_told_calmly_and_leaving_twice_is_leaving_once(pages: Pages) -> None:
    person = await pages.visitor()
    await person.log_in(await pages.service.patient())
    await person.page.route("**/api/patient/*", lambda route: route.abort())
    await person.open("/mine")
    await person.sees("Vi fikk ikke hentet listen")
    await person.sees("Vi fikk ikke hentet det du har valgt")
    found = await person.faults()
    await person.page.unroute("**/api/patient/*")
    for _ in range(2):
        await person.page.get_by_role("button", name="Prøv igjen").first.click()
    await person.sees("Ingen har brukt svarene dine ennå")
    found += await person.faults()
    await person.press("Jeg vil slutte")
    await person.page.route("**/participation/stop", lose_the_answer, times=1)
    await person.press("Ja, jeg slutter")
    await person.page.get_by_text("Vi vet ikke om det kom fram").wait_for()
    found += await person.faults()
    await person.press("Ja, jeg slutter")
    await person.focuses("Du sluttet")
    assert (found, person.noise) == ([], [])


async def test_whoever_is_not_logged_in_any_more_finds_one_way_in_that_leads_back(pages: Pages) -> None:
    client = await pages.service.patient()
    person = await pages.visitor()
    await person.log_in(client)
    await person.open("/mine")
    await person.sees("Slutte og slette")
    await client.post("/logout")
    await person.press("Last ned PDF")
    await person.sees("Du er logget ut")
    login = person.page.get_by_role("link", name="Logg inn igjen")
    assert await login.get_attribute("href") == "/login/patient?return_to=%2Fmine"
    found = await person.faults()
    await person.page.reload()
    await person.page.get_by_role("link", name="Logg inn med ID-porten").wait_for()
    assert (found + await person.faults(), person.noise) == ([], [])
