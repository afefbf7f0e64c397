import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from playground.world import World

expect.set_options(timeout=15_000)  # two cores may be busy with four processes

# Without these a browser on a closed network keeps asking for the outside.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert found, "install Debian's chromium, or set CHROMIUM to a Chromium or Chrome"
    return found


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with World(port=0, log=lambda line: None) as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield launched
        launched.close()


def is_complaint(message: ConsoleMessage) -> bool:
    """Chromium writes down each refusal of the REST API too, which the page of the API shows."""
    refused = message.text.startswith("Failed to load resource") and "/rest/v1/" in message.location["url"]
    return message.type == "error" and not refused


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    """The page as a newcomer opens it; whatever it complains about in the console fails the test."""
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(world.url)
    opened.wait_for_selector("[data-testid=app][data-ready=true]")
    yield opened
    opened.close()
    assert complaints == []
