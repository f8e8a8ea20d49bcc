"""The patient's page on a slow phone: time to the first question after login, and the bytes it takes."""

import asyncio
import gzip
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import Figure
from bench.ground import PORT, ground
from bench.respondents import Ready, make_ready
from bench.submission import web_process
from tests import browser

REPEATS = 5
SLOWER = 4
KILOBYTE = 1024
# Presses the button of the first open assessment as soon as it is there, and notes when its question is.
FIRST_QUESTION = """
    new MutationObserver(() => {
      if (document.querySelector('fieldset.question')) {
        requestAnimationFrame(() => { window.firstQuestion ??= performance.now(); });
      } else {
        document.querySelector('main button.button')?.click();
      }
    }).observe(document, { childList: true, subtree: true });
"""


class Line(NamedTuple):
    """A network: bits a second each way and the round trip in milliseconds."""

    bits_per_s: int
    round_trip_ms: int


FAST_3G = Line(1_440_000, 562)
SLOW_3G = Line(400_000, 2_000)


def measure() -> Sequence[Figure]:
    """Medians of five cold visits at 390 x 844, the processor slowed four times."""
    with ground():
        ready = asyncio.run(make_ready(2 * REPEATS))
        with web_process(), sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser.find(), args=browser.ARGUMENTS)
            fast = [_visit(chromium, one, FAST_3G) for one in ready[:REPEATS]]
            slow = [_visit(chromium, one, SLOW_3G) for one in ready[REPEATS:]]
            chromium.close()
    return (
        Figure("tti_fast3g_s", statistics.median(seconds for seconds, _, _ in fast), "s", "lower", 0.85),
        Figure("tti_slow3g_s", statistics.median(seconds for seconds, _, _ in slow), "s", "lower", 2.6),
        Figure("document_gzip_kb", fast[0][1] / KILOBYTE, "KB", "lower", 30),
        Figure("total_transferred_kb", fast[0][2] / KILOBYTE, "KB", "lower", 45),
    )


def _visit(chromium: Browser, ready: Ready, line: Line) -> tuple[float, int, int]:
    """Seconds to the first question, bytes of the document as gzip, and all bytes transferred."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="nb-NO")
    context.add_cookies(
        [{"name": "etterklang", "value": ready.cookie, "url": f"http://localhost:{PORT}", "httpOnly": True}]
    )
    page = context.new_page()
    transferred = _slowed(page, line)
    page.add_init_script(FIRST_QUESTION)
    document = page.goto(f"http://localhost:{PORT}/")
    if document is None:
        raise RuntimeError("the page did not come")
    page.wait_for_function("window.firstQuestion !== undefined")
    milliseconds = float(page.evaluate("window.firstQuestion"))
    size = len(gzip.compress(document.body()))
    context.close()
    return milliseconds / 1000, size, sum(transferred)


def _slowed(page: Page, line: Line) -> list[int]:
    """Slows the network and the processor; gives the list that the sizes of all responses are added to."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": line.round_trip_ms,
            "downloadThroughput": line.bits_per_s / 8,
            "uploadThroughput": line.bits_per_s / 8,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    return sizes
