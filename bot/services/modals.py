"""Opens the modal that says "loading", since a trigger_id lives for three seconds, and takes it back if it was in vain.

It refuses to fail a request: a modal that does not open is logged, and the request is queued all the same.
https://docs.slack.dev/reference/methods/views.open and https://docs.slack.dev/reference/methods/views.update
"""

import json
import logging
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from bot.errors import SecretUnavailableError
from bot.job import VIEW_ID

if TYPE_CHECKING:
    from bot.services.connections import KeptConnections
    from bot.services.slack_secret import SlackSecret


def _waiting(text: str) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "EC2 Ops"},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": f":hourglass_flowing_sand: {text}"}}],
    }


LOADING = _waiting("Loading…\nIf this stays for more than a minute, close it and try again.")
WORKING = _waiting(
    "Working…\nIf this stays for more than a minute, look first at what was done before you send it again."
)
_NO_ANSWER = (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError)  # or none that can be read

logger = logging.getLogger("ec2-chatops")


@dataclass(frozen=True)
class OpenModal:
    """A modal as it was opened: `hash` is Slack's for what it shows since, and of no use once that has changed."""

    view_id: str
    hash: str


class Modals:
    """`api_url` is the base of Slack's Web API."""

    def __init__(self, connections: "KeptConnections", secret: "SlackSecret", api_url: str) -> None:
        self._connections = connections
        self._secret = secret
        self._url = api_url.rstrip("/")

    @property
    def working(self) -> dict[str, Any]:
        """What a submitted modal shows until the worker answers into it."""
        return WORKING

    def open(self, trigger_id: str, external_id: str) -> OpenModal | None:
        """The modal; None where Slack did not say its id.

        It may be open even then: the worker finds it under `external_id`. A trigger_id opens one modal, however often
        it is posted.
        """
        view = {**LOADING, "external_id": external_id}
        opened, refusal = self._tried("views.open", {"trigger_id": trigger_id, "view": view})
        view_id = str(opened.get("id"))
        if refusal is None and VIEW_ID.fullmatch(view_id):
            return OpenModal(view_id, str(opened.get("hash", "")))
        logger.error("modal not opened", extra={"job": external_id, "error": refusal or "no view id"})
        return None

    def say(self, modal: OpenModal, mrkdwn: str) -> None:
        """Put words where it says "loading", and only there: whoever has filled it meanwhile knows better."""
        view = {**LOADING, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn}}]}
        _, refusal = self._tried("views.update", {"view_id": modal.view_id, "hash": modal.hash, "view": view})
        if refusal:
            logger.error("modal not updated", extra={"error": refusal})

    def _tried(self, method: str, content: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """The view as Slack has it now, and why not."""
        try:
            answer = self._ask(method, content)
            if answer.get("ok") is True:
                return dict(answer["view"]), None
            refusal = str(answer.get("error"))
        except SecretUnavailableError as error:
            refusal = error.problem
        except _NO_ANSWER as error:
            refusal = type(error).__name__
        self._secret.renew_after(refusal)
        return {}, refusal

    def _ask(self, method: str, content: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "authorization": f"Bearer {self._secret.bot_token}",
            "content-type": "application/json; charset=utf-8",
        }
        status, received = self._connections.post(f"{self._url}/{method}", headers, json.dumps(content).encode())
        answer: dict[str, Any] = json.loads(received) if status == 200 else {"error": str(status)}
        return answer
