"""The fleet as one table. Names and tags are anybody's text: they stand in literal cells, never in markup."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bot.models import Block, Instance, InstanceQuery, Listing, Message
from bot.views.text import context, cut, escape, printable, section

MAX_ROWS = 100  # a table block's own limit, header row included
MAX_TABLE_CHARACTERS = 10_000
MAX_TEXT_CHARACTERS = 3_500
COLUMNS = ("Name", "Instance", "State", "Type", "Zone", "Private IP")
_DOTS = {
    "running": "🟢",
    "pending": "🟡",
    "stopping": "🟡",
    "shutting-down": "🟡",
    "stopped": "⚪",
    "terminated": "⚫",
}


def listing(found: Listing, query: InstanceQuery) -> Message:
    """A summary line, the table, and what is not in it; every message stays within Block Kit's limits."""
    where = ", ".join(found.regions)
    if not found.instances:
        return _nothing(where, query)
    rows = _rows(found.instances)
    shown = len(rows)
    summary = _summary(found, where)
    blocks: list[Block] = [
        section(f"*{summary}*"),
        *_restriction(query),
        {
            "type": "table",
            "column_settings": [{"is_wrapped": False}] * len(COLUMNS),
            "rows": [_cells(COLUMNS), *rows],
        },
    ]
    if found.truncated or shown < len(found.instances):
        of = f"more than {len(found.instances)}" if found.truncated else str(len(found.instances))
        note = f"{shown} of {of} are shown. Narrow it: `/ec2 list web`, `state:running`, `tag:Env=prod`."
        blocks.append(context(note))
    return Message(_text(summary, found.instances[:shown]), blocks)


def _nothing(where: str, query: InstanceQuery) -> Message:
    if query == InstanceQuery():
        text = f"There are no instances in {where}."
        return Message(text, [section(text)])
    text = f"No instance matches in {where}."
    hint = "Names are matched anywhere in the name, tags exactly and with case. `/ec2 list` shows everything."
    return Message(text, [section(f"*{text}*"), *_restriction(query), context(hint)])


def _summary(found: Listing, where: str) -> str:
    states = Counter(instance.state for instance in found.instances)
    parts = ", ".join(f"{count} {state}" for state, count in states.most_common())
    count = len(found.instances)
    return f"{'More than ' if found.truncated else ''}{count} instance{'s' if count != 1 else ''} in {where}: {parts}"


def _restriction(query: InstanceQuery) -> list[Block]:
    parts = [f"name or id {escape(cut(query.text, 60))}"] if query.text else []
    parts += [f"state {state}" for state in query.states]
    parts += [escape(cut(f"tag {key}={value}" if value is not None else f"tag {key}", 60)) for key, value in query.tags]
    return [context("Only " + " · ".join(parts))] if parts else []


def _rows(instances: Sequence[Instance]) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = []
    room = MAX_TABLE_CHARACTERS - sum(map(len, COLUMNS))
    for instance in instances[: MAX_ROWS - 1]:
        values = (
            cut(printable(instance.name), 60),
            instance.instance_id,
            f"{_DOTS.get(instance.state, '')} {instance.state}".strip(),
            instance.instance_type,
            instance.zone,
            instance.private_ip or "",
        )
        cells = _cells(values)
        room -= sum(len(cell["text"]) for cell in cells)
        if room < 0:
            break
        rows.append(cells)
    return rows


def _cells(values: Sequence[str]) -> list[dict[str, Any]]:
    return [{"type": "raw_text", "text": value.strip() or "–"} for value in values]


def _text(summary: str, instances: Sequence[Instance]) -> str:
    lines = [summary + "."]
    room = MAX_TEXT_CHARACTERS
    for instance in instances:
        name = escape(cut(instance.name, 60)) or "no name"
        line = f"{name} ({instance.instance_id}): {instance.state}, {instance.instance_type}, {instance.zone}"
        room -= len(line) + 1
        if room < 0:
            lines.append(f"and {len(instances) - len(lines) + 1} more")
            break
        lines.append(line)
    return "\n".join(lines)
