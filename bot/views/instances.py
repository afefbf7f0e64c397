"""The fleet as Slack's own data table, with a menu to open an instance, and the same in older blocks.

Names and tags are anybody's text: they stand in literal cells, and escaped where there is markup.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.models import Block, Instance, InstanceQuery, Listing, Message, Place, RegionFailure
from bot.views.text import NO_NAME, context, cut, escape, quoted, section, sections, visible

OPEN_INSTANCE = "instance_open"
NEXT_PAGE = "instances_next"
PREVIOUS_PAGE = "instances_previous"
MAX_ROWS = 100  # Slack's pages say 200 in one place and 100 in another
MAX_TABLE_CHARACTERS = 20_000
MAX_TEXT_CHARACTERS = 3_500
MAX_OPTIONS = 100
PAGE_SIZE = 10
ONLY_PAGE = Place()
COLUMNS = ("Name", "Instance", "State", "Type", "Zone", "Private IP", "Days up", "Checks")
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
    names = [visible(instance.name) for instance in found.instances[:MAX_ROWS]]
    rows = _rows(found.instances, names, now)
    shown = found.instances[: len(rows)]
    summary = _summary(found, where, place)
    head: list[Block] = [section(f"*{summary}*"), *_restriction(query), *notes]
    tail = [*_left_out(found, len(shown), place), _menu(shown, names), *_turning(place)]
    table = {
        "type": "data_table",
        "caption": cut(summary, 150),
        "page_size": PAGE_SIZE,
        "rows": [_heading(), *rows],
    }
    text = _text(summary, shown, names, found.failures)
    return Message(text, [*head, table, *tail], lambda: [*head, *_lines(shown, names), *tail])


def label(instance: Instance) -> str:
    """An instance in one literal line, its name in front."""
    return _label(instance, visible(instance.name))


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
    return Message(text, [section(text), _menu(instances, [visible(instance.name) for instance in instances])])


def _menu(instances: Sequence[Instance], names: Sequence[str]) -> Block:
    """At most 100 instances; the chosen value is `<region>/<instance id>`."""
    options = [
        {"text": {"type": "plain_text", "text": cut(_label(instance, name), 75)}, "value": key(instance)}
        for instance, name in zip(instances[:MAX_OPTIONS], names, strict=False)
    ]
    select = {
        "type": "static_select",
        "action_id": OPEN_INSTANCE,
        "placeholder": {"type": "plain_text", "text": "Open an instance"},
        "options": options,
    }
    return {"type": "actions", "elements": [select]}


def _label(instance: Instance, name: str) -> str:
    return f"{cut(name, 40) or NO_NAME} · {instance.instance_id} · {instance.state}"


def _nothing(found: Listing, where: str, query: InstanceQuery, notes: list[Block], place: Place) -> Message:
    if found.rest or place.number > 1:
        text = f"Page {place.number} has no instance in {where}."
        return Message(text, [section(f"*{text}*"), *_restriction(query), *notes, *_turning(place)])
    if query == InstanceQuery():
        text = f"There are no instances in {where}."
        return Message(text, [section(text), *notes])
    text = f"No instance matches in {where}."
    hint = (
        "A text is looked for anywhere in names, as typed and in lower, UPPER and Title case; tags match whole and "
        "with case, and `*` stands for anything. `/ec2 list` shows everything."
    )
    return Message(text, [section(f"*{text}*"), *_restriction(query), *notes, context(hint)])


def _summary(found: Listing, where: str, place: Place) -> str:
    states = Counter([instance.state for instance in found.instances])
    impaired = [instance.status for instance in found.instances].count("impaired")
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


def _rows(instances: Sequence[Instance], names: Sequence[str], now: datetime) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = []
    room = MAX_TABLE_CHARACTERS - sum(map(len, COLUMNS)) - 150
    for instance, seen in zip(instances, names, strict=False):
        texts = (
            cut(seen, 60) or "–",
            instance.instance_id,
            dotted(instance.state),
            instance.instance_type or "–",
            instance.zone or "–",
            instance.private_ip or "–",
            _days_up(instance, now),
            instance.status or "–",
        )
        room -= len("".join(texts))
        if room < 0:
            break
        name, instance_id, state, kind, zone, private_ip, days, checks = texts
        # Written out: a comprehension over the texts takes two fifths longer (`make bench`).
        rows.append(
            [
                {"type": "raw_text", "text": name},
                {"type": "raw_text", "text": instance_id},
                {"type": "raw_text", "text": state},
                {"type": "raw_text", "text": kind},
                {"type": "raw_text", "text": zone},
                {"type": "raw_text", "text": private_ip},
                _number(days),
                {"type": "raw_text", "text": checks},
            ]
        )
    return rows


def _days_up(instance: Instance, now: datetime) -> str:
    if instance.state != "running" or instance.launched is None:
        return "–"
    seconds = (now - instance.launched).total_seconds()
    return f"{seconds / 86_400:.1f}" if seconds > 0 else "0.0"


def _number(text: str) -> dict[str, Any]:
    if text == "–":
        return {"type": "raw_text", "text": text}
    return {"type": "raw_number", "value": float(text), "text": text}


def _lines(instances: Sequence[Instance], names: Sequence[str]) -> list[Block]:
    return sections(
        f"`{instance.instance_id}` *{escape(cut(name, 40) or NO_NAME)}* "
        f"{dotted(instance.state)}, {instance.instance_type}, {instance.zone}"
        for instance, name in zip(instances, names, strict=False)
    )


def _text(summary: str, instances: Sequence[Instance], names: Sequence[str], failures: Sequence[RegionFailure]) -> str:
    lines = [summary + ".", *(_failure(failure) for failure in failures[:10])]
    head = len(lines)
    room = MAX_TEXT_CHARACTERS - sum(map(len, lines))
    for instance, name in zip(instances, names, strict=False):
        shown = escape(cut(name, 60) or NO_NAME)
        line = f"{shown} ({instance.instance_id}): {instance.state}, {instance.instance_type}, {instance.zone}"
        room -= len(line) + 1
        if room < 0:
            lines.append(f"and {len(instances) - (len(lines) - head)} more")
            break
        lines.append(line)
    return "\n".join(lines)
