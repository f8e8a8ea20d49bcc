"""Finds a Chromium for the tests, or gets one, and says how; ``python -m tests.browser`` does both."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.debian import can_install, install

# The shell draws no window around the page, and takes half the processor time of the whole browser.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
DEBIAN = ("chromium-headless-shell", "chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


def system_browser() -> str | None:
    """The path of a Chromium that the system has, if any."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def playwright_browser() -> str | None:
    """The path of Playwright's own Chromium, if it was fetched."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow to import, and seldom needed

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find() -> str:
    """The path of the Chromium that the tests start.

    Raises:
        FileNotFoundError: there is none; ``python -m tests.browser`` gets one.
    """
    path = system_browser() or playwright_browser()
    if path is None:
        raise FileNotFoundError("no Chromium: run `python -m tests.browser`")
    return path


def get() -> str:
    """The path of a Chromium, fetched when there is none: from Debian when root, else Playwright's own."""
    if path := system_browser():
        return f"the system's {path}"
    if can_install() and install(DEBIAN):
        return f"installed from Debian, {system_browser()}"
    if path := playwright_browser():
        return f"Playwright's own, {path}"
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    return f"fetched by Playwright, {playwright_browser()}"


if __name__ == "__main__":
    print(f"Chromium for the tests: {get()}", flush=True)  # noqa: T201 - said to the person at the terminal
