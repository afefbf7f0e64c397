"""The response_urls handed out with commands and clicks, and how long each is good.

It refuses a sixth use, a use after 30 minutes and an address it never gave.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from playground.slack.refusal import RefusedError

USES = 5
LIFETIME_SECONDS = 30 * 60


@dataclass(frozen=True)
class Hook:
    """Where an answer goes; `source_ts` is the message whose button was clicked, None for a command."""

    user_id: str
    channel_id: str
    issued_at: float
    source_ts: str | None = None


class ResponseUrls:
    """All response_urls of one workspace; safe to use from many threads."""

    def __init__(self, team_id: str, clock: Callable[[], float]) -> None:
        self._team_id = team_id
        self._clock = clock
        self._lock = threading.Lock()
        self._hooks: dict[str, Hook] = {}
        self._uses: dict[str, int] = {}

    def issue(self, user_id: str, channel_id: str, source_ts: str | None = None) -> str:
        """The path below `/response/`; unguessable, because whoever knows it may post."""
        path = f"{self._team_id}/{secrets.randbelow(10**13):013d}/{secrets.token_urlsafe(18)}"
        with self._lock:
            self._hooks[path] = Hook(user_id, channel_id, self._clock(), source_ts)
            self._uses[path] = 0
        return path

    def use(self, path: str) -> Hook:
        """Counts one use; a refused message counts too, as nothing promises that it doesn't."""
        with self._lock:
            hook = self._hooks.get(path)
            if hook is None:
                raise RefusedError("no_service")
            if self._clock() - hook.issued_at >= LIFETIME_SECONDS:
                raise RefusedError("expired_url")
            if self._uses[path] >= USES:
                raise RefusedError("used_url")
            self._uses[path] += 1
            return hook
