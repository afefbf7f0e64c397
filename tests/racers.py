"""Processes that do one thing at one moment: eight workers of the product at a barrier, or one that dies on the way.

Each is a container of its own: it has the worker's environment, its own clients and its own memory.
"""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from types import TracebackType
from typing import Any

import botocore.handlers
from botocore.httpsession import URLLib3Session

from playground.people import TEAM_ID

_SPAWN: Any = get_context("spawn")
PATIENCE = 120.0


@dataclass(frozen=True)
class Click:
    """What one process is to do with a card: `confirm` or `cancel`. `late` is how many seconds after the others."""

    user_id: str
    value: str
    channel_id: str
    ts: str
    deed: str = "confirm"


class Racers:
    """So many processes, each ready before the first race."""

    def __init__(self, count: int, environment: Mapping[str, str], people: Mapping[str, Any]) -> None:
        self._barrier = _SPAWN.Barrier(count)
        self._tasks = [_SPAWN.SimpleQueue() for _ in range(count)]
        self._results = _SPAWN.Queue()
        self._processes = [
            _SPAWN.Process(target=_run, args=(dict(environment), dict(people), self._barrier, tasks, self._results))
            for tasks in self._tasks
        ]

    def __enter__(self) -> "Racers":
        for process in self._processes:
            process.start()
        for _ in self._processes:
            assert self._results.get(timeout=PATIENCE) == "ready"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for tasks in self._tasks:
            tasks.put(None)
        for process in self._processes:
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()

    def race(self, *clicks: Click) -> list[str]:
        """All at once, one click a process; what became of each: `confirm done`, `cancel done` or the error's name."""
        assert len(clicks) == len(self._tasks)
        for tasks, click in zip(self._tasks, clicks, strict=True):
            tasks.put(click)
        return sorted(self._results.get(timeout=PATIENCE) for _ in clicks)


def _run(environment: Mapping[str, str], people: Mapping[str, Any], barrier: Any, tasks: Any, results: Any) -> None:
    os.environ.clear()
    os.environ.update(environment)
    from bot import wiring
    from bot.services.gate import Gate

    services = wiring.worker()
    # Who somebody is, is not what is raced for: eight processes that ask Slack and Cognito are eight times as slow.
    services.__dict__["identity"] = Known(people)
    services.__dict__["gate"] = Gate(services._audit, services.identity)
    results.put("ready")
    while (click := tasks.get()) is not None:
        barrier.wait(PATIENCE)
        try:
            _click(services, people, click)
            results.put(f"{click.deed} done")
        except Exception as error:
            results.put(type(error).__name__)


def _click(services: Any, people: Mapping[str, Any], click: Click) -> None:
    actor = people[click.user_id]
    reboot = services.desk.open(actor, click.value, (click.channel_id, click.ts))
    if click.deed == "cancel":
        services.desk.cancel(actor, reboot)
    else:
        services.desk.confirm(actor, reboot)


class Known:
    """An identity that knows everybody already."""

    def __init__(self, people: Mapping[str, Any]) -> None:
        self._people = people

    def actor_for(self, origin: Any, *, live: bool = False) -> Any:
        assert origin.slack_team_id == TEAM_ID
        return self._people[origin.slack_user_id]


def dies(environment: Mapping[str, str], event: Mapping[str, Any], point: str) -> int:
    """The worker takes `event` and is killed at `point`; its exit code.

    A point is `before` or `after` a call, and which one of its name: `after dynamodb.TransactWriteItems 1`.
    """
    process = _SPAWN.Process(target=_die, args=(dict(environment), dict(event), point))
    process.start()
    process.join(PATIENCE)
    return int(process.exitcode)


def _die(environment: Mapping[str, str], event: Mapping[str, Any], point: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    moment, operation, which = point.split()
    seen: list[bool] = []

    def kill(request: Any, **_: Any) -> None:
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        if b"DryRun" in body:
            return
        seen.append(True)
        if len(seen) == int(which):
            if moment == "after":
                URLLib3Session().send(request)
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(PATIENCE)

    botocore.handlers.BUILTIN_HANDLERS.append((f"before-send.{operation}", kill))
    import handlers.worker

    if operation == "slack":
        from bot.services.channel_posts import ChannelPosts

        def rewrite(*_: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        ChannelPosts.rewrite = rewrite  # type: ignore[method-assign,assignment]
    handlers.worker.handler(dict(event), None)
