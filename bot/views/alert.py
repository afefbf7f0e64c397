"""An alert's card and what can be done from it. Every name, reason and description is somebody's text."""

from collections.abc import Sequence
from typing import Any

from bot.alarm_events import AlarmState
from bot.alarm_metrics import AlarmChart
from bot.incidents import BURST, Incident, Member
from bot.models import Block, Message
from bot.views.alert_words import date, fitting, lasted, number, packed, plural
from bot.views.text import context, cut, escape, markup, person, quoted, section

ACKNOWLEDGE = "alert_acknowledge"
UNACKNOWLEDGE = "alert_unacknowledge"
SILENCE = "alert_silence"
UNSILENCE = "alert_unsilence"
CHARTS = "alert_charts"
REBOOT = "alert_reboot"
TIMELINE = "alert_timeline_modal"  # the front door opens a modal for names that end so
DURATIONS = ((900, "15 minutes"), (3_600, "1 hour"), (14_400, "4 hours"), (28_800, "8 hours"), (86_400, "24 hours"))
HERE, EVERYWHERE = "here", "everywhere"
SHOWN_MEMBERS = 8
LATE_SECONDS = 900.0
LISTED = 100


def value_of(incident: Incident) -> str:
    """What a button carries: the row and which of its incidents; it says nothing of what may be done."""
    return f"{incident.key}.{incident.number}"


def card(incident: Incident, chart: AlarmChart | None, belongs_to: str = "", again: bool = False) -> Message:
    """The card of one alarm; `belongs_to` is the channel that did not take it, `again` says that it is a new one."""
    notes = [*_told_late(incident), *_notes(belongs_to, again)]
    facts = {"type": "section", "fields": [_field(title, value) for title, value in _facts(incident)]}
    top: list[Block] = [section(f"{_title(incident)}\n{_what(incident)}"), facts]
    bottom = [*_known(incident), *notes, {"type": "actions", "elements": buttons(incident)}]
    if chart is None or not incident.open:
        return Message(_text(incident), [*top, *bottom])
    return Message(_text(incident), [*top, chart_block(chart), *bottom], lambda: [*top, *bottom])


def burst(incident: Incident, members: Sequence[Member], belongs_to: str = "", again: bool = False) -> Message:
    """The card of many alarms that fired together; who is in it stands in the thread."""
    firing = [member for member in members if member.open]
    counts = f"*{len(firing)}* of {plural(len(members), 'alarm')} firing"
    names = ", ".join(quoted(name, 60) for name in _short(firing[:SHOWN_MEMBERS]))
    more = f" and {len(firing) - SHOWN_MEMBERS} more, all named in the thread" if len(firing) > SHOWN_MEMBERS else ""
    shown = f"Firing: {names}{more}" if firing else f"All are over after {lasted(_seconds(incident))}."
    blocks = [
        section(f"{_title(incident)}\n{counts}. They began within a minute of each other and share this thread."),
        section(shown),
        *_notes(belongs_to, again),
        {"type": "actions", "elements": buttons(incident)},
    ]
    return Message(f"{_state_word(incident)}: {len(firing)} of {plural(len(members), 'alarm')} firing", blocks)


def _short(members: Sequence[Member]) -> list[str]:
    """Their names; the region before them only where there are several."""
    regions = {member.alarm.partition("/")[0] for member in members}
    return [member.alarm if len(regions) > 1 else member.alarm.partition("/")[2] for member in members]


def listing(members: Sequence[Member]) -> Message:
    """The next members of a burst, for its thread."""
    lines = [f"• {quoted(member.alarm, 100)} since {date(member.opened_at, clock=True)}" for member in members]
    text = fitting([escape(cut(member.alarm, 60)) for member in members], 3_800, ", ")
    return Message(f"{plural(len(members), 'alarm')}: {text}", packed(lines, LISTED))


