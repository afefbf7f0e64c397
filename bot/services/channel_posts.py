"""Messages of ours in a channel: posted once, edited afterwards. What only one person sees is `slack_api`'s.

It refuses to post where the bot is not a member: Slack says so, and the reason is raised.
"""

import logging
from http.client import HTTPException
from typing import TYPE_CHECKING

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import NotPostedError
from bot.models import Block, Message

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.slack_secret import SlackSecret

INVALID_BLOCKS = "invalid_blocks"
_UNREACHABLE = (SlackClientError, OSError, HTTPException, ValueError)

logger = logging.getLogger("ec2-chatops")


class ChannelPosts:
    """Posts as the bot; each call ends within the client's timeout."""

    def __init__(self, client: "WebClient", secret: "SlackSecret") -> None:
        self._client = client
        self._secret = secret

    def post(self, channel_id: str, message: Message, thread_ts: str | None = None) -> str:
        """The `ts` of the new message. Raises NotPostedError.

        Blocks that Slack calls invalid are sent once more as `message.plain`. A reply that was lost leaves a message
        that nobody knows of: it is not sent again.
        """
        try:
            return self._post(channel_id, message.text, message.blocks, thread_ts)
        except _UNREACHABLE as error:
            reason = self._reason(error)
            if reason != INVALID_BLOCKS or message.plain is None:
                raise NotPostedError(reason) from None
        return self.post(channel_id, Message(message.text, message.plain), thread_ts)

    def edit(self, channel_id: str, ts: str, message: Message) -> bool:
        """Whether the message is now `message`; what Slack does not take leaves it as it was."""
        try:
            self._client.chat_update(
                channel=channel_id,
                ts=ts,
                text=message.text,
                blocks=message.blocks,
                token=self._secret.bot_token,
            )
        except _UNREACHABLE as error:
            logger.warning("message not edited", extra={"error": self._reason(error)})
            return False
        return True

    def _post(self, channel_id: str, text: str, blocks: list[Block], thread_ts: str | None) -> str:
        answer = self._client.chat_postMessage(
            channel=channel_id,
            text=text,
            blocks=blocks,
            thread_ts=thread_ts,
            unfurl_links=False,
            unfurl_media=False,
            token=self._secret.bot_token,
        )
        return str(answer["ts"])

    def _reason(self, error: Exception) -> str:
        if not isinstance(error, SlackApiError):
            return type(error).__name__
        reason = str(error.response.get("error", "unknown"))
        self._secret.renew_after(reason)
        return reason
