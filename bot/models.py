"""The nouns that doors and rooms pass to each other: who asks, from where, about what, and what is answered.

Plain frozen data: nothing here calls, reads or decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from bot.denials import AccessDeniedError

Block = dict[str, Any]


class Role(StrEnum):
    """Cognito's `custom:role`, compared exactly; anything else is no role."""

    ADMIN = "admin"
    READONLY = "readonly"


class Source(StrEnum):
    """Which door an action came through."""

    SLACK = "slack"
    REST = "rest"
    ALARM = "alarm"
    SYSTEM = "system"


class Outcome(StrEnum):
    """What became of an action, as its audit row says."""

    ATTEMPTED = "attempted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    DENIED = "denied"
    UNKNOWN = "outcome_unknown"


@dataclass(frozen=True)
class Origin:
    """Where one request came from; `correlation_id` is the same in every row and log line it causes.

    A REST request has `cognito_username` and `cognito_sub`, of a verified access token.
    """

    source: Source
    correlation_id: str
    slack_team_id: str | None = None
    slack_user_id: str | None = None
    channel_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    cognito_username: str | None = None
    cognito_sub: str | None = None

    @property
    def is_direct(self) -> bool:
        """Whether it came from a direct message, which nobody else sees: Slack's ids of them begin so."""
        return (self.channel_id or "").startswith("D")


@dataclass(frozen=True)
class Actor:
    """Who asks.

    `user_id` is the Cognito `sub`, or `slack:<team>:<user>` for somebody without a link. `refusal` is set when this
    person may do nothing at all; the gate records it and raises it. Only an e-mail address that Cognito verified is
    proof of who somebody is.
    """

    user_id: str
    email: str | None
    role: Role | None
    origin: Origin
    refusal: AccessDeniedError | None = None
    email_verified: bool = False


@dataclass(frozen=True)
class Target:
    """What an operation is about; `details` must be JSON-compatible and goes into the audit row."""

    resource_id: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditEntry:
    """What is to be recorded. The same `audit_id` recorded twice is one row."""

    actor: Actor
    action: str
    resource_type: str
    resource_id: str
    outcome: Outcome
    details: Mapping[str, Any]
    audit_id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True)
class Message:
    """An answer in Slack: `blocks` to look at, `text` for notifications and screen readers.

    `older` makes the same of older blocks, for a Slack that answers `invalid_blocks`; seldom, so only when it is asked.
    `title` is a modal's, at most 24 characters.
    """

    text: str
    blocks: list[Block]
    older: Callable[[], list[Block]] | None = field(default=None, compare=False)
    title: str | None = None

    @property
    def plain(self) -> list[Block] | None:
        """The same in older blocks; None where `blocks` are such."""
        return self.older() if self.older else None


@dataclass(frozen=True)
class Delivery:
    """One receipt of one SQS message; `receive_count` starts at 1."""

    message_id: str
    receive_count: int


@dataclass(frozen=True)
class Modal:
    """A modal that somebody has open: by Slack's id for it, or by the one that it was opened with."""

    view_id: str | None = None
    external_id: str | None = None


@dataclass(frozen=True)
class Conversation:
    """Where a request can be answered: in `modal` if there is one.

    `response_url` is a secret (it bypasses channel permissions).
    """

    user_id: str
    channel_id: str | None
    response_url: str | None = field(default=None, repr=False)
    modal: Modal | None = None

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> "Conversation":
        """Read Slack's slash command, interaction and event payloads alike."""
        event = payload.get("event") or {}
        user = payload.get("user") or event.get("user") or {}
        channel = payload.get("channel") or event.get("channel") or {}
        view = payload.get("view") or {}
        return cls(
            user_id=payload.get("user_id") or (user if isinstance(user, str) else user.get("id", "")),
            channel_id=payload.get("channel_id")
            or (channel if isinstance(channel, str) else channel.get("id"))
            or None,
            response_url=payload.get("response_url") or None,
            modal=Modal(view_id=view["id"]) if view.get("type") == "modal" else None,
        )


@dataclass(frozen=True)
class InstanceQuery:
    """What to list; empty fields do not restrict.

    `tags` pairs a key with a value, or with None for "has the tag". `regions` are some of the configured ones.
    """

    text: str = ""
    states: tuple[str, ...] = ()
    tags: tuple[tuple[str, str | None], ...] = ()
    regions: tuple[str, ...] = ()
    sort: str = "name"


@dataclass(frozen=True)
class Instance:
    """One EC2 instance; `name` is the Name tag, and like every tag untrusted text.

    `system_status` and `instance_status` are EC2's words (`ok`, `impaired`, ...), None where it has not said. EC2 sends
    metrics every five minutes, with `detailed_monitoring` every minute.
    """

    instance_id: str
    name: str
    state: str
    instance_type: str
    zone: str
    region: str
    private_ip: str | None
    launched: datetime | None
    public_ip: str | None = None
    image_id: str | None = None
    security_groups: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    system_status: str | None = None
    instance_status: str | None = None
    detailed_monitoring: bool = False

    @property
    def status(self) -> str | None:
        """The worse of the two status checks."""
        if self.system_status and self.system_status != "ok":
            return self.system_status
        return self.instance_status or self.system_status or None


@dataclass(frozen=True)
class RegionFailure:
    """A region that did not answer, and why: EC2's error code, or the transport's."""

    region: str
    aws_code: str


@dataclass(frozen=True)
class Cursor:
    """Where a region's instances go on: EC2's own token, empty at the start, and how many after it were shown."""

    region: str
    token: str = field(default="", repr=False)
    skip: int = 0


@dataclass(frozen=True)
class Listing:
    """Instances in the order asked for; `rest` is where EC2 has more.

    `failures` are regions whose instances, or status checks, are not in it.
    """

    instances: Sequence[Instance]
    regions: tuple[str, ...]
    rest: tuple[Cursor, ...] = ()
    failures: tuple[RegionFailure, ...] = ()


@dataclass(frozen=True)
class Bookmark:
    """The start of a page of a listing; `before` is the id of the bookmark of the page before it.

    The first page has none: it is what its query asks for. `number` starts at 1.
    """

    query: InstanceQuery
    cursors: tuple[Cursor, ...]
    number: int
    before: str | None = None


@dataclass(frozen=True)
class Place:
    """Which page of how many is shown: `next_id` and `this_id` are bookmarks, None where there is none."""

    number: int = 1
    this_id: str | None = None
    next_id: str | None = None


@dataclass(frozen=True)
class Match:
    """What a name or id stands for: exactly one instance, several to choose from, or none and the nearest names.

    With `more` there are others besides `instances`.
    """

    wanted: str
    instances: tuple[Instance, ...]
    nearest: tuple[str, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class Card:
    """One instance with what is known around it; `open_alarms` is None where CloudWatch did not say."""

    instance: Instance
    open_alarms: int | None
