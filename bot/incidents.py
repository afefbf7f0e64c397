"""What is known of an alert: the incident, its story, and the alarms of a burst. All times are epoch seconds.

Plain frozen data: what happens to it is decided in `incident_changes` (alarms) and `incident_clicks` (people, time).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bot.alarm_events import AlarmState, Comparison
from bot.alarm_metrics import MetricSpec

MAX_ENTRIES = 100
MAX_SEEN = 64
MAX_CAUSES = 10
BURST = "burst"


class Effect(StrEnum):
    """What a change of state did to the incident."""

    OPENED = "opened"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    DELETED = "deleted"
    CAME_AND_WENT = "came_and_went"
    NO_DATA = "no_data"
    CONTRIBUTOR = "contributor"
    NOTED = "noted"
    LATE = "late"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Entry:
    """One line of the story; `quiet` ones stand in the timeline alone. `who` is somebody's Slack user id, if known."""

    number: int
    at: float
    kind: str
    who: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    quiet: bool = False


@dataclass(frozen=True)
class Incident:
    """An alarm's current incident, or its last one; `number` counts them and is 0 before the first.

    `key` names the alarm (or the burst) in the state table. `group` is the key of the burst whose card shows this
    one. `check_at` is when the sweep should see to it that Slack shows what is here. `muted`: CloudWatch mutes the
    alarm's actions too, for the time of the silence.
    """

    key: str
    region: str
    alarm: str
    kind: str
    number: int = 0
    version: int = 0
    state: AlarmState = AlarmState.OK
    state_at: float = 0.0
    opened_at: float = 0.0
    resolved_at: float | None = None
    firings: int = 0
    reason: str = ""
    description: str = ""
    comparison: Comparison | None = None
    metrics: tuple[MetricSpec, ...] = ()
    instance_ids: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    acknowledged_by: str = ""
    acknowledged_at: float | None = None
    silenced_until: float | None = None
    silenced_by: str = ""
    muted: bool = False
    reminders: int = 0
    reminded_at: float | None = None
    known: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    seen: tuple[str, ...] = ()
    channel_id: str = ""
    group: str = ""
    check_at: float | None = None

    @property
    def name(self) -> str:
        """As audit rows name it."""
        return f"{self.region}/{self.alarm}"

    @property
    def open(self) -> bool:
        return self.number > 0 and self.resolved_at is None

    def silenced(self, now: float) -> bool:
        return self.silenced_until is not None and now < self.silenced_until


@dataclass(frozen=True)
class Member:
    """One alarm of a burst; `listed` once it was named in the burst's thread."""

    key: str
    alarm: str
    state: str
    open: bool
    opened_at: float
    listed: bool = False


def noted(incident: Incident, now: float, kind: str, who: str = "", at: float | None = None, **facts: Any) -> Incident:
    """The story goes on by a line; while it is silenced, quietly."""
    number = incident.entries[-1].number + 1 if incident.entries else 1
    entry = Entry(number, now if at is None else at, kind, who, facts, quiet=incident.silenced(now))
    return replace(incident, entries=(*incident.entries, entry)[-MAX_ENTRIES:])


def resolved(incident: Incident, at: float, now: float, kind: str = "resolved") -> Incident:
    """It is over since then."""
    over = replace(incident, resolved_at=at)
    return noted(over, now, kind, at=at, seconds=max(0.0, at - incident.opened_at))
