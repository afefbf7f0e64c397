"""`/instances/{instance_id}/reboot`: asked for and confirmed in one request, at most once.

It refuses every instance that one click in Slack could not reboot: those take a second look or a second person there.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from bot.errors import ChatOpsError
from bot.models import Actor, Instance, Target
from bot.operations import REBOOT_INSTANCE
from bot.resources.bodies import RebootedBody, RebootRequest
from bot.resources.errors import refusals
from bot.resources.instances import InstanceId, one_of
from bot.resources.keyed import Answer, IdempotencyKey

if TYPE_CHECKING:
    from bot.resources.callers import Callers
    from bot.resources.keyed import Keyed
    from bot.services.gate import Gate
    from bot.services.instances import Instances
    from bot.services.reboot_desk import RebootDesk


class RebootResource:
    """Reboots instances; `now` gives epoch seconds."""

    def __init__(
        self,
        gate: "Gate",
        callers: "Callers",
        instances: "Instances",
        desk: "RebootDesk",
        keyed: "Keyed",
        now: Callable[[], float],
    ) -> None:
        self._gate = gate
        self._callers = callers
        self._instances = instances
        self._desk = desk
        self._keyed = keyed
        self._now = now

    def routes(self, app: APIGatewayRestResolver) -> None:
        """Put the method where it is found."""
        self._app = app
        app.post(
            "/instances/<instance_id>/reboot",
            summary="Reboot one instance",
            description=(
                "For administrators, and for instances tagged `chatops:managed=true` and `chatops:protection=click`: "
                "others are confirmed in Slack, and are 409 here. EC2 is asked once; after a 500 the reboot may have "
                "happened, so look at the instance and at the audit before you send another request."
            ),
            operation_id="rebootInstance",
            responses=refusals(RebootedBody, 404, 409),
        )(self.reboot)

    def reboot(
        self,
        instance_id: InstanceId,
        request: Annotated[RebootRequest | None, Body()] = None,
        key: IdempotencyKey = None,
    ) -> Response[Any]:
        """Ask EC2 once; what follows is watched by the sweep, as for every reboot."""
        asked = request or RebootRequest()
        # Read live: a first answer is repeated to nobody who may not ask now.
        actor = self._gate.as_of_now(self._callers.actor(self._app.current_event.raw_event))
        self._gate.admit(actor, REBOOT_INSTANCE, Target(instance_id, {"reason": asked.reason}))
        deadline = self._deadline()

        def run() -> Answer:
            self._desk.at_once(actor, self._found(actor, instance_id, asked), asked.reason, deadline=deadline)
            return 200, {"message": "The reboot was sent to EC2.", "instanceId": instance_id}

        return self._keyed.once(actor, self._app, key, asked.model_dump(), run)

    def _found(self, actor: Actor, instance_id: str, asked: RebootRequest) -> Instance:
        try:
            return one_of(self._instances.match(instance_id))
        except ChatOpsError as error:
            self._gate.fail(actor, REBOOT_INSTANCE, Target(instance_id, {"reason": asked.reason}), error)

    def _deadline(self) -> float | None:
        """When Lambda ends the function, in epoch seconds."""
        context = self._app.lambda_context
        return self._now() + context.get_remaining_time_in_millis() / 1000 if context else None