def chart_block(chart: AlarmChart) -> Block:
    """Slack's own chart: each series has a value for each category, names are unique and short."""
    names: list[str] = []
    for name, _ in chart.series:
        short = cut(name or "value", 20)
        names.append(short if short not in names else f"{cut(short, 17)} {len(names) + 1}")
    series = [
        {
            "name": name,
            "data": [{"label": label, "value": value} for label, value in zip(chart.categories, values, strict=True)],
        }
        for name, (_, values) in zip(names, chart.series, strict=True)
    ]
    axes = {"categories": list(chart.categories), "x_label": "UTC"}
    title = cut(chart.title or "Metric", 50)
    return {
        "type": "data_visualization",
        "title": title,
        "chart": {"type": "line", "series": series, "axis_config": axes},
    }


def charts(incident: Incident, chart: AlarmChart | None) -> Message:
    """The chart as it is now, for whoever asks."""
    name = quoted(_name(incident))
    if chart is None:
        return Message(f"No data to draw for {name}.", [section(f"CloudWatch has no data to draw for {name}.")])
    last = ", ".join(f"{escape(cut(series, 40))} {number(values[-1])}" for series, values in chart.series)
    words = section(f"{name} in the last three hours; the latest values: {last}.")
    return Message(f"{escape(cut(_name(incident), 200))}: {last}", [words, chart_block(chart)], lambda: [words])


def buttons(incident: Incident) -> list[Block]:
    """What can be done in the state that it is in; no button is shown that does nothing."""
    value = value_of(incident)
    shown: list[Block] = []
    if incident.open:
        taken = bool(incident.acknowledged_by)
        shown.append(
            _button("Un-acknowledge", UNACKNOWLEDGE, value)
            if taken
            else {**_button("Acknowledge", ACKNOWLEDGE, value), "style": "primary"}
        )
    if incident.silenced_until is not None:
        shown.append(_button("Unsilence", UNSILENCE, value))
    elif incident.open:
        shown.append(_silence(value, everywhere=incident.kind != BURST))
    if incident.open and incident.instance_ids:
        shown.append(_reboot(value, incident.instance_ids))
    if incident.metrics:
        shown.append(_button("Charts", CHARTS, value))
    shown.append(_button("Timeline", TIMELINE, value))
    return shown


def _reboot(value: str, instance_ids: Sequence[str]) -> Block:
    """Nothing happens before it is confirmed in the thread, as the instance's tag asks."""
    if len(instance_ids) == 1:
        return {**_button("Reboot…", REBOOT, f"{value}.{instance_ids[0]}"), "style": "danger"}
    options = [{"text": _plain(one), "value": f"{value}.{one}"} for one in instance_ids]
    return {"type": "static_select", "action_id": REBOOT, "placeholder": _plain("Reboot…"), "options": options}


def _silence(value: str, *, everywhere: bool) -> Block:
    def options(where: str) -> list[Block]:
        return [{"text": _plain(f"For {words}"), "value": f"{value}.{seconds}.{where}"} for seconds, words in DURATIONS]

    groups = [{"label": _plain("In Slack alone"), "options": options(HERE)}]
    if everywhere:
        groups.append({"label": _plain("Everywhere (CloudWatch mutes its actions)"), "options": options(EVERYWHERE)})
    return {
        "type": "static_select",
        "action_id": SILENCE,
        "placeholder": _plain("Silence…"),
        "option_groups": groups,
    }


def _title(incident: Incident) -> str:
    dot, word = _look(incident)
    again = f" · {plural(incident.firings, 'time')}" if incident.firings > 1 else ""
    return f"{dot} *{escape(cut(_name(incident), 200))}*   {word}{again}"


def _look(incident: Incident) -> tuple[str, str]:
    if not incident.open:
        ends = [entry.kind for entry in incident.entries if entry.kind in ("resolved", "deleted")]
        deleted = ends[-1:] == ["deleted"]
        return (":white_circle:", "over: the alarm was deleted") if deleted else (":large_green_circle:", "resolved")
    if incident.silenced_until is not None:
        where = "in Slack; CloudWatch mutes its actions too" if incident.muted else "in Slack alone"
        by = person(incident.silenced_by)
        return ":white_circle:", f"silenced {where}, until {date(incident.silenced_until)}, by {by}"
    state = "no data" if incident.state is AlarmState.NO_DATA else "firing"
    if incident.acknowledged_by:
        return ":large_yellow_circle:", f"{state}, acknowledged by {person(incident.acknowledged_by)}"
    return ":red_circle:", state


