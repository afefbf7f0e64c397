"""What an alarm's changes of state make of its incident.

The newest change wins, whatever order they come in; one that was seen before changes nothing, and an older one than is
known is only told. Whether an incident is open, and its state, depend on which changes came and not on their order.
"""

from dataclasses import replace

from bot.alarm_events import AlarmEvent, AlarmState
from bot.incidents import MAX_CAUSES, MAX_SEEN, Effect, Incident, noted, resolved

_RANK = {AlarmState.OK: 0, AlarmState.NO_DATA: 1, AlarmState.ALARM: 2}


def blank(key: str, event: AlarmEvent) -> Incident:
    """An alarm that nothing is known of."""
    return Incident(key=key, region=event.region, alarm=event.alarm, kind=event.kind)


def changed(incident: Incident, event: AlarmEvent, now: float, flapping: float) -> tuple[Incident, Effect]:
    """The incident after a change of its alarm's state; `flapping` is how long a resolved one is taken up again."""
    if event.identity in incident.seen:
        return incident, Effect.DUPLICATE
    incident = replace(incident, seen=(*incident.seen, event.identity)[-MAX_SEEN:])
    if event.contributor:
        return _contributed(incident, event, now, flapping)
    if (event.at, _RANK[event.state]) <= (incident.state_at, _RANK[incident.state]):
        return _late(incident, event, now, flapping)
    was = incident.state
    if event.deleted:
        return _deleted(replace(incident, state=event.state, state_at=event.at), event, now)
    incident = _told(incident, event)
    if event.state is AlarmState.ALARM and not incident.open:
        return _opened(incident, event, now, flapping)
    if incident.open and event.state is AlarmState.OK:
        return resolved(incident, event.at, now), Effect.RESOLVED
    if incident.open and event.state is not was:
        kind = "no_data" if event.state is AlarmState.NO_DATA else "data_again"
        return noted(incident, now, kind, at=event.at), Effect.NO_DATA
    return incident, Effect.NOTED


def _deleted(incident: Incident, event: AlarmEvent, now: float) -> tuple[Incident, Effect]:
    if not incident.open:
        return incident, Effect.NOTED
    return resolved(incident, event.at, now, "deleted"), Effect.DELETED


def _told(incident: Incident, event: AlarmEvent) -> Incident:
    return replace(
        incident,
        kind=event.kind,
        state=event.state,
        state_at=event.at,
        reason=event.reason,
        description=event.description or incident.description,
        comparison=event.comparison or incident.comparison,
        metrics=event.metrics or incident.metrics,
        instance_ids=event.instance_ids or incident.instance_ids,
        causes=event.causes or incident.causes,
    )


def _opened(incident: Incident, event: AlarmEvent, now: float, flapping: float) -> tuple[Incident, Effect]:
    if incident.number and event.at - (incident.resolved_at or 0.0) <= flapping:
        again = replace(incident, resolved_at=None, firings=incident.firings + 1, reminded_at=now)
        return noted(again, now, "refired", at=event.at, firings=again.firings), Effect.REOPENED
    fresh = replace(
        incident,
        number=incident.number + 1,
        opened_at=event.at,
        resolved_at=None,
        firings=1,
        acknowledged_by="",
        acknowledged_at=None,
        reminders=0,
        reminded_at=now,  # from here on somebody could know of it
        known={},
        entries=(),
        group="",
        causes=event.causes,
    )
    return noted(fresh, now, "fired", at=event.at, told=now), Effect.OPENED


def _late(incident: Incident, event: AlarmEvent, now: float, flapping: float) -> tuple[Incident, Effect]:
    """An older change than the one we know: it may be the beginning of what we know the end of."""
    began = event.state is AlarmState.ALARM and not incident.open and event.at > (incident.resolved_at or 0.0)
    if not began:
        late = noted(incident, now, "late", at=event.at, state=event.state.value)
        return replace(late, entries=(*late.entries[:-1], replace(late.entries[-1], quiet=True))), Effect.LATE
    opened, effect = _opened(incident, event, now, flapping)
    opened = replace(
        opened,
        kind=event.kind,
        comparison=opened.comparison or event.comparison,
        metrics=opened.metrics or event.metrics,
        instance_ids=opened.instance_ids or event.instance_ids,
    )
    if incident.state is AlarmState.OK:
        return resolved(opened, incident.state_at, now), Effect.CAME_AND_WENT
    return opened, effect


def _contributed(incident: Incident, event: AlarmEvent, now: float, flapping: float) -> tuple[Incident, Effect]:
    """One series of an alarm on many: it can open the incident, but only the alarm's own OK closes it."""
    what = ", ".join(event.causes) or event.contributor
    newer = event.at > incident.state_at
    if event.state is AlarmState.ALARM and newer and not incident.open:
        opened, effect = _opened(_told(incident, event), event, now, flapping)
        return noted(opened, now, "contributor", at=event.at, what=what, state=event.state.value), effect
    joined = replace(
        incident,
        instance_ids=tuple(dict.fromkeys((*incident.instance_ids, *event.instance_ids)))[:MAX_CAUSES],
        causes=tuple(dict.fromkeys((*incident.causes, *event.causes)))[:MAX_CAUSES],
    )
    return noted(joined, now, "contributor", at=event.at, what=what, state=event.state.value), Effect.CONTRIBUTOR
