"""What `handlers.slack` is made of: nothing that only the worker needs is imported here."""

from functools import cached_property
from typing import TYPE_CHECKING

from bot.slack_config import DoorSettings
from bot.wiring.ground import aws_json, epoch, slack_secret

if TYPE_CHECKING:
    from bot.services.intake import Intake


class DoorWiring:
    """Built once a container."""

    def __init__(self, settings: DoorSettings) -> None:
        self._settings = settings

    @cached_property
    def intake(self) -> "Intake":
        """The front door's one service."""
        from bot.services.connections import KeptConnections
        from bot.services.intake import Intake
        from bot.services.jobs_queue import JobsQueue
        from bot.services.modals import Modals

        settings = self._settings
        connections = KeptConnections()
        aws = aws_json(connections)
        queue = JobsQueue(aws, settings.jobs_queue_url, settings.region, settings.endpoint_url)
        secret = slack_secret(
            aws,
            settings,
            SLACK_SIGNING_SECRET=settings.slack_signing_secret,
            SLACK_BOT_TOKEN=settings.slack_bot_token,
        )
        modals = Modals(connections, secret, settings.slack_api_url)
        return Intake(secret, queue, modals, settings.slack_team_id, settings.slack_app_id, epoch)
