"""Finds what a chart marks besides its lines: thresholds of alarms, when they were in ALARM, and reboots on record.

It refuses to hold up a chart: a source that does not say is named, and the chart is shown without it.
"""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from bot.metric_series import AlarmPeriod, Line, Marks, Reboot, Threshold
from bot.models import Instance, Outcome

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ALARMS = 1_000
MAX_HISTORIES = 3  # DescribeAlarmHistory takes three calls a second from a whole account
MAX_REBOOTS = 20
RESOURCE_INDEX = "resource-index"
REBOOTED = "REBOOT_INSTANCE"
Mark = TypeVar("Mark")

logger = logging.getLogger("ec2-chatops")


class MetricMarks:
    """`audit_table` is read by its resource-index alone; `epoch` is the time in seconds."""

    def __init__(
        self,
        client_for: Callable[[str], "CloudWatchClient"],
        dynamodb: "DynamoDBClient",
        audit_table: str,
        epoch: Callable[[], float],
    ) -> None:
        self._client_for = client_for
        self._dynamodb = dynamodb
        self._audit_table = audit_table
        self._epoch = epoch

    def of(self, instances: Sequence[Instance], lines: Sequence[Line], start: datetime, end: datetime) -> Marks:
        """The marks of these lines between `start` and `end`."""
        unread: list[str] = []
        regions = {instance.instance_id: instance.region for instance in instances}
        thresholds: list[Threshold] = []
        for region in dict.fromkeys(regions[line.instance_id] for line in lines):
            there = [line for line in lines if regions[line.instance_id] == region]
            thresholds += _read("alarms", unread, partial(self._thresholds, region, there))
        periods: list[AlarmPeriod] = []
        for threshold in thresholds[:MAX_HISTORIES]:
            region = regions[threshold.instance_id]
            periods += _read("alarm history", unread, partial(self._periods, region, threshold, start, end))
        reboots: list[Reboot] = []
        for instance in instances:
            reboots += _read("reboots", unread, partial(self._reboots, instance, start, end))
        return Marks(tuple(thresholds), tuple(periods), tuple(reboots), tuple(dict.fromkeys(unread)))

    def _thresholds(self, region: str, lines: Sequence[Line]) -> list[Threshold]:
        """Of alarms on exactly one of the lines; one on an expression or a band has no threshold to draw."""
        pages = (
            self._client_for(region)
            .get_paginator("describe_alarms")
            .paginate(AlarmTypes=["MetricAlarm"], PaginationConfig={"MaxItems": MAX_ALARMS})
        )
        by_metric = {_identity(line.metric.namespace, line.metric.name, line.dimensions): line for line in lines}
        found: list[Threshold] = []
        for alarm in (alarm for page in pages for alarm in page["MetricAlarms"]):
            dimensions = [(one["Name"], one["Value"]) for one in alarm.get("Dimensions", [])]
            line = by_metric.get(_identity(alarm.get("Namespace"), alarm.get("MetricName"), dimensions))
            if line is None or alarm.get("Threshold") is None:
                continue
            above = alarm["ComparisonOperator"].startswith("GreaterThan")
            period = int(alarm.get("Period") or line.period)
            value = float(alarm["Threshold"])
            changed = alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp")
            since = changed if alarm.get("StateValue") == "ALARM" else None
            name, about = alarm["AlarmName"], (line.instance_id, line.metric)
            found.append(Threshold(name, *about, value, above, period, since, line.detail))
        return found

    def _periods(self, region: str, threshold: Threshold, start: datetime, end: datetime) -> list[AlarmPeriod]:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html"""
        answer = self._client_for(region).describe_alarm_history(
            AlarmName=threshold.alarm,
            HistoryItemType="StateUpdate",
            StartDate=start,
            EndDate=end,
            MaxRecords=100,
            ScanBy="TimestampAscending",
        )
        changes = [(item["Timestamp"], _states(item)) for item in answer["AlarmHistoryItems"]]
        periods: list[AlarmPeriod] = []
        began = start if changes and changes[0][1][0] == "ALARM" else None
        if not changes and threshold.since and threshold.since < end:
            began = max(threshold.since, start)
        for moment, (_, state) in changes:
            if state == "ALARM":
                began = began or moment
            elif began:
                periods.append(AlarmPeriod(threshold.alarm, threshold.instance_id, threshold.metric, began, moment))
                began = None
        if began:
            periods.append(AlarmPeriod(threshold.alarm, threshold.instance_id, threshold.metric, began, end))
        return periods

    def _reboots(self, instance: Instance, start: datetime, end: datetime) -> list[Reboot]:
        """Those whose outcome is on record; a row that has expired is not there any more."""
        answer = self._dynamodb.query(
            TableName=self._audit_table,
            IndexName=RESOURCE_INDEX,
            KeyConditionExpression="resourceId = :id AND #at BETWEEN :start AND :end",
            FilterExpression="#action = :action AND outcome IN (:done, :unknown) AND #ttl > :now",
            ExpressionAttributeNames={"#at": "timestamp", "#action": "action", "#ttl": "ttl"},
            ExpressionAttributeValues={
                ":id": {"S": instance.instance_id},
                ":start": {"S": _key(start)},
                ":end": {"S": _key(end)},
                ":action": {"S": REBOOTED},
                ":done": {"S": Outcome.SUCCEEDED.value},
                ":unknown": {"S": Outcome.UNKNOWN.value},
                ":now": {"N": str(int(self._epoch()))},
            },
        )
        return [
            Reboot(
                instance.instance_id,
                datetime.fromisoformat(row["timestamp"]["S"]),
                row.get("userEmail", row["userId"])["S"],
            )
            for row in answer["Items"][:MAX_REBOOTS]
        ]


def _read(what: str, unread: list[str], read: Callable[[], list[Mark]]) -> list[Mark]:
    try:
        return read()
    except (ClientError, BotoCoreError, ValueError, KeyError, TypeError) as error:
        logger.warning("marks not read", extra={"what": what, "error": type(error).__name__})
        unread.append(what)
        return []


def _identity(namespace: str | None, name: str | None, dimensions: Sequence[tuple[str, str]]) -> tuple[Any, ...]:
    return namespace, name, frozenset(dimensions)


def _states(item: Any) -> tuple[str, str]:
    """Before and after."""
    data = json.loads(item["HistoryData"])
    return data.get("oldState", {}).get("stateValue", ""), data["newState"]["stateValue"]


def _key(moment: datetime) -> str:
    """The sort key of an audit row (docs/architecture.md, "The audit table")."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
