"""The settings of the worker, and of the sweep that follows what the worker began."""

from dataclasses import dataclass

from bot.alarms_config import AlertSettings
from bot.config import PoolSettings
from bot.environment import address, number, regions, text
from bot.reboot_config import RebootSettings
from bot.settings import DIGEST_BUCKET_NAME, DIGEST_KEY_ID, JOBS_MAX_RECEIVES, PUBLIC_URL, SLACK_TEAM_ID
from bot.slack_config import SlackSettings


@dataclass(frozen=True)
class SweepSettings(AlertSettings, SlackSettings):
    """What `handlers.sweep` uses."""

    regions: tuple[str, ...] = regions()


@dataclass(frozen=True)
class WorkerSettings(SweepSettings, RebootSettings, PoolSettings):
    """What `handlers.worker` uses."""

    digest_bucket_name: str = text(DIGEST_BUCKET_NAME)
    digest_key_id: str = text(DIGEST_KEY_ID)
    jobs_max_receives: int = text(JOBS_MAX_RECEIVES, number)
    public_url: str = text(PUBLIC_URL, address)
    slack_team_id: str = text(SLACK_TEAM_ID)
