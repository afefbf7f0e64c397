"""Reboots as a team sees them: the card that asks, all three ways to confirm it, and the card that tells the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from playground.aws import Lost
from playground.world import World
from tests.browser.test_playground import become, rows, say

pytestmark = pytest.mark.browser


def announced(page: Page) -> Locator:
    """What the app said to the whole channel."""
    return page.locator("[data-testid=messages] [data-testid=message][data-user=U0EC2BOT]")


def card_of(page: Page, ts: str | None) -> Locator:
    return page.locator(f"[data-testid=messages] [data-testid=message][data-ts='{ts}']")


def proposed(page: Page, instance: str, reason: str = "it hangs") -> Locator:
    """The card that everybody sees."""
    with new_card(page) as card:
        page.get_by_test_id("composer").fill(f"/ec2 reboot {instance} {reason}")
        page.keyboard.press("Enter")
    expect(card[0]).to_contain_text(f"Reboot {instance}?")
    return card[0]


@contextmanager
def new_card(page: Page) -> Iterator[list[Locator]]:
    """The one message to the channel that the block brings about."""
    before, card = announced(page).count(), []
    yield card
    expect(announced(page)).to_have_count(before + 1)
    card.append(card_of(page, announced(page).last.get_attribute("data-ts")))


def press(card: Locator, label: str) -> None:
    card.get_by_test_id("button").filter(has_text=label).click()


def labels(card: Locator) -> list[str]:
    return card.get_by_test_id("button").all_inner_texts()


def calls(world: World) -> int:
    """How often RebootInstances reached EC2."""
    return len([call for call in world.aws.calls if call.action == "RebootInstances" and not call.dry_run])


def is_back(world: World, card: Locator, instance: str) -> None:
    """Nobody touches the page, and the card goes on until the machine is back."""
    expect(card).to_contain_text(f"{instance} is rebooting")
    world.passing.later(15)
    expect(card).to_contain_text("its checks are not passed yet")
    expect(card).to_contain_text("instance initializing")
    world.passing.later(60)
    expect(card).to_contain_text(f"{instance} is back: 2/2 checks passed after 1 min")
    expect(card.get_by_test_id("button")).to_have_count(0)


@pytest.fixture
def second(browser: Browser, world: World) -> Iterator[Page]:
    """Bob, in a tab of his own."""
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    opened.goto(f"{world.url}#U0BOB")
    opened.wait_for_selector("[data-testid=app][data-me=U0BOB][data-ready=true]")
    yield opened
    opened.close()


def test_one_click_reboots_and_the_card_tells_the_rest_by_itself(page: Page, world: World) -> None:
    become(page, "U0ADA")
    before = calls(world)
    card = proposed(page, "web-1")
    expect(card).to_contain_text("Protection")
    expect(card).to_contain_text("Team=storefront")
    assert labels(card) == ["Reboot now", "Cancel"]
    assert calls(world) == before
    press(card, "Reboot now")
    expect(card).to_contain_text("web-1 is rebooting: EC2 took the call of @Ada Byron")
    # Nobody does anything, and no time is let pass: the schedule looks by itself.
    expect(card).to_contain_text("its checks are not passed yet", timeout=40_000)
    world.passing.later(60)
    expect(card).to_contain_text("web-1 is back: 2/2 checks passed after 1 min")
    expect(card.get_by_test_id("button")).to_have_count(0)
    expect(card).to_contain_text("Confirmed by @Ada Byron")
    card.get_by_test_id("thread-link").click()
    expect(page.get_by_test_id("thread-messages")).to_contain_text("web-1 is back")
    assert calls(world) == before + 1
    story = [(row["action"], row["outcome"]) for row in rows(world) if row.get("details", {}).get("name") == "web-1"]
    assert story[-2:] == [("REBOOT_INSTANCE", "attempted"), ("REBOOT_INSTANCE", "succeeded")]


def test_a_second_click_does_nothing(page: Page, world: World) -> None:
    become(page, "U0ADA")
    before = calls(world)
    card = proposed(page, "web-2")
    told = page.get_by_test_id("ephemeral").count()
    button = card.get_by_test_id("button").filter(has_text="Reboot now").element_handle()
    button.evaluate("button => { button.click(); button.click(); button.click(); }")
    expect(card).to_contain_text("web-2 is rebooting")
    expect(page.get_by_test_id("ephemeral")).to_have_count(told + 2)
    expect(page.get_by_test_id("ephemeral").last).to_contain_text("Your click did nothing")
    assert calls(world) == before + 1


def test_a_protected_machine_is_confirmed_by_typing_its_name(page: Page, world: World) -> None:
    become(page, "U0ADA")
    before = calls(world)
    card = proposed(page, "api-1", "leaks memory")
    press(card, "Confirm by typing")
    modal = page.get_by_test_id("modal")
    fields = modal.get_by_test_id("text-input")
    expect(fields).to_have_count(2)
    expect(fields.nth(1)).to_have_value("leaks memory")
    fields.nth(0).fill("api-2")
    modal.get_by_test_id("modal-submit").click()
    expect(modal).to_contain_text("api-2 is not its name. Nothing was done.")
    assert calls(world) == before
    fields.nth(0).fill("api-1")
    modal.get_by_test_id("modal-submit").click()
    expect(modal).to_contain_text("was sent to EC2")
    page.keyboard.press("Escape")
    is_back(world, card, "api-1")
    assert calls(world) == before + 1


def test_a_second_admin_approves_in_a_tab_of_their_own(page: Page, second: Page, world: World) -> None:
    become(page, "U0ADA")
    before = calls(world)
    card = proposed(page, "db-primary")
    expect(card).to_contain_text("Another admin has to approve it")
    told = page.get_by_test_id("ephemeral").count()
    press(card, "Approve and reboot")
    expect(page.get_by_test_id("ephemeral")).to_have_count(told + 1)
    expect(card).to_contain_text("Reboot db-primary?")
    assert calls(world) == before
    bobs = card_of(second, card.get_attribute("data-ts"))
    press(bobs, "Approve and reboot")
    is_back(world, card, "db-primary")
    for shown in (card, bobs):
        expect(shown).to_contain_text("Proposed by @Ada Byron")
        expect(shown).to_contain_text("Confirmed by @Bob Noyce")
    assert calls(world) == before + 1


def test_who_may_only_look_asks_and_an_admin_confirms_as_themselves(page: Page, second: Page, world: World) -> None:
    become(page, "U0CAROL")
    before = calls(world)
    refusal = say(page, "/ec2 reboot web-3 customers wait")
    expect(refusal).to_contain_text("admin")
    with new_card(page) as made:
        press(refusal, "Ask an admin")
    card = made[0]
    expect(card).to_contain_text("@Carol Shaw asks to reboot web-3")
    expect(card).to_contain_text("@Carol Shaw has no role for that")
    told = page.get_by_test_id("ephemeral").count()
    press(card, "Reboot now")
    expect(page.get_by_test_id("ephemeral")).to_have_count(told + 1)
    assert calls(world) == before
    press(card_of(second, card.get_attribute("data-ts")), "Reboot now")
    is_back(world, card, "web-3")
    expect(card).to_contain_text("Wanted by @Carol Shaw")
    expect(card).to_contain_text("Confirmed by @Bob Noyce")
    assert calls(world) == before + 1
    (row,) = [
        row
        for row in rows(world)
        if row["outcome"] == "succeeded"
        and row.get("details", {}).get("name") == "web-3"
        and row["action"] == "REBOOT_INSTANCE"
    ]
    assert row["userEmail"] == "bob@playground.example"


def test_the_third_reboot_in_half_an_hour_needs_a_second_person(page: Page, world: World) -> None:
    become(page, "U0ADA")
    for _ in range(2):
        card = proposed(page, "ci-runner-1")
        press(card, "Reboot now")
        is_back(world, card, "ci-runner-1")
    third = proposed(page, "ci-runner-1")
    expect(third).to_contain_text("rebooted twice within 30 minutes")
    assert labels(third) == ["Approve and reboot", "Cancel"]
    press(third, "Cancel")
    expect(third).to_contain_text("was cancelled by @Ada Byron")
    expect(third.get_by_test_id("button")).to_have_count(0)


def test_a_machine_that_stays_impaired_is_said_to_be_with_a_way_on(page: Page, world: World) -> None:
    become(page, "U0ADA")
    card = proposed(page, "worker-4")
    press(card, "Reboot now")
    expect(card).to_contain_text("worker-4 is rebooting")
    world.passing.later(60)
    expect(card).to_contain_text("instance impaired")
    world.passing.later(600)
    expect(card).to_contain_text("worker-4 is still impaired")
    assert labels(card) == ["Propose a reboot again", "Show the instance"]


def test_a_machine_whose_checks_never_leave_ok_is_not_called_back(page: Page, world: World) -> None:
    become(page, "U0ADA")
    card = proposed(page, "worker-3")
    press(card, "Reboot now")
    expect(card).to_contain_text("worker-3 is rebooting")
    world.passing.later(300)
    expect(card).to_contain_text("its checks never left ok")


def lose(page: Page, what: Lost) -> None:
    """In the panel "Time and trouble"."""
    page.get_by_test_id("outside-open").click()
    page.get_by_test_id(f"lose-{what.value}").check()
    page.get_by_test_id("outside-close").click()


def later(page: Page, seconds: int) -> None:
    page.get_by_test_id("outside-open").click()
    page.locator(f"[data-testid=later][data-seconds='{seconds}']").click()


def test_a_lost_reply_is_said_to_be_unknown_until_cloudtrail_knows(page: Page, world: World) -> None:
    become(page, "U0ADA")
    before = calls(world)
    lose(page, Lost.REPLY)
    card = proposed(page, "worker-1")
    press(card, "Reboot now")
    expect(card).to_contain_text("It is not known whether worker-1 was rebooted")
    later(page, 60)
    expect(card).to_contain_text("worker-1 is rebooting")
    assert calls(world) == before + 1


def test_a_call_that_never_arrived_is_looked_for_for_an_hour_and_not_repeated(page: Page, world: World) -> None:
    become(page, "U0ADA")
    before = calls(world)
    lose(page, Lost.CALL)
    card = proposed(page, "worker-2")
    press(card, "Reboot now")
    expect(card).to_contain_text("It is not known whether worker-2 was rebooted")
    later(page, 3600)
    expect(card).to_contain_text("No sign that worker-2 was rebooted")
    assert calls(world) == before


def test_a_newcomer_finds_what_to_try_where_they_type(page: Page) -> None:
    become(page, "U0ADA")
    page.get_by_test_id("hint").filter(has_text="/ec2 reboot web-1").click()
    expect(page.get_by_test_id("composer")).to_have_value("/ec2 reboot web-1")
    expect(page.get_by_test_id("composer")).to_be_focused()
    page.get_by_test_id("composer").fill("")


def test_the_cards_of_an_instance_lead_to_a_proposal_and_to_a_request(page: Page, world: World) -> None:
    before = calls(world)
    become(page, "U0ADA")
    shown = say(page, "/ec2 get web-staging-1")
    with new_card(page) as made:
        press(shown, "Reboot…")
    expect(made[0]).to_contain_text("Proposed by @Ada Byron")
    press(made[0], "Cancel")
    expect(made[0]).to_contain_text("was cancelled by @Ada Byron")
    become(page, "U0CAROL")
    shown = say(page, "/ec2 get web-staging-1")
    with new_card(page) as made:
        press(shown, "Request a reboot…")
    expect(made[0]).to_contain_text("Wanted by @Carol Shaw")
    press(made[0], "Cancel")
    expect(made[0]).to_contain_text("was cancelled by @Carol Shaw")
    assert calls(world) == before
