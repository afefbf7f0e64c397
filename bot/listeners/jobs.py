"""Runs one queued Slack request through the Bolt app: once, in time, and never silently in vain."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slack_bolt import BoltRequest

from bot.errors import JobElsewhereError, JobFailedError, NotRecordedError
from bot.listeners.answering import conversation_of, send
from bot.models import Delivery, Message
from bot.views import problem

if TYPE_CHECKING:
    from slack_bolt import App

    from bot.job import SlackJob
    from bot.services.claims import JobClaims
    from bot.services.slack_api import SlackApi

ANSWER_SECONDS = 30 * 60  # a response_url's life; whoever asked has stopped waiting long before
FAREWELL_SECONDS = 4  # what telling somebody takes at the most, before Lambda ends the function

logger = logging.getLogger("ec2-chatops")


class JobRunner:
    """`max_receives` is the queue's maxReceiveCount; `now` gives epoch seconds."""

    def __init__(
        self, app: "App", claims: "JobClaims", slack: "SlackApi", max_receives: int, now: Callable[[], float]
    ) -> None:
        self._app = app
        self._claims = claims
        self._slack = slack
        self._max_receives = max_receives
        self._now = now

    def run(self, job: "SlackJob", delivery: Delivery, seconds_left: float | None = None) -> None:
        """Run the job unless it was done. Raises whatever fails it, so that SQS delivers it again.

        On the last receive the person is told as well, even when time runs out (`seconds_left` is the function's);
        the dead-letter queue then keeps the request.
        """
        last = delivery.receive_count >= self._max_receives
        with self._farewell(job, delivery, seconds_left if last else None):
            try:
                self._run_once(job, delivery, None if seconds_left is None else self._now() + seconds_left)
            except JobElsewhereError:
                raise
            except Exception:
                if last:
                    self._give_up(job, delivery)
                raise

    def _run_once(self, job: "SlackJob", delivery: Delivery, deadline: float | None) -> None:
        if not self._claimed(job, delivery):
            return
        try:
            self._dispatch(job, deadline)
        except Exception:
            self._quietly(job, lambda: self._claims.release(job.job_id))
            raise
        self._quietly(job, lambda: self._claims.finish(job.job_id))

    def _claimed(self, job: "SlackJob", delivery: Delivery) -> bool:
        try:
            claimed = self._claims.claim(job.job_id, delivery)
        except NotRecordedError as error:
            if delivery.receive_count > 1:
                raise  # an earlier run may have been answered: "not done" could be wrong
            self._tell(job, problem.message(error, job.job_id))
            return False
        if not claimed:
            logger.info("copy of a request dropped", extra={"job": job.job_id})
        return claimed

    def _dispatch(self, job: "SlackJob", deadline: float | None) -> None:
        if self._now() - job.received_at >= ANSWER_SECONDS:
            logger.warning("request came too late", extra={"job": job.job_id})
            self._tell(job, problem.late(_typed(job), job.received_at, job.job_id))
            return
        request = BoltRequest(body=job.payload, mode="socket_mode", context={"job": job, "deadline": deadline})
        response = self._app.dispatch(request)
        if response.status != 200:
            raise JobFailedError(response.status)

    @contextmanager
    def _farewell(self, job: "SlackJob", delivery: Delivery, seconds_left: float | None) -> Iterator[None]:
        if seconds_left is None:
            yield
            return
        timer = threading.Timer(max(seconds_left - FAREWELL_SECONDS, 0), self._give_up, (job, delivery))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _give_up(self, job: "SlackJob", delivery: Delivery) -> None:
        self._quietly(job, lambda: self._tell(job, problem.gave_up(delivery.receive_count, job.job_id)))

    def _quietly(self, job: "SlackJob", act: Callable[[], None]) -> None:
        """Nothing that goes wrong in tidying up may hide, or change, what became of the job."""
        try:
            act()
        except Exception as error:
            logger.error("not tidied up", extra={"job": job.job_id, "error": type(error).__name__})

    def _tell(self, job: "SlackJob", message: Message) -> None:
        send(self._slack, conversation_of(job), message)


def _typed(job: "SlackJob") -> str:
    payload = job.payload
    return f"{payload['command']} {payload.get('text', '')}".strip() if "command" in payload else ""
