"""What CloudWatch says of an alarm, whatever way it comes: every shape of a state change becomes one AlarmEvent.

It refuses what is malformed, too large, of another account or from another source, and says why in one word.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bot.alarm_metrics import MetricSpec, comparison_of, instances_of, metric_specs
from bot.alert_errors import InvalidAlarmError

MAX_BYTES = 128 * 1024  # ten times what a composite alarm of a hundred others sends
MAX_NAME = 255
MAX_REASON = 1_023
CHANGE = "CloudWatch Alarm State Change"
CONTRIBUTOR_CHANGE = "CloudWatch Alarm Contributor State Change"
CONFIGURATION_CHANGE = "CloudWatch Alarm Configuration Change"

_ARN = re.compile(r"arn:(aws[a-z-]{0,16}):cloudwatch:([a-z0-9-]{1,32}):([0-9]{12}):alarm:(.{1,255})", re.ASCII)
_TOPIC = re.compile(r"arn:aws[a-z-]{0,16}:sns:[a-z0-9-]{1,32}:([0-9]{12}):[A-Za-z0-9_.-]{1,256}", re.ASCII)


class AlarmState(StrEnum):
    """CloudWatch's words."""

    ALARM = "ALARM"
    OK = "OK"
    NO_DATA = "INSUFFICIENT_DATA"


class Kind(StrEnum):
    """What an alarm watches."""

    METRIC = "metric"
    MATH = "math"
    ANOMALY = "anomaly"
    COMPOSITE = "composite"
    CONTRIBUTOR = "contributor"


@dataclass(frozen=True)
class Comparison:
    """What was measured against what; `low` and `high` are the edges of an anomaly alarm's band."""

    value: float | None = None
    threshold: float | None = None
    low: float | None = None
    high: float | None = None
    operator: str = ""


@dataclass(frozen=True)
class AlarmEvent:
    """One change of state. `at` is CloudWatch's time of the change in epoch seconds, never that of its delivery.

    An alarm that was `deleted` has no state any more; it counts as OK, for nothing else would ever end its incident.
    All texts are somebody's. `causes` are the alarms behind a composite one, or what a contributor is.
    """

    region: str
    alarm: str
    arn: str
    kind: Kind
    state: AlarmState
    at: float
    previous: AlarmState | None = None
    reason: str = ""
    description: str = ""
    comparison: Comparison | None = None
    metrics: tuple[MetricSpec, ...] = ()
    instance_ids: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    contributor: str = ""
    muted: bool = False
    deleted: bool = False

    @property
    def name(self) -> str:
        """The alarm in audit rows: names are unique in a region."""
        return f"{self.region}/{self.alarm}"

    @property
    def identity(self) -> str:
        """The same for each delivery of one change, by EventBridge, SNS or both."""
        return "|".join((self.name, self.contributor, self.state, f"{self.at:.3f}"))


def parse(body: str, account_id: str, topics: Sequence[str] = ()) -> AlarmEvent:
    """The change that an SQS body tells; `topics` restricts what SNS may bring, empty for any of the account.

    Raises InvalidAlarmError.
    """
    if len(body.encode("utf-8", "replace")) > MAX_BYTES:
        raise InvalidAlarmError("too_large")
    try:
        event = _read(_object(body), account_id, topics)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        raise InvalidAlarmError("malformed") from None
    return event


def _read(content: Mapping[str, Any], account_id: str, topics: Sequence[str]) -> AlarmEvent:
    if content.get("Type") == "Notification" and "Message" in content:
        topic = _TOPIC.fullmatch(str(content.get("TopicArn")))
        if topic is None or topic[1] != account_id or (topics and topic[0] not in topics):
            raise InvalidAlarmError("wrong_topic")
        return _read_sns(_object(content["Message"]), account_id)
    if "detail-type" in content:
        return _read_eventbridge(content, account_id)
    if "alarmData" in content:
        if content.get("source") != "aws.cloudwatch":
            raise InvalidAlarmError("wrong_source")
        return _from_detail(content["alarmData"], content["alarmArn"], content["accountId"], account_id)
    if "NewStateValue" in content:
        return _read_sns(content, account_id)
    raise InvalidAlarmError("unknown_shape")


def _read_eventbridge(content: Mapping[str, Any], account_id: str) -> AlarmEvent:
    if content.get("source") != "aws.cloudwatch":
        raise InvalidAlarmError("wrong_source")
    if content["detail-type"] == CONFIGURATION_CHANGE and content["detail"]["operation"] == "delete":
        return _deleted(content, account_id)
    if content["detail-type"] not in (CHANGE, CONTRIBUTOR_CHANGE):
        raise InvalidAlarmError("unknown_shape")
    return _from_detail(content["detail"], content["resources"][0], content["account"], account_id)


def _deleted(content: Mapping[str, Any], account_id: str) -> AlarmEvent:
    """EventBridge's own time is cut to the second, in which the alarm may still have changed its state."""
    arn = content["resources"][0]
    region, alarm = _identified(arn, content["account"], account_id)
    if content["detail"]["alarmName"] != alarm:
        raise InvalidAlarmError("malformed")
    at = _epoch(content["time"]) + 0.999
    return AlarmEvent(region, alarm, arn, Kind.METRIC, AlarmState.OK, at, deleted=True)


