"""What `handlers.alarms` is made of."""

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bot.alarms_config import AlarmsSettings
from bot.wiring.aws import AwsClients
from bot.wiring.ground import audit, epoch, failure, incidents
from bot.wiring.slack_wiring import SlackWiring

if TYPE_CHECKING:
    from bot.listeners.alarm_batch import AlarmBatch
    from bot.listeners.alert_board import AlertBoard
    from bot.services.alarm_intake import AlarmIntake
    from bot.services.bursts import Bursts
    from bot.services.incidents import Incidents


class AlarmsWiring:
    """Built once a container, each service on first use."""

    def __init__(self, settings: AlarmsSettings) -> None:
        self._settings = settings
        self._aws = AwsClients(settings.region, settings.endpoint_url)

    def batch(self, records: list[dict[str, Any]]) -> list[str]:
        """Run a batch of SQS records; the ids of those that must come again."""
        from bot.listeners.alarm_batch import AlarmMessage

        return self._batch.run(
            [
                AlarmMessage(
                    record["messageId"],
                    record.get("receiptHandle", ""),
                    record["body"],
                    int(record.get("attributes", {}).get("ApproximateReceiveCount", "1")),
                )
                for record in records
            ]
        )

    @cached_property
    def _batch(self) -> "AlarmBatch":
        from bot.listeners.alarm_batch import AlarmBatch

        queue_url = self._settings.alarms_queue_url
        return AlarmBatch(self._intake, self._board, self._aws.get("sqs"), queue_url, time.monotonic, failure)

    @cached_property
    def _intake(self) -> "AlarmIntake":
        from bot.services.alarm_intake import AlarmIntake, AlarmSource
        from bot.services.alert_history import AlertHistory
        from bot.services.alert_routing import AlertRouting

        settings = self._settings
        dynamodb = self._aws.get("dynamodb")
        return AlarmIntake(
            AlarmSource(settings.account_id, settings.topic_arns),
            audit(self._aws, settings),
            self._incidents,
            self._bursts,
            AlertHistory(dynamodb, settings.audit_table_name, epoch),
            AlertRouting(settings.routes, settings.channel_id, self._cloudwatch),
            settings.flapping,
            epoch,
        )

    @cached_property
    def _board(self) -> "AlertBoard":
        from bot.listeners.alert_board import AlertBoard
        from bot.services.alarm_charts import AlarmCharts
        from bot.services.post_limiter import PostLimiter

        settings = self._settings
        slack = SlackWiring(settings)
        return AlertBoard(
            self._incidents,
            self._bursts,
            slack.posts,
            PostLimiter(self._aws.get("dynamodb"), settings.state_table_name, epoch),
            AlarmCharts(self._cloudwatch, epoch),
            settings.channel_id,
            epoch,
        )

    @cached_property
    def _incidents(self) -> "Incidents":
        return incidents(self._aws, self._settings)

    @cached_property
    def _bursts(self) -> "Bursts":
        from bot.services.bursts import Bursts

        return Bursts(self._aws.get("dynamodb"), self._settings.state_table_name, epoch)

    def _cloudwatch(self, region: str) -> Any:
        return self._aws.get("cloudwatch", region)
