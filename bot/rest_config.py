"""What the functions of the REST API's resources are told, as `bot.config` does it for the other functions.

It refuses to start half-configured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.settings import (
    AUDIT_RETENTION_DAYS,
    AUDIT_TABLE_NAME,
    AWS_ENDPOINT_URL,
    CONFIRM_SECONDS,
    DEFAULT_PROTECTION,
    REBOOT_ROLE_ARN,
    REBOOTS_ENABLED,
    STATE_TABLE_NAME,
    Reader,
)


@dataclass(frozen=True)
class AuditSettings:
    """What `handlers.audit` uses."""

    region: str
    endpoint_url: str | None
    audit_table_name: str
    audit_retention_days: int
    state_table_name: str
    cognito_user_pool_id: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "AuditSettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(**_shared(read))
        read.finish()
        return settings


@dataclass(frozen=True)
class InstancesSettings(AuditSettings):
    """What `handlers.instances` uses: the same, which regions to look at, and what reboots need."""

    regions: tuple[str, ...]
    reboot_role_arn: str
    reboots_enabled: bool
    confirm_seconds: int
    default_protection: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "InstancesSettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(
            **_shared(read),
            regions=read.regions(),
            reboot_role_arn=read.role_arn(REBOOT_ROLE_ARN),
            reboots_enabled=read.flag(REBOOTS_ENABLED),
            confirm_seconds=read.number(CONFIRM_SECONDS),
            default_protection=read.choice(DEFAULT_PROTECTION, "approval", "typed", "click"),
        )
        read.finish()
        return settings


def _shared(read: Reader) -> dict[str, Any]:
    return {
        "region": read.region(),
        "endpoint_url": read.optional(AWS_ENDPOINT_URL),
        "audit_table_name": read.text(AUDIT_TABLE_NAME),
        "audit_retention_days": read.number(AUDIT_RETENTION_DAYS),
        "state_table_name": read.text(STATE_TABLE_NAME),
        "cognito_user_pool_id": read.pool_id(),
    }
