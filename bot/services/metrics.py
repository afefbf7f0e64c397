"""Reads what CloudWatch knows of some instances: one GetMetricData a region, whatever the number of lines.

It refuses to guess: what has no data is said to have none, with the likely reason, and what a limit leaves out is
counted. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import code_of
from bot.errors import MetricsUnavailableError
from bot.metric_series import GROUPS, MAX_INSTANCES, Chart, Kind, Line, Marks, Metric, Missing, Point, Range, span
from bot.models import Instance, RegionFailure

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

    from bot.services.metric_marks import MetricMarks

MAX_QUERIES = 500
MAX_POINTS = 100_800
MAX_LISTED = 500  # metrics looked through for one instance's agent: one page
MAX_DETAILS = 6  # lines of one metric of one instance, such as its mount points
MAX_LINES = 12  # of one kind: as many as Slack's chart takes, and more than a reader tells apart
MAX_PAGES = 20
DEADLINE_SECONDS = 8
NEW_SECONDS = 900
PSEUDO_FILE_SYSTEMS = {"tmpfs", "devtmpfs", "overlay", "squashfs", "ramfs", "efivarfs"}


@dataclass(frozen=True)
class Source:
    """One line to ask for; `asked` is its period in seconds."""

    instance: Instance
    metric: Metric
    asked: int
    dimensions: tuple[tuple[str, str], ...]
    detail: str = ""


Answers = dict[tuple[int, str], dict[datetime, float]]


class Metrics:
    """`client_for` gives the CloudWatch client of a region; `now` is in UTC, `clock` monotonic in seconds.

    Without `marks` a chart has nothing but its lines.
    """

    def __init__(
        self,
        client_for: Callable[[str], "CloudWatchClient"],
        marks: "MetricMarks | None",
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._client_for = client_for
        self._marks = marks
        self._now = now
        self._clock = clock

    def chart(self, instances: Sequence[Instance], group: str, of: Range) -> Chart:
        """The chart of at most six instances, all that is marked on it included.

        Raises MetricsUnavailableError when no region answers.
        """
        instances = tuple(instances)[:MAX_INSTANCES]
        now = self._now()
        start, end = span(of, now)
        deadline = self._clock() + DEADLINE_SECONDS
        lines: list[Line] = []
        missing: list[Missing] = []
        failures: list[RegionFailure] = []
        too_many = 0
        for region in dict.fromkeys(instance.region for instance in instances):
            there = [instance for instance in instances if instance.region == region]
            try:
                sources, unlisted, dropped = self._sources(region, there, GROUPS[group], of)
                found = self._lines(region, sources, start, end, deadline)
            except (ClientError, BotoCoreError) as error:
                failures.append(RegionFailure(region, code_of(error)))
                continue
            lines += found
            too_many += dropped
            missing += _missing(there, GROUPS[group], found, unlisted, now)
        if len(failures) == len({instance.region for instance in instances}):
            raise MetricsUnavailableError(failures[0].region, failures[0].aws_code)
        kept = tuple(_few(lines))
        marks = self._marks.of(instances, kept, start, end) if self._marks else Marks()
        return Chart(
            instances,
            group,
            of,
            start,
            end,
            kept,
            tuple(missing),
            marks,
            left_out=too_many + len(lines) - len(kept),
            failures=tuple(failures),
        )

    def _sources(
        self, region: str, instances: Sequence[Instance], metrics: Sequence[Metric], of: Range
    ) -> tuple[list[Source], set[tuple[str, str]], int]:
        """What to ask for, the (instance id, metric) of agents that never sent it, and how many lines are too many."""
        sources: list[Source] = []
        dropped = 0
        unlisted: set[tuple[str, str]] = set()
        for metric in metrics:
            for instance in instances:
                period = of.fine if metric.every_minute or instance.detailed_monitoring else of.period
                if not metric.listed:
                    own = (("InstanceId", instance.instance_id),)
                    sources.append(Source(instance, metric, period, own))
                    continue
                listed = self._listed(region, instance, metric)
                dropped += len(listed[MAX_DETAILS:])
                sources += [Source(instance, metric, period, one, detail_of(one)) for one in listed[:MAX_DETAILS]]
                if not listed:
                    unlisted.add((instance.instance_id, metric.name))
        kept = bounded(sources, of)
        return kept, unlisted, dropped + len(sources) - len(kept)

    def _listed(self, region: str, instance: Instance, metric: Metric) -> list[tuple[tuple[str, str], ...]]:
        """The exact dimension sets: what an agent appends to them is up to its configuration."""
        answer = self._client_for(region).list_metrics(
            Namespace=metric.namespace,
            MetricName=metric.name,
            Dimensions=[{"Name": "InstanceId", "Value": instance.instance_id}],
        )
        listed = [
            tuple(sorted((dimension["Name"], dimension["Value"]) for dimension in one.get("Dimensions", [])))
            for one in answer["Metrics"][:MAX_LISTED]
        ]
        real = [one for one in dict.fromkeys(listed) if dict(one).get("fstype", "") not in PSEUDO_FILE_SYSTEMS]
        return sorted(real, key=lambda one: (len(detail_of(one)), detail_of(one)))

    def _lines(
        self, region: str, sources: Sequence[Source], start: datetime, end: datetime, deadline: float
    ) -> list[Line]:
        if not sources:
            return []
        answers: Answers = {}
        pages = (
            self._client_for(region)
            .get_paginator("get_metric_data")
            .paginate(
                MetricDataQueries=queries(sources),  # type: ignore[arg-type]
                StartTime=start,
                EndTime=end,
                ScanBy="TimestampAscending",
            )
        )
        for number, page in enumerate(pages, 1):
            _collect(page.get("MetricDataResults", []), answers)
            if number >= MAX_PAGES or self._clock() > deadline:
                break
        return [line for at, source in enumerate(sources) for line in _line(source, at, answers, start, end)]


def queries(sources: Iterable[Source]) -> list[dict[str, Any]]:
    """GetMetricData's queries; their ids say which source and which statistic."""
    return [
        {
            "Id": f"q{at}_{statistic.lower()}",
            "MetricStat": {
                "Metric": {
                    "Namespace": source.metric.namespace,
                    "MetricName": source.metric.name,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in source.dimensions],
                },
                "Period": source.asked,
                "Stat": statistic,
            },
            "ReturnData": True,
        }
        for at, source in enumerate(sources)
        for statistic in source.metric.kind.statistics
    ]


