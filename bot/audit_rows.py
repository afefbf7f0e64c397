"""Rows of the audit as they are read: what may be asked for, which index answers it, and where a page goes on.

It refuses a cursor that is not of the very query it comes with. The schema: docs/architecture.md, "The audit table".
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.errors import PageGoneError
from bot.models import Outcome
from bot.operations import ACCESS_DENIED

TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)
_AGO = re.compile(r"([1-9][0-9]{0,3})([mhdw])", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MINUTE = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})Z?", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class AuditQuery:
    """What to show, newest first; what is None does not restrict.

    `since` is included, `until` is not. The first of user, resource and action that is given is the key of the query;
    a Slack user has none.
    """

    user_id: str | None = None
    resource_id: str | None = None
    action: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    slack_user_id: str | None = None


@dataclass(frozen=True)
class AuditRow:
    """One row; what it does not say is empty. `details` are JSON types with Decimals."""

    user_id: str
    timestamp: str
    audit_id: str = ""
    user_email: str = ""
    action: str = ""
    resource_type: str = ""
    resource_id: str = ""
    outcome: str = ""
    source: str = ""
    correlation_id: str = ""
    slack_user_id: str = ""
    slack_team_id: str = ""
    channel_id: str = ""
    ip_address: str = ""
    user_agent: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def moment(self) -> datetime | None:
        """The time of the row; None where somebody wrote one that is none."""
        return moment_of(self.timestamp)


@dataclass(frozen=True)
class AuditPage:
    """Rows, newest first, and where the next page begins.

    `searched_to` is how far back was looked, where that was given up before the page was full.
    """

    rows: tuple[AuditRow, ...]
    cursor: str | None = None
    searched_to: str | None = None


@dataclass(frozen=True)
class Index:
    """What a query reads: the partition of an index, or of the table itself; without `value`, one day after another."""

    name: str | None
    attribute: str
    value: str | None
    filters: Mapping[str, str]


@dataclass(frozen=True)
class Position:
    """A row that was read last, in the partition `value`; without a row, the partition's newest end."""

    value: str
    user_id: str = ""
    timestamp: str = ""


def index_of(query: AuditQuery) -> Index:
    """The one index that answers `query`, and what is left to filter.

    What somebody was refused is always an ACCESS_DENIED row (the gate writes no other), so refusals have a key as well.
    Messages that were no alarm are refused under an action of their own, ALARM_REFUSED, and nobody asked for them.
    """
    wanted = {
        "userId": query.user_id,
        "resourceId": query.resource_id,
        "action": query.action or (ACCESS_DENIED if query.outcome is Outcome.DENIED else None),
        "outcome": query.outcome.value if query.outcome else None,
        "slackUserId": query.slack_user_id,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    for attribute, name in (("userId", None), ("resourceId", "resource-index"), ("action", "action-index")):
        if attribute in given:
            value = given.pop(attribute)
            if value == ACCESS_DENIED and query.outcome is Outcome.DENIED:
                del given["outcome"]
            return Index(name, attribute, value, given)
    return Index("day-index", "day", None, given)


def cursor_of(query: AuditQuery, position: Position) -> str:
    """An opaque text that `position_of` reads for the same query and no other."""
    content = [_fingerprint(query), position.value, position.user_id, position.timestamp]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def position_of(query: AuditQuery, cursor: str) -> Position:
    """Raises PageGoneError for what `cursor_of` did not make of this query."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        fingerprint, value, user_id, timestamp = content
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise PageGoneError from None
    texts = all(isinstance(part, str) for part in content)
    position = Position(value, user_id, timestamp)
    if not texts or fingerprint != _fingerprint(query) or not _within(query, position):
        raise PageGoneError
    return position


def timestamp(moment: datetime) -> str:
    """The sort key of a row: ISO 8601 in UTC with six fractional digits always, so that text order is time order."""
    # `strftime` writes the year 999 with three digits.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment_of(text: str) -> datetime | None:
    """The time that a sort key says; None for what is none."""
    if not TIMESTAMP.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def bound(text: str, now: datetime, *, end: bool = False) -> datetime:
    """What `since:` and `until:` take: an age (`30m`, `8h`, `7d`, `2w`), a day, or a minute, in UTC.

    A day as an `end` is meant with all its hours. Raises ValueError.
    """
    if age := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
    if _DATE.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=1 if end else 0)
    if minute := _MINUTE.fullmatch(text):
        return datetime.fromisoformat(f"{minute[1]}T{minute[2]}").replace(tzinfo=UTC)
    raise ValueError(text)


def is_bound(text: str) -> bool:
    """Whether `bound` takes it."""
    try:
        bound(text, datetime.max.replace(year=3000, tzinfo=UTC), end=True)
    except (ValueError, OverflowError):
        return False
    return True


def _fingerprint(query: AuditQuery) -> str:
    whole = json.dumps(asdict(query), default=str, sort_keys=True)
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:16]


def _within(query: AuditQuery, position: Position) -> bool:
    """Whether a page of that query can end there: DynamoDB calls every other starting point an error."""
    index = index_of(query)
    if bool(position.user_id) != bool(position.timestamp):
        return False
    if position.timestamp and not _between(query, moment_of(position.timestamp)):
        return False
    if index.value is not None:
        return position.value == index.value and bool(position.timestamp)
    try:
        day = date.fromisoformat(position.value).isoformat()
    except ValueError:
        return False
    return day == position.value and position.timestamp[:10] in ("", day)


def _between(query: AuditQuery, moment: datetime | None) -> bool:
    if moment is None:
        return False
    return (query.since is None or query.since <= moment) and (query.until is None or moment < query.until)
