"""The "make it happen" buttons: alarms, a loaded CPU, a storm, as CloudWatch would tell of them.

moto emits no events of its own, so the real event shapes go into the real queue. It refuses what is not on its list.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, abort, jsonify

from playground.doors import Empty, done, told
from playground.fleet import COURSES
from playground.slack.workspace import Workspace
from playground.stack import ACCOUNT_ID
from playground.telemetry import WATCHED

STORM = 120
POLL_SECONDS = 1.0
PATIENCE_SECONDS = 1_800.0
RECOVERY_SECONDS = 4.0
NAMES = {
    "alarm": ("Raise an alarm", "A machine's CPU goes over its line, and stays there"),
    "load": ("Load a CPU", "The same, until somebody reboots the machine"),
    "resolve": ("Resolve an alarm", "The oldest one that was raised here goes back to OK"),
    "storm": ("Raise a storm", f"{STORM} alarms at once; again: all of them go back to OK"),
}


class Happenings:
    """Entered like AWS from outside: `client` gives clients of the local AWS, `environment` its names."""

    def __init__(self, client: Callable[[str], Any], environment: Mapping[str, str]) -> None:
        self._client = client
        self._environment = environment
        self._lock = threading.Lock()
        self._firing: list[tuple[str, str]] = []
        self._next = 0
        self._stormy = False
        self._stopping = threading.Event()

    def close(self) -> None:
        """Nothing more happens by itself."""
        self._stopping.set()

    def happen(self, what: str) -> None:
        """KeyError for what is not on the list."""
        {"alarm": self._raise, "load": self._load, "resolve": self._resolve, "storm": self._storm}[what]()

    def _raise(self) -> tuple[str, str]:
        name, instance_id = self._machine()
        alarm = f"{name}-cpu-high"
        self._measure(instance_id, [*[24.0, 22.5, 25.0, 23.0, 26.5, 25.0] * 2, 28.0, 31.0, 44.0, 71.0, 91.0, 97.2])
        self._change(alarm, instance_id, "ALARM", 97.2)
        with self._lock:
            self._firing.append((alarm, instance_id))
        return alarm, instance_id

    def _load(self) -> None:
        alarm, instance_id = self._raise()
        watching = threading.Thread(target=self._until_reboot, args=(alarm, instance_id, time.time()), daemon=True)
        watching.start()

    def _resolve(self) -> None:
        with self._lock:
            if not self._firing:
                return
            alarm, instance_id = self._firing.pop(0)
        self._measure(instance_id, [12.5])
        self._change(alarm, instance_id, "OK", 12.5)

    def _storm(self) -> None:
        with self._lock:
            self._stormy = not self._stormy
            state, value = ("ALARM", 90.0) if self._stormy else ("OK", 12.5)
        machines = self._machines()
        for number in range(STORM):
            name, instance_id = machines[number % len(machines)]
            self._tell(f"storm-{number:03d}-{name}", instance_id, state, value)

    def _until_reboot(self, alarm: str, instance_id: str, since: float) -> None:
        """The load is gone some seconds after the reboot that our own audit knows of."""
        while not self._stopping.wait(POLL_SECONDS) and time.time() - since < PATIENCE_SECONDS:
            if self._rebooted(instance_id, since):
                self._stopping.wait(RECOVERY_SECONDS)
                with self._lock:
                    if (alarm, instance_id) not in self._firing:
                        return
                    self._firing.remove((alarm, instance_id))
                self._measure(instance_id, [12.5])
                self._change(alarm, instance_id, "OK", 12.5)
                return

    def _rebooted(self, instance_id: str, since: float) -> bool:
        start = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        rows = self._client("dynamodb").query(
            TableName=self._environment["AUDIT_TABLE_NAME"],
            IndexName="resource-index",
            KeyConditionExpression="resourceId = :id AND #at >= :start",
            ExpressionAttributeNames={"#at": "timestamp"},
            ExpressionAttributeValues={":id": {"S": instance_id}, ":start": {"S": start}},
        )["Items"]
        done = ({"S": "REBOOT_INSTANCE"}, {"S": "succeeded"})
        return any((row.get("action"), row.get("outcome")) == done for row in rows)

    def _machine(self) -> tuple[str, str]:
        """Each in turn, so that one alarm is not taken for the last one again."""
        found = self._machines()
        with self._lock:
            self._next += 1
            return found[(self._next - 1) % len(found)]

    def _machines(self) -> list[tuple[str, str]]:
        """Running machines that one click reboots and that come back; no other story is told of them."""
        pages = (
            self._client("ec2")
            .get_paginator("describe_instances")
            .paginate(
                Filters=[
                    {"Name": "instance-state-name", "Values": ["running"]},
                    {"Name": "tag:Service", "Values": ["web", "api", "worker"]},
                    {"Name": "tag:chatops:managed", "Values": ["true"]},
                    {"Name": "tag:chatops:protection", "Values": ["click"]},
                ]
            )
        )
        found = [
            ({tag["Key"]: tag["Value"] for tag in instance["Tags"]}["Name"], str(instance["InstanceId"]))
            for page in pages
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
        ]
        usual = [machine for machine in found if machine[0] not in (*WATCHED, *COURSES)]
        return sorted(usual, key=lambda machine: (not machine[0].startswith("worker"), machine))

    def _measure(self, instance_id: str, values: list[float]) -> None:
        """The last of the values is of now, each before it ten minutes older."""
        now = time.time()
        data = [
            {
                "MetricName": "CPUUtilization",
                "Dimensions": [{"Name": "InstanceId", "Value": instance_id}],
                "Timestamp": datetime.fromtimestamp(now - 600 * ago, UTC),
                "Value": value,
                "Unit": "Percent",
            }
            for ago, value in enumerate(reversed(values))
        ]
        self._client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=data)

    def _change(self, alarm: str, instance_id: str, state: str, value: float) -> None:
        """CloudWatch knows of it too. A storm is told alone: moto would take a minute for so many."""
        cloudwatch = self._client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            Namespace="AWS/EC2",
            MetricName="CPUUtilization",
            Dimensions=[{"Name": "InstanceId", "Value": instance_id}],
            Statistic="Average",
            Period=300,
            EvaluationPeriods=1,
            Threshold=80.0,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="Told by the playground")
        self._tell(alarm, instance_id, state, value)

    def _tell(self, alarm: str, instance_id: str, state: str, value: float) -> None:
        event = alarm_event(alarm, instance_id, state, value, time.time(), self._environment["AWS_REGION"])
        queue = self._environment["ALARMS_QUEUE_URL"]
        self._client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event))


def create_happenings(happenings: Happenings, workspace: Workspace) -> Blueprint:
    """`/ui/happenings` lists them; `/ui/happen` makes one happen: 204, or 404 for what is not on the list."""
    doors = Blueprint("happenings", __name__)

    @doors.get("/ui/happenings")
    def listed() -> Response:
        return jsonify([{"id": name, "name": words[0], "description": words[1]} for name, words in NAMES.items()])

    @doors.post("/ui/happen")
    def happen() -> Empty:
        said = told(workspace, "what")
        if said["what"] not in NAMES:
            abort(404)
        happenings.happen(said["what"])
        return done()

    return doors


def alarm_event(alarm: str, instance_id: str, state: str, value: float, at: float, region: str) -> dict[str, Any]:
    """What EventBridge brings when an alarm on an instance's CPU goes into `state`."""
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    was = "OK" if state == "ALARM" else "ALARM"
    over = "was greater than" if state == "ALARM" else "was not greater than"
    measured = {"version": "1.0", "statistic": "Average", "period": 300, "recentDatapoints": [value], "threshold": 80.0}
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": ACCOUNT_ID,
        "time": stamp[:19] + "Z",
        "region": region,
        "resources": [f"arn:aws:cloudwatch:{region}:{ACCOUNT_ID}:alarm:{alarm}"],
        "detail": {
            "alarmName": alarm,
            "configuration": {
                "description": "The CPU is too busy for its work. First look at the queue, then reboot.",
                "metrics": [
                    {
                        "id": "m1",
                        "metricStat": {
                            "metric": {
                                "namespace": "AWS/EC2",
                                "name": "CPUUtilization",
                                "dimensions": {"InstanceId": instance_id},
                            },
                            "period": 300,
                            "stat": "Average",
                        },
                        "returnData": True,
                    }
                ],
            },
            "previousState": {"value": was, "timestamp": stamp},
            "state": {
                "value": state,
                "reason": f"Threshold Crossed: 1 out of the last 1 datapoints [{value}] {over} the threshold (80.0).",
                "reasonData": json.dumps(measured),
                "timestamp": stamp,
            },
        },
    }