def bounded(sources: Sequence[Source], of: Range) -> list[Source]:
    """As many of the sources, from the first on, as one GetMetricData may ask for."""
    kept: list[Source] = []
    asked = points = 0
    for source in sources:
        statistics = len(source.metric.kind.statistics)
        asked += statistics
        points += statistics * (of.seconds // source.asked + 1)
        if asked > MAX_QUERIES or points > MAX_POINTS:
            break
        kept.append(source)
    return kept


def detail_of(dimensions: Sequence[tuple[str, str]]) -> str:
    """What tells one line from others of the same metric: the mount point, or else what identifies it."""
    known = dict(dimensions)
    usual = {"InstanceId", "ImageId", "InstanceType", "AutoScalingGroupName", "fstype", "host"}
    other = [value for name, value in dimensions if name not in usual]
    return known.get("path") or " ".join(other)


def _collect(results: Iterable[Any], answers: Answers) -> None:
    """Pages add to each other in any order; what is not a number is no data."""
    for result in results:
        place, _, statistic = result["Id"].partition("_")
        points = answers.setdefault((int(place[1:]), statistic), {})
        for at, value in zip(result.get("Timestamps", []), result.get("Values", []), strict=False):
            if math.isfinite(value):
                points[at] = float(value)


def _line(source: Source, at: int, answers: Answers, start: datetime, end: datetime) -> list[Line]:
    first, *rest = (_points(answers, at, statistic, start, end) for statistic in source.metric.kind.statistics)
    if not first:
        return []
    peaks = rest[0] if rest else ()
    return [
        Line(source.instance.instance_id, source.metric, source.asked, first, peaks, source.dimensions, source.detail)
    ]


def _points(answers: Answers, at: int, statistic: str, start: datetime, end: datetime) -> tuple[Point, ...]:
    found = answers.get((at, statistic.lower()), {})
    return tuple(Point(moment, found[moment]) for moment in sorted(found) if start <= moment < end)


def _few(lines: Sequence[Line]) -> list[Line]:
    """At most as many lines of each kind as a chart takes; a disk that did nothing at all gives way to others."""
    kept: list[Line] = []
    for kind in Kind:
        alike = [line for line in lines if line.metric.kind is kind]
        alike.sort(key=lambda line: kind is Kind.BYTES and not any(point.value for point in line.points))
        kept += alike[:MAX_LINES]
    order = {id(line): number for number, line in enumerate(lines)}
    return sorted(kept, key=lambda line: order[id(line)])


def _missing(
    instances: Sequence[Instance],
    metrics: Sequence[Metric],
    lines: Sequence[Line],
    unlisted: set[tuple[str, str]],
    now: datetime,
) -> list[Missing]:
    missing: list[Missing] = []
    for instance in instances:
        has = {line.metric for line in lines if line.instance_id == instance.instance_id}
        absent = [metric for metric in metrics if metric not in has and not _has_another(metric, has)]
        agent = [metric for metric in absent if metric.listed]
        own = [metric for metric in absent if not metric.listed]
        for group in (own, agent):
            if group:
                titles = ", ".join(metric.title for metric in group)
                unknown = (instance.instance_id, group[0].name) in unlisted
                reason = _reason(instance, group[0], unknown, None if has else now)
                missing.append(Missing(instance.instance_id, titles, reason))
    return missing


def _has_another(metric: Metric, has: set[Metric]) -> bool:
    """Whether a machine has the other sort of disk: EBS on Nitro, or its host's own."""
    sorts = ("EBS", "Disk")
    sort = next((sort for sort in sorts if metric.name in (f"{sort}ReadBytes", f"{sort}WriteBytes")), None)
    others = {f"{other}{way}Bytes" for other in sorts if other != sort for way in ("Read", "Write")}
    return sort is not None and any(one.name in others for one in has)


def _reason(instance: Instance, metric: Metric, unlisted: bool, now: datetime | None) -> str:
    """`now` is None for an instance that sends something else."""
    if instance.state != "running":
        return f"it is {instance.state}, and only running instances send metrics"
    if now and instance.launched and (now - instance.launched).total_seconds() < NEW_SECONDS:
        return "it was launched minutes ago, and the first data takes up to 15 minutes"
    if unlisted:
        return "the CloudWatch agent, which sends it, does not report from this instance"
    if metric.listed:
        return "the CloudWatch agent sent nothing in this time"
    return "CloudWatch has nothing for this time"
