"""Sends a file to one person, in the app's own conversation with them.

It refuses to send anywhere else: a file that Slack does not take is not put into a channel instead.
https://docs.slack.dev/messaging/working-with-files ("Uploading files")
"""

import logging
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import FileNotSentError

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.slack_secret import SlackSecret

UPLOAD_SECONDS = 5
_FAILURES = (SlackClientError, OSError, HTTPException, ValueError, KeyError, TypeError)

logger = logging.getLogger("ec2-chatops")


class DirectFiles:
    """Uploads as the bot, in Slack's three steps."""

    def __init__(self, client: "WebClient", secret: "SlackSecret") -> None:
        self._client = client
        self._secret = secret

    def send(self, user_id: str, name: str, content: bytes) -> None:
        """Send `content` to that person. Raises FileNotSentError."""
        token = self._secret.bot_token
        step = "conversations.open"
        try:
            opened: Any = self._client.conversations_open(users=user_id, token=token)["channel"]
            step = "files.getUploadURLExternal"
            begun: Any = self._client.files_getUploadURLExternal(filename=name, length=len(content), token=token)
            step = "upload"
            _upload(begun["upload_url"], content)
            step = "files.completeUploadExternal"
            self._client.files_completeUploadExternal(
                files=[{"id": begun["file_id"], "title": name}], channel_id=opened["id"], token=token
            )
        except _FAILURES as error:
            reason = self._reason(error)
            logger.warning("file not sent", extra={"step": step, "error": reason})
            raise FileNotSentError(reason) from None

    def _reason(self, error: Exception) -> str:
        if not isinstance(error, SlackApiError):
            return type(error).__name__
        reason = str(error.response.get("error", "unknown"))
        self._secret.renew_after(reason)
        return reason


def _upload(url: str, content: bytes) -> None:
    if not url.startswith(("https://", "http://")):
        raise ValueError("no address to upload to")
    request = Request(url, content, {"Content-Type": "application/octet-stream"}, method="POST")
    with urlopen(request, timeout=UPLOAD_SECONDS) as answer:
        if answer.status != 200:
            raise ValueError(f"upload answered {answer.status}")
