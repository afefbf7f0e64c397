"""Each function's role allows exactly the calls that the function makes: one too few fails, one too many as well."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatch
from uuid import uuid4

import pytest

from bot.digests import HOUR, Digest, Sealed, hour_of, newest_due, root_of, start_of
from bot.views import alert, reboot
from playground.aftermath import Aftermath
from playground.aws import AwsCall
from playground.functions import Function, FunctionError
from playground.gateway import http_api_event
from playground.passing_time import PassingTime
from playground.provision import PASSWORD
from playground.schedule import event
from playground.template import translate
from tests.alarm_samples import change
from tests.audit_tables import item
from tests.browsers import Browser, HostedUi, Newcomers
from tests.faults import answers, aws_fails
from tests.handlers.test_login import asked
from tests.house import (
    ALARMS,
    AUDIT,
    AUTHORIZER,
    DOOR,
    INSTANCES,
    LOGIN,
    NOTARY,
    PRE_TOKEN,
    REFRESH,
    SWEEP,
    WORKER,
    House,
)
from tests.permissions import as_list, declared, logging_rights, observed, polling_rights, statements
from tests.reboots import Reboots, in_state, instance_id
from tests.rest_client import RestClient

PAST = {"N": "0"}
BY_TAG = {"ALERT_ROUTES": "tag:Team=pay=C0OPS"}
PATHS = (
    "list",
    "get web-1",
    "metrics db-primary all",
    "list state:running tag:Env=prod",
    "whoami",
    "help",
    "nonsense",
    "audit since:1h",
    "audit @bob bastion",
    "audit bastion",
    "audit action:GET_INSTANCE outcome:failed",
    "audit export since:5m",
    "audit handover since:5m",
    "audit verify",
    "alerts",
)


def drive(house: House) -> None:
    """Every path of the product, the failing ones too."""
    notary(house)
    for user_id in ("U0ADA", "U0CAROL", "U0DAVE", "U0GUEST"):
        for text in PATHS:
            house.type(text, user_id)
        house.shortcut(user_id)
    house.work()
    rows = house.say("audit")
    menu = next(one for block in rows.blocks for one in block.get("elements", []) if one["type"] == "static_select")
    house.click(rows, menu["action_id"], menu["options"][0]["value"])
    event = house.queued("list")
    with aws_fails("ec2.DescribeInstances", answers(200, "nonsense")):
        house.fresh_containers()
        house.invoke(WORKER, event)
    house.fresh_containers()
    job = json.loads(event["Records"][0]["body"])
    event["Records"][0]["body"] = json.dumps({**job, "received_at": time.time() - 3600})
    house.invoke(WORKER, event)
    drive_rest(house)
    drive_reboots(house)
    drive_alerts(house)


def drive_reboots(house: House) -> None:
    """A reboot confirmed, refused, cancelled and left alone, and what the sweep does about each."""
    reboots = Reboots(house)
    house.click(house.say("reboot web-1", "U0CAROL"), reboot.REQUEST)
    reboots.confirm("U0BOB")
    reboots.propose("web-2")
    reboots.cancel()
    reboots.propose("web-3")
    with in_state(house, "web-3", "stopped", 80):
        reboots.confirm()
    for proposal in reboots.stored():
        reboots.alter(proposal["pk"], phase={"S": "unknown"}, due={"S": "reboot"}, dueAt=PAST, decidedAt=PAST)
    house.sweep()
    reboots.propose("web-4")
    reboots.confirm()
    (watched,) = [row["pk"] for row in reboots.stored() if row["phase"] == "rebooting"]
    for state, code in (("running", 16), ("stopped", 80)):
        reboots.alter(watched, dueAt=PAST)
        with in_state(house, "web-4", state, code):
            house.sweep()


def drive_alerts(house: House) -> None:
    """Alarms alone and in a burst, something that is none, each button, an end, and a silence that is over."""
    began = time.time() - 3_000
    for number in range(8):
        house.send_alarm(change(f"web-{number}", "ALARM", began))
    house.send_alarm("no alarm")
    house.alarm_work(extra=BY_TAG)
    first = next(card for card in house.cards() if "Many alarms" not in repr(card.blocks))
    for action_id, value in ((alert.ACKNOWLEDGE, None), (alert.CHARTS, None), (alert.SILENCE, "900.everywhere")):
        house.press(first, action_id, value)
    house.press(next(card for card in house.cards() if card.ts == first.ts), alert.UNSILENCE)
    house.raise_alarm(change("web-0", "OK", began + 60))
    house.say("alerts")
    PassingTime(house.client("dynamodb"), house.environment["STATE_TABLE_NAME"], Aftermath(), house.sweep).later(1_200)


def notary(house: House) -> None:
    """An hour that is sealed upon the one before it, and a row that was edited."""
    s3, bucket = house.client("s3"), house.environment["DIGEST_BUCKET_NAME"]
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])
    before = hour_of(start_of(newest_due(datetime.now(UTC))) - HOUR)
    first = Sealed(Digest(before, "", 0, root_of(()), None), b"unsigned", ())
    s3.put_object(Bucket=bucket, Key=f"digests/{before}.json", Body=first.to_json())
    assert house.invoke(NOTARY, event("us-east-1", 0)) == {"sealed": 1}
    change = {
        "Keys": {"timestamp": {"S": before}},
        "OldImage": item(1),
        "NewImage": item(2),
        "ApproximateCreationDateTime": time.time(),
    }
    record = {"eventID": "1", "eventName": "MODIFY", "eventSource": "aws:dynamodb", "dynamodb": change}
    assert house.invoke(NOTARY, {"Records": [record]}) == {"batchItemFailures": []}


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
    client = RestClient.of(house)
    for path in (
        "/instances",
        "/instances?cursor=unknown",
        "/instances/i-0123456789abcdef0",
        "/instances/i-0123456789abcdef0/metrics",
        "/openapi.json",
        "/audit-logs?limit=1",
        "/audit-logs?cursor=unknown",
        "/audit-logs?userId=somebody",
        "/audit-logs?action=DEPLOY",
        "/audit-logs?resourceId=i-0123456789abcdef0",
    ):
        assert client.get(path).status_code in (200, 404)
    (web,) = client.get("/instances?name=web-1").json["instances"]  # type: ignore[index]
    assert client.get(f"/instances/{web['instanceId']}/metrics?group=all").status_code == 200
    reboot_by_rest(house, client)
    entry = {"action": "DEPLOY", "resourceType": "DEPLOYMENT", "resourceId": "shop"}
    assert client.post("/audit-logs", entry, Idempotency_Key="once").status_code == 201
    large_fleet_page(house, client)


def reboot_by_rest(house: House, client: RestClient) -> None:
    """One that is sent, and one that EC2 refuses, so that its lock is let go."""
    sent, refused = (f"/instances/{instance_id(house, name)}/reboot" for name in ("worker-1", "worker-2"))
    assert client.post(sent, None, Idempotency_Key=str(uuid4())).status_code == 200
    with aws_fails(
        "ec2.RebootInstances", answers(403, "UnauthorizedOperation"), when=lambda sent: b"DryRun" not in sent
    ):
        house.fresh_containers()
        assert client.post(refused, None).status_code == 500
    house.fresh_containers()


def large_fleet_page(house: House, client: RestClient) -> None:
    """More instances than a page has, so that there is a cursor to keep."""
    ec2 = house.client("ec2")
    reserved = ec2.run_instances(ImageId="ami-12345678", MinCount=101, MaxCount=101)
    assert client.get("/instances").json["cursor"]  # type: ignore[index]
    house.unlaunch(reserved["ReservationId"])


def sign_in(house: House, ui: HostedUi, browser: Browser) -> None:
    """Dave is linked and unlinked, by the way that everybody is."""
    page = asked(house, ui, browser)
    assert browser.say_yes(page).status == 200
    house.say("logout", "U0DAVE")


@pytest.fixture(scope="module")
def driven(built_house: House) -> Iterator[list[AwsCall]]:
    """Every call that was made while each function took all of its paths."""
    built_house.fresh()
    newcomers, ui = Newcomers(built_house), HostedUi(built_house)
    drive(built_house)
    sign_in(built_house, ui, Browser(built_house, {"COGNITO_DOMAIN": ui.url}))
    yield list(built_house.aws.calls)
    newcomers.leave()
    ui.close()


@pytest.mark.parametrize(
    "logical_id", [DOOR, WORKER, LOGIN, NOTARY, AUTHORIZER, REFRESH, PRE_TOKEN, SWEEP, ALARMS, INSTANCES, AUDIT]
)
def test_P1_P2_a_role_allows_what_its_function_calls_and_nothing_else(
    driven: list[AwsCall], house: House, logical_id: str
) -> None:
    translated = translate()
    key = house.function(logical_id).access_key_id
    names = {**house.provisioned.names, "RebootRole": house.environment["REBOOT_ROLE_ARN"]}
    made = observed(driven, names, key)
    of_lambda = logging_rights(translated, logical_id) | polling_rights(translated, logical_id)
    allowed = declared(translated, logical_id) - of_lambda
    assert made - allowed == set(), "called without a permission"
    assert allowed - made == set(), "a permission that nothing uses"


STATE_RIGHTS = {
    WORKER: {
        "dynamodb:GetItem": ["slack#*", "page#*", "action#*", "lock#*", "incident#*"],
        # A link is what makes somebody an admin: the worker writes none, and can only end them.
        "dynamodb:PutItem": ["job#*", "page#*", "login#*", "action#*", "lock#*", "incident#*"],
        "dynamodb:UpdateItem": ["action#*", "lock#*", "pace#*"],
        "dynamodb:DeleteItem": ["job#*", "slack#*", "cognito#*"],
    },
    SWEEP: {
        "dynamodb:GetItem": ["action#*", "incident#*"],
        "dynamodb:PutItem": ["incident#*"],
        "dynamodb:UpdateItem": ["action#*", "lock#*"],
    },
    ALARMS: {
        "dynamodb:BatchGetItem": ["incident#*"],
        "dynamodb:GetItem": ["incident#*"],
        "dynamodb:PutItem": ["incident#*"],
        "dynamodb:Query": ["incident#*"],
        "dynamodb:UpdateItem": ["incident#*", "burst#*", "pace#*"],
    },
    LOGIN: {
        "dynamodb:GetItem": ["slack#*", "cognito#*", "login#*"],
        "dynamodb:PutItem": ["slack#*", "cognito#*", "login#*"],
        "dynamodb:UpdateItem": ["login#*"],
    },
    INSTANCES: {
        "dynamodb:GetItem": ["page#*", "action#*", "lock#*"],
        "dynamodb:PutItem": ["page#*", "request#*", "action#*", "lock#*"],
        "dynamodb:UpdateItem": ["action#*", "lock#*"],
    },
    AUDIT: {"dynamodb:GetItem": ["page#*"], "dynamodb:PutItem": ["page#*", "request#*"]},
}


@pytest.mark.parametrize("logical_id", [WORKER, LOGIN, SWEEP, ALARMS, INSTANCES, AUDIT])
def test_P2_each_key_that_a_function_touches_is_one_that_its_role_allows_and_each_allowed_one_is_touched(
    driven: list[AwsCall], house: House, logical_id: str
) -> None:
    allowed = {
        action: statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for statement in statements(translate()["Resources"][f"{logical_id}Role"])
        if statement["Resource"] == {"Fn::GetAtt": ["StateTable", "Arn"]}
        for action in as_list(statement["Action"])
    }
    assert allowed == STATE_RIGHTS[logical_id]
    table, key = house.environment["STATE_TABLE_NAME"], house.function(logical_id).access_key_id
    touched = {
        (f"dynamodb:{call.action}", pattern)
        for call in driven
        if call.resource == table and call.access_key_id == key
        for pattern in [next((p for p in allowed[f"dynamodb:{call.action}"] if fnmatch(call.partition_key, p)), None)]
    }
    assert None not in {pattern for _, pattern in touched}
    granted = {(action, pattern) for action, patterns in allowed.items() for pattern in patterns}
    # Only a listing of several pages has a bookmark.
    assert granted - touched <= {("dynamodb:GetItem", "page#*"), ("dynamodb:PutItem", "page#*")}


def test_P2_whoever_is_the_reboot_role_reboots_and_does_nothing_else(house: House) -> None:
    drive_reboots(house)
    sessions = [call for call in house.aws.calls if call.access_key_id.startswith("ASIA")]
    assert {call.action for call in sessions} == {"RebootInstances"}
    assert {
        call.action for call in house.aws.calls if call.action == "RebootInstances" and call not in sessions
    } == set()


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
