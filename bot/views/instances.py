"""The fleet as Slack's own data table, with a menu to open an instance, and the same in older blocks.

Names and tags are anybody's text: they stand in literal cells, and escaped where there is markup.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.models import Block, Instance, InstanceQuery, Listing, Message, Place, RegionFailure
from bot.views.text import context, cut, escape, named, printable, quoted, section

OPEN_INSTANCE = "instance_open"
NEXT_PAGE = "instances_next"
PREVIOUS_PAGE = "instances_previous"
MAX_ROWS = 100  # Slack's pages say 200 in one place and 100 in another
MAX_TABLE_CHARACTERS = 20_000
MAX_TEXT_CHARACTERS = 3_500
MAX_OPTIONS = 100
MAX_SECTION_CHARACTERS = 3_000
PAGE_SIZE = 10
ONLY_PAGE = Place()
COLUMNS = ("Name", "Instance", "State", "Type", "Zone", "Private IP", "Days up", "Checks")
_DAYS_UP = COLUMNS.index("Days up")
_DOTS = {
    "running": "🟢",
    "pending": "🟡",
    "stopping": "🟡",
    "shutting-down": "🟡",
    "stopped": "⚪",
    "terminated": "⚫",
}


_DOTTED = {state: f"{dot} {state}" for state, dot in _DOTS.items()}


def listing(found: Listing, query: InstanceQuery, now: datetime, place: Place = ONLY_PAGE) -> Message:
    """A summary line, the table, the way to what is not in it, and a menu; within Block Kit's limits."""
    where = ", ".join(found.regions)
    notes = _notes(found.failures)
    if not found.instances:
        return _nothing(found, where, query, notes, place)
    rows = _rows(found.instances, now)
    shown = found.instances[: len(rows)]
    summary = _summary(found, where, place)
    head: list[Block] = [section(f"*{summary}*"), *_restriction(query), *notes]
    tail = [*_left_out(found, len(shown), place), menu(shown), *_turning(place)]
    table = {
        "type": "data_table",
        "caption": cut(summary, 150),
        "page_size": PAGE_SIZE,
        "rows": [_heading(), *rows],
    }
    return Message(_text(summary, shown, found.failures), [*head, table, *tail], plain=[*head, *_lines(shown), *tail])


def menu(instances: Sequence[Instance], placeholder: str = "Open an instance") -> Block:
    """A menu of at most 100 instances; the chosen value is `<region>/<instance id>`."""
    options = [
        {"text": {"type": "plain_text", "text": cut(label(instance), 75)}, "value": key(instance)}
        for instance in instances[:MAX_OPTIONS]
    ]
    select = {
        "type": "static_select",
        "action_id": OPEN_INSTANCE,
        "placeholder": {"type": "plain_text", "text": placeholder},
        "options": options,
    }
    return {"type": "actions", "elements": [select]}


def label(instance: Instance) -> str:
    """An instance in one literal line, its name in front."""
    return f"{named(instance.name, 40)} · {instance.instance_id} · {instance.state}"


def key(instance: Instance) -> str:
    """What a menu or button carries of an instance."""
    return f"{instance.region}/{instance.instance_id}"


def dotted(state: str) -> str:
    """A state with the colour Slack's people know it by."""
    return _DOTTED.get(state, state)


def several(wanted: str, instances: Sequence[Instance], *, more: bool = False) -> Message:
    """For a name that stands for several instances: which one is meant? With `more` there are others besides."""
    count = f"More than {len(instances)}" if more else str(len(instances))
    text = f"{count} instances match {quoted(wanted)}. Which one?"
    shown = min(len(instances), MAX_OPTIONS)
    if more or shown < len(instances):
        text += f" The menu has {shown} of them: write more of the name to see the others."
    return Message(text, [section(text), menu(instances)])


def _nothing(found: Listing, where: str, query: InstanceQuery, notes: list[Block], place: Place) -> Message:
    if found.rest or place.number > 1:
        text = f"Page {place.number} has no instance in {where}."
        return Message(text, [section(f"*{text}*"), *_restriction(query), *notes, *_turning(place)])
    if query == InstanceQuery():
        text = f"There are no instances in {where}."
        return Message(text, [section(text), *notes])
    text = f"No instance matches in {where}."
    hint = "Names are matched anywhere in the name, tags exactly and with case. `/ec2 list` shows everything."
    return Message(text, [section(f"*{text}*"), *_restriction(query), *notes, context(hint)])


