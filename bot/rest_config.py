"""The settings of the functions of the REST API's resources."""

from dataclasses import dataclass

from bot.config import PoolSettings, TableSettings
from bot.environment import regions
from bot.reboot_config import RebootSettings


@dataclass(frozen=True)
class AuditSettings(TableSettings, PoolSettings):
    """What `handlers.audit` uses."""


@dataclass(frozen=True)
class InstancesSettings(AuditSettings, RebootSettings):
    """What `handlers.instances` uses: the same, which regions to look at, and what reboots need."""

    regions: tuple[str, ...] = regions()
