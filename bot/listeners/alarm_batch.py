"""Runs a batch of the alarms queue: take each message in, then show each incident once; what must wait comes again.

It refuses to sleep: a message that has to wait is made invisible for as long as that takes.
"""

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.errors import ChatOpsError, NotPostedError

if TYPE_CHECKING:
    from bot.listeners.alert_board import AlertBoard
    from bot.services.alarm_intake import AlarmIntake

MAX_WAIT = 900.0
BUDGET_SECONDS = 15.0  # half of the function's time: whatever is not shown by then comes again

logger = logging.getLogger("ec2-chatops")


@dataclass(frozen=True)
class AlarmMessage:
    """One receipt of one message; `receives` starts at 1."""

    message_id: str
    receipt: str
    body: str
    receives: int


class AlarmBatch:
    """`clock` is monotonic, in seconds; `failure` gives the facts of an unforeseen error for the log."""

    def __init__(
        self,
        intake: "AlarmIntake",
        board: "AlertBoard",
        sqs: Any,
        queue_url: str,
        clock: Callable[[], float],
        failure: Callable[[BaseException], Any],
    ) -> None:
        self._intake = intake
        self._board = board
        self._sqs = sqs
        self._queue_url = queue_url
        self._clock = clock
        self._failure = failure

    def run(self, messages: Sequence[AlarmMessage]) -> list[str]:
        """The ids of the messages that must come again; never raises."""
        deadline = self._clock() + BUDGET_SECONDS
        waiting: dict[AlarmMessage, float] = {}
        to_show: defaultdict[str, list[AlarmMessage]] = defaultdict(list)
        self._take(messages, waiting, to_show)
        for key, bearers in to_show.items():
            self._show(key, bearers, waiting, deadline)
        for message, seconds in waiting.items():
            self._postpone(message, seconds)
        return [message.message_id for message in waiting]

    def _take(
        self,
        messages: Sequence[AlarmMessage],
        waiting: dict[AlarmMessage, float],
        to_show: defaultdict[str, list[AlarmMessage]],
    ) -> None:
        taken = self._intake.take([(message.message_id, message.body) for message in messages])
        for message in messages:
            found = taken[message.message_id]
            if found.error is not None:
                self._log("alarm not taken in", found.error, message.message_id)
                waiting[message] = _backoff(message.receives)
            elif found.key is not None:
                to_show[found.key].append(message)

    def _show(
        self, key: str, bearers: Sequence[AlarmMessage], waiting: dict[AlarmMessage, float], deadline: float
    ) -> None:
        wait: float | None = _backoff(max(message.receives for message in bearers))
        try:
            wait = self._board.show(key) if self._clock() < deadline else 1.0
        except NotPostedError as refused:
            logger.error("alert not posted", extra={"incident": key, "error": refused.slack_error})
        except Exception as error:
            self._log("alert not shown", error, key)
        if wait is not None:
            waiting |= dict.fromkeys(bearers, wait)

    def _log(self, words: str, error: Exception, about: str) -> None:
        facts = {"error": type(error).__name__} if isinstance(error, ChatOpsError) else {}
        logger.error(words, extra={"about": about, **self._failure(error), **facts})

    def _postpone(self, message: AlarmMessage, seconds: float) -> None:
        """Where this fails, the message comes after the queue's own timeout instead."""
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url,
                ReceiptHandle=message.receipt,
                VisibilityTimeout=math.ceil(min(max(seconds, 1.0), MAX_WAIT)),
            )
        except (ClientError, BotoCoreError) as error:
            logger.warning("message not postponed", extra={"error": type(error).__name__})


def _backoff(receives: int) -> float:
    """2 s, 4 s, ... five minutes."""
    return float(min(2 ** min(receives, 9), 300))
