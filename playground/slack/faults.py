"""Failures that a test asks the local Slack for, each happening once.

It invents none by itself: a workspace nobody touched never fails.
"""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One failure: Slack's error word (empty for an answer without a body) and the HTTP status."""

    error: str
    status: int
    retry_after: int | None = None


class Faults:
    """Queues of failures, one queue per Web API method, and one for `response_url`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queued: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def add(self, method: str, failure: str | int, retry_after: int | None) -> None:
        if isinstance(failure, int):
            fault = Fault("ratelimited" if failure == 429 else "", failure, retry_after)
        else:
            fault = Fault(failure, 429 if failure == "ratelimited" else 200, retry_after)
        with self._lock:
            self._queued[method].append(fault)

    def take(self, method: str) -> Fault | None:
        with self._lock:
            queue = self._queued[method]
            return queue.popleft() if queue else None
