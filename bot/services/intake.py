"""The front door's whole work: is this a genuine request of our Slack app, and if so, into the queue with it.

It refuses before it parses, and runs nothing itself: it can neither read a table nor touch an instance.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.errors import AwsCallError, RequestRejectedError
from bot.http import HttpAnswer, HttpRequest
from bot.job import SlackJob, modal_trigger, payload_of
from bot.signature import is_genuine, is_plausible

if TYPE_CHECKING:
    from bot.services.jobs_queue import JobsQueue
    from bot.services.modals import Modals
    from bot.services.slack_secret import SlackSecret

MAX_BODY_BYTES = 512 * 1024
MAX_MESSAGE_CHARACTERS = 1024 * 1024  # SQS's limit; the message is ASCII, where a body's é takes six characters
MODAL_CHARACTERS = 100  # of it are for the id of the modal that was opened
NOT_QUEUED = (
    ":warning: *Your request was probably not taken.* The queue did not confirm it. If no answer follows within a "
    "minute, nothing was done: please send it again."
)

logger = logging.getLogger("ec2-chatops")


class Intake:
    """Serves one Slack app in one workspace.

    What is named so that it opens a modal (`bot.job.modal_trigger`) is shown a loading one before it is queued.
    """

    def __init__(
        self,
        secret: "SlackSecret",
        queue: "JobsQueue",
        modals: "Modals",
        team_id: str,
        app_id: str,
        now: Callable[[], float],
    ) -> None:
        self._secret = secret
        self._queue = queue
        self._modals = modals
        self._team_id = team_id
        self._app_id = app_id
        self._now = now

    def receive(self, request: HttpRequest) -> HttpAnswer:
        """Queue the request and acknowledge it, or raise RequestRejectedError or SecretUnavailableError."""
        payload = self._verified_payload(request)
        if payload.get("type") == "url_verification":
            return HttpAnswer(200, {"challenge": payload.get("challenge")})
        if "ssl_check" in payload:
            return HttpAnswer(200)
        if payload.get("api_app_id") != self._app_id or self._team_id not in _team_ids(payload):
            raise RequestRejectedError(401, "another app or workspace")
        job = SlackJob.create(
            request.body.decode(), self._now(), request.ip_address, request.headers.get("user-agent", "")
        )
        if len(job.to_message()) > MAX_MESSAGE_CHARACTERS - MODAL_CHARACTERS:
            raise RequestRejectedError(413, "message too large")
        modal = None
        if trigger_id := modal_trigger(payload):
            modal = self._modals.open(trigger_id, job.job_id)
            job = job.shown_in(modal.view_id if modal else None)
        try:
            self._queue.send(job.to_message())
        except AwsCallError as error:
            logger.error("request not queued", extra={"job": job.job_id, "code": error.aws_code})
            if modal:
                self._modals.say(modal, NOT_QUEUED)
            return _not_queued(payload)
        if payload.get("type") == "view_submission":
            # An empty answer would close the modal, and with it the place where the worker can answer.
            return HttpAnswer(200, {"response_action": "update", "view": self._modals.working})
        return HttpAnswer(200)

    def _verified_payload(self, request: HttpRequest) -> dict[str, Any]:
        if request.method != "POST":
            raise RequestRejectedError(404, "not a POST")
        if len(request.body) > MAX_BODY_BYTES:
            raise RequestRejectedError(413, "body too large")
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        if not is_plausible(timestamp, signature, self._now()):
            raise RequestRejectedError(401, "signature")
        signed = (timestamp, signature, request.body)
        if not is_genuine(self._secret.signing_secret, *signed) and not (
            self._secret.renew() and is_genuine(self._secret.signing_secret, *signed)
        ):
            raise RequestRejectedError(401, "signature")
        try:
            return payload_of(request.body.decode())
        except (ValueError, RecursionError):
            raise RequestRejectedError(400, "unreadable body") from None


def _team_ids(payload: Mapping[str, Any]) -> set[str]:
    """The workspaces a payload is addressed to: Slack names them in another place for each kind.

    A person's own team is not among them: who may act is for the worker to say, and to record.
    """
    team = payload.get("team") or {}
    named = [payload.get("team_id"), team.get("id") if isinstance(team, dict) else team]
    authorizations = payload.get("authorizations")
    for authorization in authorizations if isinstance(authorizations, list) else ():
        named.append(authorization.get("team_id") if isinstance(authorization, dict) else None)
    return {name for name in named if isinstance(name, str)}


def _not_queued(payload: Mapping[str, Any]) -> HttpAnswer:
    """A command's answer is words (Slack shows them); anything else is an HTTP error (Slack sends an event again)."""
    if "command" in payload:
        return HttpAnswer(200, {"response_type": "ephemeral", "text": NOT_QUEUED})
    return HttpAnswer(503)
