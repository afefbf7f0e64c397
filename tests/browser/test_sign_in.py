"""Dave becomes somebody, from `/ec2 login` through the hosted UI, and nobody again by an administrator's change."""

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from playground.world import World
from tests.browser.test_playground import become, rows, say

pytestmark = pytest.mark.browser

DAVE, DAVES_EMAIL = "U0DAVE", "dave@playground.example"


@pytest.fixture
def unlinked(page: Page, world: World) -> Iterator[None]:
    """Dave has no link, before and after."""
    become(page, DAVE)
    yield
    change(world, "role", role="readonly")
    become(page, DAVE)
    say(page, "/ec2 logout")


@pytest.fixture
def second(browser: Browser) -> Iterator[BrowserContext]:
    """Another browser, with cookies of its own."""
    context = browser.new_context()
    yield context
    context.close()


def change(world: World, call: str, **body: object) -> None:
    sent = {"user": "U0ADA", "person": DAVE, **body}
    requests.post(f"{world.url}/ui/directory/{call}", json=sent, timeout=10).raise_for_status()


def invited(page: Page) -> Locator:
    return say(page, "/ec2 login").get_by_role("link", name="Sign in")


def opened(page: Page, address: str) -> Page:
    """The tab that the button with that address opens."""
    with page.context.expect_page() as tab:
        page.locator(f"a[href='{address}']").click()
    return tab.value


def form(world: World, token: str) -> str:
    """A page of the thief's own with somebody's consent in it."""
    return (
        f'<form method="post" action="{world.url}/auth/link"><input name="token" value="{token}"><button>Mine</button>'
        "</form>"
    )


def last(world: World) -> tuple[str, str, str | None]:
    """Action, outcome and person of the newest row."""
    row = rows(world)[-1]
    return row["action"], row["outcome"], row.get("userEmail")


def reasons(world: World) -> list[str]:
    return [row["details"]["reason"] for row in rows(world) if row["action"] == "ACCESS_DENIED"]


def test_dave_signs_in_is_somebody_and_demoted_his_next_click_is_refused(
    page: Page, world: World, unlinked: None
) -> None:
    tab, heard = opened(page, str(invited(page).get_attribute("href"))), []
    # A style or a form that the page's own policy forbids would be said here.
    tab.on("console", lambda message: heard.append(message.text))
    expect(tab.get_by_test_id("hosted-ui")).to_contain_text("Sign in to EC2 Ops")
    tab.get_by_role("button", name="Dave Cutler").click()
    expect(tab.get_by_role("heading")).to_have_text("Link these two?")
    expect(tab.locator("main")).to_contain_text(
        f"Link Slack user Dave Cutler ({DAVES_EMAIL}) in Workspace Playground to {DAVES_EMAIL} (readonly)?"
    )
    assert tab.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "512px"
    tab.get_by_role("button", name="Yes, link them").click()
    expect(tab.get_by_role("heading")).to_have_text("You are linked.")
    assert heard == []
    tab.close()

    message = page.get_by_test_id("direct-message")
    expect(message).to_have_attribute("aria-label", "Messages from EC2 Ops, 1 unread")
    message.click()
    expect(page.get_by_test_id("messages")).to_contain_text(f"You are now {DAVES_EMAIL} in EC2 Ops, role readonly")
    page.get_by_test_id("channel").first.click()
    expect(say(page, "/ec2 whoami")).to_contain_text(DAVES_EMAIL)
    assert last(world) == ("VIEW_IDENTITY", "succeeded", DAVES_EMAIL)

    chart = say(page, "/ec2 metrics db-primary")
    change(world, "role", role=None)
    before = page.get_by_test_id("ephemeral").count()
    shared = page.get_by_test_id("message").filter(has_text="Shown by").count()  # by others, earlier
    chart.get_by_test_id("button").filter(has_text="Show in channel").click()
    page.get_by_test_id("confirm-yes").click()
    expect(page.get_by_test_id("ephemeral")).to_have_count(before + 1)
    expect(page.get_by_test_id("ephemeral").last).to_contain_text("role")
    expect(page.get_by_test_id("message").filter(has_text="Shown by")).to_have_count(shared)
    assert last(world) == ("ACCESS_DENIED", "denied", DAVES_EMAIL)
    assert rows(world)[-1]["details"]["reason"] == "no_role"


def test_a_second_browser_gets_nowhere_with_daves_link(
    page: Page, world: World, unlinked: None, second: BrowserContext
) -> None:
    address = str(invited(page).get_attribute("href"))
    tab = opened(page, address)
    tab.get_by_role("button", name="Dave Cutler").click()
    expect(tab.get_by_role("heading")).to_have_text("Link these two?")

    thief = second.new_page()
    # Dave's consent, without Dave's cookie.
    thief.set_content(form(world, tab.locator("input[name=token]").input_value()))
    thief.get_by_role("button").click()
    expect(thief.get_by_role("heading")).to_have_text("The sign-in was started in another browser.")
    # The link itself, once he has used it.
    thief.goto(address)
    expect(thief.get_by_role("heading")).to_have_text("This link was used already.")
    # A fresh link, and somebody else's account.
    become(page, DAVE)
    thief.goto(str(invited(page).get_attribute("href")))
    thief.get_by_role("button", name="Carol").click()
    expect(thief.get_by_role("heading")).to_have_text("These two are not the same person.")
    expect(thief.get_by_role("button")).to_have_count(0)
    assert reasons(world)[-3:] == ["state_mismatch", "link_reused", "email_mismatch"]
    assert {row["userId"] for row in rows(world)[-3:]} == {"slack:T0PLAYGND:U0DAVE"}

    tab.get_by_role("button", name="Yes, link them").click()
    expect(tab.get_by_role("heading")).to_have_text("You are linked.")
    tab.close()
