"""Alarm events for tests: a documented sample with another alarm, state and time."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parent / "events"


def sample(name: str) -> dict[str, Any]:
    """One of tests/events, as a dict."""
    content: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return content


def change(alarm: str, state: str, at: float | None = None, instance_id: str = "", **detail: Any) -> dict[str, Any]:
    """An EventBridge event of `alarm` on an instance's CPU going into `state` at that time."""
    event = sample("eventbridge-metric")
    event["resources"] = [f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{alarm}"]
    told = event["detail"]
    told["alarmName"] = alarm
    told["state"] |= {"value": state, "timestamp": stamp(time.time() if at is None else at)}
    told["previousState"]["value"] = "OK" if state == "ALARM" else "ALARM"
    if instance_id:
        told["configuration"]["metrics"][0]["metricStat"]["metric"]["dimensions"]["InstanceId"] = instance_id
    told |= detail
    return event


def deleted(alarm: str, operation: str = "delete") -> dict[str, Any]:
    """EventBridge's event when somebody deletes `alarm`, or changes it otherwise."""
    event = change(alarm, "ALARM")
    told = {name: event["detail"][name] for name in ("alarmName", "configuration", "state")}
    time_ = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    detail_type = "CloudWatch Alarm Configuration Change"
    return {**event, "detail-type": detail_type, "time": time_, "detail": {**told, "operation": operation}}


def stamp(at: float) -> str:
    """As CloudWatch writes times."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at * 1000) % 1000:03d}+0000"
