"""What somebody asks of the audit in Slack: whose rows, which instance, since when, and in which form.

It refuses what names two people, or nobody that Slack knows (MalformedTextError).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.audit_rows import AuditQuery, bound
from bot.ec2_filters import INSTANCE_ID
from bot.errors import MalformedTextError, PageGoneError
from bot.models import Outcome

SHIFT = timedelta(hours=8)
DAY = timedelta(hours=24)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PERSON = re.compile(r"<@([UW][A-Z0-9]{1,30})(?:\|[^<>]*)?>", re.ASCII)


class Form(StrEnum):
    """The first word after `audit`; rows without one."""

    ROWS = "rows"
    EXPORT = "export"
    HANDOVER = "handover"
    VERIFY = "verify"


@dataclass(frozen=True)
class AuditRequest:
    """`person` is a Slack user id, `instance` a name or an id; neither is looked up yet."""

    form: Form = Form.ROWS
    person: str | None = None
    instance: str | None = None
    action: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def subject(self) -> str:
        """What the audit's own row says was looked at: nothing that an instance could be called."""
        if self.person:
            return f"user:{self.person}"
        return f"instance:{self.instance}" if self.instance else "*"

    @property
    def details(self) -> dict[str, Any]:
        """For that row."""
        return {name: _text(value) for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class AuditSearch:
    """A request with its person and instance found: the query of every page of it.

    `person` is the Slack user id and `instance` the name that were typed, for words alone.
    """

    query: AuditQuery
    person: str | None = None
    instance: str | None = None
    number: int = 1
    cursor: str | None = None

    def following(self, cursor: str) -> "AuditSearch":
        """The search for the page after."""
        return replace(self, number=self.number + 1, cursor=cursor)

    @property
    def is_of_one_instance(self) -> bool:
        """Whether it shows nothing but the history of an instance."""
        return self.query.resource_id is not None and INSTANCE_ID.fullmatch(self.query.resource_id) is not None

    @property
    def details(self) -> dict[str, Any]:
        """For the audit's own row of a later page."""
        return {name: _text(value) for name, value in asdict(self.query).items() if value is not None}

    def to_json(self) -> str:
        """For a bookmark."""
        return json.dumps(asdict(self), default=_text)

    @classmethod
    def from_json(cls, text: str) -> "AuditSearch":
        """Raises PageGoneError for what `to_json` has not written."""
        try:
            content = json.loads(text)
            query = content.pop("query")
            moments = {name: datetime.fromisoformat(query[name]) for name in ("since", "until") if query[name]}
            outcome = Outcome(query["outcome"]) if query["outcome"] else None
            return cls(query=AuditQuery(**{**query, "outcome": outcome, **moments}), **content)
        except (ValueError, TypeError, KeyError):
            raise PageGoneError from None


def understood(text: str, options: Mapping[str, Sequence[str]], now: datetime) -> AuditRequest:
    """The request that was typed; option values are as `bot.command` let them pass.

    Raises MalformedTextError.
    """
    first, _, rest = text.partition(" ")
    form = Form(first.lower()) if first.lower() in set(Form) - {Form.ROWS} else Form.ROWS
    who_and_what = text if form is Form.ROWS else rest
    people = _PERSON.findall(who_and_what)
    instance = " ".join(_PERSON.sub(" ", who_and_what).split())
    if len(people) > 1:
        raise MalformedTextError("one person at a time can be asked about")
    if "@" in instance[:2]:
        raise MalformedTextError("Slack knows nobody of that name: choose the person from the list that opens at `@`")
    if _EMAIL.fullmatch(instance):
        raise MalformedTextError(
            "nobody is found by an e-mail address: choose the person from the list that opens at `@`, and give an "
            "instance that is called so by its id"
        )
    since, until = (_moment(options, name, now) for name in ("since", "until"))
    if since and until and since >= until:
        raise MalformedTextError("`since:` is not before `until:`")
    outcome = options["outcome"][-1] if options.get("outcome") else None
    return AuditRequest(
        form,
        people[0] if people else None,
        instance or None,
        options["action"][-1] if options.get("action") else None,
        Outcome(outcome) if outcome else None,
        since,
        until,
    )


def _moment(options: Mapping[str, Sequence[str]], name: str, now: datetime) -> datetime | None:
    return bound(options[name][-1], now, end=name == "until") if options.get(name) else None


def _text(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
