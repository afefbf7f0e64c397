"""Sends a file to one person, in the app's own conversation with them.

It refuses to send anywhere else: a file that Slack does not take is not put into a channel instead.
"""

import logging
from typing import TYPE_CHECKING, Any

from bot.errors import FileNotSentError

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.uploads import Uploads

UPLOAD_SECONDS = 5

logger = logging.getLogger("ec2-chatops")


class DirectFiles:
    """As the bot."""

    def __init__(self, client: "WebClient", uploads: "Uploads") -> None:
        self._client = client
        self._uploads = uploads

    def send(self, user_id: str, name: str, content: bytes) -> None:
        """Send `content` to that person. Raises FileNotSentError."""
        try:
            with self._uploads.step("conversations.open") as token:
                opened: Any = self._client.conversations_open(users=user_id, token=token)
                channel_id = str(opened["channel"]["id"])
            self._uploads.send(channel_id, name, content, title=name)
        except FileNotSentError as error:
            logger.warning("file not sent", extra={"step": error.step, "error": error.slack_error})
            raise
