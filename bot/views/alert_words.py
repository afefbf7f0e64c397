"""The words of an alert's story: its lines in the thread, its timeline, what is open; how times and numbers read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.incidents import BURST, Entry, Incident
from bot.models import Block, Message
from bot.views.text import context, cut, escape, person, quoted, section

MAX_LISTED = 25
MAX_SECTIONS = 20
MAX_SECTION = 3_000
MAX_TEXT = 3_900


def lines(entries: Sequence[Entry]) -> Message:
    """One reply in the thread for all that happened since the last."""
    words = [line(entry) for entry in entries]
    return Message(fitting(words, MAX_TEXT), packed(words, MAX_SECTIONS))


def line(entry: Entry) -> str:
    """What one entry says; it names whoever did it, and whom it asks."""
    facts: Any = entry.facts
    when = date(entry.at, clock=True)
    match entry.kind:
        case "fired":
            return f":red_circle: Firing since {when}."
        case "refired":
            return f":red_circle: Firing again since {when}: {plural(int(facts.get('firings', 2)), 'time')} by now."
        case "no_data":
            return f":white_circle: No data since {when}. It stays open: no data is no OK."
        case "data_again":
            return f":red_circle: Data again since {when}, and still over the line."
        case "resolved":
            return _resolved(facts, when)
        case "deleted":
            after = lasted(float(facts.get("seconds", 0)))
            return f":white_circle: The alarm was deleted at {when}, {after} after it fired: CloudWatch tells no more."
        case "acknowledged":
            return f":large_yellow_circle: {_who(entry)} acknowledged it at {when}."
        case "unacknowledged":
            return f":red_circle: {_who(entry)} gave it back at {when}: nobody is on it."
        case "silenced":
            where = "CloudWatch mutes its actions as well" if facts.get("muted") else "CloudWatch's own actions go on"
            return f":white_circle: {_who(entry)} silenced it until {date(float(facts.get('until', 0)))}. {where}."
        case "unsilenced":
            return f"{_dot(facts)} {_who(entry)} ended the silence at {when}.{_meanwhile(facts)}"
        case "silence_over":
            return f"{_dot(facts)} The silence is over since {when}.{_meanwhile(facts)}"
        case "reminder":
            since = date(float(facts.get("since") or 0))
            return f":bell: {_subject(facts)} still firing since {since}, and nobody has acknowledged it."
        case "still_firing":
            since = date(float(facts.get("since") or 0))
            by = f" by {_who(entry)}" if entry.who else ""
            return f":bell: {_subject(facts)} still firing. It was acknowledged{by} on {since}; is somebody on it?"
        case "late":
            return f"A change of {when} arrived late: {escape(str(facts.get('state', '')))}. Newer ones were known."
        case "contributor":
            what = quoted(str(facts.get("what", "")))
            return f"{what} is in state {escape(str(facts.get('state', '')))} since {when}."
    return f"{escape(entry.kind)} at {when}"


def timeline(incident: Incident) -> Message:
    """The whole story, newest last; quiet lines too."""
    name = "Many alarms at once" if incident.kind == BURST else incident.alarm
    told = packed([line(entry) for entry in incident.entries], MAX_SECTIONS)
    reason = [context(f"CloudWatch says: {escape(cut(incident.reason, 1000))}")] if incident.reason else []
    title = section(f"*{escape(cut(name, 200))}*")
    return Message(f"Timeline of {escape(cut(name, 200))}", [title, *told, *reason], title="Timeline")


def overview(incidents: Sequence[Incident], *, mine: bool) -> Message:
    """What is open, the oldest first."""
    if not incidents:
        words = "You have acknowledged nothing that is still open." if mine else "No alert is open."
        return Message(words, [section(f":large_green_circle: {words}")])
    several = len({incident.region for incident in incidents if incident.region}) > 1
    shown = [_open(incident, incident.region if several else "") for incident in incidents[:MAX_LISTED]]
    count = plural(len(incidents), "open alert")
    more = [context(f"and {len(incidents) - MAX_LISTED} more")] if len(incidents) > MAX_LISTED else []
    title = f"*{count}*{' that you acknowledged' if mine else ''}"
    return Message(count, [section(title), *packed(shown, MAX_SECTIONS), *more])


def packed(words: Sequence[str], most: int) -> list[Block]:
    """Sections of whole lines, for half a line is half a date; of more than `most` sections, the last."""
    chunks: list[list[str]] = [[]]
    for one in (one for words_of in words for one in words_of.split("\n")):
        if chunks[-1] and len("\n".join([*chunks[-1], one])) > MAX_SECTION:
            chunks.append([])
        chunks[-1].append(one)
    left_out = sum(len(chunk) for chunk in chunks[:-most])
    before = [context(f"{plural(left_out, 'line')} before these")] if left_out else []
    return [*before, *(section("\n".join(chunk)) for chunk in chunks[-most:] if chunk)]


def fitting(words: Sequence[str], most: int, between: str = "\n") -> str:
    """As many of them as fit, whole."""
    length = 0
    for count, one in enumerate(words):
        length += len(one) + len(between)
        if length > most:
            return between.join(words[:count]) or cut(escape("Too long to show"), most)
    return between.join(words)


def _open(incident: Incident, region: str) -> str:
    name = "Many alarms at once" if incident.kind == BURST else incident.alarm
    taken = f", acknowledged by {person(incident.acknowledged_by, 60)}" if incident.acknowledged_by else ""
    quiet = f", silenced until {date(incident.silenced_until)}" if incident.silenced_until else ""
    dot = ":white_circle:" if quiet else ":large_yellow_circle:" if taken else ":red_circle:"
    where = f" in {escape(cut(region, 30))}" if region else ""
    since = f"since {date(incident.opened_at)} in <#{incident.channel_id}>"
    return f"{dot} {quoted(name, 100)}{where} {since}{taken}{quiet}"


def _resolved(facts: Any, when: str) -> str:
    words = [f":large_green_circle: OK since {when}, after {lasted(float(facts.get('seconds', 0)))}."]
    for deed in facts.get("did") or []:
        who, what = person(str(deed.get("slack") or deed["who"])), escape(cut(str(deed["what"]), 40))
        on = f"`{escape(cut(str(deed['on']), 40))}`"
        if deed.get("helped"):
            words.append(f"{who} {what} {on}, OK {lasted(float(deed.get('after', 0)))} later: that helped.")
        elif not deed.get("certain", True):
            at = date(float(deed["at"]), clock=True)
            words.append(f"{who} may have {what} {on} at {at}: whether it came to that is not known yet.")
        else:
            words.append(f"{who} {what} {on} at {date(float(deed['at']), clock=True)}: that did not help.")
    if not facts.get("did"):
        words.append("Nobody did anything to it from here.")
    return "\n".join(words)


def _subject(facts: Any) -> str:
    """The channel sees a reminder without the card that it is about."""
    alarm = str(facts.get("alarm") or "")
    return f"{quoted(alarm, 100)} is" if alarm else "This is"


def _dot(facts: Any) -> str:
    return ":red_circle:" if facts.get("open", True) else ":large_green_circle:"


def _meanwhile(facts: Any) -> str:
    count = int(facts.get("meanwhile", 0))
    words = " It is still open." if facts.get("open", True) else " It is resolved by now."
    return f"{words} Meanwhile: {plural(count, 'change')}, all in the timeline." if count else words


def _who(entry: Entry) -> str:
    return person(entry.who) or "Somebody"


def date(at: float, *, clock: bool = False) -> str:
    """In the reader's own zone; UTC where Slack cannot say it."""
    form = "{time}" if clock else "{date_short_pretty} at {time}"
    return f"<!date^{int(at)}^{form}|{datetime.fromtimestamp(int(at), UTC):%Y-%m-%d %H:%M} UTC>"


def lasted(seconds: float) -> str:
    """`4 min`, `2 h 5 min`, `3 d 1 h`."""
    if seconds < 90:
        return f"{int(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h"


def number(value: float) -> str:
    """As people write it: at most four digits of fraction, none in large ones."""
    if abs(value) >= 1_000_000:
        return f"{value:.4g}"
    return f"{value:,.4f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
