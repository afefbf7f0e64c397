"""The same chart elsewhere: CloudWatch's console for exactly this view, and the commands of AWS's command line.

Dimensions are anybody's text: in the address they are escaped, in a command quoted for the shell.
"""

import shlex
from datetime import UTC, datetime
from typing import Any

from bot.metric_series import Chart, Kind, Line
from bot.views import console

MAX_URL = 2_900  # a button takes 3,000 characters
_RELATIVE = {"1h": "-PT1H", "3h": "-PT3H", "24h": "-PT24H", "7d": "-P7D", "14d": "-P14D"}


def console_url(chart: Chart) -> str:
    """As many of the lines of the first region as an address holds, over the same range up to now."""
    region = chart.instances[0].region
    here = {instance.instance_id for instance in chart.instances if instance.region == region}
    lines = [line for line in chart.lines if line.instance_id in here]
    url = _url(chart, region, lines)
    while len(url) > MAX_URL and lines:
        lines.pop()
        url = _url(chart, region, lines)
    return url


def commands(chart: Chart) -> list[str]:
    """One `get-metric-statistics` a line, with the chart's own period, statistics and edges."""
    regions = {instance.instance_id: instance.region for instance in chart.instances}
    return [_command(line, regions[line.instance_id], chart) for line in chart.lines]


def _url(chart: Chart, region: str, lines: list[Line]) -> str:
    metrics: list[Any] = []
    for line in lines:
        flat = [part for dimension in line.dimensions for part in dimension]
        about = {"stat": line.metric.kind.statistics[0], "period": line.period}
        metrics.append([line.metric.namespace, line.metric.name, *flat, about])
    graph = {
        "metrics": metrics,
        "view": "timeSeries",
        "stacked": False,
        "region": region,
        "start": _RELATIVE[chart.range.name],
        "end": "P0D",
    }
    return f"https://{console.host(region)}/cloudwatch/home?region={region}#metricsV2:graph={_packed(graph)}"


def _packed(value: Any) -> str:
    """The console's own notation of a value in an address, as it writes it itself: `~(view~'timeSeries)`."""
    match value:
        case bool():
            return f"~{str(value).lower()}"
        case int():
            return f"~{value}"
        case str():
            return "~'" + "".join(_escaped(character) for character in value)
        case list():
            return "~(" + ("".join(_packed(one) for one in value) or "~") + ")"
        case _:
            return "~(" + "~".join(f"{name}{_packed(one)}" for name, one in value.items()) + ")"


def _escaped(character: str) -> str:
    """In units of UTF-16, as JavaScript counts."""
    if character.isascii() and (character.isalnum() or character in "_-."):
        return character
    if character == "$":
        return "!"
    units = character.encode("utf-16-be", "replace").hex()
    codes = [int(units[at : at + 4], 16) for at in range(0, len(units), 4)]
    return "".join(f"*{code:02x}" if code < 0x100 else f"**{code:04x}" for code in codes)


def _command(line: Line, region: str, chart: Chart) -> str:
    dimensions = " ".join(shlex.quote(f"Name={name},Value={value}") for name, value in line.dimensions)
    statistics = "Average Maximum" if line.metric.kind is Kind.PERCENT else line.metric.kind.statistics[0]
    return (
        f"aws cloudwatch get-metric-statistics --region {region} --namespace {line.metric.namespace} "
        f"--metric-name {line.metric.name} --dimensions {dimensions} --statistics {statistics} "
        f"--period {line.period} --start-time {_iso(chart.start)} --end-time {_iso(chart.end)}"
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
