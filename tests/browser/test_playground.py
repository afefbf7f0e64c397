"""The product as somebody uses it who has just typed `make demo`: in the page, with keyboard and mouse."""

from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from playwright.sync_api import Locator, Page, expect

from playground.world import World

pytestmark = pytest.mark.browser


def rows(world: World) -> list[dict[str, Any]]:
    """The audit as it stands, newest last."""
    environment = world.provisioned.environment
    session = boto3.Session("AKIALOCALTESTS", "local", region_name=environment["AWS_REGION"])
    client = session.client("dynamodb", endpoint_url=world.aws.url)
    pages = client.get_paginator("scan").paginate(TableName=environment["AUDIT_TABLE_NAME"])
    read = TypeDeserializer().deserialize
    found = [{name: read(value) for name, value in item.items()} for page in pages for item in page["Items"]]
    return sorted(found, key=lambda row: row["timestamp"])


def become(page: Page, user_id: str) -> None:
    page.click(f"[data-testid=person][data-user-id={user_id}]")
    page.wait_for_selector(f"[data-testid=app][data-me={user_id}][data-ready=true]")


def say(page: Page, text: str) -> Locator:
    """Type it, press Enter, and wait for the one new message that only this person sees."""
    messages = page.get_by_test_id("ephemeral")
    before = messages.count()
    page.get_by_test_id("composer").fill(text)
    page.keyboard.press("Enter")
    expect(messages).to_have_count(before + 1, timeout=15_000)
    return messages.last


def test_ada_lists_what_is_running_and_the_look_is_on_record(page: Page, world: World) -> None:
    become(page, "U0ADA")
    answer = say(page, "/ec2 list state:running")

    expect(answer).to_contain_text("34 instances in us-east-1: 34 running")
    expect(answer).to_contain_text("Only visible to you")
    table = answer.get_by_test_id("data-table")
    expect(table.get_by_test_id("data-table-row")).to_have_count(10)
    expect(table).to_contain_text("api-1")
    expect(table).not_to_contain_text("stopped")
    row = rows(world)[-1]
    assert (row["action"], row["outcome"], row["slackUserId"]) == ("LIST_INSTANCES", "succeeded", "U0ADA")
    assert row["userEmail"] == "ada@playground.example"
    assert row["details"]["states"] == ["running"]


def test_dave_is_told_how_to_be_linked_and_the_refusal_is_on_record(page: Page, world: World) -> None:
    become(page, "U0DAVE")
    answer = say(page, "/ec2 list state:running")

    expect(answer).to_contain_text("Slack knows you, EC2 Ops does not yet.")
    expect(answer).to_contain_text("Run /ec2 login and sign in")
    row = rows(world)[-1]
    assert (row["action"], row["details"]["reason"]) == ("ACCESS_DENIED", "not_linked")
    assert row["userId"] == "slack:T0PLAYGND:U0DAVE"


def test_the_guest_is_refused_and_the_refusal_is_on_record(page: Page, world: World) -> None:
    become(page, "U0GUEST")
    answer = say(page, "/ec2 list state:running")

    expect(answer).to_contain_text("You are a guest in this workspace.")
    row = rows(world)[-1]
    assert (row["action"], row["outcome"]) == ("ACCESS_DENIED", "denied")
    assert (row["details"]["reason"], row["slackUserId"]) == ("guest", "U0GUEST")


def test_carol_may_look_and_help_and_whoami_know_her_role(page: Page, world: World) -> None:
    become(page, "U0CAROL")
    expect(say(page, "/ec2 whoami")).to_contain_text("you may look, and change nothing")
    expect(say(page, "/ec2")).to_contain_text(
        "/ec2 list [text] [state:running] [tag:Env=prod] [region:<region>] [sort:launched]"
    )
    expect(say(page, "/ec2 help list")).to_contain_text("shutting-down")
    assert [row["action"] for row in rows(world)[-3:]] == ["VIEW_IDENTITY", "VIEW_HELP", "VIEW_HELP"]


def test_a_typing_mistake_is_answered_with_the_right_word(page: Page) -> None:
    become(page, "U0ADA")
    expect(say(page, "/ec2 lst")).to_contain_text("Did you mean /ec2 list?")
    expect(say(page, "/ec2 list state:runing")).to_contain_text("Did you mean state:running?")


