"""The audit in words: a page of rows, newest first, and one row with all it says.

Times are shown in the reader's own zone by Slack. What rows say is anybody's text and escaped.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.audit_request import AuditSearch
from bot.audit_rows import AuditPage, AuditRow, moment_of
from bot.models import Block, Message, Outcome
from bot.views.text import context, counted, cut, escape, markup, printable, quoted, section, sections

OPEN_ROW = "audit_row_modal"  # the front door opens a modal for names that end so
OLDER = "audit_older"
KIND = "audit"  # of bookmarks
MAX_TEXT_CHARACTERS = 3_500
MAX_OPTION_VALUE = 150
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{1,30}", re.ASCII)
_USER = re.compile(r"[UW][A-Z0-9]{1,30}", re.ASCII)
OUTCOMES = {
    "succeeded": "🟢",
    "failed": "🔴",
    "denied": "⛔",
    "attempted": "🟡",
    "outcome_unknown": "🟠",
}


def listing(page: AuditPage, search: AuditSearch, older: str | None) -> Message:
    """A page; `older` is the bookmark of the next one."""
    summary = f"Audit{_about(search)}: {_count(page, search.number)}"
    blocks = [section(f"*{summary}*"), *sections(map(_line, page.rows)), *_notes(page, search)]
    return Message(_text(summary, page.rows), [*blocks, *_actions(page, older)])


def details(row: AuditRow) -> Message:
    """All that one row says, for a modal."""
    facts = [
        ("When", when(row.timestamp)),
        ("Who", _who(row)),
        ("Action", quoted(row.action)),
        ("Outcome", outcome(row)),
        ("On", f"{escape(cut(row.resource_type, 40))} {quoted(row.resource_id, 200)}"),
        ("From", _where(row)),
        ("Address", quoted(row.ip_address) if row.ip_address else "not known"),
        ("Program", quoted(row.user_agent, 200) if row.user_agent else "not known"),
        ("Identity", quoted(row.user_id, 200)),
        ("Request", quoted(row.correlation_id, 200)),
    ]
    fields = [markup(f"*{title}*\n{value}", 2000) for title, value in facts]
    said = json.dumps(row.details, default=str, ensure_ascii=False, indent=2).splitlines()
    said_safely = cut("\n".join(map(escape, said)).replace("`", "ʼ"), 2900)
    blocks: list[Block] = [{"type": "section", "fields": fields[:10]}, section(f"*Details*\n```{said_safely}```")]
    return Message(_plain(row), [*blocks, context(f"Row {quoted(row.audit_id)}")], title="Audit row")


def subject(row: AuditRow) -> str:
    """What a row is about: a machine by the name that it had then, and its id."""
    known = row.details.get("name")
    called = f"{quoted(known, 60)} " if isinstance(known, str) and known.strip() else ""
    return f"{called}{quoted(row.resource_id, 60)}"


def when(timestamp: str) -> str:
    """A row's time, for mrkdwn."""
    moment = moment_of(timestamp)
    return date(moment) if moment else quoted(timestamp)


def date(moment: datetime) -> str:
    """A time in the reader's zone, for mrkdwn."""
    fallback = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time_secs}}|{fallback}>"


def outcome(row: AuditRow) -> str:
    """With the colour it is known by."""
    return f"{OUTCOMES.get(row.outcome, '⚪')} {escape(cut(row.outcome, 20).replace('_', ' ')) or 'unknown'}"


def name(row: AuditRow) -> str:
    """Who it was, as text without markup."""
    return cut(row.user_email or row.slack_user_id or row.user_id, 60)


def person(called: str) -> str:
    """Somebody's name, for mrkdwn: who has none but a Slack id is shown by what Slack calls them."""
    return f"<@{called}>" if _USER.fullmatch(called) else escape(cut(called, 60))


