"""What moto's CloudWatch lacks: GetMetricData in one pass, metrics listed once each, and the history of alarms.

It refuses to replace what moto does right: expressions are still moto's. An alarm's change is dated by the `queryDate`
of its reason data where there is one, as CloudWatch writes it, so that what happened yesterday can be told.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any


@cache
def install() -> None:
    """Teach moto; more than once is once."""
    from moto.cloudwatch.models import CloudWatchBackend
    from moto.cloudwatch.responses import CloudWatchResponse

    by_moto = CloudWatchBackend.get_metric_data

    def get_metric_data(backend: Any, queries: Any, start_time: datetime, end_time: datetime, **more: Any) -> Any:
        if start_time >= end_time or not all("MetricStat" in query for query in queries):
            return by_moto(backend, queries=queries, start_time=start_time, end_time=end_time, **more)
        return _results(backend, queries, start_time, end_time, more.get("scan_by"))

    def describe_alarm_history(response: Any) -> Any:
        from moto.core.responses import ActionResult

        asked = response._get_params()
        alarm = response.cloudwatch_backend.alarms.get(asked.get("AlarmName"))
        items = list(_history(alarm, _aware(asked.get("StartDate")), _aware(asked.get("EndDate")))) if alarm else []
        items.sort(key=lambda item: item["Timestamp"], reverse=asked.get("ScanBy") != "TimestampAscending")
        return ActionResult({"AlarmHistoryItems": items[: int(asked.get("MaxRecords") or 100)]})

    def get_filtered_metrics(backend: Any, metric_name: str, namespace: str, dimensions: Any) -> list[Any]:
        found: dict[Any, Any] = {}
        for datum in backend.get_all_metrics():
            if datum.filter(namespace=namespace, name=metric_name, dimensions=dimensions):
                own = frozenset((one.name, one.value) for one in datum.dimensions)
                found.setdefault((datum.namespace, datum.name, own), datum)
        return list(found.values())

    CloudWatchBackend.get_filtered_metrics = get_filtered_metrics  # type: ignore[method-assign]
    CloudWatchBackend.get_metric_data = get_metric_data  # type: ignore[method-assign]
    CloudWatchResponse.describe_alarm_history = describe_alarm_history  # type: ignore[attr-defined]


def _results(
    backend: Any, queries: Sequence[Mapping[str, Any]], start: datetime, end: datetime, scan_by: str | None
) -> list[dict[str, Any]]:
    from moto.cloudwatch.models import Statistics

    wanted = {_identity(query["MetricStat"]["Metric"]) for query in queries}
    data: defaultdict[Any, list[Any]] = defaultdict(list)
    for datum in backend.get_all_metrics():
        if start <= datum.timestamp < end:
            dimensions = frozenset((one.name, one.value) for one in datum.dimensions)
            if (datum.namespace, datum.name, dimensions) in wanted:
                data[datum.namespace, datum.name, dimensions].append(datum)
    results: list[dict[str, Any]] = []
    for query in queries:
        stat, period = query["MetricStat"]["Stat"], int(query["MetricStat"]["Period"])
        periods: defaultdict[int, list[Any]] = defaultdict(list)
        for datum in data[_identity(query["MetricStat"]["Metric"])]:
            periods[int((datum.timestamp - start).total_seconds()) // period].append(datum)
        points: list[tuple[datetime, float]] = []
        for number in sorted(periods, reverse=scan_by != "TimestampAscending"):
            moment = datetime.fromtimestamp(start.timestamp() + number * period, UTC)
            statistics = Statistics([stat], moment)
            statistics.metric_data = periods[number]
            points.append((moment, float(statistics.get_statistics_for_type(stat) or 0)))
        results.append(
            {
                "id": query["Id"],
                "label": query.get("Label") or f"{query['MetricStat']['Metric']['MetricName']} {stat}",
                "timestamps": [moment for moment, _ in points],
                "values": [value for _, value in points],
                "status_code": "Complete",
            }
        )
    return results


def _identity(metric: Mapping[str, Any]) -> tuple[Any, ...]:
    dimensions = frozenset((one["Name"], one["Value"]) for one in metric.get("Dimensions", []))
    return metric["Namespace"], metric["MetricName"], dimensions


def _history(alarm: Any, start: datetime | None, end: datetime | None) -> Iterator[dict[str, Any]]:
    states = [(state, reason, data, at) for _, reason, data, state, at in alarm.history]
    states.append((alarm.state_value, alarm.state_reason, alarm.state_reason_data, alarm.state_updated_timestamp))
    for (before, *_), (after, reason, data, at) in pairwise(states):
        moment = _queried(data) or _aware(at)
        if (start is None or moment >= start) and (end is None or moment <= end):
            told = {"oldState": {"stateValue": before}, "newState": {"stateValue": after, "stateReason": reason}}
            yield {
                "AlarmName": alarm.name,
                "AlarmType": "MetricAlarm",
                "Timestamp": moment,
                "HistoryItemType": "StateUpdate",
                "HistorySummary": f"Alarm updated from {before} to {after}",
                "HistoryData": json.dumps({"version": "1.0", **told}),
            }


def _aware(moment: Any) -> Any:
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _queried(data: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads(data or "{}")["queryDate"])
    except (ValueError, KeyError, TypeError):
        return None
