"""The trigger_ids handed out with commands, clicks and shortcuts, each good for opening one view.

It refuses a second use, a use after three seconds, and an id it never gave.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from playground.slack.refusal import RefusedError

LIFETIME_SECONDS = 3.0


@dataclass(frozen=True)
class Trigger:
    """Whose doing it was; `view_id` is the view it was done in, None outside of modals."""

    user_id: str
    issued_at: float
    view_id: str | None = None


class Triggers:
    """All trigger_ids of one workspace; safe to use from many threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._issued: dict[str, Trigger] = {}
        self._used: set[str] = set()

    def issue(self, user_id: str, view_id: str | None = None) -> str:
        trigger_id = f"{secrets.randbelow(10**13):013d}.{secrets.randbelow(10**12):012d}.{secrets.token_hex(16)}"
        with self._lock:
            self._issued[trigger_id] = Trigger(user_id, self._clock(), view_id)
        return trigger_id

    def redeem(self, trigger_id: str) -> Trigger:
        """Uses it up, or raises RefusedError. What was done in time but wrongly has used it up as well."""
        with self._lock:
            trigger = self._issued.get(trigger_id)
            if trigger is None:
                raise RefusedError("invalid_trigger_id")
            if trigger_id in self._used:
                raise RefusedError("exchanged_trigger_id")
            if self._clock() - trigger.issued_at >= LIFETIME_SECONDS:
                raise RefusedError("expired_trigger_id")
            self._used.add(trigger_id)
            return trigger
