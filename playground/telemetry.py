"""Two weeks in the life of some of the fleet, with an incident two hours ago: metrics, an alarm, and who rebooted.

Old days are coarse and the last one is fine, as far as a chart can tell; some hours lie ahead, so that a demo that runs
on has news. It refuses to tell the story twice.
"""

import math
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

DAYS = 14
FINE, COARSE = timedelta(minutes=5), timedelta(hours=1)
FINE_SINCE, AHEAD = timedelta(hours=25), timedelta(hours=3)
INCIDENT = "db-primary"
INCIDENT_AGO, INCIDENT_LASTS = timedelta(minutes=125), timedelta(minutes=30)
REBOOT_TAKES = timedelta(minutes=10)
WATCHED = (INCIDENT, "web-1", "web-2", "web-3", "web-4", "api-1")
WITH_AGENT = (INCIDENT, "web-1")
ALARM = f"{INCIDENT}-cpu-high"
MOST_DATA = 1_000  # in one PutMetricData
MEGABYTE = 1_000_000

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Metric:
    """One series: what it is called, and its value at a moment; None is no data."""

    namespace: str
    name: str
    unit: str
    value: Callable[[datetime], float | None]
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Incident:
    """The machine is overloaded from `start` on, is rebooted at `reboot` and back at `end`."""

    start: datetime
    reboot: datetime
    end: datetime

    def overload(self, moment: datetime) -> bool:
        return self.start <= moment < self.reboot

    def down(self, moment: datetime) -> bool:
        return self.reboot <= moment < self.end


def record(client: Client, audit_table: str, rebooter: Mapping[str, str], now: datetime | None = None) -> int:
    """Tell the story of the watched machines; how many data that took. `rebooter` has `sub` and `email`."""
    if client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]:
        return 0
    now = now or datetime.now(UTC)
    floor = now - timedelta(seconds=now.timestamp() % FINE.total_seconds())
    start = floor - INCIDENT_AGO
    incident = Incident(start, start + INCIDENT_LASTS, start + INCIDENT_LASTS + REBOOT_TAKES)
    ids = _ids(client("ec2"))
    count = 0
    for name, instance_id in ids.items():
        for metric in _metrics(name, incident if name == INCIDENT else None):
            count += _put(client("cloudwatch"), instance_id, metric, floor)
    _alarm(client("cloudwatch"), ids[INCIDENT], incident)
    _rebooted(client("dynamodb"), audit_table, ids[INCIDENT], rebooter, incident.reboot)
    return count


def _ids(ec2: Any) -> dict[str, str]:
    pages = ec2.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "tag:Name", "Values": list(WATCHED)}, {"Name": "instance-state-name", "Values": ["running"]}]
    )
    found = [one for page in pages for reservation in page["Reservations"] for one in reservation["Instances"]]
    return {tag["Value"]: one["InstanceId"] for one in found for tag in one["Tags"] if tag["Key"] == "Name"}


def _metrics(name: str, incident: Incident | None) -> Iterator[Metric]:
    chance = Random(name)
    load = _load(chance, 14 + 22 * chance.random(), incident)
    yield Metric("AWS/EC2", "CPUUtilization", "Percent", load)
    for way, share in (("In", 1.0), ("Out", 2.6)):
        yield Metric("AWS/EC2", f"Network{way}", "Bytes", _bytes(load, chance, share * 9 * MEGABYTE))
    if name in (INCIDENT, "api-1"):
        yield Metric("AWS/EC2", "StatusCheckFailed_System", "Count", lambda moment: 0.0)
        yield Metric("AWS/EC2", "StatusCheckFailed_Instance", "Count", _failed(incident))
    if name in WITH_AGENT:
        for way, share in (("Read", 4.0), ("Write", 2.0)):
            yield Metric("AWS/EC2", f"EBS{way}Bytes", "Bytes", _bytes(load, chance, share * 9 * MEGABYTE))
        yield Metric("CWAgent", "mem_used_percent", "Percent", _memory(chance, 58, incident))
        for path, full in (("/", 41.0), ("/var/lib/data", 63.0)):
            device = (("path", path), ("device", "nvme0n1p1"), ("fstype", "xfs"))
            yield Metric("CWAgent", "disk_used_percent", "Percent", _filling(full), device)


