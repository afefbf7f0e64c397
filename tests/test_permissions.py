"""Each function's role allows exactly the calls that the function makes: one too few fails, one too many as well."""

import json
import time
from fnmatch import fnmatch

import pytest

from playground.functions import Function
from playground.gateway import http_api_event
from playground.template import translate
from tests.faults import answers, aws_fails
from tests.house import DOOR, WORKER, House
from tests.permissions import as_list, declared, logging_rights, observed, statements

PATHS = ("list", "get web-1", "list state:running tag:Env=prod", "whoami", "help", "nonsense")


def drive(house: House) -> None:
    """Every path of the product, the failing ones too."""
    for user_id in ("U0ADA", "U0CAROL", "U0DAVE", "U0GUEST"):
        for text in PATHS:
            house.type(text, user_id)
        house.shortcut(user_id)
    house.work()
    event = house.queued("list")
    with aws_fails("ec2.DescribeInstances", answers(200, "nonsense")):
        house.fresh_containers()
        house.invoke(WORKER, event)
    house.fresh_containers()
    job = json.loads(event["Records"][0]["body"])
    event["Records"][0]["body"] = json.dumps({**job, "received_at": time.time() - 3600})
    house.invoke(WORKER, event)


@pytest.mark.parametrize("logical_id", [DOOR, WORKER])
def test_P1_P2_a_role_allows_what_its_function_calls_and_nothing_else(house: House, logical_id: str) -> None:
    drive(house)
    translated = translate()
    key = house.function(logical_id).access_key_id
    made = observed(house.aws.calls, house.provisioned.names, key)
    allowed = declared(translated, logical_id) - logging_rights(translated, logical_id)
    assert made - allowed == set(), "called without a permission"
    assert allowed - made == set(), "a permission that nothing uses"


def test_P2_each_key_that_the_worker_touches_is_one_that_its_role_allows(house: House) -> None:
    drive(house)
    allowed = {
        action: statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for statement in statements(translate()["Resources"]["WorkerFunctionRole"])
        if statement["Resource"] == {"Fn::GetAtt": ["StateTable", "Arn"]}
        for action in as_list(statement["Action"])
    }
    assert allowed == {
        "dynamodb:GetItem": ["slack#*", "page#*"],
        "dynamodb:PutItem": ["job#*", "page#*"],  # a link is what makes somebody an admin: the worker writes none
        "dynamodb:DeleteItem": ["job#*"],
    }
    table = house.environment["STATE_TABLE_NAME"]
    calls = [call for call in house.aws.calls if call.resource == table and "WORKER" in call.access_key_id]
    assert {call.action for call in calls} == {"GetItem", "PutItem", "DeleteItem"}
    for call in calls:
        assert any(fnmatch(call.partition_key, pattern) for pattern in allowed[f"dynamodb:{call.action}"]), call


def test_the_functions_work_in_processes_with_nothing_but_their_own_environment(house: House) -> None:
    with Function(house.function(DOOR)) as door, Function(house.function(WORKER)) as worker:
        body = house.slack.command_body("U0CAROL", "C0OPS", "list state:running")
        assert door.invoke(http_api_event("POST", "/slack/events", house.slack.sign(body), body))["statusCode"] == 200
        assert worker.invoke(house.received()) == {"batchItemFailures": []}
    assert "34 running" in house.said("U0CAROL")[0].text
