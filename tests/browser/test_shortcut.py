"""The shortcut in the page: the fleet in a modal, an instance in it, and back."""

import pytest
from playwright.sync_api import Page, expect

from playground.world import World
from tests.browser.test_playground import become, rows

pytestmark = pytest.mark.browser


def test_ada_opens_the_fleet_from_the_shortcuts_menu_and_an_instance_in_it(page: Page, world: World) -> None:
    become(page, "U0ADA")
    page.get_by_test_id("shortcuts").click()
    page.get_by_test_id("menu").get_by_text("EC2 instances", exact=True).click()

    modal = page.get_by_role("dialog").filter(has=page.get_by_test_id("modal-title"))
    expect(modal).to_contain_text("39 instances in us-east-1", timeout=15_000)
    expect(modal.get_by_test_id("modal-title")).to_have_text("EC2 instances")
    row = rows(world)[-1]
    assert (row["action"], row["outcome"], row["slackUserId"]) == ("LIST_INSTANCES", "succeeded", "U0ADA")

    modal.locator("[data-action-id=instance_open]").click()
    page.get_by_test_id("option").filter(has_text="bastion").first.click()
    expect(modal).to_contain_text("Status checks", timeout=15_000)
    modal.get_by_text("Back to the list").click()
    expect(modal).to_contain_text("39 instances in us-east-1", timeout=15_000)
    modal.get_by_test_id("modal-close").click()
    expect(modal).to_be_hidden()
