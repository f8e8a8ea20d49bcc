"""An adaptive instrument on a phone without a line: the next question is found on the phone itself."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from instruments.adaptive import RULES
from surveys.answering import process_inbox
from surveys.database import Role
from surveys.identifiers import ProjectId
from tests.builders.adaptive import ADAPTIVE, adaptive_instrument, make_test, phone_asks
from tests.builders.answering import NOW, Open, Study, open_assessment, open_study
from tests.builders.banks import BANK_FILE
from tests.builders.command_line import etterklang
from tests.builders.followup import tell_registry
from tests.builders.research import approve, extract, make_project, patient, rows_of
from tests.frontend.browsing import Pages, Visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS = ("Aldri", "Sjelden", "Av og til", "Ofte", "Alltid")
TEST = make_test(RULES["adult-recommended"])
NAMES = [item.item_id for item in TEST.bank.items]
SAID = {name: number % 5 for number, name in enumerate(NAMES)}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def adaptive(pages: Pages) -> Study:
    """A protocol with one instrument: twenty statements, asked adaptively."""
    study = pages.study
    return await open_study(study.engine_as, study.keys_as, (adaptive_instrument(TEST),))


async def somebody(pages: Pages, study: Study) -> tuple[Visitor, Open]:
    person, tumour_id = patient(("surgery", date(2026, 5, 5)))
    tell_registry(pages.database, [person], NOW - timedelta(days=30))
    one = await open_assessment(study, 1, person.person_id, tumour_id)
    visitor = await pages.visitor()
    await visitor.log_in(await pages.service.patient(one.person_id))
    await visitor.open()
    await visitor.page.get_by_text("Tar om lag 2 minutter").wait_for()
    await visitor.press("Start")
    return visitor, one


async def asked(person: Visitor) -> str:
    """The item that is on screen."""
    key = await person.page.locator("fieldset.question").get_attribute("data-key")
    assert key is not None
    return key.partition("/")[2]


async def answer_on(person: Visitor, said: dict[str, int | None]) -> list[str]:
    """Answers or declines what is asked from here on, up to the review; the items, in order."""
    found = []
    while await person.is_asked():
        found.append(await asked(person))
        answer = said[found[-1]]
        if answer is not None:
            await person.answer(WORDS[answer])
        await person.goes_on()
    return found


async def test_it_is_answered_without_a_line_and_scores_as_the_command_line_traces_it(
    pages: Pages, adaptive: Study, tmp_path: Path
) -> None:
    person, _ = await somebody(pages, adaptive)
    assert await person.faults() + await person.other_faults() == []
    await person.context.set_offline(offline=True)
    first = await asked(person)
    await person.page.get_by_label(WORDS[SAID[first]], exact=True).focus()
    await person.page.keyboard.press("Space")
    await person.page.keyboard.press("Enter")
    await person.page.get_by_text("Høyst 6 spørsmål igjen etter dette").wait_for()
    second = await asked(person)
    before, _ = phone_asks(TEST, SAID | {second: 0})
    assert [first, *await answer_on(person, SAID | {second: 0})] == list(before)
    assert await person.faults() + await person.other_faults() == []
    await person.page.locator(".answer").nth(1).get_by_role("button").click()
    await person.answer(WORDS[4])
    await person.goes_on()
    await answer_on(person, SAID | {second: 4})
    expected, _ = phone_asks(TEST, SAID | {second: 4})
    assert set(expected) != set(before)
    assert await person.page.locator(".answer").count() == len(expected)
    await person.press("Send inn")
    await person.sees("Svarene er ikke sendt ennå")
    await person.context.set_offline(offline=False)
    await person.press("Prøv igjen")
    await person.sees("Takk")
    assert person.noise == []
    row = await extracted(adaptive)
    assert {name for name in NAMES if row[f"made-adaptive.{name}:status"] == "answered"} == set(expected)
    assert {row[f"made-adaptive.{name}:status"] for name in NAMES if name not in expected} == {
        "not-administered"
    }
    last = traced(tmp_path, expected)
    assert row["made-adaptive.ENERGY"] == pytest.approx(float(last["theta"]), abs=1e-9)
    assert row["made-adaptive.ENERGY:se"] == pytest.approx(float(last["se"]), abs=1e-9)


async def extracted(study: Study) -> dict[str, object]:
    await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 100)
    project = make_project(project_id=ProjectId(UUID(int=41)), name="made-for-adaptive-tests")
    # Up to the moment of an extract a study takes in nothing more, and other tests answer it too.
    made = await extract(study, await approve(study, project), NOW + timedelta(seconds=1))
    rows = await rows_of(study, made)
    (row,) = [row for row in rows if row["instrument_id"] == ADAPTIVE]
    return row


def traced(folder: Path, answers: dict[str, int]) -> dict[str, str]:
    """The last row of ``etterklang cat`` on the answers that were given."""
    file = folder / "answers.csv"
    cells = ",".join(str(answers.get(name, "NA")) for name in NAMES)
    file.write_text(f"{','.join(NAMES)}\n{cells}\n", encoding="utf-8")
    header, *rows = etterklang(
        "cat", "promis-adult-recommended", BANK_FILE, "--answers", file
    ).out.splitlines()
    return dict(zip(header.split(","), rows[-1].split(","), strict=True))


async def test_a_test_that_was_left_goes_on_at_the_same_question_on_another_device(
    pages: Pages, adaptive: Study
) -> None:
    person, one = await somebody(pages, adaptive)
    await person.answer(WORDS[3])
    await person.goes_on()
    declined = await asked(person)
    await person.page.get_by_label("Jeg vil ikke svare på dette").check()
    await person.goes_on()
    waiting = await asked(person)
    await person.is_saved()
    await person.context.close()
    later = await pages.visitor()
    await later.log_in(await pages.service.patient(one.person_id))
    await later.open()
    await later.press("Fortsett der du slapp")
    await later.page.get_by_text("Høyst 5 spørsmål igjen etter dette").wait_for()
    assert await asked(later) == waiting
    await later.press("Tilbake")
    assert await asked(later) == declined
    assert await later.page.get_by_label("Jeg vil ikke svare på dette").is_checked()