def _from_detail(detail: Mapping[str, Any], arn: str, account: str, account_id: str) -> AlarmEvent:
    """The `detail` of EventBridge and the `alarmData` of a direct invocation are one shape."""
    region, alarm = _identified(arn, account, account_id)
    if detail["alarmName"] != alarm:
        raise InvalidAlarmError("malformed")
    configuration = detail.get("configuration") or {}
    state = detail["state"]
    specs = metric_specs(configuration.get("metrics") or [])
    contributor = detail.get("alarmContributor") or {}
    attributes = {str(name): str(value) for name, value in (contributor.get("attributes") or {}).items()}
    data = _object(state.get("reasonData") or "{}")
    composite = "alarmRule" in configuration
    return AlarmEvent(
        region=region,
        alarm=alarm,
        arn=arn,
        kind=_kind(specs, composite, bool(contributor)),
        state=AlarmState(state["value"]),
        at=_epoch(state["timestamp"]),
        previous=_state((detail.get("previousState") or {}).get("value")),
        reason=_text(state.get("reason"), MAX_REASON),
        description=_text(configuration.get("description"), MAX_REASON),
        comparison=_compared(data, _text(state.get("reason"), MAX_REASON), specs),
        metrics=specs,
        instance_ids=instances_of(specs, attributes),
        causes=_causes(data) if composite else tuple(f"{name}={value}" for name, value in attributes.items())[:10],
        contributor=_text(contributor.get("id"), MAX_NAME),
        muted=bool(detail.get("muteDetail")),
    )


def _read_sns(content: Mapping[str, Any], account_id: str) -> AlarmEvent:
    region, alarm = _identified(content["AlarmArn"], content["AWSAccountId"], account_id)
    if content["AlarmName"] != alarm:
        raise InvalidAlarmError("malformed")
    trigger = content.get("Trigger") or {}
    specs = metric_specs(trigger.get("Metrics") or ([trigger] if trigger else []))
    composite = "AlarmRule" in content
    reason = _text(content.get("NewStateReason"), MAX_REASON)
    children = [{"arn": child.get("Arn")} for child in content.get("TriggeringChildren") or []]
    return AlarmEvent(
        region=region,
        alarm=alarm,
        arn=content["AlarmArn"],
        kind=_kind(specs, composite, False),
        state=AlarmState(content["NewStateValue"]),
        at=_epoch(content["StateChangeTime"]),
        previous=_state(content.get("OldStateValue")),
        reason=reason,
        description=_text(content.get("AlarmDescription"), MAX_REASON),
        comparison=_compared({"threshold": trigger.get("Threshold")}, reason, specs, trigger.get("ComparisonOperator")),
        metrics=specs,
        instance_ids=instances_of(specs, {}),
        causes=_causes({"triggeringAlarms": children}) if composite else (),
    )


def _identified(arn: Any, account: Any, account_id: str) -> tuple[str, str]:
    """Region and name; SNS's `Region` is a display name, so the ARN says it."""
    match = _ARN.fullmatch(str(arn))
    if match is None:
        raise InvalidAlarmError("malformed")
    if match[3] != account_id or account != account_id:
        raise InvalidAlarmError("wrong_account")
    return match[2], match[4]


def _kind(specs: Sequence[MetricSpec], composite: bool, contributor: bool) -> Kind:
    if contributor:
        return Kind.CONTRIBUTOR
    if composite:
        return Kind.COMPOSITE
    expressions = [spec.expression for spec in specs if spec.expression]
    if any("ANOMALY_DETECTION_BAND" in expression for expression in expressions):
        return Kind.ANOMALY
    return Kind.MATH if expressions else Kind.METRIC


def _compared(
    data: Mapping[str, Any], reason: str, specs: Sequence[MetricSpec], operator: Any = None
) -> Comparison | None:
    value, threshold, low, high = comparison_of(data, reason)
    if not specs or (value is None and threshold is None and low is None):
        return None
    return Comparison(value, threshold, low, high, _text(operator, 64))


def _causes(data: Mapping[str, Any]) -> tuple[str, ...]:
    arns = [str(entry.get("arn")) for entry in (data.get("triggeringAlarms") or [])[:10]]
    return tuple(match[4] for arn in arns if (match := _ARN.fullmatch(arn)))


def _state(value: Any) -> AlarmState | None:
    return AlarmState(value) if value in list(AlarmState) else None


def _text(value: Any, length: int) -> str:
    return value[:length] if isinstance(value, str) else ""


def _epoch(stamp: str) -> float:
    """CloudWatch writes `+0000`, which says the same as `+00:00`; milliseconds are as fine as it gets."""
    moment = datetime.fromisoformat(stamp)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp(), 3)


def _object(text: Any) -> dict[str, Any]:
    content = json.loads(text)
    if not isinstance(content, dict):
        raise InvalidAlarmError("malformed")
    return content
