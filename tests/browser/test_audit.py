"""The audit in the page: rows, one of them in a modal, a file for oneself, and the proof that all stands."""

import pytest
from playwright.sync_api import Page, expect

from playground.world import World
from tests.browser.test_playground import become, rows, say

pytestmark = pytest.mark.browser


def test_an_admin_reads_who_did_what_and_opens_a_row(page: Page, world: World) -> None:
    become(page, "U0CAROL")
    say(page, "/ec2 get db-primary")
    become(page, "U0ADA")
    answer = say(page, "/ec2 audit @carol")
    expect(answer).to_contain_text("carol@playground.example GET_INSTANCE")
    answer.get_by_test_id("select").click()
    page.get_by_test_id("option").first.click()
    modal = page.get_by_test_id("modal")
    expect(modal).to_contain_text("Audit row")
    expect(modal).to_contain_text("GET_INSTANCE")
    expect(modal).to_contain_text("db-primary")
    assert rows(world)[-1]["action"] == "VIEW_AUDIT"
    page.keyboard.press("Escape")


def test_the_notary_of_the_playground_has_sealed_an_hour(page: Page) -> None:
    become(page, "U0ADA")
    expect(say(page, "/ec2 audit verify")).to_contain_text("The audit is as it was sealed")


def test_an_export_arrives_in_the_apps_own_conversation(page: Page) -> None:
    become(page, "U0ADA")
    expect(say(page, "/ec2 audit export since:1h")).to_contain_text("is in your direct messages")
