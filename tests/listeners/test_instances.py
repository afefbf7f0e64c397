"""Opening an instance: by name, by id, from the listing's menu, and what its card's buttons do."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from bot.job import SlackJob
from bot.views import instance_card
from bot.views.instances import OPEN_INSTANCE
from playground.people import APP_ID, TEAM_ID
from tests.faults import answers, aws_fails, times_out
from tests.house import WORKER, House


def instance_id(house: House, name: str) -> str:
    described = house.client("ec2").describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])
    return str(described["Reservations"][0]["Instances"][0]["InstanceId"])


def menu_of(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    (select,) = [
        element
        for block in blocks
        for element in block.get("elements", [])
        if element.get("action_id") == OPEN_INSTANCE
    ]
    return select


def options(blocks: list[dict[str, Any]]) -> list[str]:
    return [option["text"]["text"].split(" · ")[0] for option in menu_of(blocks)["options"]]


@pytest.mark.parametrize("wanted", ["db-primary", "db-pri", "DB-PRIMARY", '"db-primary"', "*-primary"])
def test_a_name_or_a_unique_part_of_it_opens_the_card(house: House, wanted: str) -> None:
    answer = house.say(f"get {wanted}", "U0CAROL")
    identifier = instance_id(house, "db-primary")
    assert answer.text.startswith(f"db-primary ({identifier}): running")
    (row,) = house.rows()
    assert (row["action"], row["resourceId"], row["outcome"]) == ("GET_INSTANCE", identifier, "succeeded")
    assert row["details"] == {"wanted": wanted.strip('"')}


def test_an_id_opens_the_card(house: House) -> None:
    identifier = instance_id(house, "bastion")
    assert house.say(f"get {identifier}").text.startswith(f"bastion ({identifier})")


def test_an_exact_name_wins_over_longer_ones_with_that_part(house: House) -> None:
    ec2 = house.client("ec2")
    identifier = instance_id(house, "bastion")
    ec2.create_tags(Resources=[identifier], Tags=[{"Key": "Name", "Value": "web"}])
    try:
        assert house.say("get web").text.startswith(f"web ({identifier})")
    finally:
        ec2.create_tags(Resources=[identifier], Tags=[{"Key": "Name", "Value": "bastion"}])


def test_a_name_of_several_is_answered_with_a_menu_that_opens_one(house: House) -> None:
    answer = house.say("get web-staging")
    assert answer.text == "2 instances match `web-staging`. Which one?"
    assert options(answer.blocks) == ["web-staging-1", "web-staging-2"]
    value = menu_of(answer.blocks)["options"][1]["value"]
    (card,) = house.click(answer, OPEN_INSTANCE, value)
    assert card.text.startswith("web-staging-2 (i-")
    assert [row["action"] for row in house.rows()] == ["GET_INSTANCE", "GET_INSTANCE"]


def test_a_name_of_none_is_answered_with_the_nearest_and_recorded(house: House) -> None:
    answer = house.say("get db-primray")
    assert "There is no instance `db-primray`." in answer.text
    assert "`db-primary`" in answer.text
    assert house.rows()[0]["resourceId"] == "db-primray"


def test_an_id_of_none_is_said(house: House) -> None:
    assert "There is no instance `i-0123456789abcdef0`." in house.say("get i-0123456789abcdef0").text


def test_get_of_nothing_says_what_is_missing(house: House) -> None:
    assert "needs the name or the id" in house.say("get").text


def test_the_listings_menu_opens_a_card_below_it(house: House) -> None:
    listing = house.say("list state:running", "U0CAROL")
    value = next(o["value"] for o in menu_of(listing.blocks)["options"] if o["text"]["text"].startswith("api-1 "))
    (card,) = house.click(listing, OPEN_INSTANCE, value)
    assert card.text.startswith("api-1 (i-")
    assert card.visible_to == "U0CAROL"
    assert listing in house.said("U0CAROL")


def test_refresh_edits_the_card_and_show_as_cli_says_the_command(house: House) -> None:
    card = house.say("get bastion")
    identifier = instance_id(house, "bastion")
    house.client("ec2").create_tags(Resources=[identifier], Tags=[{"Key": "Note", "Value": "touched"}])
    try:
        (edited,) = house.click(card, instance_card.REFRESH)
        assert edited.ts == card.ts
        assert "Note=touched" in json.dumps(edited.blocks)
    finally:
        house.client("ec2").delete_tags(Resources=[identifier], Tags=[{"Key": "Note"}])
    (command,) = house.click(edited, instance_card.SHOW_CLI)
    assert f"aws ec2 describe-instances --region us-east-1 --instance-ids {identifier}" in command.text
    assert house.click(edited, instance_card.CONSOLE) == []


@pytest.mark.parametrize("value", ["", "i-0123456789abcdef0; rm -rf", "us-east-1/<!channel>", "١" * 12, "x" * 150])
@pytest.mark.parametrize("action_id", [OPEN_INSTANCE, instance_card.REFRESH, instance_card.SHOW_CLI])
def test_N3_an_altered_value_opens_nothing_and_harms_nothing(house: House, action_id: str, value: str) -> None:
    click = {
        "type": "block_actions",
        "api_app_id": APP_ID,
        "team": {"id": TEAM_ID},
        "user": {"id": "U0ADA", "team_id": TEAM_ID},
        "channel": {"id": "C0OPS"},
        "container": {"type": "message", "channel_id": "C0OPS"},
        "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value}],
    }
    if action_id == OPEN_INSTANCE:
        click["actions"] = [
            {"type": "static_select", "action_id": action_id, "block_id": "b", "selected_option": {"value": value}}
        ]
    assert house.post(urlencode({"payload": json.dumps(click)}).encode()) == 200
    house.work()
    (answer,) = house.said()
    assert "There is no instance" in answer.text
    assert "<!channel>" not in answer.text


def test_I1_a_click_of_somebody_from_another_workspace_is_refused(house: House) -> None:
    listing = house.say("list bastion")
    house.type("list")
    event = house.received()
    job = json.loads(event["Records"][0]["body"])
    form = parse_qs(job["body"])
    click = {
        "type": "block_actions",
        "api_app_id": APP_ID,
        "team": {"id": TEAM_ID},
        "user": {"id": "U0ADA", "team_id": "T0PARTNER"},
        "channel": {"id": "C0OPS"},
        "response_url": form["response_url"][0],
        "actions": [
            {
                "type": "button",
                "action_id": instance_card.REFRESH,
                "value": menu_of(listing.blocks)["options"][0]["value"],
            }
        ],
    }
    body = urlencode({"payload": json.dumps(click)})
    event["Records"][0]["body"] = SlackJob.create(body, job["received_at"], "", "").to_message()
    house.invoke(WORKER, event)
    assert "another workspace" in house.said()[-1].text
    assert house.rows()[-1]["userId"] == "slack:T0PARTNER:U0ADA"


def test_a_slack_that_calls_the_table_invalid_gets_an_older_layout(house: House) -> None:
    house.slack.fail_next("response_url", "invalid_blocks")
    answer = house.say("list web")
    assert "data_table" not in json.dumps(answer.blocks)
    assert re.search(r"`i-[0-9a-f]{17}` \*web-1\*", json.dumps(answer.blocks))
    assert options(answer.blocks)[:2] == ["web-1", "web-2"]


def test_the_older_layout_serves_chat_postEphemeral_too(house: House) -> None:
    house.slack.fail_next("response_url", "expired_url")
    house.slack.fail_next("chat.postEphemeral", "invalid_blocks")
    answer = house.say("list web")
    assert "data_table" not in json.dumps(answer.blocks)


def test_alarms_that_are_open_on_the_instance_are_counted(house: House) -> None:
    cloudwatch = house.client("cloudwatch")
    identifier = instance_id(house, "bastion")
    for name, instance in (("a", identifier), ("b", identifier), ("c", "i-00000000000000000")):
        cloudwatch.put_metric_alarm(
            AlarmName=name, MetricName="CPUUtilization", Namespace="AWS/EC2", Period=60, EvaluationPeriods=1,
            Threshold=1, ComparisonOperator="GreaterThanThreshold", Statistic="Average",
            Dimensions=[{"Name": "InstanceId", "Value": instance}],
        )  # fmt: skip
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    try:
        assert "2 open alarms" in house.say("get bastion").text
    finally:
        cloudwatch.delete_alarms(AlarmNames=["a", "b", "c"])


@pytest.mark.parametrize("fault", [answers(403, "AccessDenied"), times_out])
def test_a_card_without_cloudwatch_says_so_and_shows_the_rest(house: House, fault: Any) -> None:
    with aws_fails("cloudwatch.DescribeAlarms", fault):
        answer = house.say("get bastion")
    assert "unknown: CloudWatch did not say" in json.dumps(answer.blocks)


def test_a_region_that_is_not_configured_is_answered_with_those_that_are(house: House) -> None:
    for other in ("eu-west-1", "mars", '""', "US-EAST-1", "`x`<!here>"):
        refused = house.say(f"list region:{other}").text
        assert "It takes `all` or one of `us-east-1`." in refused
        assert "eu-west-1" not in refused.replace(f"`{other}` is not a value", "")
    assert "39 instances" in house.say("list region:all").text
    assert "39 instances" in house.say("list region:us-east-1 sort:launched").text
