"""Takes the pictures in docs/ from the running product: `make screenshots`.

It shows nothing that the page does not: each picture is typed and clicked like a test. Names as arguments take those
alone.
"""

import sys
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

from playground.world import World
from tests.browser import test_alerts, test_api_tab
from tests.browser.conftest import QUIET, chromium
from tests.browser.test_metrics import show_in_channel
from tests.browser.test_playground import become, say
from tests.browser.test_reboots import card_of, later, press, proposed

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


def reboot_proposed(page: Page) -> Locator:
    become(page, "U0ADA")
    card = proposed(page, "web-1", "it hangs")
    card.scroll_into_view_if_needed()
    return card


def reboot_typed(page: Page) -> None:
    become(page, "U0ADA")
    press(proposed(page, "api-1", "leaks memory"), "Confirm by typing")
    fields = page.get_by_test_id("modal").get_by_test_id("text-input")
    expect(fields).to_have_count(2)
    fields.first.fill("api-1")


def rebooting(page: Page) -> Locator:
    card = reboot_proposed(page)
    press(card, "Reboot now")
    expect(card).to_contain_text("its checks are not passed yet", timeout=40_000)
    return card


def reboot_approved(page: Page) -> None:
    """Bob sees one that is back, and one that waits for him."""
    card = rebooting(page)
    later(page, 60)
    expect(card).to_contain_text("web-1 is back")
    asked = proposed(page, "db-primary", "failing over did not help")
    become(page, "U0BOB")
    expect(card_of(page, asked.get_attribute("data-ts"))).to_be_visible()
    page.wait_for_selector("#toast", state="hidden")


def reboot_back(page: Page) -> None:
    card = rebooting(page)
    later(page, 60)
    expect(card).to_contain_text("web-1 is back")
    card.get_by_test_id("thread-link").click()
    expect(page.get_by_test_id("thread-messages")).to_contain_text("web-1 is back")
    page.wait_for_selector("#toast", state="hidden")


def alert(page: Page) -> None:
    test_alerts.in_alerts(page)
    card = test_alerts.happen(page, "load")
    test_alerts.press(card, "Acknowledge")
    expect(card).to_contain_text("acknowledged by")
    scrolled_to(card)


def alert_thread(page: Page) -> None:
    test_alerts.in_alerts(page)
    card = test_alerts.happen(page, "load")
    test_alerts.press(card, "Acknowledge")
    expect(card).to_contain_text("acknowledged by")
    pane = test_alerts.reboot_in(page, card)
    expect(pane).to_contain_text("that helped", timeout=test_alerts.RECOVERY_MS)
    scrolled_to(card)


def alert_storm(page: Page) -> None:
    test_alerts.in_alerts(page)
    page.get_by_test_id("happen-storm").click()
    burst = page.get_by_test_id("message").filter(has_text="Many alarms at once").last
    expect(burst).to_contain_text("of 115 alarms firing", timeout=test_alerts.RECOVERY_MS)
    burst.get_by_test_id("thread-link").click()
    scrolled_to(burst)


def audit(page: Page) -> None:
    """What everybody did, after a denial, a sign-in that is missing and a reboot that was cancelled."""
    for user_id, command in (
        ("U0CAROL", "/ec2 get db-primary"),
        ("U0CAROL", "/ec2 reboot db-primary replication lags"),
        ("U0DAVE", "/ec2 list"),
        ("U0BOB", "/ec2 metrics db-primary cpu 24h"),
        ("U0ADA", "/ec2 list state:running tag:Env=prod"),
    ):
        become(page, user_id)
        say(page, command)
    press(proposed(page, "web-1", "it hangs"), "Cancel")
    scrolled_to(say(page, "/ec2 audit since:1h"))


def api(page: Page) -> None:
    test_api_tab.opened(page, "U0ADA")
    status, _, _ = test_api_tab.run(page, "list")
    assert status == "200 OK"


def scrolled_to(card: Locator) -> None:
    """From its first line on, and after what is said of a click has gone."""
    card.evaluate("card => card.scrollIntoView({ block: 'start' })")
    card.page.wait_for_timeout(5_500)


PICTURES = {
    "list-light": ("light", list_of_instances),
    "list-dark": ("dark", list_of_instances),
    "card-light": ("light", card),
    "card-dark": ("dark", card),
    "metrics-light": ("light", metrics),
    "metrics-in-channel-dark": ("dark", metrics_in_channel),
    "alert-light": ("light", alert),
    "alert-thread-light": ("light", alert_thread),
    "alert-thread-dark": ("dark", alert_thread),
    "alert-storm-dark": ("dark", alert_storm),
    "api-light": ("light", api),
    "audit-light": ("light", audit),
    "not-linked": ("light", not_linked),
    "reboot-proposed-light": ("light", reboot_proposed),
    "reboot-typed-dark": ("dark", reboot_typed),
    "reboot-approval-dark": ("dark", reboot_approved),
    "reboot-rebooting-dark": ("dark", rebooting),
    "reboot-back-light": ("light", reboot_back),
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
