"""A Slack request on its way from the front door to the worker: raw body, id, when and from where it came.

The schema is checked on the way out of the queue; the signature and Slack's headers never enter it.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any
from urllib.parse import parse_qsl

from bot.errors import InvalidJobError

VERSION = 1
VIEW_ID = re.compile(r"V[A-Z0-9]{1,63}")
MODAL_SUFFIX = "_modal"
_ID = re.compile(r"[0-9a-f]{32}")


def payload_of(body: str) -> dict[str, Any]:
    """Read a request body of Slack: JSON for events, a form for commands, a form's `payload` for interactions.

    Raises ValueError for anything else.
    """
    if body.lstrip().startswith("{"):
        payload = json.loads(body)
    else:
        form = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True, errors="strict"))
        payload = form if "command" in form or "payload" not in form else json.loads(form["payload"])
    if not isinstance(payload, dict):
        raise ValueError("not an object")
    return payload


def modal_trigger(payload: Mapping[str, Any]) -> str | None:
    """The trigger_id with which the front door opens a modal; None where none is to be opened.

    The rule is a name: a callback id, or the id of the block action, that ends in `_modal` opens one.
    """
    actions = payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    names = (payload.get("callback_id"), first.get("action_id") if isinstance(first, dict) else None)
    trigger_id = payload.get("trigger_id")
    named = any(isinstance(name, str) and name.endswith(MODAL_SUFFIX) for name in names)
    return trigger_id if named and isinstance(trigger_id, str) and trigger_id else None


@dataclass(frozen=True)
class SlackJob:
    """One queued request. `received_at` is epoch seconds at the front door, however often SQS delivers it.

    `view_id` is the loading modal that the front door opened for it, where Slack said its id.
    """

    job_id: str
    body: str = field(repr=False)
    received_at: float
    ip_address: str
    user_agent: str
    version: int = VERSION
    view_id: str | None = None

    @classmethod
    def create(cls, body: str, received_at: float, ip_address: str, user_agent: str) -> "SlackJob":
        """Name the request by its content: a replay, and Slack's own retry of an event, is the same job."""
        return cls(job_id_of(body), body, received_at, ip_address[:64], user_agent[:256])

    def shown_in(self, view_id: str | None) -> "SlackJob":
        """The same job, to be answered in that modal."""
        return replace(self, view_id=view_id)

    @property
    def payload(self) -> dict[str, Any]:
        """Slack's payload as a dict, parsed afresh."""
        return payload_of(self.body)

    def to_message(self) -> str:
        """The SQS message body."""
        content = asdict(self)
        if self.view_id is None:
            del content["view_id"]
        return json.dumps(content, separators=(",", ":"))

    @classmethod
    def from_message(cls, message: str) -> "SlackJob":
        """Raises InvalidJobError for whatever `to_message` cannot have written."""
        try:
            content = json.loads(message)
            job = cls(**content)
            genuine = _well_typed(content) and job.version == VERSION and job.job_id == job_id_of(job.body)
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise InvalidJobError from None
        if not genuine:
            raise InvalidJobError
        return job


def job_id_of(body: str) -> str:
    """Slack's `event_id` identifies an event over all its retries; any other body carries a `trigger_id` of its own.

    https://docs.slack.dev/apis/events-api ("event_id: globally unique").
    """
    payload = payload_of(body)
    event_id = payload.get("event_id")
    unique = f"event:{event_id}" if isinstance(event_id, str) and event_id else f"body:{body}"
    return hashlib.sha256(unique.encode("utf-8", "replace")).hexdigest()[:32]


def _well_typed(content: Mapping[str, Any]) -> bool:
    if {item.name for item in fields(SlackJob)} != {*content, "view_id"}:
        return False
    received_at, view_id = content["received_at"], content.get("view_id", "V0")
    return (
        all(isinstance(content[name], str) for name in ("job_id", "body", "ip_address", "user_agent"))
        and isinstance(received_at, int | float)
        and not isinstance(received_at, bool)
        and 0 <= received_at < 1e11
        and _ID.fullmatch(content["job_id"]) is not None
        and isinstance(view_id, str)
        and VIEW_ID.fullmatch(view_id) is not None
    )
