"""An alarm from its first card to the summary: acknowledged, and ended by a reboot from its thread; and a storm."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from playground.world import World
from tests.browser.test_playground import become, rows

pytestmark = pytest.mark.browser

RECOVERY_MS = 60_000  # EC2 is asked, the load goes, CloudWatch tells, and Slack takes a message a second


def in_alerts(page: Page, user_id: str = "U0ADA") -> None:
    become(page, user_id)
    page.get_by_test_id("channel").filter(has_text="alerts").click()


def happen(page: Page, what: str) -> Locator:
    """The new card that comes of it."""
    cards = page.get_by_test_id("messages").get_by_test_id("message").filter(has_text="firing")
    known = {card.get_attribute("data-ts") for card in cards.all()}
    page.get_by_test_id(f"happen-{what}").click()
    deadline = time.monotonic() + 20
    while True:
        new = [ts for card in cards.all() if (ts := card.get_attribute("data-ts")) not in known]
        if new:
            return page.get_by_test_id("messages").locator(f"[data-testid=message][data-ts='{new[0]}']")
        assert time.monotonic() < deadline, "no card comes"
        page.wait_for_timeout(200)


def press(card: Locator, words: str) -> None:
    card.get_by_test_id("button").filter(has_text=words).click()


def thread(page: Page, card: Locator) -> Locator:
    card.get_by_test_id("thread-link").click()
    return page.locator("#thread")


def reboot_in(page: Page, card: Locator) -> Locator:
    """The alert's thread, in which the machine behind it was rebooted."""
    press(card, "Reboot…")
    expect(card.get_by_test_id("thread-link")).to_contain_text("2 replies")
    pane = thread(page, card)
    proposal = pane.get_by_test_id("message").filter(has_text="alarm ").last
    press(proposal, "Reboot now")
    if page.get_by_test_id("confirm-yes").is_visible():
        page.get_by_test_id("confirm-yes").click()
    return pane


def test_an_alarm_is_seen_acknowledged_ended_by_a_reboot_from_its_thread_and_summed_up(
    page: Page, world: World
) -> None:
    in_alerts(page)
    card = happen(page, "load")
    expect(card).to_contain_text("97.2 against 80")
    expect(card.get_by_test_id("chart").get_by_role("img")).to_have_attribute("aria-label", re.compile("Threshold"))

    press(card, "Acknowledge")
    expect(card).to_contain_text("firing, acknowledged by @Ada Byron")
    pane = reboot_in(page, card)
    expect(card).to_contain_text("resolved", timeout=RECOVERY_MS)
    expect(pane).to_contain_text(re.compile("@Ada Byron rebooted i-[0-9a-f]+, OK .* later: that helped"))

    press(card, "Timeline")
    modal = page.get_by_test_id("modal")
    for words in ("Firing since", "@Ada Byron acknowledged it", "OK since"):
        expect(modal).to_contain_text(words)
    page.keyboard.press("Escape")
    done = {(row["action"], row["outcome"]) for row in rows(world)}
    assert {("ACKNOWLEDGE_ALERT", "succeeded"), ("REBOOT_INSTANCE", "succeeded"), ("VIEW_ALERT", "succeeded")} <= done


def test_who_may_only_look_is_told_so_and_the_card_stays_as_it_is(page: Page) -> None:
    in_alerts(page, "U0CAROL")
    card = happen(page, "alarm")
    press(card, "Acknowledge")
    expect(page.get_by_test_id("ephemeral").last).to_contain_text("That needs the role admin")
    expect(card.get_by_test_id("button").filter(has_text="Acknowledge")).to_be_visible()
    page.get_by_test_id("happen-resolve").click()
    expect(card).to_contain_text("resolved")


def test_a_storm_is_one_thread_that_counts(page: Page) -> None:
    in_alerts(page)
    page.get_by_test_id("happen-storm").click()
    burst = page.get_by_test_id("messages").get_by_test_id("message").filter(has_text="Many alarms at once").last
    expect(burst).to_contain_text(re.compile(r"11[0-9] of 11[0-9] alarms firing"), timeout=RECOVERY_MS)
    page.get_by_test_id("happen-storm").click()
    expect(burst).to_contain_text("resolved", timeout=RECOVERY_MS)
