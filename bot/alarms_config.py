"""What the alarms function is told, as `bot.config` does it for the other functions.

It refuses to start half-configured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.alert_pace import Pace
from bot.alert_routes import Route
from bot.settings import (
    ALARM_ACCOUNT_ID,
    ALARM_TOPIC_ARNS,
    ALARMS_QUEUE_URL,
    ALERT_CHANNEL_ID,
    ALERT_FLAPPING_MINUTES,
    AUDIT_RETENTION_DAYS,
    AUDIT_TABLE_NAME,
    AWS_ENDPOINT_URL,
    SLACK_API_URL,
    SLACK_BOT_TOKEN,
    SLACK_SECRET_ARN,
    STATE_TABLE_NAME,
    Reader,
)


@dataclass(frozen=True)
class AlarmsSettings:
    """What `handlers.alarms` uses; `flapping` in seconds."""

    region: str
    endpoint_url: str | None
    audit_table_name: str
    audit_retention_days: int
    state_table_name: str
    alarms_queue_url: str
    account_id: str
    topic_arns: tuple[str, ...]
    channel_id: str
    routes: tuple[Route, ...]
    flapping: float
    alert_pace: Pace
    slack_api_url: str
    slack_secret_arn: str | None
    slack_bot_token: str | None = field(repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "AlarmsSettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(
            region=read.region(),
            endpoint_url=read.optional(AWS_ENDPOINT_URL),
            audit_table_name=read.text(AUDIT_TABLE_NAME),
            audit_retention_days=read.number(AUDIT_RETENTION_DAYS),
            state_table_name=read.text(STATE_TABLE_NAME),
            alarms_queue_url=read.text(ALARMS_QUEUE_URL),
            account_id=read.text(ALARM_ACCOUNT_ID),
            topic_arns=read.listed(ALARM_TOPIC_ARNS),
            channel_id=read.text(ALERT_CHANNEL_ID),
            routes=read.routes(),
            flapping=60.0 * read.number(ALERT_FLAPPING_MINUTES),
            alert_pace=read.pace(),
            slack_api_url=read.text(SLACK_API_URL),
            slack_secret_arn=read.optional(SLACK_SECRET_ARN),
            slack_bot_token=read.secret(SLACK_BOT_TOKEN),
        )
        read.finish()
        return settings
