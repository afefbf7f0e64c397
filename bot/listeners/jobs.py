"""Runs one queued Slack request through the Bolt app: once, in time, and never silently in vain."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from slack_bolt import BoltRequest

from bot.errors import ChatOpsError, JobFailedError, NotRecordedError
from bot.models import Conversation, Delivery, Message
from bot.views import problem

if TYPE_CHECKING:
    from slack_bolt import App

    from bot.job import SlackJob
    from bot.services.claims import JobClaims
    from bot.services.slack_api import SlackApi

ANSWER_SECONDS = 30 * 60  # a response_url's life; whoever asked has stopped waiting long before

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

    def run(self, job: "SlackJob", delivery: Delivery) -> None:
        """Run the job unless another delivery has. Raises whatever fails it, so that SQS delivers it again.

        On the last receive the person is told as well; the dead-letter queue then keeps the request.
        """
        try:
            if not self._claims.claim(job.job_id, delivery):
                logger.info("copy of a request dropped", extra={"job": job.job_id})
                return
        except NotRecordedError as error:
            self._tell(job, problem.message(error, job.job_id))
            return
        try:
            self._run(job)
        except Exception:
            self._fail(job, delivery)
            raise

    def _run(self, job: "SlackJob") -> None:
        if self._now() - job.received_at >= ANSWER_SECONDS:
            logger.warning("request came too late", extra={"job": job.job_id})
            self._tell(job, problem.late(_typed(job), job.received_at, job.job_id))
            return
        request = BoltRequest(body=job.payload, mode="socket_mode", context={"job": job})
        response = self._app.dispatch(request)
        if response.status != 200:
            raise JobFailedError(response.status)

    def _fail(self, job: "SlackJob", delivery: Delivery) -> None:
        """Nothing that goes wrong here may hide what made the job fail."""
        try:
            self._claims.release(job.job_id)
            if delivery.receive_count >= self._max_receives:
                self._tell(job, problem.gave_up(delivery.receive_count, job.job_id))
        except ChatOpsError as error:
            logger.error("failure not told", extra={"job": job.job_id, "error": type(error).__name__})

    def _tell(self, job: "SlackJob", message: Message) -> None:
        self._slack.answer(Conversation.of(job.payload), message)


def _typed(job: "SlackJob") -> str:
    payload = job.payload
    return f"{payload['command']} {payload.get('text', '')}".strip() if "command" in payload else ""