def _about(search: AuditSearch) -> str:
    query = search.query
    on = f"{quoted(search.instance or '')}" + (
        f" ({query.resource_id})" if search.instance != query.resource_id else ""
    )
    parts = (
        f" of <@{search.person}>" if search.person else "",
        f" on {on}" if query.resource_id else "",
        f", {query.action}" if query.action else "",
        f", {query.outcome.replace('_', ' ')}" if query.outcome else "",
        f", since {date(query.since)}" if query.since else "",
        f", until {date(query.until)}" if query.until else "",
    )
    return "".join(parts)


def _count(page: AuditPage, number: int) -> str:
    """Never as if the rows of one page were all there are."""
    turned = f", page {number}" if number > 1 else ""
    if not page.rows:
        return f"nothing found{' yet' if page.cursor else ''}{turned}"
    rows = counted(len(page.rows), "row")
    if number == 1:
        return f"the newest {rows.removeprefix('1 ')}" if page.cursor else rows
    return f"{rows} older than those before{turned}" if page.cursor else f"the oldest {rows.removeprefix('1 ')}{turned}"


def _line(row: AuditRow) -> str:
    about = f" {subject(row)}" if row.resource_id not in ("", "*", row.user_id) else ""
    what = f"*{person(name(row))}*  {escape(cut(row.action, 40))}{about}"
    return f"{when(row.timestamp)}  {what}  {outcome(row)}  _{_where(row)}_"


def _plain(row: AuditRow) -> str:
    said = (f"{row.timestamp[:19]}Z", name(row), cut(row.action, 40), cut(row.resource_id, 60), cut(row.outcome, 20))
    return escape(" ".join(said))


def _text(summary: str, rows: Sequence[AuditRow]) -> str:
    lines = [f"{summary}."]
    room = MAX_TEXT_CHARACTERS - len(summary)
    for line in map(_plain, rows):
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return "\n".join(lines)


def _who(row: AuditRow) -> str:
    slack = f" (<@{row.slack_user_id}>)" if _USER.fullmatch(row.slack_user_id) else ""
    return f"{escape(name(row))}{slack}"


def _where(row: AuditRow) -> str:
    if _CHANNEL.fullmatch(row.channel_id):
        return f"{escape(cut(row.source, 20))}, <#{row.channel_id}>"
    return escape(cut(row.source, 20)) or "not known"


def _notes(page: AuditPage, search: AuditSearch) -> list[Block]:
    if search.query.outcome is Outcome.DENIED and search.query.action is None:
        refused = "Messages that were refused as alarms have an action of their own: `action:ALARM_REFUSED`."
        return [context(refused), *_ending(page)]
    return _ending(page)


def _ending(page: AuditPage) -> list[Block]:
    if page.searched_to:
        return [context(f"Searched back to {when(page.searched_to)}; there may be more before.")]
    if page.cursor is None:
        return [context("That is all that is on record.")]
    return []


def _actions(page: AuditPage, older: str | None) -> list[Block]:
    elements: list[dict[str, Any]] = []
    options = _options(page.rows)
    if options:
        placeholder = {"type": "plain_text", "text": "Open a row"}
        elements.append(
            {"type": "static_select", "action_id": OPEN_ROW, "placeholder": placeholder, "options": options}
        )
    if older:
        text = {"type": "plain_text", "text": "Continue" if page.searched_to else "Older"}
        elements.append({"type": "button", "action_id": OLDER, "text": text, "value": older})
    return [{"type": "actions", "elements": elements}] if elements else []


def _options(rows: Sequence[AuditRow]) -> list[dict[str, Any]]:
    return [
        {
            "text": {
                "type": "plain_text",
                "text": cut(printable(f"{row.timestamp[11:19]} {row.action} {name(row)}"), 75),
            },
            "value": key(row),
        }
        for row in rows
        if len(key(row)) <= MAX_OPTION_VALUE
    ]


def key(row: AuditRow) -> str:
    """What a menu carries of a row."""
    return f"{row.user_id} {row.timestamp}"
