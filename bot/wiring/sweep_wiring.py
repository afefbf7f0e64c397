"""What `handlers.sweep` is made of."""

import time
from functools import cached_property
from typing import TYPE_CHECKING

from bot.config import SweepSettings
from bot.wiring.aws import AwsClients
from bot.wiring.ground import epoch, now
from bot.wiring.reboot_wiring import RebootWiring
from bot.wiring.slack_wiring import SlackWiring

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
        slack = SlackWiring(
            settings.slack_api_url, settings.slack_secret_arn, settings.slack_bot_token, settings.endpoint_url
        )
        followed = RebootSweep(reboots.proposals, reboots.watching, reboots.cards(slack))
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
        from bot.services.incidents import Incidents

        settings = self._settings
        incidents = Incidents(self._aws.get("dynamodb"), settings.state_table_name, settings.alert_pace, epoch)
        requests = AlertRequests(self._aws.get("sqs"), settings.alarms_queue_url)
        return AlertClock(incidents, requests, self._audit, settings.alert_pace, epoch)

    @cached_property
    def _audit(self) -> "Audit":
        from bot.services.audit import Audit

        settings = self._settings
        return Audit(self._aws.get("dynamodb"), settings.audit_table_name, settings.audit_retention_days, now)
