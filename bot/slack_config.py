"""The settings of the functions that speak to Slack, and of the one that Slack speaks to.

Nothing else stands here: the front door loads it whole.
"""

from dataclasses import dataclass

from bot.environment import FunctionSettings, optional, secret, text
from bot.settings import (
    JOBS_QUEUE_URL,
    SLACK_API_URL,
    SLACK_APP_ID,
    SLACK_BOT_TOKEN,
    SLACK_SECRET_ARN,
    SLACK_SIGNING_SECRET,
    SLACK_TEAM_ID,
)


@dataclass(frozen=True)
class SlackSettings(FunctionSettings):
    """What is needed to call Slack."""

    slack_api_url: str = text(SLACK_API_URL)
    slack_secret_arn: str | None = optional(SLACK_SECRET_ARN)
    slack_bot_token: str | None = secret(SLACK_BOT_TOKEN)


@dataclass(frozen=True)
class DoorSettings(SlackSettings):
    """What `handlers.slack` uses."""

    jobs_queue_url: str = text(JOBS_QUEUE_URL)
    slack_team_id: str = text(SLACK_TEAM_ID)
    slack_app_id: str = text(SLACK_APP_ID)
    slack_signing_secret: str | None = secret(SLACK_SIGNING_SECRET)
