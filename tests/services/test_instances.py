"""The fleet as EC2 tells it: filters are EC2's, and half a fleet is never passed for whole."""

import time
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from bot.errors import InstancesUnavailableError
from bot.models import Cursor, InstanceQuery
from bot.services.instances import Instances
from tests.house import House


def names(house: House, text: str) -> list[str]:
    """The names listed for a command, read from the table."""
    tables = [block for block in house.say(text).blocks if block["type"] == "data_table"]
    return [row[0]["text"] for table in tables for row in table["rows"][1:]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("list web", ["web-1", "web-2", "web-3", "web-4", "web-staging-1", "web-staging-2"]),
        ("list WEB", ["web-1", "web-2", "web-3", "web-4", "web-staging-1", "web-staging-2"]),
        ("list web-?", ["web-1", "web-2", "web-3", "web-4"]),
        ("list *-primary", ["db-primary"]),
        ("list state:stopped", ["analytics-notebook", "data-etl-nightly", "dev-carol", "load-test"]),
        ("list db tag:Env=staging", ["db-staging"]),
        ("list web tag:Env=prod state:running", ["web-1", "web-2", "web-3", "web-4"]),
        ("list state:terminated", ["api-legacy"]),
        ("list db- tag:Env=staging tag:Env=prod", ["db-primary", "db-replica-1", "db-replica-2", "db-staging"]),
        ("list bastion tag:Env tag:Env=nothing", ["bastion"]),
        ("list nothing-like-this", []),
    ],
)
def test_text_state_and_tags_restrict_the_list(house: House, text: str, expected: list[str]) -> None:
    assert names(house, text) == expected


def test_an_instance_is_found_by_its_id(house: House) -> None:
    (reservation, *_) = house.client("ec2").describe_instances(
        Filters=[{"Name": "tag:Name", "Values": ["db-primary"]}]
    )["Reservations"]
    assert names(house, f"list {reservation['Instances'][0]['InstanceId']}") == ["db-primary"]


def test_the_hostile_name_in_the_fleet_pings_nobody(house: House) -> None:
    answer = house.say("list")
    assert "<!channel>" not in answer.text
    assert "pentest <!channel> <https://evil.example|click>" in repr(answer.blocks)  # literal, in a table's raw_text


def page(count: int, token: str | None = None) -> dict[str, Any]:
    described = {
        "State": {"Name": "running"},
        "InstanceType": "t3.micro",
        "Placement": {"AvailabilityZone": "us-east-1a"},
    }
    instances = [{"InstanceId": f"i-{number:017x}", **described} for number in range(count)]
    return {"Reservations": [{"Instances": instances}]} | ({"NextToken": token} if token else {})


def stubbed(*pages: dict[str, Any]) -> Instances:
    """Real EC2 pages by instance and may send an empty page with a token; moto does neither."""
    client = boto3.Session("AKIA", "local", region_name="us-east-1").client("ec2")
    stubber = Stubber(client)
    for answer in pages:
        stubber.add_response("describe_instances", answer)
    stubber.activate()
    return Instances(lambda region: client, ("us-east-1",), time.monotonic)


def test_a_large_fleet_costs_one_call_and_is_said_to_go_on() -> None:
    listing = stubbed(page(100, "more")).find(InstanceQuery())
    assert (len(listing.instances), listing.rest) == (100, (Cursor("us-east-1", "more"),))


def test_an_empty_page_is_not_the_end() -> None:
    listing = stubbed(page(0, "more"), page(3)).find(InstanceQuery())
    assert (len(listing.instances), listing.rest) == (3, ())


def test_a_page_token_that_comes_again_ends_in_a_clear_error() -> None:
    with pytest.raises(InstancesUnavailableError) as caught:
        stubbed(page(0, "same"), page(0, "same")).find(InstanceQuery())
    assert caught.value.aws_code == "PaginationError"


def test_every_region_of_the_setting_is_listed(house: House) -> None:
    with house.running_as("WorkerFunction", {"REGIONS": "us-east-1, eu-west-1"}):
        from bot import wiring

        listing = wiring.worker()._instances.find(InstanceQuery(states=("running",)))
    assert listing.regions == ("us-east-1", "eu-west-1")
    assert {instance.region for instance in listing.instances} == {"us-east-1"}
