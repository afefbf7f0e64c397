"""A real Slack workspace at the front door of this machine: each Socket Mode envelope as the request it stands for.

It acknowledges nothing that the door did not answer with 200, and runs nothing itself.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import json
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote_plus, urlencode

from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web import WebClient

from playground.slack.delivery import Deliver, DeliveryError, delivered
from playground.slack.signing import FORM, JSON, signed_headers

# Slack counts its three seconds itself; this ends what hangs.
PATIENCE_SECONDS = 10.0


class SocketMode:
    """Connects on entering and stays connected until leaving; `api_url` ends with a slash.

    Raises SlackApiError on entering when Slack refuses the app-level token.
    """

    def __init__(
        self, api_url: str, app_token: str, signing_secret: str, deliver: Deliver, log: Callable[[str], None]
    ) -> None:
        self._api_url = api_url
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._deliver = deliver
        self._log = log

    def __enter__(self) -> "SocketMode":
        self._client = SocketModeClient(self._app_token, web_client=WebClient(base_url=self._api_url))
        self._client.socket_mode_request_listeners.append(self._receive)
        try:
            self._client.connect()
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def _receive(self, client: BaseSocketModeClient, envelope: SocketModeRequest) -> None:
        try:
            client.send_socket_mode_response(acknowledgement(envelope, self._signing_secret, self._deliver))
        except DeliveryError as failure:
            # Slack tells the person, and sends an event again, as after a request that failed.
            self._log(f"{envelope.type} is not acknowledged: {failure}")


def acknowledgement(envelope: SocketModeRequest, signing_secret: str, deliver: Deliver) -> SocketModeResponse:
    """The door's 200 as Socket Mode has it, with its JSON where Slack takes one. Raises DeliveryError for another."""
    body, content_type = http_request(envelope.type, envelope.payload)
    headers = signed_headers(signing_secret, int(time.time()), body, content_type)
    if envelope.retry_attempt:
        headers |= {
            "X-Slack-Retry-Num": str(envelope.retry_attempt),
            "X-Slack-Retry-Reason": envelope.retry_reason or "",
        }
    answer = delivered(deliver, headers, body, PATIENCE_SECONDS)
    said = json.loads(answer.body) if answer.is_json and envelope.accepts_response_payload else None
    return SocketModeResponse(envelope.envelope_id, said)


def http_request(kind: str, payload: Mapping[str, Any]) -> tuple[bytes, str]:
    """Body and content type of the request that Slack would have sent. Raises DeliveryError for an unknown kind."""
    match kind:
        case "slash_commands":
            fields = {name: _text(value) for name, value in payload.items() if value is not None}
            return urlencode(fields).encode(), FORM
        case "interactive":
            return b"payload=" + quote_plus(json.dumps(payload)).encode(), FORM
        case "events_api":
            return json.dumps(payload).encode(), JSON
    raise DeliveryError("unknown_envelope")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
