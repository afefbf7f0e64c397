"""Provisioning a bare moto server by the documented command, twice."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from playground.people import PEOPLE
from playground.provision import Provisioned, provision
from playground.template import Template, TemplateError

ROOT = Path(__file__).resolve().parent.parent.parent
LINKED = [person for person in PEOPLE if person.linked]
USERS = [person for person in PEOPLE if person.role]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """moto's own server in a process of its own, as anybody may start it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/moto-api/data.json")
        yield url
    finally:
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def runs(endpoint: str) -> list[str]:
    """The output of two runs in a row."""
    command = [sys.executable, "-m", "playground.provision", "--endpoint-url", endpoint]
    bare = {"PATH": os.environ.get("PATH", os.defpath)}
    finished = [
        subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, check=False) for _ in range(2)
    ]
    assert [(run.returncode, run.stderr) for run in finished] == [(0, "")] * 2
    return [run.stdout for run in finished]


@pytest.fixture(scope="module")
def environment(runs: list[str]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in runs[0].splitlines())


@pytest.fixture(scope="module")
def again(endpoint: str, runs: list[str]) -> Provisioned:
    """A third run, in this process, for what the command does not print."""
    return provision(endpoint)


@pytest.fixture(scope="module")
def client(environment: dict[str, str]) -> Any:
    session: Any = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    return lambda service: session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"])


def test_it_prints_the_contracts_environment_and_nothing_else(endpoint: str, environment: dict[str, str]) -> None:
    assert set(environment) == {
        "ALARMS_QUEUE_URL",
        "ALARM_ACCOUNT_ID",
        "ALERT_CHANNEL_ID",
        "ALERT_REMIND_MINUTES",
        "AUDIT_RETENTION_DAYS",
        "AUDIT_TABLE_NAME",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "CONFIRM_SECONDS",
        "DEFAULT_PROTECTION",
        "COGNITO_CLIENT_ID",
        "COGNITO_DOMAIN",
        "COGNITO_JWKS_URL",
        "COGNITO_USER_POOL_ID",
        "DIGEST_BUCKET_NAME",
        "DIGEST_KEY_ID",
        "JOBS_MAX_RECEIVES",
        "JOBS_QUEUE_URL",
        "PUBLIC_URL",
        "REBOOTS_ENABLED",
        "REBOOT_ROLE_ARN",
        "REGIONS",
        "REQUIRE_SAME_EMAIL",
        "SLACK_API_URL",
        "SLACK_APP_ID",
        "SLACK_BOT_TOKEN",
        "SLACK_SECRET_ARN",
        "SLACK_SIGNING_SECRET",
        "SLACK_TEAM_ID",
        "STATE_TABLE_NAME",
    }
    assert environment["AWS_ENDPOINT_URL"] == endpoint
    assert environment["SLACK_API_URL"] == "http://127.0.0.1:8000/api/"
    assert environment["SLACK_TEAM_ID"] == "T0PLAYGND"
    assert environment["ALERT_CHANNEL_ID"] == "C0ALERTS"
    assert all(environment.values())


def test_a_second_run_prints_the_same(runs: list[str]) -> None:
    assert runs[0] == runs[1]


