"""`/ec2 login` and `/ec2 logout`: who may ask, what they get, and what an ended link is worth."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from bot.denials import AccessDeniedError
from playground.people import TEAM_ID
from tests.browsers import HostedUi, Newcomers
from tests.faults import answers, aws_fails, loses_the_reply, times_out
from tests.handlers.test_login import DAVE, MakeBrowser, asked, link_of, refusals
from tests.house import House
from tests.services.test_gate import perform


@pytest.fixture
def dave(house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser) -> Newcomers:
    """Dave is linked."""
    mine = browser()
    assert mine.say_yes(asked(house, hosted_ui, mine)).status == 200
    return newcomers


def actions(house: House) -> list[tuple[str, str]]:
    return [(row["action"], row["outcome"]) for row in house.rows()]


def test_login_gives_a_button_of_ones_own_to_the_person_alone(house: House, newcomers: Newcomers) -> None:
    message = house.say("login", "U0DAVE")
    assert message.visible_to == "U0DAVE"
    assert actions(house) == [("REQUEST_LINK", "succeeded")]
    url = re.escape(house.environment["PUBLIC_URL"])
    (button,) = [element for block in message.blocks for element in block.get("elements", []) if "url" in element]
    assert re.fullmatch(rf"{url}/auth/login\?ticket=[A-Za-z0-9_-]{{43}}", button["url"])
    assert "ticket" not in message.text
    assert link_of(house) != button["url"]


def test_what_is_kept_of_a_ticket_opens_nothing(house: House, newcomers: Newcomers) -> None:
    token = link_of(house).partition("ticket=")[2]
    rows = house.client("dynamodb").scan(TableName=house.environment["STATE_TABLE_NAME"])["Items"]
    assert token not in repr(rows)
    assert token not in repr(house.rows())


def test_the_click_on_the_button_itself_is_acknowledged(house: House, newcomers: Newcomers) -> None:
    assert house.click(house.say("login", "U0DAVE"), "login_sign_in") == []
    assert house.dead_letters() == []


def test_who_is_linked_is_told_to_whom(house: House) -> None:
    assert "linked to ada@playground.example already" in house.say("login").text
    assert actions(house) == [("REQUEST_LINK", "succeeded")]


@pytest.mark.parametrize("text", ["login", "logout"])
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"deleted": True}, "deactivated"),
        ({"is_bot": True}, "bot"),
        ({"team_id": "T0PARTNER"}, "foreign"),
    ],
)
def test_I1_I2_I3_who_is_no_full_member_gets_no_link_and_is_recorded(
    house: House, newcomers: Newcomers, text: str, fields: dict[str, Any], reason: str
) -> None:
    house.slack.set_user("U0DAVE", **fields)
    assert "auth/login" not in repr(house.say(text, "U0DAVE"))
    assert refusals(house) == [reason]


def test_I2_the_guest_of_the_playground_cannot_sign_in(house: House) -> None:
    assert "guest" in house.say("login", "U0GUEST").text
    assert actions(house) == [("ACCESS_DENIED", "denied")]


@pytest.mark.parametrize("text", ["login", "logout"])
def test_I10_when_slack_does_not_say_who_it_is_there_is_no_link(house: House, newcomers: Newcomers, text: str) -> None:
    for _ in range(2):  # what is about one's own link is read live as well
        house.slack.fail_next("users.info", "internal_error")
    assert "could not be checked" in house.say(text, "U0DAVE").text
    assert refusals(house) == ["identity_unavailable"]


@pytest.mark.parametrize("fault", [answers(500, "InternalServerError"), times_out])
def test_D1_no_button_is_shown_while_the_audit_takes_no_write(
    house: House, newcomers: Newcomers, fault: Callable[..., Any]
) -> None:
    audit = house.environment["AUDIT_TABLE_NAME"].encode()
    with aws_fails("dynamodb.PutItem", fault, when=lambda body: audit in body):
        message = house.say("login", "U0DAVE")
    assert "could not be recorded" in message.text
    assert "auth/login" not in repr(message)


def test_logout_ends_the_link_in_both_directions_and_the_next_click_is_refused(house: House, dave: Newcomers) -> None:
    assert "readonly" in house.say("whoami", "U0DAVE").text
    assert "no longer linked to dave@playground.example" in house.say("logout", "U0DAVE").text
    assert dave.links() == []
    assert "/ec2 login" in house.say("list", "U0DAVE").text
    assert actions(house)[-3:] == [
        ("UNLINK_IDENTITY", "attempted"),
        ("UNLINK_IDENTITY", "succeeded"),
        ("ACCESS_DENIED", "denied"),
    ]
    assert house.rows()[-2]["userId"] == dave.sub(DAVE)


def test_who_logged_out_can_sign_in_again_at_once(
    house: House, hosted_ui: HostedUi, dave: Newcomers, browser: MakeBrowser
) -> None:
    house.say("logout", "U0DAVE")
    mine = browser()
    assert "You are linked." in mine.say_yes(asked(house, hosted_ui, mine)).text


def test_logout_without_a_link_says_so_and_is_recorded(house: House, newcomers: Newcomers) -> None:
    assert "/ec2 login" in house.say("logout", "U0DAVE").text
    assert refusals(house) == ["not_linked"]


@pytest.mark.parametrize("worth", ["disabled", "without a role", "deleted"])
def test_a_link_can_be_ended_whatever_its_account_is_worth(house: House, dave: Newcomers, worth: str) -> None:
    if worth == "disabled":
        dave.disable(DAVE)
    elif worth == "deleted":
        dave.delete(DAVE)
    else:
        dave.change(DAVE, role="")
    assert "no longer linked" in house.say("logout", "U0DAVE").text
    assert dave.links() == []


def test_a_link_that_was_written_by_hand_can_be_ended(house: House, dave: Newcomers) -> None:
    key = {"pk": {"S": f"cognito#{dave.sub(DAVE)}"}, "sk": {"S": f"slack#{TEAM_ID}"}}
    house.client("dynamodb").delete_item(TableName=house.environment["STATE_TABLE_NAME"], Key=key)
    assert "no longer linked" in house.say("logout", "U0DAVE").text
    assert dave.links() == []


@pytest.mark.parametrize("fault", [answers(400, "ProvisionedThroughputExceededException"), times_out])
def test_a_link_is_ended_whole_or_not_at_all(house: House, dave: Newcomers, fault: Callable[..., Any]) -> None:
    house.fresh_containers()
    with aws_fails("dynamodb.TransactWriteItems", fault):
        answer = house.say("logout", "U0DAVE")
    assert "no longer linked" not in answer.text
    assert len(dave.links()) == 2


def test_a_lost_reply_does_not_hide_that_the_link_is_ended(house: House, dave: Newcomers) -> None:
    house.fresh_containers()
    with aws_fails("dynamodb.TransactWriteItems", loses_the_reply, times=1):
        assert "no longer linked" in house.say("logout", "U0DAVE").text
    assert dave.links() == []


@pytest.mark.parametrize("change", ["disabled", "demoted", "deactivated", "unlinked", "replaced"])
def test_I3_I4_who_loses_their_power_loses_it_with_the_next_change_they_ask_for(
    house: House, dave: Newcomers, change: str
) -> None:
    """The cache of 60 seconds serves looks alone."""
    dave.change(DAVE, role="admin")
    assert "role admin" in house.say("whoami", "U0DAVE").text
    table = house.environment["STATE_TABLE_NAME"]
    if change == "disabled":
        dave.disable(DAVE)
    elif change == "demoted":
        dave.change(DAVE, role="readonly")
    elif change == "deactivated":
        house.slack.set_user("U0DAVE", deleted=True)
    elif change == "unlinked":
        key = {"pk": {"S": f"slack#{TEAM_ID}#U0DAVE"}, "sk": {"S": "link"}}
        house.client("dynamodb").delete_item(TableName=table, Key=key)
    else:
        dave.delete(DAVE)
        dave.account(DAVE, "admin")
    done: list[str] = []
    with pytest.raises(AccessDeniedError):
        perform(house, lambda: done.append("rebooted"), "U0DAVE")
    assert done == []
    assert actions(house)[-1] == ("ACCESS_DENIED", "denied")
