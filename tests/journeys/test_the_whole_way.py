"""The whole way, once: from a registry case to a linked, pulled answer, as the README walks it."""

import io
import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import psycopg
import pyarrow.parquet as pq
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.builders.answering_badly import worst_answers
from tests.builders.machine import Machine
from tests.frontend.browsing import axe_faults
from tests.journeys.conftest import PERSONS, Demo

SECOND_OPEN = "the second is open"
ANSWERED_TWICE = "Answered twice"
FIRST_OPEN = "the first questionnaire is open"
PROJECT = "everyday-after-prostate-cancer"
PROJECT_ID = "8c4e1f70-2b9d-4a56-b3e8-6f0d7a2c5e13"
PLANTED = "Fiolblå paraply på kjøkkenbenken"
PICTURES = os.environ.get("SCREENSHOTS")

PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "locale": "nb-NO",
    "timezone_id": "Europe/Oslo",
}

pytestmark = pytest.mark.journey


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser) -> AsyncIterator[Callable[[], Awaitable[Page]]]:
    """Gives a fresh phone: a browser that has never been here."""
    contexts: list[BrowserContext] = []
    broken: list[str] = []

    async def fresh() -> Page:
        contexts.append(await browser.new_context(**PHONE))
        page = await contexts[-1].new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        return page

    yield fresh
    for context in contexts:
        await context.close()
    assert broken == []


async def check_accessible(page: Page) -> None:
    assert await axe_faults(page) == []


async def log_in(page: Page, demo: Demo, who: str) -> None:
    await page.goto(demo.url)
    await check_accessible(page)
    await page.get_by_role("link", name="Logg inn med ID-porten").click()
    await check_accessible(page)
    await page.get_by_role("button", name=who).click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def key_of_question(page: Page) -> str:
    key = await page.locator("fieldset.question").get_attribute("data-key")
    assert key is not None
    return key


async def answer(page: Page, choices: dict[str, str]) -> None:
    """Answers the question that shows, by keyboard: the named choice, or the planted text for a text."""
    wanted = choices.get(await key_of_question(page))
    text = page.locator("main textarea, main input[type=text]")
    if wanted is not None:
        coded = page.locator(f"main input[value='{wanted}']")
        step = page.locator("label", has_text=re.compile(rf"^{wanted}(\D|$)")).locator("input")
        box = coded if await coded.count() else step
        await box.focus()
        await page.keyboard.press("Space")
        await expect(box).to_be_checked()
    elif await text.count():
        await text.fill(PLANTED)


async def answer_on(page: Page, choices: dict[str, str], questions: int | None = None) -> None:
    """Goes from question to question, to the review or for so many questions."""
    asked = 0
    while await page.locator("fieldset.question").count() and asked != questions:
        before = await key_of_question(page)
        await check_accessible(page)
        await answer(page, choices)
        await page.get_by_role("button", name=re.compile("Neste|Til oversikten")).press("Enter")
        await expect(page.locator(f"fieldset[data-key='{before}']")).to_have_count(0)
        asked += 1


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png")


def test_1_a_feed_is_taken_and_what_is_wrong_with_it_is_named(demo: Demo) -> None:
    made = demo.command("cohort", "make", "--persons", "40", "--seed", "9", "--out", "more.ndjson")
    assert made.returncode == 0, made.stderr
    file = demo.folder / "more.ndjson"
    rows = file.read_text().splitlines()
    taken = demo.command("registry", "import", "more.ndjson", "--registry", "journey")
    assert (taken.returncode, "0 rejected" in taken.stdout) == (0, True), taken.stderr
    again = demo.command("registry", "import", "more.ndjson", "--registry", "journey")
    assert f"{len(rows)} rows: 0 accepted, {len(rows)} already known" in again.stdout
    file.write_text("\n".join([*rows, '{"kind": "person", "pat": "x", "sex": 7}']))
    partly = demo.command("registry", "import", "more.ndjson", "--registry", "journey")
    assert partly.returncode == 3
    assert f"row {len(rows) + 1}, column national_id: missing" in partly.stdout


def test_2_an_instrument_is_imported_or_refused_by_name(demo: Demo) -> None:
    ours = Path(__file__).parents[2] / "api" / "demo" / "documents" / "urinary-habits.fhir.json"
    imported = demo.command("instruments", "import", str(ours))
    assert imported.returncode == 0, imported.stdout + imported.stderr
    strange = json.loads(ours.read_text())
    strange["item"][0]["extension"] = [{"url": "https://example.org/strange", "valueString": "?"}]
    (demo.folder / "strange.json").write_text(json.dumps(strange))
    refused = demo.command("instruments", "import", "strange.json")
    assert refused.returncode == 3
    assert "item[0].extension[0]" in refused.stdout


def test_3_the_protocol_is_planned_over_everyone_in_one_sweep(demo: Demo) -> None:
    swept = demo.command("protocols", "sweep")
    assert swept.returncode == 0, swept.stderr
    swept_persons = re.match(r"(\d+) persons", swept.stdout)
    assert swept_persons is not None, swept.stdout
    assert int(swept_persons[1]) > PERSONS


