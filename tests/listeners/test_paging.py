"""More instances than a table takes: page after page in the same message, for whoever asked."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.errors import PageGoneError, PageUnreadableError
from bot.views import problem
from playground.slack.messages import Message
from tests.faults import answers, aws_fails
from tests.house import WORKER, House

REGION = "eu-west-3"
LARGE = {"REGIONS": REGION}
NEXT, PREVIOUS = "instances_next", "instances_previous"
GONE = problem.message(PageGoneError(), "").text


@pytest.fixture(scope="module", autouse=True)
def large_fleet(built_house: House) -> Iterator[None]:
    """Two hundred and thirty instances in a region of their own."""
    ec2 = built_house._session.client("ec2", region_name=REGION, endpoint_url=built_house.aws.url)
    for first in range(0, 230, 46):
        ec2.run_instances(ImageId="ami-12345678", MinCount=46, MaxCount=46, InstanceType=f"t3.{first}")
    yield
    ids = [one["InstanceId"] for page in ec2.describe_instances()["Reservations"] for one in page["Instances"]]
    ec2.terminate_instances(InstanceIds=ids)


def listed(house: House, text: str = "list") -> Message:
    event = house.queued(text)
    house.invoke(WORKER, event, LARGE)
    return house.said()[-1]


def turn(house: House, message: Message, action_id: str, user_id: str = "U0ADA") -> None:
    element = button(message, action_id)
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": element["value"]}
    sent = house.slack.click(user_id, message.channel_id, message.ts, action)
    assert sent is not None
    sent.join()
    house.invoke(WORKER, house.received(), LARGE)


def button(message: Message, action_id: str) -> dict[str, Any]:
    return next(element for element in elements(message) if element.get("action_id") == action_id)


def elements(message: Message) -> list[dict[str, Any]]:
    return [element for block in message.blocks for element in block.get("elements", [])]


def buttons(message: Message) -> set[str]:
    return {element.get("action_id", "") for element in elements(message)} & {NEXT, PREVIOUS}


def ids(message: Message) -> list[str]:
    (table,) = [block for block in message.blocks if block["type"] == "data_table"]
    return [row[1]["text"] for row in table["rows"][1:]]


def test_pages_replace_each_other_in_one_message_and_show_each_instance_once(house: House) -> None:
    first = listed(house)
    assert buttons(first) == {NEXT}
    seen = ids(first)
    turn(house, first, NEXT)
    (second,) = house.said()
    assert buttons(second) == {NEXT, PREVIOUS}
    assert second.text.startswith(f"Page 2: 100 instances in {REGION}")
    seen += ids(second)
    turn(house, second, NEXT)
    (third,) = house.said()
    assert buttons(third) == {PREVIOUS}
    seen += ids(third)
    assert len(seen) == len(set(seen)) == 230


def test_the_way_back_shows_the_pages_before(house: House) -> None:
    first = listed(house)
    at_first = ids(first)
    turn(house, first, NEXT)
    turn(house, house.said()[0], NEXT)
    turn(house, house.said()[0], PREVIOUS)
    assert house.said()[0].text.startswith("Page 2:")
    turn(house, house.said()[0], PREVIOUS)
    assert ids(house.said()[0]) == at_first


def test_each_page_is_a_look_on_record_with_its_number(house: House) -> None:
    turn(house, listed(house, "list state:running"), NEXT)
    rows = [row for row in house.rows() if row["action"] == "LIST_INSTANCES"]
    assert [row["details"]["page"] for row in rows] == [1, 2]
    assert {tuple(row["details"]["states"]) for row in rows} == {("running",)}


def test_a_page_is_gone_after_its_time_though_its_row_is_still_there(house: House) -> None:
    first = listed(house)
    house.client("dynamodb").update_item(
        TableName=house.environment["STATE_TABLE_NAME"],
        Key={"pk": {"S": f"page#{button(first, NEXT)['value']}"}, "sk": {"S": "bookmark"}},
        UpdateExpression="SET expiresAt = :past",
        ExpressionAttributeValues={":past": {"N": str(int(time.time()))}},
    )
    turn(house, first, NEXT)
    assert GONE in {message.text for message in house.said()}


def test_nobody_turns_the_pages_of_somebody_else(house: House) -> None:
    stolen = button(listed(house), NEXT)["value"]
    theirs = listed_for_carol(house)
    button(theirs, NEXT)["value"] = stolen
    turn(house, theirs, NEXT, "U0CAROL")
    assert GONE in {message.text for message in house.said("U0CAROL")}
    row = house.rows()[-1]
    assert (row["slackUserId"], row["outcome"], row["details"]["error"]) == ("U0CAROL", "failed", "PageGoneError")
    assert row["details"]["bookmark"] == stolen


def listed_for_carol(house: House) -> Message:
    house.invoke(WORKER, house.queued("list", "U0CAROL"), LARGE)
    return house.said("U0CAROL")[-1]


@pytest.mark.parametrize("value", ["", "x" * 2000, "é", "nothing"])
def test_a_value_that_is_no_bookmark_finds_nothing(house: House, value: str) -> None:
    first = listed(house)
    button(first, NEXT)["value"] = value
    turn(house, first, NEXT)
    assert GONE in {message.text for message in house.said()}


def test_a_listing_whose_bookmark_cannot_be_kept_is_shown_without_a_next_page(house: House) -> None:
    event = house.queued("list")
    house.fresh_containers()
    with aws_fails("dynamodb.PutItem", answers(400, "ThrottlingException"), when=lambda body: b"page#" in body):
        house.invoke(WORKER, event, LARGE)
    (answer,) = house.said()
    assert len(ids(answer)) == 100
    assert buttons(answer) == set()
    assert "its place could not be kept: list again" in repr(answer.blocks)


def test_a_table_that_does_not_answer_is_not_said_to_have_lost_the_page(house: House) -> None:
    first = listed(house)
    house.fresh_containers()
    with aws_fails("dynamodb.GetItem", answers(400, "ThrottlingException"), when=lambda body: b"page#" in body):
        turn(house, first, NEXT)
    assert [message.text for message in house.said()] == [first.text, problem.message(PageUnreadableError(), "").text]
    house.fresh_containers()
    turn(house, first, NEXT)
    assert house.said()[0].text.startswith("Page 2:")


def test_a_page_turned_again_by_a_redelivery_is_the_same_page_in_the_same_message(house: House) -> None:
    first = listed(house)
    element = button(first, NEXT)
    action = {"type": "button", "action_id": NEXT, "block_id": "b", "value": element["value"]}
    sent = house.slack.click("U0ADA", first.channel_id, first.ts, action)
    assert sent is not None
    sent.join()
    event = house.received()
    with aws_fails("dynamodb.PutItem", answers(400, "ThrottlingException"), when=lambda body: b'"doneAt": {' in body):
        house.fresh_containers()
        house.invoke(WORKER, event, LARGE)
    (once,) = house.said()
    shown = ids(once)
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"
    house.fresh_containers()
    house.invoke(WORKER, event, LARGE)
    (again,) = house.said()
    assert (again.ts, ids(again)) == (first.ts, shown)


def test_pages_turn_in_the_shortcuts_modal_too(house: House) -> None:
    house.shortcut()
    house.invoke(WORKER, house.received(), LARGE)
    view = house.modal()
    found = next(
        element for block in view.blocks for element in block.get("elements", []) if element.get("action_id") == NEXT
    )
    sent = house.slack.act("U0ADA", view.view_id, {**found, "block_id": "b"})
    assert sent is not None
    sent.join()
    house.invoke(WORKER, house.received(), LARGE)
    assert "Page 2: 100 instances" in repr(house.modal().blocks)
