"""EventBridge's schedule: calls a function when its minute has come, and once at the start.

At the start because a laptop is not on at every hour's tenth minute. Refuses expressions that it cannot keep.
"""

import re
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from playground.gateway import ACCOUNT_ID
from playground.lifetimes import Running
from playground.template import TemplateError

if TYPE_CHECKING:
    from playground.provision import FunctionSpec

_RATE = re.compile(r"rate\(([1-9][0-9]*) (minute|hour)s?\)")
_HOURLY = re.compile(r"cron\(([0-9]|[1-5][0-9]) \* \* \* \? \*\)")
MINUTE = 60.0
DEMO_MINUTE = 5.0
_FIRST_SECONDS = 2.0  # a cold function is loading


class Schedule(Running):
    """Calls `invoke` with EventBridge's event, in a thread of its own.

    `minute` is how many seconds a rate's minute lasts: who looks on does not want to wait for one.
    """

    def __init__(
        self, expression: str, spec: "FunctionSpec", invoke: Callable[[dict[str, Any]], Any], minute: float = MINUTE
    ) -> None:
        super().__init__("schedule")
        self._expression = expression
        self._spec = spec
        self._invoke = invoke
        self._minute = minute
        seconds_until(expression, 0)

    def _run(self) -> None:
        wait = _FIRST_SECONDS
        while not self._stopping.wait(wait):
            try:
                self._invoke(event(self._spec.environment["AWS_REGION"], time.time()))
            except Exception as error:
                print(f"{self._spec.logical_id}, {self._expression}: {error}", file=sys.stderr, flush=True)
            wait = seconds_until(self._expression, time.time(), self._minute)


def seconds_until(expression: str, now: float, minute: float = MINUTE) -> float:
    """From `now` (epoch seconds) to the next call. Raises TemplateError."""
    if rate := _RATE.fullmatch(expression):
        return int(rate[1]) * minute * (1 if rate[2] == "minute" else 60)
    if hourly := _HOURLY.fullmatch(expression):
        return (int(hourly[1]) * 60 - now) % 3600 or 3600.0
    raise TemplateError(f"No way to keep the schedule {expression!r}")


def event(region: str, now: float) -> dict[str, Any]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html"""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:{ACCOUNT_ID}:rule/every-hour"],
        "detail": {},
    }
