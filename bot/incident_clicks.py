"""What people's clicks and time alone make of an incident, and what its members make of a burst.

It refuses clicks on what is over.
"""

from dataclasses import replace

from bot.alarm_events import AlarmState
from bot.alert_errors import AlertGoneError
from bot.alert_pace import Pace
from bot.incidents import BURST, Incident, noted, resolved


def acknowledged(incident: Incident, who: str, now: float) -> Incident:
    """The same incident for whoever has it already. Raises AlertGoneError."""
    _must_be_open(incident)
    if incident.acknowledged_by:
        return incident
    taken = noted(incident, now, "acknowledged", who)
    return replace(taken, acknowledged_by=who, acknowledged_at=now, reminded_at=None)


def unacknowledged(incident: Incident, who: str, now: float) -> Incident:
    """Raises AlertGoneError."""
    _must_be_open(incident)
    if not incident.acknowledged_by:
        return incident
    given_back = noted(incident, now, "unacknowledged", who)
    return replace(given_back, acknowledged_by="", acknowledged_at=None, reminded_at=now)


def silenced(incident: Incident, who: str, until: float, muted: bool, now: float) -> Incident:
    """Raises AlertGoneError."""
    _must_be_open(incident)
    ending = replace(incident, silenced_until=None)
    said = noted(ending, now, "silenced", who, until=until, muted=muted)
    return replace(said, silenced_until=until, silenced_by=who, muted=muted)


def unsilenced(incident: Incident, who: str, now: float) -> Incident:
    """`who` is nobody when the silence ran out. The same incident where there was none."""
    if incident.silenced_until is None:
        return incident
    quiet = sum(entry.quiet and entry.kind != "late" for entry in incident.entries)
    loud = replace(incident, silenced_until=None, silenced_by="", muted=False, reminded_at=now)
    kind = "unsilenced" if who else "silence_over"
    return noted(loud, now, kind, who, meanwhile=quiet, open=incident.open) if incident.number else loud


def ticked(incident: Incident, now: float, pace: Pace) -> Incident:
    """What time alone does: a silence runs out, a reminder is due, a check is done."""
    if incident.silenced_until is not None and now >= incident.silenced_until:
        incident = unsilenced(incident, "", now)
    if incident.check_at is not None and now >= incident.check_at:
        incident = replace(incident, check_at=None)
    due = _reminder_at(incident, pace)
    if due is not None and now >= due and not incident.silenced(now):
        kind = "still_firing" if incident.acknowledged_by else "reminder"
        reminded = replace(incident, reminders=incident.reminders + 1, reminded_at=now)
        since = incident.acknowledged_at if incident.acknowledged_by else incident.opened_at
        by, first = incident.acknowledged_by, incident.reminders == 0
        incident = noted(reminded, now, kind, by, since=since, first=first, alarm=incident.alarm)
    return incident


def due_at(incident: Incident, pace: Pace) -> float | None:
    """When time does something next; None for what waits for nobody."""
    moments = [incident.check_at, incident.silenced_until, _reminder_at(incident, pace)]
    known = [moment for moment in moments if moment is not None]
    return min(known) if known else None


def _reminder_at(incident: Incident, pace: Pace) -> float | None:
    """A member of a burst is reminded of by the burst. Unanswered reminders grow rarer, daily at last."""
    if not incident.open or incident.group:
        return None
    every = pace.acknowledged if incident.acknowledged_by else pace.unacknowledged
    since = incident.acknowledged_at if incident.acknowledged_by else incident.opened_at
    after: float = max(incident.reminded_at or 0.0, since or 0.0)
    growing: float = min(every * 2.0 ** min(incident.reminders, 10), 86_400.0)
    return max(after + growing, incident.silenced_until or 0.0)


def _must_be_open(incident: Incident) -> None:
    if not incident.open:
        raise AlertGoneError


def burst(key: str, channel_id: str, now: float) -> Incident:
    """The incident that stands for many: its state is that of its members, see `counted`."""
    group = Incident(key=key, region="", alarm="", kind=BURST, channel_id=channel_id, number=1, opened_at=now)
    return replace(group, state=AlarmState.ALARM, state_at=now, firings=1)


def counted(incident: Incident, firing: int, now: float) -> Incident:
    """The burst when `firing` of its members are in ALARM or without data."""
    if firing and not incident.open:
        again = replace(incident, state=AlarmState.ALARM, state_at=now, resolved_at=None, firings=incident.firings + 1)
        return noted(again, now, "refired", firings=again.firings)
    if not firing and incident.open:
        return resolved(replace(incident, state=AlarmState.OK, state_at=now), now, now)
    return incident
