"""What is asked of CloudWatch, what is made of its answers, and what is never asked."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import MetricsUnavailableError
from bot.metric_series import GROUPS, MAX_INSTANCES, RANGES, Chart, Kind, Line, Marks, Metric, Point, span
from bot.models import Instance
from bot.services.metrics import MAX_LINES, MAX_POINTS, MAX_QUERIES, Metrics, Source, bounded, detail_of, queries
from tests.recorded import CASES, FOLDER, Recording, chart, made_of

NOW = datetime(2026, 11, 22, 13, 7, 12, tzinfo=UTC)


def instance(number: int, **more: Any) -> Instance:
    known = {"name": f"web-{number}", "state": "running", "region": "us-east-1", "launched": None, **more}
    return Instance(
        f"i-{number:017x}", instance_type="t3.micro", zone="us-east-1a", private_ip=None, **known
    )  # fmt: skip


class NoMarks:
    def of(self, *about: Any) -> Marks:
        return Marks()


class CloudWatch:
    """Answers what a test says; `asked` holds the queries of each GetMetricData."""

    def __init__(self, pages: Any = (), listed: Any = ()) -> None:
        self.pages = pages
        self.listed = listed
        self.asked: list[dict[str, Any]] = []
        self.turned = 0

    def list_metrics(self, **asked: Any) -> Any:
        return {"Metrics": list(self.listed)}

    def get_paginator(self, operation: str) -> "CloudWatch":
        assert operation == "get_metric_data"
        return self

    def paginate(self, **asked: Any) -> Any:
        self.asked.append(asked)
        for page in self.pages(asked) if callable(self.pages) else self.pages:
            self.turned += 1
            yield page


def service(client: Any, clock: Any = lambda: 0.0, now: datetime = NOW) -> Metrics:
    return Metrics(lambda region: client, NoMarks(), lambda: now, clock)  # type: ignore[arg-type]


def result(name: str, *values: float, start: datetime = NOW - timedelta(hours=1)) -> dict[str, Any]:
    moments = [start + timedelta(minutes=5 * at) for at in range(len(values))]
    return {"Id": name, "Timestamps": moments, "Values": list(values), "StatusCode": "Complete"}


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_case_is_answered_word_for_word_and_drawn_stroke_for_stroke(name: str) -> None:
    for ending, content in made_of(chart(name)).items():
        assert content == (FOLDER / f"{name}.{ending}").read_text(encoding="utf-8"), f"{name}.{ending}"


def test_one_call_asks_for_every_line_whatever_their_number() -> None:
    recording = Recording("network")
    chart("network", recording)
    calls = [asked for name, asked in recording.calls if name == "get_metric_data"]
    assert [len(asked["MetricDataQueries"]) for asked in calls] == [12]


def test_what_the_agent_adds_to_the_dimensions_is_asked_for_exactly_and_memory_file_systems_never() -> None:
    recording = Recording("everything")
    chart("everything", recording)
    ((_, asked),) = [call for call in recording.calls if call[0] == "get_metric_data"]
    dimensions = [
        {one["Name"]: one["Value"] for one in query["MetricStat"]["Metric"]["Dimensions"]}
        for query in asked["MetricDataQueries"]
        if query["MetricStat"]["Metric"]["Namespace"] == "CWAgent" and query["MetricStat"]["Stat"] == "Average"
    ]
    assert [one.get("path") for one in dimensions] == [None, "/", "/var/lib/data"]
    assert dimensions[0]["ImageId"] == "ami-1"


def test_a_gap_stays_a_gap_and_pages_in_any_order_are_one_line() -> None:
    (line,) = chart("incident").lines
    assert [len(run) for run in line.stretches] == [70, 144, 60]
    assert list(line.points) == sorted(line.points, key=lambda point: point.at)


def test_the_shape_that_the_rest_api_serves() -> None:
    served = chart("incident").lines[0].as_json()
    assert [(one["metric"], one["statistic"], one["unit"], one["period"]) for one in served] == [
        ("CPUUtilization", "Average", "Percent", 300),
        ("CPUUtilization", "Maximum", "Percent", 300),
    ]
    assert served[0]["points"][0].keys() == {"timestamp", "value"}
    assert served[0]["points"][0]["timestamp"] == "2026-11-21T13:05:00Z"
    json.dumps(served)


def test_W6_not_a_number_is_no_data_and_no_data_is_said() -> None:
    client = CloudWatch([{"MetricDataResults": [result("q0_average", math.nan, math.inf), result("q0_maximum")]}])
    found = service(client).chart([instance(1)], "cpu", RANGES["1h"])
    assert found.lines == ()
    assert [one.reason for one in found.missing] == ["CloudWatch has nothing for this time"]


def test_W6_pages_without_end_are_given_up() -> None:
    def forever(asked: Any) -> Any:
        while True:
            yield {"MetricDataResults": [result("q0_average", 1.0)]}

    client = CloudWatch(forever)
    service(client).chart([instance(1)], "cpu", RANGES["1h"])
    assert client.turned == 20
    moments = iter(range(0, 1000, 3))
    late = CloudWatch(forever)
    service(late, clock=lambda: next(moments)).chart([instance(1)], "cpu", RANGES["1h"])
    assert late.turned == 3


def test_W6_points_outside_of_the_range_are_not_drawn() -> None:
    client = CloudWatch([{"MetricDataResults": [result("q0_average", 1, 2, start=NOW + timedelta(days=1))]}])
    assert service(client).chart([instance(1)], "cpu", RANGES["1h"]).lines == ()


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"state": "stopped"}, "it is stopped"),
        ({"launched": NOW - timedelta(minutes=3)}, "launched minutes ago"),
        ({"launched": NOW - timedelta(days=3)}, "the CloudWatch agent, which sends it, does not report"),
    ],
)
def test_no_data_is_said_with_the_likely_reason(known: dict[str, Any], reason: str) -> None:
    found = service(CloudWatch()).chart([instance(1, **known)], "memory", RANGES["1h"])
    assert reason in found.missing[0].reason


def test_an_agent_that_fell_silent_is_told_from_one_that_is_not_there() -> None:
    listed = [{"Dimensions": [{"Name": "InstanceId", "Value": instance(1).instance_id}]}]
    found = service(CloudWatch(listed=listed)).chart([instance(1)], "memory", RANGES["1h"])
    assert found.missing[0].reason == "the CloudWatch agent sent nothing in this time"


def test_a_region_that_does_not_answer_is_named_and_the_others_are_shown() -> None:
    healthy = CloudWatch([{"MetricDataResults": [result("q0_average", 5.0)]}])

    def client_for(region: str) -> Any:
        if region == "eu-west-1":
            raise ConnectTimeoutError(endpoint_url="x")
        return healthy

    metrics = Metrics(client_for, NoMarks(), lambda: NOW, lambda: 0.0)  # type: ignore[arg-type]
    found = metrics.chart([instance(1), instance(2, region="eu-west-1")], "cpu", RANGES["1h"])
    assert [line.instance_id for line in found.lines] == [instance(1).instance_id]
    assert [(one.region, one.aws_code) for one in found.failures] == [("eu-west-1", "ConnectTimeoutError")]


def test_a_cloudwatch_that_refuses_is_said_with_its_code() -> None:
    def refused(asked: Any) -> Any:
        raise ClientError({"Error": {"Code": "Throttling", "Message": ""}}, "GetMetricData")

    with pytest.raises(MetricsUnavailableError) as caught:
        service(CloudWatch(refused)).chart([instance(1)], "cpu", RANGES["1h"])
    assert caught.value.aws_code == "Throttling"


def test_what_arrives_every_minute_is_asked_for_by_the_minute_while_the_range_is_short() -> None:
    for name, detailed, expected in (("1h", False, {300}), ("1h", True, {60}), ("24h", True, {300})):
        client = CloudWatch()
        service(client).chart([instance(1, detailed_monitoring=detailed)], "cpu", RANGES[name])
        (asked,) = client.asked
        assert {query["MetricStat"]["Period"] for query in asked["MetricDataQueries"]} == expected


@pytest.mark.parametrize("of", RANGES.values(), ids=RANGES)
def test_each_range_asks_for_whole_periods_that_cloudwatch_still_has(of: Any) -> None:
    start, end = span(of, NOW)
    assert (end - start).total_seconds() == of.seconds
    assert start.timestamp() % of.period == 0
    assert timedelta(0) <= NOW - end < timedelta(seconds=of.period)
    assert of.fine >= 60
    assert of.seconds <= 15 * 86_400  # for so long one-minute data is kept
    assert of.seconds // of.bucket + 1 <= 20  # what Slack's chart takes, the first and last one cut


METRICS = st.sampled_from(GROUPS["all"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(METRICS, st.sampled_from([60, 300, 3600])), max_size=900), st.sampled_from(list(RANGES)))
def test_no_call_asks_for_more_than_cloudwatch_answers(asked: list[tuple[Metric, int]], name: str) -> None:
    sources = [Source(instance(1), metric, period, ()) for metric, period in asked]
    kept = bounded(sources, RANGES[name])
    made = queries(kept)
    assert len(made) <= MAX_QUERIES == 500
    assert sum(RANGES[name].seconds / query["MetricStat"]["Period"] for query in made) <= MAX_POINTS == 100_800
    assert len({query["Id"] for query in made}) == len(made)
    assert kept == sources[: len(kept)]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 12), st.sampled_from(list(GROUPS)), st.sampled_from(list(RANGES)), st.integers(0, 40), st.booleans()
)
def test_a_chart_stays_within_all_limits_whatever_is_asked(
    count: int, group: str, name: str, mounts: int, detailed: bool
) -> None:
    listed = [
        {"Dimensions": [{"Name": "InstanceId", "Value": "x"}, {"Name": "path", "Value": f"/{'a' * at}"}]}
        for at in range(mounts)
    ]

    def everything(asked: Any) -> Any:
        yield {"MetricDataResults": [result(query["Id"], 1.0, 2.0) for query in asked["MetricDataQueries"]]}

    client = CloudWatch(everything, listed)
    found = service(client).chart(
        [instance(at, detailed_monitoring=detailed) for at in range(count)], group, RANGES[name]
    )
    assert len(found.instances) <= MAX_INSTANCES
    assert len(client.asked) <= 1
    for asked in client.asked:
        made = asked["MetricDataQueries"]
        assert len(made) <= MAX_QUERIES
        points = sum(RANGES[name].seconds / query["MetricStat"]["Period"] for query in made)
        assert points <= MAX_POINTS
    for kind in Kind:
        assert sum(line.metric.kind is kind for line in found.lines) <= MAX_LINES


def test_a_line_that_comes_less_often_than_asked_has_no_gaps_for_that() -> None:
    every_five = tuple(Point(NOW + timedelta(minutes=5 * at), 1.0) for at in range(6))
    line = Line("i-1", GROUPS["cpu"][0], 60, every_five)
    assert line.step == 300
    assert len(line.stretches) == 1


def test_what_tells_lines_of_one_metric_apart_is_the_mount_point_or_what_is_not_usual() -> None:
    assert detail_of((("InstanceId", "i"), ("path", "/data"), ("device", "sda"))) == "/data"
    assert detail_of((("InstanceId", "i"), ("ImageId", "ami"), ("name", "swap"))) == "swap"
    assert detail_of((("InstanceId", "i"),)) == ""


def test_the_sources_that_did_not_say_are_named_and_hold_nothing_up() -> None:
    recording = Recording("incident")

    def refuse(**asked: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "x")

    recording.query = recording.describe_alarm_history = refuse  # type: ignore[method-assign]
    found: Chart = chart("incident", recording)
    assert found.lines
    assert found.marks.unread == ("alarm history", "reboots")
    assert [one.alarm for one in found.marks.thresholds] == ["db-primary-cpu-high"]


def test_a_reboot_is_looked_for_by_instance_and_time_and_an_expired_row_is_none() -> None:
    recording = Recording("incident")
    chart("incident", recording)
    ((_, asked),) = [call for call in recording.calls if call[0] == "query"]
    assert asked["IndexName"] == "resource-index"
    values = asked["ExpressionAttributeValues"]
    assert values[":start"] == {"S": "2026-11-21T13:05:00.000000Z"}
    assert values[":now"] == {"N": str(int(NOW.timestamp()))}
    assert "#ttl > :now" in asked["FilterExpression"]


def test_an_alarm_that_rings_all_the_time_is_shaded_all_the_time() -> None:
    (period,) = chart("everything").marks.alarm_periods
    assert (period.start, period.end) == (datetime(2026, 11, 22, 9, 40, tzinfo=UTC), chart("everything").end)
