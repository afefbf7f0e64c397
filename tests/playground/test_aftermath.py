"""What the local AWS shows after a reboot: checks that leave `ok` and come back, CloudTrail's record, lost replies."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from moto.ec2.models import ec2_backends

from playground.aftermath import COURSE_TAG, IMPAIRED, NEVER_LEAVES_OK, Aftermath
from playground.aws import LocalAws, Lost
from playground.gateway import ACCOUNT_ID
from playground.passing_time import PassingTime
from tests.playground.conftest import Clock

Client = Callable[..., Any]


@pytest.fixture
def client(aws: LocalAws) -> Client:
    def make(service: str, **credentials: str) -> Any:
        session: Any = boto3.Session("AKIATEST", "x", region_name="us-east-1")
        config = Config(retries={"total_max_attempts": 1})
        return session.client(service, endpoint_url=aws.url, config=config, **credentials)

    return make


@pytest.fixture(autouse=True)
def fleet_as_before(aws: LocalAws) -> Iterator[None]:
    reservations = ec2_backends[ACCOUNT_ID]["us-east-1"].reservations
    before = set(reservations)
    yield
    for launched in set(reservations) - before:
        del reservations[launched]


@pytest.fixture
def aftermath(clock: Clock) -> Iterator[Aftermath]:
    clock.now = time.time()
    with Aftermath(clock) as entered:
        yield entered


def launch(ec2: Any, **tags: str) -> str:
    marked = [{"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
    asked = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "TagSpecifications": marked}
    return str(ec2.run_instances(**asked)["Instances"][0]["InstanceId"])


def checks(ec2: Any, instance_id: str) -> tuple[str, str]:
    (status,) = ec2.describe_instance_status(InstanceIds=[instance_id])["InstanceStatuses"]
    return status["SystemStatus"]["Status"], status["InstanceStatus"]["Status"]


@pytest.mark.parametrize(
    ("course", "then"),
    [
        ("", ["ok", "initializing", "ok"]),
        (IMPAIRED, ["ok", "initializing", "impaired"]),
        (NEVER_LEAVES_OK, ["ok", "ok", "ok"]),
    ],
)
def test_a_rebooted_machines_own_check_takes_its_course(
    client: Client, aftermath: Aftermath, clock: Clock, course: str, then: list[str]
) -> None:
    ec2 = client("ec2")
    rebooted, other = launch(ec2, **{COURSE_TAG: course}), launch(ec2, Name="other")
    ec2.reboot_instances(InstanceIds=[rebooted])
    seen = [checks(ec2, rebooted)]
    clock.now += 10
    seen.append(checks(ec2, rebooted))
    aftermath.later(60)
    seen.append(checks(ec2, rebooted))
    assert seen == [("ok", status) for status in then]
    assert checks(ec2, other) == ("ok", "ok")


def test_a_dry_run_has_no_aftermath_and_no_machine_has_one_outside_of_it(client: Client, clock: Clock) -> None:
    ec2 = client("ec2")
    instance_id = launch(ec2, Name="web")
    with Aftermath(clock):
        with pytest.raises(ClientError):
            ec2.reboot_instances(InstanceIds=[instance_id], DryRun=True)
        clock.now += 10
        assert checks(ec2, instance_id) == ("ok", "ok")
        ec2.reboot_instances(InstanceIds=[instance_id])
        clock.now += 10
        assert checks(ec2, instance_id) == ("ok", "initializing")
    assert checks(ec2, instance_id) == ("ok", "ok")
    with pytest.raises(ClientError):
        client("cloudtrail").lookup_events()


def test_cloudtrail_names_the_session_the_person_and_the_machine(client: Client, aftermath: Aftermath) -> None:
    ec2 = client("ec2")
    instance_id = launch(ec2, Name="web")
    began = datetime.now(UTC) - timedelta(seconds=5)
    given = client("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/Reboot", RoleSessionName="action-1", SourceIdentity="ada"
    )["Credentials"]
    as_ada = client(
        "ec2",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    as_ada.reboot_instances(InstanceIds=[instance_id])
    ec2.reboot_instances(InstanceIds=[instance_id])

    def found(key: str, value: str, since: datetime = began) -> list[dict[str, Any]]:
        asked = [{"AttributeKey": key, "AttributeValue": value}]
        events = client("cloudtrail").lookup_events(LookupAttributes=asked, StartTime=since)["Events"]
        return [event | {"record": json.loads(event["CloudTrailEvent"])} for event in events]

    (event,) = found("Username", "action-1")
    assert event["EventName"] == "RebootInstances"
    assert event["record"]["userIdentity"]["sessionContext"] == {"sourceIdentity": "ada"}
    assert event["record"]["requestParameters"] == {"instancesSet": {"items": [{"instanceId": instance_id}]}}
    assert "errorCode" not in event["record"]
    assert [one["Username"] for one in found("ResourceName", instance_id)] == ["local", "action-1"]
    assert found("Username", "action") == []
    assert found("Username", "action-1", began + timedelta(hours=1)) == []


def test_cloudtrail_has_what_ec2_refused_too(client: Client, aftermath: Aftermath) -> None:
    ec2 = client("ec2")
    with pytest.raises(ClientError):
        ec2.reboot_instances(InstanceIds=["i-00000000000000000"])
    with pytest.raises(ClientError):
        ec2.reboot_instances(InstanceIds=[launch(ec2, Name="web")], DryRun=True)
    records = [json.loads(one["CloudTrailEvent"]) for one in client("cloudtrail").lookup_events()["Events"]]
    assert [one["errorCode"] for one in records] == ["Client.DryRunOperation", "Client.InvalidInstanceID.NotFound"]
    assert records[0]["requestParameters"]["dryRun"] is True


@pytest.mark.parametrize(("lost", "arrived"), [(Lost.REPLY, 1), (Lost.CALL, 0)])
def test_a_line_breaks_once_on_the_way_there_or_back(
    aws: LocalAws, client: Client, aftermath: Aftermath, lost: Lost, arrived: int
) -> None:
    ec2 = client("ec2")
    instance_id = launch(ec2, Name="web")
    aws.lose("RebootInstances", lost)
    with pytest.raises(ClientError):
        ec2.reboot_instances(InstanceIds=[instance_id], DryRun=True)
    assert aws.losing is lost
    with pytest.raises(HTTPClientError):
        ec2.reboot_instances(InstanceIds=[instance_id])
    assert aws.losing is None
    asked = [{"AttributeKey": "ResourceName", "AttributeValue": instance_id}]
    records = [
        json.loads(one["CloudTrailEvent"])
        for one in client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
    ]
    assert len([record for record in records if "errorCode" not in record]) == arrived
    ec2.reboot_instances(InstanceIds=[instance_id])


def test_time_passes_for_reboots_their_locks_and_alerts_alone(client: Client, aftermath: Aftermath) -> None:
    dynamodb, table = client("dynamodb"), f"state-{time.time_ns()}"
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )
    rows: list[dict[str, Any]] = [
        {"pk": {"S": "action#1"}, "sk": {"S": "proposal"}, "dueAt": {"N": "1000"}, "rebootedAt": {"N": "900"}},
        {"pk": {"S": "lock#r/i"}, "sk": {"S": "lock"}, "lockedUntil": {"N": "950"}, "reboots": {"L": [{"N": "900"}]}},
        {"pk": {"S": "job#1"}, "sk": {"S": "claim"}, "dueAt": {"N": "1000"}},
        {"pk": {"S": "incident#a"}, "sk": {"S": "thread#000001"}, "leaseUntil": {"N": "1000"}},
        {"pk": {"S": "incident#b"}, "sk": {"S": "member#a"}, "openedAt": {"N": "1000"}},
        {"pk": {"S": "burst#C0"}, "sk": {"S": "window"}, "startedAt": {"N": "900"}, "lastAt": {"N": "1000"}},
        {"pk": {"S": "pace#C0"}, "sk": {"S": "pace"}, "freeAt": {"N": "1000"}},
    ]
    for row in rows:
        dynamodb.put_item(TableName=table, Item=row)
    ran: list[bool] = []
    PassingTime(dynamodb, table, aftermath, lambda: ran.append(True)).later(300)
    found = {item["pk"]["S"]: item for item in dynamodb.scan(TableName=table)["Items"]}
    assert (found["action#1"]["dueAt"], found["action#1"]["rebootedAt"]) == ({"N": "700"}, {"N": "600"})
    assert (found["lock#r/i"]["lockedUntil"], found["lock#r/i"]["reboots"]) == ({"N": "650"}, {"L": [{"N": "600"}]})
    assert found["incident#b"]["openedAt"] == {"N": "700"}
    assert (found["burst#C0"]["startedAt"], found["burst#C0"]["lastAt"]) == ({"N": "600"}, {"N": "700"})
    assert found["job#1"]["dueAt"] == found["incident#a"]["leaseUntil"] == found["pace#C0"]["freeAt"] == {"N": "1000"}
    assert ran == [True]
