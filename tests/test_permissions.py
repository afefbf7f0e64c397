"""Each function's role allows exactly the calls that the function makes: one too few fails, one too many as well."""

import json
import time
from fnmatch import fnmatch

import pytest

from playground.functions import Function, FunctionError
from playground.gateway import http_api_event
from playground.provision import PASSWORD
from playground.template import translate
from tests.faults import answers, aws_fails
from tests.house import AUTHORIZER, DOOR, PRE_TOKEN, REFRESH, WORKER, House
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
    drive_rest(house)


def drive_rest(house: House) -> None:
    """The REST API's functions, with tokens of the local pool."""
    tokens = house.client("cognito-idp").admin_initiate_auth(
        UserPoolId=house.environment["COGNITO_USER_POOL_ID"],
        ClientId=house.environment["COGNITO_CLIENT_ID"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada@playground.example", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/v1/GET/instances"
    event = {"type": "TOKEN", "authorizationToken": f"Bearer {tokens['AccessToken']}", "methodArn": arn}
    assert house.invoke(AUTHORIZER, event)["context"]["role"] == "admin"
    refresh = {"body": json.dumps({"refreshToken": tokens["RefreshToken"]})}
    assert house.invoke(REFRESH, refresh)["statusCode"] == 200
    house.invoke(PRE_TOKEN, {"request": {"userAttributes": {"email": "ada@playground.example"}}})


@pytest.mark.parametrize("logical_id", [DOOR, WORKER, AUTHORIZER, REFRESH, PRE_TOKEN])
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


def test_the_functions_of_the_rest_api_work_so_too(house: House) -> None:
    event = {"type": "TOKEN", "authorizationToken": "Bearer a.b.c", "methodArn": "arn"}
    with Function(house.function(AUTHORIZER)) as authorizer, pytest.raises(FunctionError, match="Unauthorized"):
        authorizer.invoke(event)
    with Function(house.function(REFRESH)) as refresh:
        assert refresh.invoke({"body": '{"refreshToken": "unknown"}'})["statusCode"] == 401
    with Function(house.function(PRE_TOKEN)) as pre_token:
        assert "response" in pre_token.invoke({"request": {"userAttributes": {}}})
