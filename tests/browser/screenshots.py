"""Takes the pictures in docs/ from the running product: `make screenshots`.

It shows nothing that the page does not: each picture is typed and clicked like a test. Names as arguments take those
alone.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from playground.world import World
from tests.browser.conftest import QUIET, chromium
from tests.browser.test_metrics import show_in_channel
from tests.browser.test_playground import become, say

DOCS = Path(__file__).parent.parent.parent / "docs"


def list_of_instances(page: Page) -> None:
    become(page, "U0ADA")
    say(page, "/ec2 list state:running tag:Env=prod")


def not_linked(page: Page) -> None:
    become(page, "U0DAVE")
    say(page, "/ec2 list")


def card(page: Page) -> None:
    become(page, "U0CAROL")
    say(page, "/ec2 get db-primary")


def metrics(page: Page) -> None:
    become(page, "U0ADA")
    say(page, "/ec2 metrics db-primary")


def metrics_in_channel(page: Page) -> None:
    become(page, "U0ADA")
    message = show_in_channel(page, say(page, "/ec2 metrics db-primary cpu 24h"))
    picture = message.locator("img.block-image")
    picture.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())


PICTURES = {
    "list-light": ("light", list_of_instances),
    "list-dark": ("dark", list_of_instances),
    "card-light": ("light", card),
    "card-dark": ("dark", card),
    "metrics-light": ("light", metrics),
    "metrics-in-channel-dark": ("dark", metrics_in_channel),
    "not-linked": ("light", not_linked),
}


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        for name in sys.argv[1:] or PICTURES:
            scheme, show = PICTURES[name]
            with World(port=0, log=lambda line: None) as world:
                page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
                page.goto(world.url)
                page.wait_for_selector("[data-testid=app][data-ready=true]")
                show(page)
                page.mouse.move(640, 20)
                page.screenshot(path=DOCS / f"{name}.png")
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
