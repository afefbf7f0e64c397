"""The HTTP nouns of the front door, apart from the other models: its cold start pays for every class it loads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request as it reached API Gateway; header names in lower case."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    ip_address: str


@dataclass(frozen=True)
class HttpAnswer:
    """What to answer; `content` is sent as JSON, None as an empty body (Slack then shows nothing)."""

    status: int
    content: Mapping[str, Any] | None = None
