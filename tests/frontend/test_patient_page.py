"""What a person can do on the patient's page, and what it never does to them; at the real server."""

import pytest

from tests.builders.answering import as_owner
from tests.frontend.browsing import Pages, Visitor, lose_the_answer

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST, SECOND = "Det er morgen", "Hvor langt ut på dagen"


async def begin(person: Visitor) -> None:
    await person.open()
    await person.press("Start")
    await person.sees(FIRST)


async def fill(person: Visitor) -> None:
    """Gives the question on screen an answer, whatever it wants."""
    field = person.page.locator("form.sheet :is(input:not([type=checkbox]), textarea, .choices input)").first
    kind = await field.get_attribute("type")
    if kind in ("radio", "checkbox"):
        await field.check(force=True)
    else:
        await field.fill("2026-11-01" if kind == "date" else "7")


async def test_every_view_is_accessible_in_both_colour_schemes_and_fits_a_narrow_phone_with_large_text(
    pages: Pages,
) -> None:
    person, _ = await pages.patient()
    await person.open()
    faults = await person.faults() + await person.other_faults()
    await person.press("Start")
    looked_at: set[str] = set()
    while await person.is_asked():
        controls = await person.controls()
        if controls not in looked_at:
            faults += await person.faults() + await person.other_faults()
        looked_at.add(controls)
        await fill(person)
        await person.goes_on()
    await person.sees("Se over svarene dine")
    faults += await person.faults() + await person.other_faults()
    await person.press("Send inn")
    await person.sees("Takk")
    faults += await person.faults() + await person.other_faults()
    await person.press("Ferdig")
    await person.sees("Ingenting å svare på nå")
    faults += await person.faults() + await person.other_faults()
    assert (len(looked_at), faults, person.noise) == (7, [], [])


async def test_one_more_answer_is_added_as_often_as_the_question_takes_one(pages: Pages) -> None:
    person, mine = await pages.patient()
    await begin(person)
    more = person.page.get_by_role("button", name="Legg til et svar")
    while not await more.is_visible():
        await fill(person)
        await person.goes_on()
    fields = person.page.locator("form.sheet input[type=text]")
    for count, word in enumerate(("en", "to", "tre"), start=1):
        await fields.last.fill(word)
        assert await fields.count() == count
        if count < 3:
            await more.click()
    assert not await more.is_visible()
    await fields.nth(1).fill("")
    await person.goes_on()
    await fields.first.fill("4")
    await more.click()
    await fields.last.fill("4x")
    await person.press("Neste")
    await person.page.get_by_text("Skriv svaret som et tall").wait_for()
    await fields.last.fill("5")
    await person.goes_on()
    await person.sees("Se over svarene dine")
    assert await person.page.get_by_text("en, tre").count() == 1
    assert await person.page.get_by_text("4, 5").count() == 1
    assert person.noise == []


@pytest.mark.parametrize("notice", ["", "?notice=signed-out", "?notice=login-failed"])
async def test_whoever_is_not_logged_in_finds_one_way_in(pages: Pages, notice: str) -> None:
    person = await pages.visitor()
    page = await person.open(f"/{notice}")
    login = page.get_by_role("link", name="Logg inn med ID-porten")
    assert await login.get_attribute("href") == "/login/patient"
    faults = await person.faults() + await person.other_faults()
    assert (faults, person.noise) == ([], [])


async def test_a_closed_browser_goes_on_where_it_was(pages: Pages) -> None:
    person, mine = await pages.patient()
    await begin(person)
    await person.answer("Jeg kommer fort i gang")
    await person.page.close(run_before_unload=True)
    later = await pages.visitor()
    await later.log_in(await pages.service.patient(mine.person_id))
    await later.open()
    await later.press("Fortsett der du slapp")
    await later.sees(SECOND)
    await later.press("Tilbake")
    assert await later.page.get_by_label("Jeg kommer fort i gang").is_checked()


async def test_the_browsers_back_button_goes_from_question_to_question_and_takes_the_focus_along(
    pages: Pages,
) -> None:
    person, _ = await pages.patient()
    await begin(person)
    await person.answer("Jeg kommer fort i gang")
    await person.goes_on()
    await person.focuses(SECOND)
    await person.page.go_back()
    await person.sees(FIRST)
    await person.focuses(FIRST)
    assert await person.page.get_by_label("Jeg kommer fort i gang").is_checked()
    await person.page.go_back()
    await person.sees("Vi har noen spørsmål til deg")


async def test_the_skip_link_leads_to_the_content_and_stays_on_the_question(pages: Pages) -> None:
    person, _ = await pages.patient()
    await begin(person)
    await person.page.get_by_role("link", name="Gå til innholdet").press("Enter")
    assert await person.page.evaluate("document.activeElement.id") == "content"
    await person.sees(FIRST)


async def test_a_net_that_fails_is_told_calmly_and_nothing_is_lost(pages: Pages) -> None:
    person, mine = await pages.patient()
    await begin(person)
    await person.page.route("**/draft", lambda route: route.abort())
    await person.answer("Jeg kommer fort i gang")
    await person.page.get_by_text("Ikke lagret ennå").first.wait_for()
    assert await person.faults() == []
    await person.page.unroute("**/draft")
    await person.page.clock.fast_forward(3_000)
    await person.is_saved()
    assert await pages.draft(mine) == {"morning": ["soon"]}


