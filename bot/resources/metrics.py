"""`/instances/{instance_id}/metrics`: the lines of a chart as numbers.

It refuses to guess: what has no data is named, with the likely reason.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.params import Query

from bot.metric_series import RANGES, Chart
from bot.models import Target
from bot.operations import VIEW_METRICS
from bot.resources.bodies import MetricsBody
from bot.resources.errors import refusals
from bot.resources.instances import InstanceId, one_of

if TYPE_CHECKING:
    from bot.resources.callers import Callers
    from bot.services.gate import Gate
    from bot.services.instances import Instances
    from bot.services.metrics import Metrics

Group = Literal["cpu", "network", "disk", "memory", "status", "all"]
Range = Literal["1h", "3h", "24h", "7d", "14d"]


class MetricResource:
    """Answers for the metrics of one instance."""

    def __init__(self, gate: "Gate", callers: "Callers", instances: "Instances", metrics: "Metrics") -> None:
        self._gate = gate
        self._callers = callers
        self._instances = instances
        self._metrics = metrics

    def routes(self, app: APIGatewayRestResolver) -> None:
        """Put the method where it is found."""
        self._app = app
        app.get(
            "/instances/<instance_id>/metrics",
            summary="Get the metrics of one instance",
            description="Whole periods up to now, in the period that the range calls for.",
            operation_id="getMetrics",
            responses=refusals(MetricsBody, 404),
        )(self.get)

    def get(
        self,
        instance_id: InstanceId,
        group: Annotated[Group, Query(description="Which metrics.")] = "cpu",
        range: Annotated[Range, Query(description="How far back.")] = "3h",
    ) -> MetricsBody:
        """The lines of `group` in the last `range`."""
        actor = self._callers.actor(self._app.current_event.raw_event)
        target = Target(instance_id, {"group": group, "range": range})
        chart = self._gate.perform(actor, VIEW_METRICS, target, lambda: self._chart(instance_id, group, range))
        return MetricsBody.of(chart)

    def _chart(self, instance_id: str, group: str, of: str) -> Chart:
        instance = one_of(self._instances.match(instance_id))
        return self._metrics.chart((instance,), group, RANGES[of])
