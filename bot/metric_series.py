"""What a chart of metrics is made of: ranges, metrics and their groups, lines of points, and what is marked on them.

Plain frozen data and its rules: nothing here calls CloudWatch or draws. How long CloudWatch keeps which period:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html ("Metrics retention")
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from bot.models import Instance, RegionFailure

MAX_INSTANCES = 6
ALL = "all"


@dataclass(frozen=True)
class Range:
    """How far back: all in seconds. `period` is EC2's own of five minutes or a multiple of it that 15 days of
    one-minute and 63 days of five-minute data cover; `fine` is for what arrives every minute.

    `bucket` is what one point of Slack's chart stands for: with it, a range never has more than 20.
    """

    name: str
    words: str
    seconds: int
    period: int
    fine: int
    bucket: int


RANGES = {
    one.name: one
    for one in (
        Range("1h", "last hour", 3_600, 300, 60, 300),
        Range("3h", "last 3 hours", 10_800, 300, 60, 600),
        Range("24h", "last 24 hours", 86_400, 300, 300, 5_400),
        Range("7d", "last 7 days", 604_800, 1_800, 1_800, 43_200),
        Range("14d", "last 14 days", 1_209_600, 3_600, 3_600, 86_400),
    )
}
DEFAULT_RANGE = "3h"


class Kind(Enum):
    """What the values are, by CloudWatch's name of the unit."""

    PERCENT = "Percent"
    BYTES = "Bytes"
    FAILED = "Count"

    @property
    def statistics(self) -> tuple[str, ...]:
        """What is asked for; the first is drawn."""
        return {Kind.PERCENT: ("Average", "Maximum"), Kind.BYTES: ("Sum",), Kind.FAILED: ("Maximum",)}[self]

    @property
    def unit(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Metric:
    """One metric of CloudWatch's. `every_minute`: it arrives so often whatever EC2's monitoring is set to.

    One with `listed` has dimensions of its own besides the instance, which only ListMetrics knows. `short` is enough
    beside others of its group.
    """

    namespace: str
    name: str
    title: str
    kind: Kind
    every_minute: bool = False
    listed: bool = False
    short: str = ""


CPU = Metric("AWS/EC2", "CPUUtilization", "CPU", Kind.PERCENT)
MEMORY = Metric("CWAgent", "mem_used_percent", "Memory", Kind.PERCENT, every_minute=True, listed=True)
DISK_USED = Metric("CWAgent", "disk_used_percent", "Disk used", Kind.PERCENT, every_minute=True, listed=True)

GROUPS: dict[str, tuple[Metric, ...]] = {
    "cpu": (CPU,),
    "network": (
        Metric("AWS/EC2", "NetworkIn", "Network in", Kind.BYTES, short="in"),
        Metric("AWS/EC2", "NetworkOut", "Network out", Kind.BYTES, short="out"),
    ),
    "disk": (
        DISK_USED,
        Metric("AWS/EC2", "EBSReadBytes", "EBS read", Kind.BYTES),
        Metric("AWS/EC2", "EBSWriteBytes", "EBS write", Kind.BYTES),
        Metric("AWS/EC2", "DiskReadBytes", "Disk read", Kind.BYTES),
        Metric("AWS/EC2", "DiskWriteBytes", "Disk write", Kind.BYTES),
    ),
    "memory": (MEMORY,),
    "status": (
        Metric("AWS/EC2", "StatusCheckFailed_System", "System check", Kind.FAILED, every_minute=True),
        Metric("AWS/EC2", "StatusCheckFailed_Instance", "Instance check", Kind.FAILED, every_minute=True),
    ),
}
GROUPS[ALL] = tuple(metric for name in ("cpu", "memory", "disk", "network", "status") for metric in GROUPS[name])
DEFAULT_GROUP = "cpu"
TITLES = {
    "cpu": "CPU",
    "network": "Network",
    "disk": "Disk",
    "memory": "Memory",
    "status": "Status checks",
    ALL: "All metrics",
}


@dataclass(frozen=True)
class Point:
    """What CloudWatch says of the period that begins `at`."""

    at: datetime
    value: float


@dataclass(frozen=True)
class Line:
    """One metric of one instance in time order; `period` in seconds, `points` of the kind's first statistic.

    `peaks` are a percentage's maxima. `dimensions` identify the metric; `detail` tells it from others of its name (a
    mount point, say), and both hold anybody's text.
    """

    instance_id: str
    metric: Metric
    period: int
    points: tuple[Point, ...]
    peaks: tuple[Point, ...] = ()
    dimensions: tuple[tuple[str, str], ...] = ()
    detail: str = ""

    @property
    def step(self) -> float:
        """How often it really arrives, in seconds: never more often than the period."""
        pairs = zip(self.points, self.points[1:], strict=False)
        spacings = sorted((after.at - before.at).total_seconds() for before, after in pairs)
        return max(float(self.period), spacings[len(spacings) // 2] if spacings else 0.0)

    @property
    def stretches(self) -> tuple[tuple[Point, ...], ...]:
        """The points without what lies between them where data is missing: a gap stays a gap."""
        return stretches(self.points, self.step)

    def as_json(self) -> list[dict[str, Any]]:
        """As the REST API serves it: one object a statistic."""
        served = {self.metric.kind.statistics[0]: self.points}
        if self.peaks:
            served["Maximum"] = self.peaks
        return [
            {
                "namespace": self.metric.namespace,
                "metric": self.metric.name,
                "dimensions": dict(self.dimensions),
                "statistic": statistic,
                "unit": self.metric.kind.unit,
                "period": self.period,
                "points": [{"timestamp": _iso(point.at), "value": point.value} for point in points],
            }
            for statistic, points in served.items()
        ]


def stretches(points: Sequence[Point], step: float) -> tuple[tuple[Point, ...], ...]:
    """Runs of points that follow each other within one and a half steps of `step` seconds."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and (point.at - runs[-1][-1].at).total_seconds() <= 1.5 * step:
            runs[-1].append(point)
        else:
            runs.append([point])
    return tuple(tuple(run) for run in runs)


@dataclass(frozen=True)
class Threshold:
    """What an alarm on one of the lines compares with, in the line's unit; `above` is the side that alarms.

    For bytes it is of a sum over `period` seconds. `since`: it is in ALARM, and has been from then on.
    """

    alarm: str
    instance_id: str
    metric: Metric
    value: float
    above: bool
    period: int
    since: datetime | None = None
    detail: str = ""


@dataclass(frozen=True)
class AlarmPeriod:
    """When an alarm was in state ALARM, as far as it lies in the chart's range."""

    alarm: str
    instance_id: str
    metric: Metric
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Reboot:
    """A reboot that our audit knows of; `who` is an e-mail address or another name of the actor."""

    instance_id: str
    at: datetime
    who: str


@dataclass(frozen=True)
class Missing:
    """A metric without a point in the range, and the likely reason, in words."""

    instance_id: str
    title: str
    reason: str


@dataclass(frozen=True)
class Marks:
    """What stands on a chart besides its lines; `unread` names the sources that did not say."""

    thresholds: tuple[Threshold, ...] = ()
    alarm_periods: tuple[AlarmPeriod, ...] = ()
    reboots: tuple[Reboot, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chart:
    """The answer to "how are these instances doing?". `start` and `end` are the edges of the range asked for.

    `left_out` counts the lines that a chart's limits leave out, `unshown` the instances; `failures` are regions that
    did not answer.
    """

    instances: tuple[Instance, ...]
    group: str
    range: Range
    start: datetime
    end: datetime
    lines: tuple[Line, ...]
    missing: tuple[Missing, ...] = ()
    marks: Marks = field(default_factory=Marks)
    left_out: int = 0
    unshown: int = 0
    failures: tuple[RegionFailure, ...] = ()


@dataclass(frozen=True)
class Picture:
    """What is to be drawn, and how Slack and a screen reader name it; `alt_text` is literal."""

    svg: str
    file_name: str
    title: str
    alt_text: str


@dataclass(frozen=True)
class MetricsRequest:
    """What was asked for: names, ids or patterns (ids alone from a control), the group of metrics and the range."""

    names: tuple[str, ...]
    group: str = DEFAULT_GROUP
    range: Range = RANGES[DEFAULT_RANGE]


def span(of: Range, now: datetime) -> tuple[datetime, datetime]:
    """Start and end: whole periods, so that no value is of a period that is still running."""
    seconds = int(now.timestamp())
    end = datetime.fromtimestamp(seconds - seconds % of.period, UTC)
    return end - timedelta(seconds=of.seconds), end


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
