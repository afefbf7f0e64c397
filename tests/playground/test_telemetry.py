"""The two weeks that the playground tells of, and the parts of CloudWatch that moto does not have."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from playground import telemetry
from playground.aws import LocalAws
from playground.provision import Provisioned, provision


@pytest.fixture(scope="module")
def told(aws: LocalAws) -> Provisioned:
    return provision(aws.url)


@pytest.fixture
def client(aws: LocalAws, told: Provisioned) -> Any:
    session: Any = boto3.Session("AKIATEST", "x", region_name="us-east-1")
    return lambda service: session.client(service, endpoint_url=aws.url)


def identifier(client: Any, name: str) -> str:
    found = client("ec2").describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])
    return str(found["Reservations"][0]["Instances"][0]["InstanceId"])


def values(client: Any, metric: str, stat: str, period: int, hours: int, *more: tuple[str, str]) -> list[float]:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    end = now - timedelta(minutes=now.minute % 5)
    dimensions = [("InstanceId", identifier(client, telemetry.INCIDENT)), *more]
    query = {
        "Id": "q",
        "MetricStat": {
            "Metric": {
                "Namespace": "CWAgent" if more else "AWS/EC2",
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
            },
            "Period": period,
            "Stat": stat,
        },
    }
    answer = client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=end - timedelta(hours=hours), EndTime=end, ScanBy="TimestampAscending"
    )
    return list(answer["MetricDataResults"][0]["Values"])


def test_the_last_day_is_fine_and_two_weeks_are_there(client: Any) -> None:
    assert 280 <= len(values(client, "CPUUtilization", "Average", 300, 24)) <= 288
    assert len(values(client, "CPUUtilization", "Average", 3600, 335)) >= 334


def test_the_incident_is_seen_in_the_last_hours_and_ends_with_a_reboot(client: Any) -> None:
    cpu = values(client, "CPUUtilization", "Maximum", 300, 3)
    assert max(cpu) > 90
    assert cpu[-1] < 60
    assert sum(values(client, "StatusCheckFailed_Instance", "Maximum", 300, 3)) == 2


def test_bytes_of_coarse_days_are_as_much_as_those_of_fine_ones(client: Any) -> None:
    fine = sum(values(client, "NetworkIn", "Sum", 3600, 20)) / 20
    all_days = sum(values(client, "NetworkIn", "Sum", 3600, 335)) / 335
    assert 0.4 < all_days / fine < 2.5


def test_the_exact_dimensions_are_needed_as_on_aws(client: Any) -> None:
    device = (("path", "/"), ("device", "nvme0n1p1"), ("fstype", "xfs"))
    assert values(client, "disk_used_percent", "Average", 300, 1, *device)
    assert not values(client, "disk_used_percent", "Average", 300, 1, *device[:1])


def test_a_metric_is_listed_once(client: Any) -> None:
    listed = client("cloudwatch").list_metrics(
        Namespace="CWAgent",
        MetricName="disk_used_percent",
        Dimensions=[{"Name": "InstanceId", "Value": identifier(client, telemetry.INCIDENT)}],
    )["Metrics"]
    paths = [one["Value"] for metric in listed for one in metric["Dimensions"] if one["Name"] == "path"]
    assert sorted(paths) == ["/", "/var/lib/data"]


def test_the_alarms_history_is_dated_by_its_reasons(client: Any) -> None:
    now = datetime.now(UTC)
    items = client("cloudwatch").describe_alarm_history(
        AlarmName=telemetry.ALARM, StartDate=now - timedelta(hours=6), EndDate=now, ScanBy="TimestampAscending"
    )["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]
    assert items[0]["Timestamp"] < items[1]["Timestamp"] < now - timedelta(hours=1)


def test_the_story_is_told_once(client: Any, told: Provisioned) -> None:
    who = {"sub": "s", "email": "e"}
    assert telemetry.record(client, told.environment["AUDIT_TABLE_NAME"], who) == 0


def test_expressions_are_still_motos(client: Any) -> None:
    now = datetime.now(UTC)
    answer = client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "e", "Expression": "SELECT AVG(CPUUtilization) FROM x", "Period": 3600}],
        StartTime=now - timedelta(hours=1),
        EndTime=now,
    )
    assert answer["MetricDataResults"][0]["Id"] == "e"