def test_an_answer_is_seen_by_the_person_who_asked_and_by_nobody_else(page: Page) -> None:
    become(page, "U0BOB")
    say(page, "/ec2 list bastion")
    become(page, "U0CAROL")
    expect(page.get_by_test_id("messages")).not_to_contain_text("bastion")
    become(page, "U0BOB")
    expect(page.get_by_test_id("messages")).to_contain_text("bastion")


def test_a_hostile_name_is_text_and_nothing_else(page: Page) -> None:
    become(page, "U0ADA")
    answer = say(page, "/ec2 list pentest")
    expect(answer.get_by_test_id("data-table")).to_contain_text("pentest <!channel> <https://evil.example|click>")
    expect(answer.get_by_role("link")).to_have_count(0)

    card = say(page, "/ec2 get pentest*")
    expect(card).to_contain_text("key=pentest <!channel> <https://evil.example|click>")
    expect(card.locator("a[href*=evil]")).to_have_count(0)


def test_typing_a_slash_offers_the_command_and_its_hints(page: Page) -> None:
    page.get_by_test_id("composer").press_sequentially("/e")
    expect(page.get_by_test_id("suggestion").first).to_contain_text("/ec2")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("composer")).to_have_value("/ec2 ")
    expect(page.get_by_test_id("suggestions")).to_contain_text("whoami")


def test_words_without_a_slash_are_a_message_that_everybody_sees(page: Page) -> None:
    become(page, "U0BOB")
    page.get_by_test_id("composer").fill("deploying *now*")
    page.keyboard.press("Enter")
    become(page, "U0CAROL")
    message = page.get_by_test_id("message").filter(has_text="deploying")
    expect(message).to_contain_text("Bob Noyce")
    expect(message.locator("strong, b").filter(has_text="now")).to_have_count(1)


def test_the_list_is_filtered_and_sorted_in_the_table(page: Page) -> None:
    become(page, "U0CAROL")
    table = say(page, "/ec2 list").get_by_test_id("data-table")
    rows_shown = table.get_by_test_id("data-table-row")
    table.get_by_test_id("data-table-filter").fill("stopped")
    expect(rows_shown).to_have_count(4)
    table.get_by_test_id("data-table-filter").fill("web-")
    expect(rows_shown).to_have_count(6)
    table.get_by_test_id("data-table-sort").first.click()
    names = rows_shown.locator("td, th").first
    first = names.inner_text()
    table.get_by_test_id("data-table-sort").first.click()
    expect(names).not_to_have_text(first)


def test_an_instance_is_opened_from_the_menu_below_the_list(page: Page, world: World) -> None:
    become(page, "U0CAROL")
    listing = say(page, "/ec2 list state:running")
    before = page.get_by_test_id("ephemeral").count()
    listing.get_by_test_id("select").click()
    page.get_by_test_id("option").filter(has_text="bastion").click()
    expect(page.get_by_test_id("ephemeral")).to_have_count(before + 1, timeout=15_000)
    card = page.get_by_test_id("ephemeral").last
    expect(card).to_contain_text("bastion")
    expect(card).to_contain_text("Status checks")
    expect(card).to_contain_text("2/2 passed")
    assert rows(world)[-1]["action"] == "GET_INSTANCE"
    assert str(rows(world)[-1]["resourceId"]).startswith("i-")


def test_an_ambiguous_name_is_resolved_by_a_menu(page: Page) -> None:
    become(page, "U0ADA")
    answer = say(page, "/ec2 get web-staging")
    expect(answer).to_contain_text("2 instances match")
    before = page.get_by_test_id("ephemeral").count()
    answer.get_by_test_id("select").click()
    page.get_by_test_id("option").filter(has_text="web-staging-2").click()
    expect(page.get_by_test_id("ephemeral")).to_have_count(before + 1, timeout=15_000)
    expect(page.get_by_test_id("ephemeral").last).to_contain_text("web-staging-2")


def test_switched_to_readonly_the_same_card_has_other_buttons(page: Page) -> None:
    def offered(instance: str) -> list[str]:
        return say(page, f"/ec2 get {instance}").get_by_test_id("button").all_inner_texts()

    become(page, "U0ADA")
    assert "Reboot…" in offered("web-4")
    assert not any("reboot" in label.casefold() for label in offered("vpn-gateway"))
    become(page, "U0CAROL")
    others = offered("web-4")
    assert "Request a reboot…" in others
    assert "Reboot…" not in others
