"""The last three hours of what an alarm measures, in as many points as Slack's own chart takes.

It refuses to hold an alert up: what CloudWatch does not say is not drawn.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.alarm_metrics import AlarmChart, MetricSpec
from bot.incidents import Incident

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

SPAN_SECONDS = 3 * 3600
BUCKET_SECONDS = 600
MAX_SERIES = 4

logger = logging.getLogger("ec2-chatops")


class AlarmCharts:
    """`client_for` gives the CloudWatch client of a region; `now` gives epoch seconds."""

    def __init__(self, client_for: Callable[[str], "CloudWatchClient"], now: Callable[[], float]) -> None:
        self._client_for = client_for
        self._now = now

    def of(self, incident: Incident) -> AlarmChart | None:
        """None for an alarm without metrics of its own, and where CloudWatch has no data or does not answer."""
        specs = [spec for spec in incident.metrics if spec.expression or spec.name]
        if not specs:
            return None
        end = int(self._now()) // BUCKET_SECONDS * BUCKET_SECONDS + BUCKET_SECONDS
        asked: Any = [_query(spec, number) for number, spec in enumerate(specs)]
        try:
            answer = self._client_for(incident.region).get_metric_data(
                MetricDataQueries=asked,
                StartTime=datetime.fromtimestamp(end - SPAN_SECONDS, UTC),
                EndTime=datetime.fromtimestamp(end, UTC),
                ScanBy="TimestampAscending",
            )
        except (ClientError, BotoCoreError) as error:
            logger.warning("chart not read", extra={"error": type(error).__name__, "region": incident.region})
            return None
        return _chart(incident, specs, answer["MetricDataResults"])


def _query(spec: MetricSpec, number: int) -> dict[str, Any]:
    """Ids of CloudWatch's own may begin with a digit, which a query's may not; expressions name ids, so those stay."""
    common = {"Id": _id(spec, number), "ReturnData": spec.returned}
    if spec.expression:
        return {**common, "Expression": spec.expression, "Period": BUCKET_SECONDS}
    metric = {
        "Namespace": spec.namespace,
        "MetricName": spec.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in spec.dimensions],
    }
    return {**common, "MetricStat": {"Metric": metric, "Period": BUCKET_SECONDS, "Stat": spec.stat or "Average"}}


def _id(spec: MetricSpec, number: int) -> str:
    return spec.id if spec.id[:1].islower() and spec.id.replace("_", "").isalnum() else f"q{number}"


def _chart(incident: Incident, specs: list[MetricSpec], results: Any) -> AlarmChart | None:
    labels = {_id(spec, number): spec.label or spec.name or spec.id for number, spec in enumerate(specs)}
    found: dict[str, dict[datetime, float]] = {}
    for result in results:
        values = dict(zip(result["Timestamps"], result["Values"], strict=False))
        if values:
            found.setdefault(result.get("Label") if len(results) > len(labels) else labels[result["Id"]], values)
    lines = dict(list(found.items())[:MAX_SERIES])
    moments = sorted(set.intersection(*(set(values) for values in lines.values()))) if lines else []
    if len(moments) < 2:
        return None
    series = [(name, tuple(values[moment] for moment in moments)) for name, values in lines.items()]
    threshold = incident.comparison.threshold if incident.comparison else None
    if threshold is not None:
        series.append(("Threshold", (threshold,) * len(moments)))
    title = ", ".join(lines)
    categories = tuple(f"{moment.astimezone(UTC):%H:%M}" for moment in moments)
    return AlarmChart(title, categories, tuple(series))
