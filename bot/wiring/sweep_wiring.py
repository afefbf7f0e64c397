"""What `handlers.sweep` is made of."""

import time
from functools import cached_property
from typing import TYPE_CHECKING

from bot.wiring.aws import AwsClients
from bot.wiring.ground import audit, epoch, incidents
from bot.wiring.reboot_wiring import RebootWiring
from bot.wiring.slack_wiring import SlackWiring
from bot.worker_config import SweepSettings

if TYPE_CHECKING:
    from bot.listeners.sweep import Sweep
    from bot.services.alert_clock import AlertClock
    from bot.services.audit import Audit


class SweepWiring:
    """Built once a container, each service on first use."""

    def __init__(self, settings: SweepSettings) -> None:
        self._settings = settings
        self._aws = AwsClients(settings.region, settings.endpoint_url)

    @cached_property
    def sweep(self) -> "Sweep":
        """Does what is due."""
        from bot.listeners.sweep import RebootSweep, Sweep

        reboots, settings = self._reboots, self._settings
        slack = SlackWiring(settings)
        followed = RebootSweep(reboots.proposals, reboots.watching, reboots.cards(slack.posts, slack.api))
        return Sweep({"reboots": followed.run, "alerts": self._alerts.run})

    @cached_property
    def _reboots(self) -> RebootWiring:
        from bot.services.instances import Instances

        settings = self._settings
        instances = Instances(lambda region: self._aws.get("ec2", region), settings.regions, time.monotonic)
        return RebootWiring(self._aws, self._audit, instances, settings.state_table_name)

    @cached_property
    def _alerts(self) -> "AlertClock":
        from bot.services.alert_clock import AlertClock
        from bot.services.alert_requests import AlertRequests

        settings = self._settings
        requests = AlertRequests(self._aws.get("sqs"), settings.alarms_queue_url)
        return AlertClock(incidents(self._aws, settings), requests, self._audit, settings.alert_pace, epoch)

    @cached_property
    def _audit(self) -> "Audit":
        return audit(self._aws, self._settings)
