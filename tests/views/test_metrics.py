"""Charts as Slack's blocks and as words: within every limit, with hostile names harmless, whatever the data."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.metric_series import (
    CPU,
    GROUPS,
    RANGES,
    AlarmPeriod,
    Chart,
    Kind,
    Line,
    Marks,
    Missing,
    Point,
    Reboot,
    Threshold,
)
from bot.models import Instance
from bot.views import chart_svg, metric_links, metric_plot, metric_words, metrics
from tests.recorded import chart
from tests.views.test_views import assert_slack_takes, texts

END = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
HOSTILE = ("<!channel> <https://evil.example|x>", "`a` *b*", "名前 \u202e&amp;", "", "x" * 400, "a\x00b\ufffe")


def instance(number: int, name: str = "web", region: str = "us-east-1") -> Instance:
    return Instance(f"i-{number:017x}", name, "running", "t3.micro", f"{region}a", region, None, None)


def line(values: dict[int, float], metric: Any = CPU, of: str = "3h", number: int = 1, **more: Any) -> Line:
    """`values` by the number of five-minute periods since the start."""
    start = END - timedelta(seconds=RANGES[of].seconds)
    points = tuple(Point(start + timedelta(minutes=5 * at), value) for at, value in sorted(values.items()))
    dimensions = (("InstanceId", instance(number).instance_id),)
    return Line(instance(number).instance_id, metric, 300, points, **{"dimensions": dimensions, **more})


def made(*lines: Line, of: str = "3h", group: str = "cpu", marks: Marks = Marks(), **more: Any) -> Chart:  # noqa: B008
    ids = dict.fromkeys(one.instance_id for one in lines)
    instances = tuple(instance(int(one[2:], 16), f"web-{int(one[2:], 16)}") for one in ids) or (instance(1),)
    start = END - timedelta(seconds=RANGES[of].seconds)
    return replace(Chart(instances, group, RANGES[of], start, END, lines, marks=marks), **more)


def test_cpu_in_words() -> None:
    values = dict.fromkeys(range(36), 20.0) | dict.fromkeys(range(10, 14), 96.6)
    said = metric_words.lines(made(line(values)))
    assert said == ["CPU 20 % now, 29 % average, 97 % at 10:55; above 80 % for 20 min"]


def test_the_threshold_of_an_alarm_is_better_than_the_usual_one() -> None:
    low = Marks((Threshold("low", instance(1).instance_id, CPU, 30, False, 300),))
    assert "; below 30 % for 10 min" in metric_words.lines(made(line({1: 20, 2: 40, 3: 25}), marks=low))[0]


def test_bytes_are_said_a_second_and_checks_as_passed_or_failed() -> None:
    network, status = GROUPS["network"][0], GROUPS["status"][0]
    chart = made(line({1: 3e8, 2: 6e8}, network), line({1: 0, 2: 1, 3: 0}, status), group="all", of="1h")
    assert metric_words.lines(chart) == [
        "Network in 2.0 MB/s at 10:15, 1.5 MB/s average, 2.0 MB/s at 10:15",
        "System check: failed for 5 min, first at 10:15, passing now",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 min"), (300, "5 min"), (3600, "1 h"), (5400, "1 h 30 min"), (86_400 * 2 + 3600, "2 d 1 h")],
)
def test_a_time_is_said_in_two_parts_at_most(seconds: int, said: str) -> None:
    assert metric_words.duration(seconds) == said


def test_a_point_of_slacks_chart_is_the_highest_of_its_time_and_the_sum_for_bytes() -> None:
    (plot,) = metric_plot.plots(made(line({1: 10, 2: 50, 3: 20})))
    assert [point["value"] for point in plot.block["chart"]["series"][0]["data"]] == [50, 20]
    assert plot.caption == "Each point is the highest value in 10 min."
    (plot,) = metric_plot.plots(made(line({1: 1e6, 2: 5e6, 3: 2e6}, GROUPS["network"][0]), group="network"))
    assert [point["value"] for point in plot.block["chart"]["series"][0]["data"]] == [6, 2]
    assert plot.block["title"] == "Network in, MB"
    assert "the sum of 10 min" in plot.caption


def test_the_peak_of_a_period_is_what_slacks_chart_shows_not_its_average() -> None:
    peaks = (Point(END - timedelta(minutes=30), 99.0),)
    (plot,) = metric_plot.plots(made(line({30: 20.0}, peaks=peaks)))
    assert plot.block["chart"]["series"][0]["data"][0]["value"] == 99


def test_a_time_without_data_is_left_out_of_slacks_chart_and_that_is_said() -> None:
    (plot,) = metric_plot.plots(made(line({1: 1, 3: 1, 20: 1})))
    categories = plot.block["chart"]["axis_config"]["categories"]
    assert categories == ["10:10", "10:20", "11:40"]
    assert "Where a time is missing there is no data." in plot.caption


def test_a_series_with_too_few_data_is_named_and_not_drawn_as_nought() -> None:
    full = line(dict.fromkeys(range(36), 1.0))
    (plot,) = metric_plot.plots(made(full, line({3: 5.0}, number=2)))
    assert [series["name"] for series in plot.block["chart"]["series"]] == ["web-1"]
    assert "Too few data to draw: web-2." in plot.caption


TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))


@st.composite
def charts(draw: Any, text: st.SearchStrategy[str] = TEXT) -> Chart:
    """Any chart that a service could give; `text` is what strangers wrote."""
    of = draw(st.sampled_from(list(RANGES)))
    group = draw(st.sampled_from(list(GROUPS)))
    count = draw(st.integers(1, 6))
    names = draw(st.lists(text, min_size=count, max_size=count))
    instances = tuple(instance(at, name) for at, name in enumerate(names))
    start = END - timedelta(seconds=RANGES[of].seconds)
    lines: list[Line] = []
    taken: dict[Kind, int] = {}
    for metric in GROUPS[group]:
        for one in instances:
            for detail in draw(st.lists(text, max_size=2)):
                taken[metric.kind] = taken.get(metric.kind, 0) + 1
                if taken[metric.kind] > 12:
                    continue
                places = draw(st.lists(st.integers(0, RANGES[of].seconds // 300 - 1), min_size=1, max_size=25))
                values = draw(st.lists(st.floats(0, 1e13), min_size=len(places), max_size=len(places)))
                known = dict(zip(places, values, strict=True))
                points = tuple(Point(start + timedelta(seconds=300 * at), known[at]) for at in sorted(known))
                peaks = points if metric.kind is Kind.PERCENT else ()
                dimensions = (("InstanceId", one.instance_id), ("path", detail))
                lines.append(Line(one.instance_id, metric, 300, points, peaks, dimensions, detail))
    marks = Marks(
        tuple(
            Threshold(name, one.instance_id, one.metric, draw(st.floats(0, 1e13)), True, 300)
            for one, name in zip(lines, HOSTILE, strict=False)
        ),
        tuple(AlarmPeriod("a", one.instance_id, one.metric, start, END) for one in lines[:2]),
        tuple(Reboot(one.instance_id, END - timedelta(minutes=5), who) for one, who in zip(instances, HOSTILE)),  # noqa: B905
        ("alarms",),
    )
    missing = tuple(Missing(one.instance_id, "Memory", "it is stopped") for one in instances)
    return Chart(instances, group, RANGES[of], start, END, tuple(lines), missing, marks, 3, 2)


@settings(max_examples=150, deadline=None)
@given(charts())
def test_N4_slack_takes_every_chart_and_nobody_is_pinged(found: Chart) -> None:
    message = metrics.message(found)
    shared = [metrics.post(found, "U0ADA"), metrics.shown(found, True), metrics.shown(found, False), metrics.cli(found)]
    for one in (message, *shared):
        assert_slack_takes(one)
        assert "<!channel>" not in one.text
        for kind, text in texts(one.blocks):
            assert kind != "mrkdwn" or "<!" not in text
    assert sum(block["type"] == "data_visualization" for block in message.blocks) <= 2
    assert len(metrics.alt_text(found)) <= 2000


@settings(max_examples=100, deadline=None)
@given(charts())
def test_a_picture_is_well_formed_and_its_lines_stay_on_it(found: Chart) -> None:
    if not found.lines:
        with pytest.raises(ValueError, match="nothing to draw"):
            chart_svg.svg(found)
        return
    drawn = ElementTree.fromstring(chart_svg.svg(found))
    height = float(drawn.attrib["height"])
    for path in drawn.iter("{http://www.w3.org/2000/svg}path"):
        for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.attrib["d"]):
            assert 0 <= float(x) <= 960
            assert 0 <= float(y) <= height


def test_N1_a_hostile_name_is_literal_in_the_picture() -> None:
    drawn = chart_svg.svg(replace(made(line({1: 1, 2: 2})), instances=(instance(1, "<script>&"),)))
    assert "&lt;script&gt;&amp;" in drawn
    assert "<script>" not in drawn


def test_a_picture_shows_thresholds_alarm_times_and_who_rebooted() -> None:
    found = chart("incident")
    drawn = chart_svg.svg(found)
    assert "db-primary-cpu-high: 80 %" in drawn
    assert "rebooted by bob" in drawn
    assert 'fill="#c62828" fill-opacity="0.12"' in drawn
    assert drawn.count('stroke="#1f6fc4"') == 3  # one stroke for each stretch between gaps


def test_the_controls_carry_what_is_shown_and_are_read_back() -> None:
    found = made(line({1: 1}), line({1: 1}, number=2))
    block_id = metrics.block_id(found)
    request = metrics.request_of({"block_id": block_id, "action_id": metrics.REFRESH})
    assert request.names == (instance(1).instance_id, instance(2).instance_id)
    assert (request.group, request.range) == ("cpu", RANGES["3h"])
    chosen = {"block_id": block_id, "action_id": metrics.RANGE, "selected_option": {"value": "7d"}}
    assert metrics.request_of(chosen).range == RANGES["7d"]
    chosen = {"block_id": block_id, "action_id": metrics.GROUP, "selected_option": {"value": "all"}}
    assert metrics.request_of(chosen).group == "all"


def test_the_longest_names_of_regions_fit_the_controls() -> None:
    longest = tuple(instance(at, region="ap-southeast-99") for at in range(6))
    block_id = metrics.block_id(replace(made(), instances=longest, group="network", range=RANGES["24h"]))
    assert len(block_id) <= 255
    assert len(metrics.request_of({"block_id": block_id, "action_id": metrics.REFRESH}).names) == 6


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"block_id": "metrics:cpu:3h:"},
        {"block_id": "metrics:cpu:3h:us-east-1/zzz"},
        {"block_id": "metrics:cpu:3h:us-east-1/" + "a" * 16},
        {"block_id": "metrics:nope:3h:us-east-1/" + "a" * 17},
        {"block_id": "metrics:cpu:9h:us-east-1/" + "a" * 17},
        {"block_id": "metrics:cpu:3h:" + ",".join(["us-east-1/" + "a" * 8] * 7)},
        {"block_id": "metrics:cpu:3h:us-east-1/" + "a" * 17, "action_id": metrics.RANGE},
        {"block_id": "metrics:cpu:3h:pick", "action_id": metrics.PICK, "selected_option": {"value": "<!channel>"}},
        {"block_id": "metrics:cpu:3h:us-east-1/" + "١" * 17},
    ],
)
def test_N3_altered_controls_ask_for_nothing(action: dict[str, Any]) -> None:
    assert metrics.request_of(action) == metrics.NOTHING


def test_the_console_shows_exactly_this_view() -> None:
    url = metric_links.console_url(made(line({1: 1})))
    assert url == (
        "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#metricsV2:graph="
        "~(metrics~(~(~'AWS*2fEC2~'CPUUtilization~'InstanceId~'i-00000000000000001~(stat~'Average~period~300)))"
        "~view~'timeSeries~stacked~false~region~'us-east-1~start~'-PT3H~end~'P0D)"
    )


def test_an_address_of_the_console_holds_as_many_lines_as_it_can() -> None:
    many = [line({1: 1}, dimensions=(("InstanceId", "i"), ("path", "/ö$" * 60)), detail=str(at)) for at in range(12)]
    url = metric_links.console_url(made(*many))
    assert len(url) <= 2_900
    assert url.count("CPUUtilization") > 0


def test_the_command_line_asks_for_the_same_and_quotes_what_is_not_ours() -> None:
    found = made(line({1: 1}, dimensions=(("InstanceId", "i-1"), ("path", "/a b; rm -rf $(x)"))))
    (command,) = metric_links.commands(found)
    assert "--period 300 --start-time 2026-11-22T10:05:00Z --end-time 2026-11-22T13:05:00Z" in command
    assert "'Name=path,Value=/a b; rm -rf $(x)'" in command
    assert "--statistics Average Maximum" in command


def test_older_blocks_have_the_words_and_the_controls() -> None:
    message = metrics.message(chart("incident"))
    assert message.plain is not None
    assert [block["type"] for block in message.plain] == ["section", "actions"]
    assert "above 80 % for 25 min" in message.plain[0]["text"]["text"]
