"""The settings of the functions that can reboot."""

from dataclasses import dataclass

from bot.environment import FunctionSettings, flag, number, role_arn, text
from bot.proposals import RebootPolicy, Strength
from bot.settings import CONFIRM_SECONDS, DEFAULT_PROTECTION, REBOOT_ROLE_ARN, REBOOTS_ENABLED


@dataclass(frozen=True)
class RebootSettings(FunctionSettings):
    """Which reboots there are, and by which role."""

    reboot_role_arn: str = text(REBOOT_ROLE_ARN, role_arn)
    reboots_enabled: bool = text(REBOOTS_ENABLED, flag)
    confirm_seconds: int = text(CONFIRM_SECONDS, number)
    default_protection: Strength = text(DEFAULT_PROTECTION, Strength)

    @property
    def reboot_policy(self) -> RebootPolicy:
        return RebootPolicy(self.reboots_enabled, self.confirm_seconds, self.default_protection)
