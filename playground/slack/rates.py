"""Slack's rate limits: calls a minute for each method, and one message a second for each channel.

Switched off it limits nothing, which is how a workspace begins.
Source: https://docs.slack.dev/apis/web-api/rate-limits
"""

import math
import threading
from collections import defaultdict, deque
from collections.abc import Callable

CALLS_A_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
POSTS_A_SECOND = 1
POSTING = "chat.postMessage"


class Rates:
    """What was called when; safe to use from many threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self.limited = False

    def take(self, method: str, tier: int | None, channel_id: str = "") -> int | None:
        """Counts a call; the seconds to wait when there were too many, None when it may go on."""
        if not self.limited:
            return None
        if method == POSTING:
            return self._count((method, channel_id), POSTS_A_SECOND, 1.0)
        return None if tier is None else self._count((method, ""), CALLS_A_MINUTE[tier], 60.0)

    def _count(self, key: tuple[str, str], most: int, seconds: float) -> int | None:
        now = self._clock()
        with self._lock:
            calls = self._calls[key]
            while calls and now - calls[0] >= seconds:
                calls.popleft()
            if len(calls) >= most:
                return max(1, math.ceil(calls[0] + seconds - now))
            calls.append(now)
            return None