def test_the_tables_are_those_of_the_template(client: Any, environment: dict[str, str]) -> None:
    dynamodb = client("dynamodb")
    for logical_id, variable in (("AuditTable", "AUDIT_TABLE_NAME"), ("StateTable", "STATE_TABLE_NAME")):
        wanted = Template.load().resource(logical_id).properties
        table = dynamodb.describe_table(TableName=environment[variable])["Table"]
        assert table["KeySchema"] == wanted["KeySchema"]
        assert indexes(table) == indexes(wanted)
        life = dynamodb.describe_time_to_live(TableName=environment[variable])["TimeToLiveDescription"]
        assert life["AttributeName"] == wanted["TimeToLiveSpecification"]["AttributeName"]
        backups = dynamodb.describe_continuous_backups(TableName=environment[variable])
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_dead_jobs_go_to_the_templates_dead_letter_queue(
    client: Any, environment: dict[str, str], again: Provisioned
) -> None:
    attributes = client("sqs").get_queue_attributes(QueueUrl=environment["JOBS_QUEUE_URL"], AttributeNames=["All"])[
        "Attributes"
    ]
    assert attributes["VisibilityTimeout"] == "60"
    redrive = json.loads(attributes["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(again.names["DeadJobsQueue"].rsplit("/", 1)[1])
    assert str(redrive["maxReceiveCount"]) == environment["JOBS_MAX_RECEIVES"]


def test_the_secret_holds_what_is_printed_and_is_not_a_known_one(client: Any, environment: dict[str, str]) -> None:
    stored = client("secretsmanager").get_secret_value(SecretId=environment["SLACK_SECRET_ARN"])
    values = json.loads(stored["SecretString"])
    assert values == {name: environment[name] for name in ("SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN")}
    assert len(values["SLACK_SIGNING_SECRET"]) == 32
    assert values["SLACK_BOT_TOKEN"].startswith("xoxb-")


def test_linked_people_have_a_confirmed_user_with_their_role_and_a_link(
    client: Any, environment: dict[str, str]
) -> None:
    pool_id = environment["COGNITO_USER_POOL_ID"]
    users = client("cognito-idp").list_users(UserPoolId=pool_id)["Users"]
    assert len(users) == len(USERS)
    for person in LINKED:
        key = {"pk": {"S": f"slack#T0PLAYGND#{person.user_id}"}, "sk": {"S": "link"}}
        item = client("dynamodb").get_item(TableName=environment["STATE_TABLE_NAME"], Key=key)["Item"]
        link = {name: value["S"] for name, value in item.items()}
        user = client("cognito-idp").admin_get_user(UserPoolId=pool_id, Username=link["username"])
        attributes = {entry["Name"]: entry["Value"] for entry in user["UserAttributes"]}
        assert user["Enabled"] is True
        assert user["UserStatus"] == "CONFIRMED"
        assert attributes["custom:role"] == person.role
        assert attributes["email"] == link["email"] == person.email
        assert attributes["email_verified"] == "true"
        assert attributes["sub"] == link["sub"]
        assert link["linkedAt"].endswith("Z")


def test_dave_has_a_verified_user_and_no_link_and_the_guest_has_neither(
    client: Any, environment: dict[str, str]
) -> None:
    pool_id = environment["COGNITO_USER_POOL_ID"]
    dave = client("cognito-idp").admin_get_user(UserPoolId=pool_id, Username="dave@playground.example")
    attributes = {entry["Name"]: entry["Value"] for entry in dave["UserAttributes"]}
    assert (dave["Enabled"], dave["UserStatus"]) == (True, "CONFIRMED")
    assert (attributes["custom:role"], attributes["email_verified"]) == ("readonly", "true")
    with pytest.raises(client("cognito-idp").exceptions.UserNotFoundException):
        client("cognito-idp").admin_get_user(UserPoolId=pool_id, Username="grace@contractor.example")
    assert [person.user_id for person in USERS if person not in LINKED] == ["U0DAVE"]


def test_the_unlinked_have_no_link(client: Any, environment: dict[str, str]) -> None:
    rows = client("dynamodb").scan(TableName=environment["STATE_TABLE_NAME"])["Items"]
    links = {item["pk"]["S"]: item["sub"]["S"] for item in rows if item["sk"]["S"] == "link"}
    assert set(links) == {f"slack#T0PLAYGND#{person.user_id}" for person in LINKED}
    # The second row is what keeps another Slack user from the same account.
    holders = {item["pk"]["S"]: item["slackUserId"]["S"] for item in rows if item["sk"]["S"] != "link"}
    assert holders == {f"cognito#{sub}": pk.rsplit("#", 1)[1] for pk, sub in links.items()}


def test_the_signing_keys_are_where_the_environment_says(environment: dict[str, str]) -> None:
    with urllib.request.urlopen(environment["COGNITO_JWKS_URL"], timeout=10) as answer:
        assert json.load(answer)["keys"]


def test_the_fleet_is_lifelike_and_there_once(client: Any, again: Provisioned) -> None:
    pages = client("ec2").get_paginator("describe_instances").paginate()
    found = [
        instance for page in pages for reservation in page["Reservations"] for instance in reservation["Instances"]
    ]
    tags = [{tag["Key"]: tag["Value"] for tag in instance["Tags"]} for instance in found]
    states = {instance["State"]["Name"] for instance in found}
    assert 35 <= len(found) <= 45
    assert states == {"running", "stopped", "terminated"}
    assert sum(instance["State"]["Name"] == "running" for instance in found) > 30
    assert {tag.get("Env") for tag in tags} == {"prod", "staging", "dev", None}
    assert {tag.get("chatops:protection") for tag in tags} == {"click", "typed", "approval", None}
    assert len({instance["Placement"]["AvailabilityZone"] for instance in found}) == 3
    assert len({instance["InstanceType"] for instance in found}) > 8
    assert sum("Name" not in tag for tag in tags) == 1
    assert any(tag.get("Name", "").startswith("pentest <!channel>") for tag in tags)


def test_a_function_gets_what_its_template_entry_gives_and_the_local_additions(again: Provisioned) -> None:
    local = {
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "SLACK_API_URL",
        "COGNITO_JWKS_URL",
    }
    template = Template.load()
    for spec in again.functions:
        declared = template.resource(spec.logical_id).properties.get("Environment", {}).get("Variables", {})
        assert set(spec.environment) == set(declared) | local
        assert "SLACK_SIGNING_SECRET" not in spec.environment
    assert len({spec.access_key_id for spec in again.functions}) == len(again.functions) == 11


def test_the_worker_is_fed_by_the_queue_that_the_door_sends_to(again: Provisioned) -> None:
    door, worker = again.function("SlackFunction"), again.function("WorkerFunction")
    assert (door.handler, door.queue_url) == ("handlers.slack.handler", None)
    assert (worker.handler, worker.batch_size) == ("handlers.worker.handler", 1)
    assert worker.queue_url == door.environment["JOBS_QUEUE_URL"]
    assert worker.timeout_seconds == 30


def test_a_resource_that_nobody_can_create_is_refused(endpoint: str, tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("\nOutputs:", "\n  Novel:\n    Type: AWS::Kinesis::Stream\n\nOutputs:"))
    with pytest.raises(TemplateError, match="AWS::Kinesis::Stream"):
        provision(endpoint, template_path=path)


def indexes(table: Any) -> dict[str, Any]:
    return {
        index["IndexName"]: (index["KeySchema"], index["Projection"]["ProjectionType"])
        for index in table.get("GlobalSecondaryIndexes", [])
    }


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