def _state_word(incident: Incident) -> str:
    if not incident.open:
        return "Resolved"
    if incident.silenced_until is not None:
        return "Silenced"
    return "Acknowledged" if incident.acknowledged_by else "Firing"


def _name(incident: Incident) -> str:
    return "Many alarms at once" if incident.kind == BURST else incident.alarm


def _what(incident: Incident) -> str:
    causes = ", ".join(quoted(cause, 80) for cause in incident.causes)
    behind = f"\nBehind it: {causes}" if causes else ""
    return f"{escape(cut(incident.description, 600))}{behind}" or escape(cut(incident.reason, 600))


def _facts(incident: Incident) -> list[tuple[str, str]]:
    facts = [("Since", date(incident.opened_at))]
    if not incident.open:
        facts.append(("Lasted", lasted(_seconds(incident))))
    if incident.comparison:
        facts.append(("Value", _compared(incident)))
    named = [f"`{name}`" for name in dict.fromkeys(spec.name for spec in incident.metrics if spec.name)]
    if named:
        facts.append(("Metric", escape(", ".join(named[:3]))))
    region = escape(incident.region)
    if not incident.instance_ids:
        return [*facts, ("Region", region)]
    machines = ", ".join(f"`{one}`" for one in incident.instance_ids)
    return [*facts, ("Instances" if len(incident.instance_ids) > 1 else "Instance", f"{machines} in {region}")]


def _compared(incident: Incident) -> str:
    compared = incident.comparison
    assert compared is not None
    value = "unknown" if compared.value is None else number(compared.value)
    if compared.low is not None or compared.high is not None:
        edges = [number(edge) for edge in (compared.low, compared.high) if edge is not None]
        return f"{value}, expected {' to '.join(edges)}"
    return value if compared.threshold is None else f"{value} against {number(compared.threshold)}"


def _known(incident: Incident) -> list[Block]:
    known: Any = incident.known
    if not known.get("times"):
        return []
    words = f"{_ordinal(int(known['times']) + 1)} time in 30 days"
    helped = known.get("helped") or {}
    if helped:
        # By their address: to be named by Slack in a new card would wake who helped weeks ago.
        who, what = escape(cut(str(helped.get("who")), 80)), escape(cut(str(helped.get("what")), 40))
        words += f"; last time {who} {what} it, OK {lasted(float(helped.get('after', 0)))} later"
    elif "seconds" in known:
        words += f"; last time it lasted {lasted(float(known['seconds']))}"
    return [context(words)]


def _told_late(incident: Incident) -> list[Block]:
    """A message that lay in a queue for long tells of what may be over."""
    first = incident.entries[0] if incident.entries else None
    late = float(first.facts.get("told", first.at)) - first.at if first and first.kind == "fired" else 0.0
    if late < LATE_SECONDS or not incident.open:
        return []
    return [context(f"This was told {lasted(late)} late: CloudWatch may know better by now.")]


def _notes(belongs_to: str, again: bool) -> list[Block]:
    notes = []
    if belongs_to:
        notes.append(
            f"This alert belongs into <#{belongs_to}>, where EC2 Ops cannot post: `/invite @EC2 Ops` there, "
            "or change the routes."
        )
    if again:
        notes.append("The card before this one is gone from Slack; the alert is the same.")
    return [context(note) for note in notes]


def _ordinal(count: int) -> str:
    suffix = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{suffix}"


def _seconds(incident: Incident) -> float:
    return max(0.0, (incident.resolved_at or incident.opened_at) - incident.opened_at)


def _text(incident: Incident) -> str:
    compared = f", {_compared(incident)}" if incident.comparison else ""
    machines = f", {', '.join(incident.instance_ids)}" if incident.instance_ids else ""
    return f"{_state_word(incident)}: {escape(cut(incident.alarm, 200))}{compared}{machines}"


def _field(title: str, value: str) -> Block:
    return markup(f"*{title}*\n{value}", 2000)


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def _button(text: str, action_id: str, value: str) -> Block:
    return {"type": "button", "action_id": action_id, "value": value, "text": _plain(text)}
