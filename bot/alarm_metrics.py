"""What an alarm measures: its metrics in the two spellings of its events, the instances in them, value and threshold.

It refuses to guess: an id that does not look like an instance's is none, a number that is not finite is unknown.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.ec2_filters import INSTANCE_ID

MAX_METRICS = 10
MAX_INSTANCES = 10
_STATISTICS = {name.upper(): name for name in ("Average", "Sum", "Minimum", "Maximum", "SampleCount")}
_MEASURED = re.compile(r"\[(-?[0-9.]{1,30}(?:E-?[0-9]{1,3})?) ", re.ASCII)


@dataclass(frozen=True)
class MetricSpec:
    """One entry of an alarm's metrics: a metric with its dimensions, or an `expression` over the others."""

    id: str
    namespace: str = ""
    name: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    period: int = 300
    stat: str = ""
    expression: str = ""
    label: str = ""
    returned: bool = True


def metric_specs(entries: Sequence[Any]) -> tuple[MetricSpec, ...]:
    """From EventBridge's `metrics`, SNS's `Trigger.Metrics`, or SNS's `Trigger` of an alarm on a single metric."""
    return tuple(_spec(_lowered(entry), number) for number, entry in enumerate(entries[:MAX_METRICS]))


def instances_of(specs: Iterable[MetricSpec], attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The instance ids among the dimensions, each once."""
    named = [value for spec in specs for name, value in spec.dimensions if name == "InstanceId"]
    named += [value for name, value in attributes.items() if name.rpartition(".")[2] == "InstanceId"]
    return tuple(dict.fromkeys(value for value in named if INSTANCE_ID.fullmatch(value)))[:MAX_INSTANCES]


def comparison_of(
    data: Mapping[str, Any], reason: str
) -> tuple[float | None, float | None, float | None, float | None]:
    """Value, threshold and the edges of a band; the value stands in SNS's reason alone."""
    evaluated = data.get("evaluatedDatapoints") or []
    value = _number(evaluated[0].get("value")) if evaluated else _last(data.get("recentDatapoints"))
    if value is None and (match := _MEASURED.search(reason)):
        value = _number(float(match[1]))
    low, high = _last(data.get("recentLowerThresholds")), _last(data.get("recentUpperThresholds"))
    return value, _number(data.get("threshold")), low, high


def _spec(entry: Mapping[str, Any], number: int) -> MetricSpec:
    stat = _lowered(entry.get("metricstat") or {})
    metric = _lowered(stat.get("metric") or {})
    return MetricSpec(
        id=str(entry.get("id") or f"m{number}")[:64],
        namespace=str(metric.get("namespace") or entry.get("namespace") or "")[:255],
        name=str(metric.get("name") or metric.get("metricname") or entry.get("metricname") or "")[:255],
        dimensions=_dimensions(metric.get("dimensions") or entry.get("dimensions") or ()),
        period=int(stat.get("period") or entry.get("period") or 300),
        stat=_statistic(str(stat.get("stat") or entry.get("statistic") or "")),
        expression=str(entry.get("expression") or "")[:1_024],
        label=str(entry.get("label") or "")[:255],
        returned=entry.get("returndata", True) is not False,
    )


def _statistic(given: str) -> str:
    """SNS shouts the names of simple statistics; percentiles are as they are."""
    return _STATISTICS.get(given.upper(), given[:64])


def _dimensions(given: Any) -> tuple[tuple[str, str], ...]:
    """A map in EventBridge, a list of `name` and `value` in SNS."""
    if isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        pairs = [(entry["name"], entry["value"]) for entry in map(_lowered, given)]
    return tuple((str(name)[:255], str(value)[:1_024]) for name, value in pairs[:30])


def _lowered(entry: Any) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in entry.items()}


def _last(values: Any) -> float | None:
    return _number(values[-1]) if isinstance(values, list) and values else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


@dataclass(frozen=True)
class AlarmChart:
    """The last hours of what an alarm measures: a value of each series for each category, a time of day in UTC."""

    title: str
    categories: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
