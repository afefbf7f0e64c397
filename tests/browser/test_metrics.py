"""A chart as somebody asks for it, changes it and shows it to the others, in the page."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from playground.world import World
from tests.browser.test_playground import become, rows, say

pytestmark = pytest.mark.browser


def choose(page: Page, answer: Locator, which: int, words: str) -> None:
    answer.get_by_test_id("select").nth(which).click()
    page.get_by_test_id("option").filter(has_text=words).click()


def show_in_channel(page: Page, answer: Locator) -> Locator:
    """The message that everybody then sees."""
    shown = page.get_by_test_id("message").filter(has_text="Shown by")
    before = shown.count()
    answer.get_by_test_id("button").filter(has_text="Show in channel").click()
    page.get_by_test_id("confirm-yes").click()
    expect(shown).to_have_count(before + 1)
    return shown.last


def test_a_chart_is_asked_for_its_range_is_changed_and_its_picture_is_seen_by_all(page: Page, world: World) -> None:
    become(page, "U0CAROL")
    answer = say(page, "/ec2 metrics db-primary")
    expect(answer).to_contain_text("above 80 % for 30 min")
    expect(answer.get_by_test_id("chart")).to_have_count(1)
    drawn = answer.get_by_test_id("chart").get_by_role("img")
    expect(drawn).to_have_attribute("aria-label", re.compile(r"CPU, %, line chart\. db-primary: \d\d:\d\d "))

    choose(page, answer, 0, "Last 24 hours")
    expect(answer).to_contain_text("db-primary: CPU, last 24 hours")
    choose(page, answer, 1, "Memory")
    expect(answer).to_contain_text("db-primary: Memory, last 24 hours")
    assert rows(world)[-1]["details"]["range"] == "24h"

    message = show_in_channel(page, answer)
    picture = message.locator("img.block-image")
    expect(picture).to_have_attribute("alt", re.compile(r"^db-primary: Memory, last 24 hours .* above 80 % for"))
    page.wait_for_function("image => image.complete && image.naturalWidth === 960", arg=picture.element_handle())
    expect(page.get_by_test_id("ephemeral").last).to_contain_text("is shown in this channel.")

    become(page, "U0BOB")
    seen = page.get_by_test_id("message").filter(has_text="Shown by").last
    expect(seen).to_contain_text("Carol")
    expect(seen.locator("img.block-image")).to_be_visible()


def test_the_card_leads_to_the_chart_and_the_chart_to_the_console(page: Page) -> None:
    become(page, "U0ADA")
    card = say(page, "/ec2 get web-1")
    before = page.get_by_test_id("ephemeral").count()
    card.get_by_test_id("button").filter(has_text="Metrics").click()
    expect(page.get_by_test_id("ephemeral")).to_have_count(before + 1)
    chart = page.get_by_test_id("ephemeral").last
    expect(chart).to_contain_text("web-1: CPU, last 3 hours")
    link = chart.get_by_test_id("button").filter(has_text="Open in console")
    expect(link).to_have_attribute("href", re.compile("cloudwatch/home.*CPUUtilization"))