@pytest.mark.asyncio(loop_scope="session")
async def test_4_to_6_a_patient_answers_on_a_phone_and_nothing_of_it_can_be_read(
    demo: Demo, phone: Callable[[], Awaitable[Page]]
) -> None:
    who = demo.number_of(SECOND_OPEN)[0]
    worst = worst_answers()
    first_phone = await phone()
    await log_in(first_phone, demo, who)
    await check_accessible(first_phone)
    await first_phone.get_by_role("button", name="Start").press("Enter")
    await answer_on(first_phone, worst, questions=5)
    reached = await key_of_question(first_phone)
    await picture(first_phone, "phone")
    await expect(first_phone.get_by_text("Lagret", exact=True)).to_be_visible()
    await first_phone.context.close()

    second_phone = await phone()
    await log_in(second_phone, demo, who)
    await second_phone.get_by_role("button", name="Fortsett der du slapp").press("Enter")
    assert await key_of_question(second_phone) == reached
    await answer_on(second_phone, worst)
    await expect(second_phone.get_by_role("heading", level=1)).to_have_text("Se over svarene dine")
    await check_accessible(second_phone)
    sent = []
    second_phone.on("request", lambda request: sent.append(request) if request.method == "PUT" else None)
    async with second_phone.expect_response(re.compile("/submissions/")) as answered:
        await second_phone.get_by_role("button", name="Send inn").dblclick()
    receipt = await (await answered.value).json()
    await expect(second_phone.get_by_role("heading", level=1)).to_have_text(
        "Takk. Svarene dine er kommet fram."
    )
    await check_accessible(second_phone)
    await picture(second_phone, "receipt")
    submissions = [request for request in sent if "/submissions/" in request.url]
    assert len(submissions) == 1
    again = await second_phone.request.put(
        submissions[0].url, data=submissions[0].post_data, headers=await submissions[0].all_headers()
    )
    assert (again.status, await again.json()) == (200, receipt)
    check_sealed(demo, who)


def check_sealed(demo: Demo, who: str) -> None:
    """Everything in every table, as text, holds no answer, no national identifier and no instrument."""
    address = next(
        line.removeprefix("DATABASE_URL=")
        for line in (demo.folder / ".etterklang" / "environment").read_text().splitlines()
        if line.startswith("DATABASE_URL=")
    )
    planted = [PLANTED, who, "everyday-life", "urinary-habits", "Krefter og hverdag", "Vannlating"]
    needles = [text.encode() for text in planted]
    needles += [text.encode().hex().encode() for text in planted]
    with psycopg.connect(address) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 25
        for schema, table in tables:
            with connection.cursor().copy(f'COPY (SELECT * FROM "{schema}"."{table}") TO STDOUT') as rows:
                content = b"".join(bytes(row) for row in rows)
            found = [needle for needle in needles if needle in content]
            assert found == [], f"{schema}.{table}"


@pytest.mark.asyncio(loop_scope="session")
async def test_7_the_drop_against_the_own_baseline_is_listed_for_staff(demo: Demo, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO")
    page = await context.new_page()
    await page.goto(f"{demo.url}/staff")
    await check_accessible(page)
    await page.get_by_role("link", name="Logg inn").click()
    await page.get_by_role("button", name="Ragnhild").click()
    table = page.get_by_role("table").first
    await expect(table).to_be_visible()
    await check_accessible(page)
    newest = table.get_by_role("row").nth(1)
    await expect(newest).to_contain_text("→ 0")
    await expect(newest).to_contain_text("Etter 12 måneder")
    await expect(newest).to_contain_text("C61")
    await picture(page, "staff")
    await newest.get_by_role("button", name="Merk som sett").click()
    await expect(page.get_by_text("Merket som sett").first).to_be_visible()
    await context.close()


def test_8_the_linked_answer_is_pulled_the_same_from_the_command_line_and_over_http(demo: Demo) -> None:
    pulled = demo.command("extract", PROJECT, "--out", "extract")
    assert pulled.returncode == 0, pulled.stderr
    folder = demo.folder / "extract"
    table = pq.read_table(folder / "responses.parquet")
    codebook = json.loads((folder / "codebook.json").read_bytes())
    assert table.num_rows > 300
    assert {column["name"] for column in codebook["columns"]} == set(table.column_names)
    for linked in ("site", "stage", "treatment_kind", "months_since_diagnosis", "months_since_treatment"):
        assert table[linked].null_count < table.num_rows, linked
    content = (folder / "responses.parquet").read_bytes() + str(table.to_pylist()).encode()
    for number in demo.number_of("open"):
        assert number.encode() not in content
    machine = Machine.read(demo.url, "demo-machine", demo.folder / ".etterklang" / "machine.jwk")
    files = machine.pull(PROJECT_ID)
    over_http = pq.read_table(io.BytesIO(files["responses.parquet"]))
    assert over_http.column_names == table.column_names
    assert over_http.num_rows >= table.num_rows


@pytest.mark.asyncio(loop_scope="session")
async def test_9_a_person_sees_who_used_their_answers_and_takes_them_along(
    demo: Demo, phone: Callable[[], Awaitable[Page]]
) -> None:
    page = await phone()
    await log_in(page, demo, demo.number_of(ANSWERED_TWICE)[0])
    await page.get_by_role("link", name="Mine svar og valg").press("Enter")
    await expect(page.get_by_role("heading", name="Brukt i forskning").first).to_be_visible()
    await expect(page.get_by_text("Hverdagen etter prostatakreft").first).to_be_visible()
    await check_accessible(page)
    await picture(page, "mine")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Last ned PDF").press("Enter")
    assert (await (await download.value).path()).read_bytes().startswith(b"%PDF-")
    await expect(page.get_by_role("heading", name="Du lastet ned svarene")).to_be_visible()
