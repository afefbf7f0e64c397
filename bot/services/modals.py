"""Opens the modal that says "loading", all that the front door asks of Slack: a trigger_id lives for three seconds.

It refuses to fail a request: a modal that does not open is logged, and the request is queued all the same.
https://docs.slack.dev/reference/methods/views.open
"""

import json
import logging
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from bot.errors import SecretUnavailableError
from bot.job import VIEW_ID

if TYPE_CHECKING:
    from bot.services.connections import KeptConnections
    from bot.services.slack_secret import SlackSecret

LOADING: dict[str, Any] = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "EC2 Ops"},
    "close": {"type": "plain_text", "text": "Close"},
    "blocks": [
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": ":hourglass_flowing_sand: Loading…\n"
                "If this stays for more than a minute, close it and try again.",
            },
        }
    ],
}
_NO_ANSWER = (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError)  # or none that can be read
_TOKEN_ERRORS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}

logger = logging.getLogger("ec2-chatops")


class Modals:
    """`api_url` is the base of Slack's Web API."""

    def __init__(self, connections: "KeptConnections", secret: "SlackSecret", api_url: str) -> None:
        self._connections = connections
        self._secret = secret
        self._url = f"{api_url.rstrip('/')}/views.open"

    def open(self, trigger_id: str, external_id: str) -> str | None:
        """The id of the modal; None where Slack did not say it.

        It may be open even then: the worker finds it under `external_id`. A trigger_id opens one modal, however often
        it is posted.
        """
        view_id = ""
        try:
            answer = self._ask({"trigger_id": trigger_id, "view": {**LOADING, "external_id": external_id}})
            refusal = None if answer.get("ok") is True else str(answer.get("error"))
            view_id = str(answer["view"]["id"]) if refusal is None else ""
        except SecretUnavailableError as error:
            refusal = error.problem
        except _NO_ANSWER as error:
            refusal = type(error).__name__
        if refusal in _TOKEN_ERRORS:
            self._secret.renew()
        if refusal is None and VIEW_ID.fullmatch(view_id):
            return view_id
        logger.error("modal not opened", extra={"job": external_id, "error": refusal or "no view id"})
        return None

    def _ask(self, content: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "authorization": f"Bearer {self._secret.bot_token}",
            "content-type": "application/json; charset=utf-8",
        }
        status, received = self._connections.post(self._url, headers, json.dumps(content).encode())
        answer: dict[str, Any] = json.loads(received) if status == 200 else {"error": str(status)}
        return answer