def _load(chance: Random, base: float, incident: Incident | None) -> Callable[[datetime], float | None]:
    """Busiest in the afternoon, quiet at night and on Sundays."""

    def value(moment: datetime) -> float | None:
        if incident and incident.down(moment):
            return None
        if incident and incident.overload(moment):
            return 93 + 6 * chance.random()
        day = math.sin((moment.hour + moment.minute / 60 - 8) / 24 * 2 * math.pi)
        week = 0.6 if moment.weekday() == 6 else 1.0
        return max(2.0, min(99.0, week * (base + 12 * day) + chance.gauss(0, 3)))

    return value


def _bytes(
    load: Callable[[datetime], float | None], chance: Random, at_full_load: float
) -> Callable[[datetime], float | None]:
    def value(moment: datetime) -> float | None:
        share = load(moment)
        return None if share is None else at_full_load * share * (0.85 + 0.3 * chance.random())

    return value


def _failed(incident: Incident | None) -> Callable[[datetime], float | None]:
    return lambda moment: float(bool(incident and incident.down(moment)))


def _memory(chance: Random, base: float, incident: Incident | None) -> Callable[[datetime], float | None]:
    """What leaks fills up over the hours before."""

    def value(moment: datetime) -> float | None:
        if incident and incident.down(moment):
            return None
        leak = 0.0
        if incident and moment < incident.reboot:
            hours = (incident.reboot - moment).total_seconds() / 3600
            leak = max(0.0, 36 - 4.5 * hours)
        return min(97.0, base + leak + chance.gauss(0, 0.6))

    return value


def _filling(full: float) -> Callable[[datetime], float | None]:
    return lambda moment: full + (moment.timestamp() % 604_800) / 604_800 * 6


def _put(cloudwatch: Any, instance_id: str, metric: Metric, now: datetime) -> int:
    dimensions = [{"Name": "InstanceId", "Value": instance_id}]
    dimensions += [{"Name": name, "Value": value} for name, value in metric.more]
    described = {"MetricName": metric.name, "Dimensions": dimensions, "Unit": metric.unit}
    data = [
        {**described, "Timestamp": moment, "Value": value * (seconds / FINE if metric.unit == "Bytes" else 1)}
        for moment, seconds in _moments(now)
        if (value := metric.value(moment)) is not None
    ]
    for start in range(0, len(data), MOST_DATA):
        cloudwatch.put_metric_data(Namespace=metric.namespace, MetricData=data[start : start + MOST_DATA])
    return len(data)


def _moments(now: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """Each with the time it stands for."""
    moment = now - timedelta(days=DAYS, seconds=now.timestamp() % COARSE.total_seconds())
    while moment < now + AHEAD:
        step = COARSE if moment < now - FINE_SINCE else FINE
        yield moment, step
        moment += step


def _alarm(cloudwatch: Any, instance_id: str, incident: Incident) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        AlarmDescription="The primary database is out of breath.",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "InstanceId", "Value": instance_id}],
        Statistic="Average",
        Period=300,
        EvaluationPeriods=2,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
    )
    for state, at in (
        ("OK", incident.start - timedelta(days=2)),
        ("ALARM", incident.start + 2 * FINE),
        ("OK", incident.end),
    ):
        cloudwatch.set_alarm_state(
            AlarmName=ALARM,
            StateValue=state,
            StateReason="Threshold crossed" if state == "ALARM" else "Threshold not crossed",
            StateReasonData=f'{{"version": "1.0", "queryDate": "{at.isoformat()}"}}',
        )


def _rebooted(dynamodb: Any, table: str, instance_id: str, who: Mapping[str, str], at: datetime) -> None:
    attempt, correlation_id = str(uuid.uuid4()), uuid.uuid4().hex
    rows = (("attempted", attempt, {}), ("succeeded", str(uuid.uuid4()), {"attempt": {"S": attempt}}))
    for number, (outcome, audit_id, details) in enumerate(rows):
        when = at + timedelta(seconds=number)
        row = {
            "userId": who["sub"],
            "timestamp": when.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "day": when.date().isoformat(),
            "auditId": audit_id,
            "userEmail": who["email"],
            "action": "REBOOT_INSTANCE",
            "resourceType": "EC2_INSTANCE",
            "resourceId": instance_id,
            "outcome": outcome,
            "source": "slack",
            "correlationId": correlation_id,
        }
        item: dict[str, Any] = {name: {"S": value} for name, value in row.items()}
        item |= {"details": {"M": details}, "ttl": {"N": str(int((when + timedelta(days=30)).timestamp()))}}
        dynamodb.put_item(TableName=table, Item=item)