def _summary(found: Listing, where: str, place: Place) -> str:
    states = Counter(instance.state for instance in found.instances)
    impaired = sum(instance.status == "impaired" for instance in found.instances)
    parts = [f"{count} {state}" for state, count in states.most_common()]
    parts += [f"{impaired} impaired"] if impaired else []
    count = len(found.instances)
    more = f"Page {place.number}: " if place.number > 1 else "More than " if found.rest else ""
    return f"{more}{count} instance{'s' if count != 1 else ''} in {where}: {', '.join(parts)}"


def _restriction(query: InstanceQuery) -> list[Block]:
    parts = [f"name or id {escape(cut(query.text, 60))}"] if query.text else []
    parts += [f"state {state}" for state in query.states]
    parts += [escape(cut(f"tag {key}={value}" if value is not None else f"tag {key}", 60)) for key, value in query.tags]
    return [context("Only " + " · ".join(parts))] if parts else []


def _notes(failures: Sequence[RegionFailure]) -> list[Block]:
    return [context(f":warning: {_failure(failure)}") for failure in failures[:10]]


def _failure(failure: RegionFailure) -> str:
    code = escape(cut(failure.aws_code, 60))
    return f"{escape(failure.region)} did not answer in full ({code}): not everything there is shown."


def _left_out(found: Listing, shown: int, place: Place) -> list[Block]:
    narrow = "Narrow it: `/ec2 list web`, `state:running`, `tag:Env=prod`."
    if found.rest and not place.next_id:
        narrow = f"There is no button to the next page, for its place could not be kept: list again. {narrow}"
    if shown < len(found.instances):
        return [context(f"{shown} of {len(found.instances)} are shown. {narrow}")]
    if found.rest or place.number > 1:
        end = "there are more" if found.rest else "the last"
        return [context(f"Page {place.number}, {end}. EC2 keeps no order: a page is sorted within itself. {narrow}")]
    return []


def _turning(place: Place) -> list[Block]:
    buttons = [
        {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": text}, "value": bookmark_id}
        for action_id, text, bookmark_id in (
            (PREVIOUS_PAGE, "Previous page", place.this_id),
            (NEXT_PAGE, "Next page", place.next_id),
        )
        if bookmark_id
    ]
    return [{"type": "actions", "elements": buttons}] if buttons else []


def _heading() -> list[dict[str, Any]]:
    return [{"type": "raw_text", "text": column} for column in COLUMNS]


def _rows(instances: Sequence[Instance], now: datetime) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = []
    room = MAX_TABLE_CHARACTERS - sum(map(len, COLUMNS)) - 150
    for instance in instances[:MAX_ROWS]:
        up = _days_up(instance, now)
        texts = (
            cut(printable(instance.name), 60).strip() or "–",
            instance.instance_id,
            dotted(instance.state),
            instance.instance_type or "–",
            instance.zone or "–",
            instance.private_ip or "–",
            up,
            instance.status or "–",
        )
        room -= sum(map(len, texts))
        if room < 0:
            break
        row: list[dict[str, Any]] = [{"type": "raw_text", "text": text} for text in texts]
        if up != "–":
            row[_DAYS_UP] = {"type": "raw_number", "value": float(up), "text": up}
        rows.append(row)
    return rows


def _days_up(instance: Instance, now: datetime) -> str:
    if instance.state != "running" or instance.launched is None:
        return "–"
    return f"{max((now - instance.launched).total_seconds() / 86_400, 0):.1f}"


def _lines(instances: Sequence[Instance]) -> list[Block]:
    lines = [
        f"`{instance.instance_id}` *{escape(named(instance.name, 40))}* "
        f"{dotted(instance.state)}, {instance.instance_type}, {instance.zone}"
        for instance in instances
    ]
    sections = [""]
    for line in lines:
        if len(sections[-1]) + len(line) >= MAX_SECTION_CHARACTERS:
            sections.append("")
        sections[-1] += f"{line}\n"
    return [section(text.rstrip()) for text in sections]


def _text(summary: str, instances: Sequence[Instance], failures: Sequence[RegionFailure]) -> str:
    lines = [summary + ".", *(_failure(failure) for failure in failures[:10])]
    head = len(lines)
    room = MAX_TEXT_CHARACTERS - sum(map(len, lines))
    for instance in instances:
        name = escape(named(instance.name, 60))
        line = f"{name} ({instance.instance_id}): {instance.state}, {instance.instance_type}, {instance.zone}"
        room -= len(line) + 1
        if room < 0:
            lines.append(f"and {len(instances) - (len(lines) - head)} more")
            break
        lines.append(line)
    return "\n".join(lines)
