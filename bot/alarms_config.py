"""The settings of the functions that deal with alerts, and of the one that alarms come to."""

from dataclasses import dataclass

from bot.alert_pace import Pace
from bot.alert_routes import Route, routes_of
from bot.config import TableSettings
from bot.environment import Reader, hours, listed, minutes, optional, read_by, text
from bot.settings import (
    ALARM_ACCOUNT_ID,
    ALARM_TOPIC_ARNS,
    ALARMS_QUEUE_URL,
    ALERT_CHANNEL_ID,
    ALERT_FLAPPING_MINUTES,
    ALERT_REMIND_MINUTES,
    ALERT_ROUTES,
    ALERT_STILL_FIRING_HOURS,
)
from bot.slack_config import SlackSettings


def _pace(reader: Reader) -> Pace:
    return Pace(reader.text(ALERT_REMIND_MINUTES, minutes), reader.text(ALERT_STILL_FIRING_HOURS, hours))


@dataclass(frozen=True)
class AlertSettings(TableSettings):
    """What is needed to change alerts and to have them shown."""

    alarms_queue_url: str = text(ALARMS_QUEUE_URL)
    alert_pace: Pace = read_by(_pace)


@dataclass(frozen=True)
class AlarmsSettings(AlertSettings, SlackSettings):
    """What `handlers.alarms` uses; `flapping` in seconds."""

    account_id: str = text(ALARM_ACCOUNT_ID)
    topic_arns: tuple[str, ...] = optional(ALARM_TOPIC_ARNS, listed, ())
    channel_id: str = text(ALERT_CHANNEL_ID)
    routes: tuple[Route, ...] = optional(ALERT_ROUTES, routes_of, ())
    flapping: float = text(ALERT_FLAPPING_MINUTES, minutes)