async def test_a_save_whose_answer_was_lost_is_no_conflict(pages: Pages) -> None:
    person, mine = await pages.patient()
    await begin(person)
    await person.page.route("**/draft", lose_the_answer, times=1)
    await person.answer("Jeg kommer fort i gang")
    await person.page.get_by_text("Ikke lagret ennå").first.wait_for()
    await person.answer("Jeg er klar for dagen")
    await person.is_saved()
    assert await pages.draft(mine) == {"morning": ["fresh"]}


@pytest.mark.parametrize(("choice", "kept"), [("herfra", "fresh"), ("fra det andre stedet", "late")])
async def test_answers_from_two_devices_are_chosen_between_and_never_overwritten(
    pages: Pages, choice: str, kept: str
) -> None:
    person, mine = await pages.patient()
    await begin(person)
    await pages.save(mine, 0, morning="late")
    await person.answer("Jeg er klar for dagen")
    await person.sees("Hvilke svar vil du beholde?")
    assert await person.faults() + await person.other_faults() == []
    assert await pages.draft(mine) == {"morning": ["late"]}
    await person.press(f"Behold svarene {choice}")
    await person.sees(FIRST)
    await person.is_saved()
    assert await pages.draft(mine) == {"morning": [kept]}


async def test_a_submission_whose_receipt_was_lost_is_sent_again_as_it_was_and_counts_once(
    pages: Pages,
) -> None:
    person, mine = await pages.patient()
    await begin(person)
    await person.answer("Jeg er klar for dagen")
    while await person.is_asked():
        await person.goes_on()
    sent: list[tuple[str, str | None]] = []
    person.page.on("request", lambda one: sent.append((one.url, one.post_data)))
    await person.page.route("**/submissions/*", lose_the_answer, times=1)
    await person.press("Send inn")
    await person.sees("Svarene er ikke sendt ennå")
    assert await person.faults() == []
    await person.page.get_by_role("button", name="Prøv igjen").dblclick()
    await person.sees("Takk")
    submissions = [one for one in sent if "/submissions/" in one[0]]
    assert len(submissions) == 2
    assert submissions[0] == submissions[1]
    listed = (await (await pages.service.patient(mine.person_id)).get("/api/patient/assessments")).json()
    assert [one["state"] for one in listed] == ["submitted"]


async def test_the_end_of_a_login_is_announced_and_the_answers_stay(pages: Pages) -> None:
    person, mine = await pages.patient()
    await begin(person)
    await person.answer("Jeg er klar for dagen")
    await person.is_saved()
    state = "JSON.parse(document.getElementById('state').textContent)"
    left = await person.page.evaluate(f"Date.parse({state}.session_ends_at) - Date.now()")
    await person.page.clock.fast_forward(left - 110_000)
    await person.page.get_by_text("Du blir logget ut kl.").wait_for()
    assert await person.faults() == []
    await person.page.clock.fast_forward(115_000)
    await person.sees("Du er logget ut")
    await person.page.get_by_text("Svarene dine er lagret").wait_for()
    assert await person.faults() == []
    assert await pages.draft(mine) == {"morning": ["fresh"]}


async def test_an_answer_given_after_the_login_has_ended_waits_for_the_next(pages: Pages) -> None:
    person, mine = await pages.patient()
    client = await pages.service.patient(mine.person_id)
    await person.log_in(client)
    await begin(person)
    await client.post("/logout")
    await person.answer("Jeg er klar for dagen")
    await person.sees("Du er logget ut")
    login = person.page.get_by_role("link", name="Logg inn igjen")
    assert await login.get_attribute("target") == "_blank"
    await person.log_in(await pages.service.patient(mine.person_id))
    await person.press("Jeg har logget inn")
    await person.sees(FIRST)
    await person.is_saved()
    assert await pages.draft(mine) == {"morning": ["fresh"]}


async def test_an_assessment_that_closed_meanwhile_is_told(pages: Pages) -> None:
    person, mine = await pages.patient()
    await begin(person)
    lapse = "UPDATE followup.assessment SET state = 'lapsed' WHERE assessment_id = :one"
    as_owner(pages.database, lapse, one=mine.assessment_id)
    await person.answer("Jeg er klar for dagen")
    await person.sees("Dette er lukket")
    assert await person.faults() == []
    await person.press("Til forsiden")
    await person.sees("Ingenting å svare på nå")


async def test_the_language_is_chosen_remembered_and_told_to_the_document(pages: Pages) -> None:
    person, _ = await pages.patient()
    await begin(person)
    for name, language, heading in (("Nynorsk", "nn", "Det er morgon"), ("English", "en", "It is morning")):
        await person.press(name)
        await person.sees(heading)
        await person.page.locator(f"html[lang='{language}']").wait_for()
        assert await person.faults() == []
    await person.page.reload()
    await person.sees("It is morning")
    await person.page.locator("html[lang='en']").wait_for()
