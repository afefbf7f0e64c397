"""A Slack request on its way from the front door to the worker: raw body, id, when and from where it came.

The schema is checked on the way out of the queue; the signature and Slack's headers never enter it.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import parse_qsl

from bot.errors import InvalidJobError

VERSION = 1
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


@dataclass(frozen=True)
class SlackJob:
    """One queued request. `received_at` is epoch seconds at the front door, however often SQS delivers it."""

    job_id: str
    body: str = field(repr=False)
    received_at: float
    ip_address: str
    user_agent: str
    version: int = VERSION

    @classmethod
    def create(cls, body: str, received_at: float, ip_address: str, user_agent: str) -> "SlackJob":
        """Name the request by its content: a replay, and Slack's own retry of an event, is the same job."""
        return cls(job_id_of(body), body, received_at, ip_address[:64], user_agent[:256])

    @property
    def payload(self) -> dict[str, Any]:
        """Slack's payload as a dict, parsed afresh."""
        return payload_of(self.body)

    def to_message(self) -> str:
        """The SQS message body."""
        return json.dumps(asdict(self), separators=(",", ":"))

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
    if {item.name for item in fields(SlackJob)} != set(content):
        return False
    received_at = content["received_at"]
    return (
        all(isinstance(content[name], str) for name in ("job_id", "body", "ip_address", "user_agent"))
        and isinstance(received_at, int | float)
        and not isinstance(received_at, bool)
        and 0 <= received_at < 1e11
        and _ID.fullmatch(content["job_id"]) is not None
    )
