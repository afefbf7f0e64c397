"""The settings of the functions behind Slack, read once from an environment mapping: each asks only for what it uses.

Refuses to start half-configured: one error names everything that is missing or malformed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.alert_pace import Pace
from bot.settings import (
    ALARMS_QUEUE_URL,
    AUDIT_RETENTION_DAYS,
    AUDIT_TABLE_NAME,
    AWS_ENDPOINT_URL,
    COGNITO_USER_POOL_ID,
    CONFIRM_SECONDS,
    DEFAULT_PROTECTION,
    DIGEST_BUCKET_NAME,
    DIGEST_KEY_ID,
    JOBS_MAX_RECEIVES,
    JOBS_QUEUE_URL,
    PUBLIC_URL,
    REBOOT_ROLE_ARN,
    REBOOTS_ENABLED,
    SLACK_API_URL,
    SLACK_APP_ID,
    SLACK_BOT_TOKEN,
    SLACK_SECRET_ARN,
    SLACK_SIGNING_SECRET,
    SLACK_TEAM_ID,
    STATE_TABLE_NAME,
    Reader,
)


@dataclass(frozen=True)
class DoorSettings:
    """What `handlers.slack` uses."""

    region: str
    endpoint_url: str | None
    jobs_queue_url: str
    slack_team_id: str
    slack_app_id: str
    slack_api_url: str
    slack_secret_arn: str | None
    slack_signing_secret: str | None = field(repr=False)
    slack_bot_token: str | None = field(repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "DoorSettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(
            region=read.region(),
            endpoint_url=read.optional(AWS_ENDPOINT_URL),
            jobs_queue_url=read.text(JOBS_QUEUE_URL),
            slack_team_id=read.text(SLACK_TEAM_ID),
            slack_app_id=read.text(SLACK_APP_ID),
            slack_api_url=read.text(SLACK_API_URL),
            slack_secret_arn=read.optional(SLACK_SECRET_ARN),
            slack_signing_secret=read.secret(SLACK_SIGNING_SECRET),
            slack_bot_token=read.secret(SLACK_BOT_TOKEN),
        )
        read.finish()
        return settings


@dataclass(frozen=True)
class WorkerSettings:
    """What `handlers.worker` uses."""

    region: str
    endpoint_url: str | None
    regions: tuple[str, ...]
    audit_table_name: str
    audit_retention_days: int
    state_table_name: str
    alarms_queue_url: str
    alert_pace: Pace
    digest_bucket_name: str
    digest_key_id: str
    cognito_user_pool_id: str
    jobs_max_receives: int
    public_url: str
    reboot_role_arn: str
    reboots_enabled: bool
    confirm_seconds: int
    default_protection: str
    slack_team_id: str
    slack_api_url: str
    slack_secret_arn: str | None
    slack_bot_token: str | None = field(repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "WorkerSettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(
            region=read.region(),
            endpoint_url=read.optional(AWS_ENDPOINT_URL),
            regions=read.regions(),
            audit_table_name=read.text(AUDIT_TABLE_NAME),
            audit_retention_days=read.number(AUDIT_RETENTION_DAYS),
            state_table_name=read.text(STATE_TABLE_NAME),
            alarms_queue_url=read.text(ALARMS_QUEUE_URL),
            alert_pace=read.pace(),
            digest_bucket_name=read.text(DIGEST_BUCKET_NAME),
            digest_key_id=read.text(DIGEST_KEY_ID),
            cognito_user_pool_id=read.text(COGNITO_USER_POOL_ID),
            jobs_max_receives=read.number(JOBS_MAX_RECEIVES),
            reboot_role_arn=read.role_arn(REBOOT_ROLE_ARN),
            reboots_enabled=read.flag(REBOOTS_ENABLED),
            confirm_seconds=read.number(CONFIRM_SECONDS),
            default_protection=read.choice(DEFAULT_PROTECTION, "approval", "typed", "click"),
            public_url=read.address(PUBLIC_URL),
            slack_team_id=read.text(SLACK_TEAM_ID),
            slack_api_url=read.text(SLACK_API_URL),
            slack_secret_arn=read.optional(SLACK_SECRET_ARN),
            slack_bot_token=read.secret(SLACK_BOT_TOKEN),
        )
        read.finish()
        return settings


@dataclass(frozen=True)
class SweepSettings:
    """What `handlers.sweep` uses."""

    region: str
    endpoint_url: str | None
    regions: tuple[str, ...]
    audit_table_name: str
    audit_retention_days: int
    state_table_name: str
    alarms_queue_url: str
    alert_pace: Pace
    slack_api_url: str
    slack_secret_arn: str | None
    slack_bot_token: str | None = field(repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "SweepSettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(
            region=read.region(),
            endpoint_url=read.optional(AWS_ENDPOINT_URL),
            regions=read.regions(),
            audit_table_name=read.text(AUDIT_TABLE_NAME),
            audit_retention_days=read.number(AUDIT_RETENTION_DAYS),
            state_table_name=read.text(STATE_TABLE_NAME),
            alarms_queue_url=read.text(ALARMS_QUEUE_URL),
            alert_pace=read.pace(),
            slack_api_url=read.text(SLACK_API_URL),
            slack_secret_arn=read.optional(SLACK_SECRET_ARN),
            slack_bot_token=read.secret(SLACK_BOT_TOKEN),
        )
        read.finish()
        return settings
