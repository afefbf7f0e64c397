"""The one exception that says "Slack refuses this".

It is never raised for a fault of the playground itself: those stay ordinary Python errors.
"""

from collections.abc import Sequence
from typing import Any


class RefusedError(Exception):
    """Slack's error word, with the lines it puts into `response_metadata.messages` and further fields."""

    def __init__(self, error: str, messages: Sequence[str] = (), **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.messages = list(messages)
        self.fields = fields

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.fields}
        if self.messages:
            body["errors"] = self.messages
            body["response_metadata"] = {"messages": [f"[ERROR] {line}" for line in self.messages]}
        return body
