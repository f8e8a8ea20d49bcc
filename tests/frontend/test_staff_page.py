"""What somebody at the registry sees on the staff page; at the real server."""

import pytest

from tests.api.test_staff import raise_signal
from tests.builders.answering import open_assessment
from tests.frontend.browsing import Pages

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
async def test_a_signal_is_seen_and_marked_beside_the_follow_up(
    pages: Pages, width: int, height: int
) -> None:
    for _ in range(5):
        mine = await open_assessment(pages.study)
    await open_assessment(pages.study, state="lapsed")
    await raise_signal(pages.study, mine)
    somebody = await pages.visitor(width, height)
    page = await somebody.open("/staff")
    faults = await somebody.faults()
    await somebody.log_in(await pages.service.staff())
    await somebody.open("/staff")
    await page.get_by_role("cell", name="80 → 60").first.wait_for()
    faults += await somebody.faults()
    assert "< 5" in await page.locator("main").inner_text()
    await somebody.press("Merk som sett")
    await page.get_by_text("Merket som sett").wait_for()
    faults += await somebody.faults()
    await page.reload()
    await page.get_by_text("Alle varsler er sett").wait_for()
    assert (faults, somebody.noise) == ([], [])


async def test_a_login_without_the_role_is_told_so(pages: Pages) -> None:
    somebody = await pages.visitor(1280, 900)
    await somebody.log_in(await pages.service.staff(roles=()))
    page = await somebody.open("/staff")
    await page.get_by_text("har ikke tilgang").wait_for()
    assert (await somebody.faults(), somebody.noise) == ([], [])
