"""A browser at the running web process, and the person who holds it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Route, async_playwright

from api.security.cookies import session_cookie_name
from surveys.identifiers import PersonId, new_id
from tests import browser
from tests.builders.answering import Open, Study, open_assessment
from tests.builders.api import Service

# A browser writes a line of its own for each answer of 400 and over and for each request that fails.
OWN_NOISE = "Failed to load resource"
TWICE_AS_LARGE = "document.documentElement.style.setProperty('font-size', '225%')"
AS_LARGE_AS_BEFORE = "document.documentElement.style.removeProperty('font-size')"
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"


async def axe_faults(page: Page, *rules: str) -> list[str]:
    """What axe finds wrong on the page, by all of its rules or by these; read into each document once."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = await page.evaluate("options => axe.run(options).then(found => found.violations)", options)
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


async def lose_the_answer(route: Route) -> None:
    """The server gets the request; the page never hears of it."""
    await route.fetch()
    await route.abort()


@dataclass
class Visitor:
    """Somebody at the page. ``noise`` is what the page threw or wrote to the console."""

    service: Service
    context: BrowserContext
    page: Page
    noise: list[str] = field(default_factory=list)

    async def log_in(self, client: httpx2.AsyncClient) -> None:
        """Takes over the session that ``client`` has."""
        name, url = session_cookie_name(self.service.settings), self.service.url
        await self.context.add_cookies([{"name": name, "value": client.cookies[name], "url": url}])

    async def open(self, path: str = "/") -> Page:
        await self.page.goto(self.service.url + path)
        return self.page

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name).click()

    async def sees(self, heading: str) -> None:
        await self.page.get_by_role("heading", name=heading).first.wait_for()

    async def controls(self) -> str:
        """Which kinds of controls the question on screen has."""
        fields = "[...document.querySelectorAll('form :is(input, textarea, .notches, .choices)')]"
        found = await self.page.evaluate(f"{fields}.map(one => one.type ?? one.className)")
        return " ".join(sorted(set(found)))

    async def is_asked(self) -> bool:
        return await self.page.locator("form.sheet").count() > 0

    async def goes_on(self) -> None:
        """Presses Next, and waits for what comes."""
        before = await self.page.locator("h1").text_content()
        await self.press("Neste")
        changed = "before => document.querySelector('h1').textContent !== before"
        await self.page.wait_for_function(changed, arg=before)

    async def answer(self, option: str) -> None:
        await self.page.get_by_label(option, exact=True).check()

    async def is_saved(self) -> None:
        await self.page.locator(".saving.saved").wait_for()

    async def focuses(self, text: str) -> None:
        """Waits until what begins with ``text`` has the focus, which follows the picture by a moment."""
        await self.page.wait_for_function(
            "text => document.activeElement.textContent.startsWith(text)", arg=text
        )

    async def faults(self) -> list[str]:
        """What axe finds wrong here, and what does not fit into the window."""
        return await axe_faults(self.page) + await self._too_wide("as it is")

    async def other_faults(self) -> list[str]:
        """What is wrong in dark colours, and what does not fit at 320 pixels with text twice as large."""
        await self.page.emulate_media(color_scheme="dark")
        found = await axe_faults(self.page, "color-contrast")
        await self.page.emulate_media(color_scheme="light")
        before = self.page.viewport_size
        assert before is not None
        await self.page.set_viewport_size({"width": 320, "height": 640})
        await self.page.evaluate(TWICE_AS_LARGE)
        found += await self._too_wide("at 320 pixels and 200 %")
        await self.page.evaluate(AS_LARGE_AS_BEFORE)
        await self.page.set_viewport_size(before)
        return found

    async def _too_wide(self, when: str) -> list[str]:
        over = await self.page.evaluate(TOO_WIDE)
        return [f"{over} pixels too wide {when}"] if over > 0 else []


@dataclass(frozen=True)
class Pages:
    """The running web process, a study to answer to, and a browser."""

    service: Service
    study: Study
    browser: Browser
    database: str

    async def visitor(self, width: int = 390, height: int = 844) -> Visitor:
        """Somebody with a fresh browser profile, whose clock agrees with the service's."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="light",
            locale="nb-NO",
            timezone_id="Europe/Oslo",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        await page.clock.install(time=self.service.clock())
        made = Visitor(self.service, context, page)
        page.on("pageerror", lambda error: made.noise.append(str(error)))
        page.on("console", lambda message: _note(made, message))
        return made

    async def patient(self, person_id: PersonId | None = None) -> tuple[Visitor, Open]:
        """Somebody logged in on a phone who has an open assessment, and it."""
        mine = await open_assessment(self.study, person_id=person_id or PersonId(new_id()))
        made = await self.visitor()
        await made.log_in(await self.service.patient(mine.person_id))
        return made, mine

    async def draft(self, one: Open) -> dict[str, list[object]]:
        """The answers to the first part that the server has, as another device would get them."""
        client = await self.service.patient(one.person_id)
        path = f"/api/patient/assessments/{one.assessment_id}"
        values: dict[str, list[object]] = (await client.get(path)).json()["draft"]["answers"][0]["values"]
        return values

    async def save(self, one: Open, revision: int, **answers: str) -> None:
        """Saves these answers to the first part from another device."""
        client = await self.service.patient(one.person_id)
        values = {item: [code] for item, code in answers.items()}
        body = {"revision": revision, "answers": [{"part": 0, "values": values}]}
        done = await client.put(f"/api/patient/assessments/{one.assessment_id}/draft", json=body)
        assert done.status_code == 200, done.text


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=browser.find(), args=browser.ARGUMENTS)
        yield started
        await started.close()


def _note(made: Visitor, message: ConsoleMessage) -> None:
    if not message.text.startswith(OWN_NOISE):
        made.noise.append(message.text)
