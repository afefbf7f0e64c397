"""What a name or id stands for, while some regions answer badly: never one instance where there may be two."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from bot.errors import InstancesUnavailableError
from bot.models import Match
from bot.services.instances import Instances
from bot.views.instances import several

HERE, THERE = "us-east-1", "eu-west-1"
IDENTIFIER = "i-0123456789abcdef0"
Answer = dict[str, Any] | str


def reservation(*names: str) -> dict[str, Any]:
    instances = [
        {
            "InstanceId": f"i-{number:017x}",
            "State": {"Name": "stopped"},
            "InstanceType": "t3.micro",
            "Tags": [{"Key": "Name", "Value": name}],
        }
        for number, name in enumerate(names)
    ]
    return {"Reservations": [{"Instances": instances}]}


def service(**answers: list[Answer]) -> Instances:
    """Regions that give these answers, one after another; a text is an error code."""
    clients: dict[str, Any] = {}
    for name, given in answers.items():
        client = clients[name.replace("_", "-")] = boto3.Session("AKIA", "local", region_name=HERE).client("ec2")
        stubber = Stubber(client)
        for answer in given:
            if isinstance(answer, str):
                stubber.add_client_error("describe_instances", answer)
            else:
                stubber.add_response("describe_instances", answer)
        stubber.activate()
    clock: Callable[[], float] = lambda: 0.0  # noqa: E731
    return Instances(clients.__getitem__, tuple(clients), clock)


def names(match: Match) -> list[str]:
    return [instance.name for instance in match.instances]


def test_W3_an_id_that_one_region_has_needs_no_other_region() -> None:
    match = service(us_east_1=[reservation("web-1")], eu_west_1=["InternalError"]).match(IDENTIFIER)
    assert names(match) == ["web-1"]


def test_W3_W6_an_id_that_one_region_has_waits_for_no_region_that_hangs() -> None:
    asked = service(us_east_1=[reservation("web-1")], eu_west_1=[reservation()])
    hangs, found, in_time = threading.Event(), threading.Event(), SimpleQueue[bool]()

    def hang(**_: Any) -> None:
        hangs.set()
        in_time.put(found.wait(5))

    for region, first in ((HERE, lambda **_: hangs.wait(5) and None), (THERE, hang)):
        asked._client_for(region).meta.events.register_first("before-parameter-build", first)
    assert names(asked.match(IDENTIFIER)) == ["web-1"]
    found.set()
    assert in_time.get(timeout=10), "found only after the other region had given up"


def test_W3_an_id_is_not_said_to_be_nobodys_while_a_region_does_not_answer() -> None:
    with pytest.raises(InstancesUnavailableError) as caught:
        service(us_east_1=[reservation()], eu_west_1=["InternalError"]).match(IDENTIFIER)
    assert caught.value.region == THERE


def test_W3_what_a_button_opens_is_asked_of_its_own_region_alone() -> None:
    asked = service(us_east_1=[reservation("web-1")], eu_west_1=[])
    assert names(asked.match(IDENTIFIER, HERE)) == ["web-1"]


def test_N3_a_region_that_is_not_ours_is_never_asked() -> None:
    match = service(us_east_1=[reservation("web-1")]).match(IDENTIFIER, "evil.example/#")
    assert names(match) == ["web-1"]


def test_W3_a_name_is_not_taken_for_one_instance_when_a_later_page_fails() -> None:
    half = {**reservation("web"), "NextToken": "more"}
    with pytest.raises(InstancesUnavailableError) as caught:
        service(us_east_1=[half, "RequestLimitExceeded"]).match("web")
    assert caught.value.aws_code == "RequestLimitExceeded"


def test_a_name_of_none_is_said_though_nobody_helps_to_guess() -> None:
    asked = service(us_east_1=[reservation(), reservation(), "InternalError"])
    assert asked.match("web") == Match("web", ())


def test_a_name_of_more_instances_than_a_menu_takes_is_said_to_be_more() -> None:
    match = service(us_east_1=[{**reservation(*["web"] * 100), "NextToken": "more"}]).match("web")
    assert (len(match.instances), match.more) == (100, True)
    said = several("web", match.instances, more=match.more).text
    assert said.startswith("More than 100 instances match `web`. Which one? The menu has 100 of them")


def test_a_menu_says_that_it_has_not_all_of_two_regions() -> None:
    page = reservation(*["web"] * 70)
    match = service(us_east_1=[page], eu_west_1=[page]).match("web")
    said = several("web", match.instances, more=match.more).text
    assert said.startswith("140 instances match `web`. Which one? The menu has 100 of them")


def test_W3_ids_that_are_all_found_need_no_other_region() -> None:
    two = [reservation("web-1", "web-2"), reservation("web-1", "web-2")]
    asked = service(us_east_1=list(two), eu_west_1=["InternalError", "InternalError"])
    assert len(asked.identified([f"i-{number:017x}" for number in range(2)])) == 2
    with pytest.raises(InstancesUnavailableError):
        asked.identified([f"i-{number:017x}" for number in range(3)])
