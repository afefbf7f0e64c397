"""Messages of ours in a channel: posted once, edited afterwards. What only one person sees is `slack_api`'s.

It refuses to post where the bot is not a member: Slack says so, and the reason is raised.
"""

import logging
from dataclasses import dataclass
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

_GONE = {
    "message_not_found",
    "cant_update_message",
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "edit_window_closed",
}
DEFAULT_RETRY_SECONDS = 30.0

logger = logging.getLogger("ec2-chatops")


@dataclass(frozen=True)
class Rewriting:
    """What became of an edit: done, gone for good, or to be tried again in `retry_after` seconds."""

    done: bool = False
    gone: bool = False
    retry_after: float = DEFAULT_RETRY_SECONDS


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
        return self.rewrite(channel_id, ts, message).done

    def rewrite(self, channel_id: str, ts: str, message: Message) -> Rewriting:
        """Put `message` in the place of that one, and say what became of it."""
        try:
            self._client.chat_update(
                channel=channel_id, ts=ts, text=message.text, blocks=message.blocks, token=self._secret.bot_token
            )
        except _UNREACHABLE as error:
            reason = self._reason(error)
            logger.warning("message not edited", extra={"error": reason})
            return Rewriting(gone=reason in _GONE, retry_after=_retry_after(error))
        return Rewriting(done=True)

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


def _retry_after(error: Exception) -> float:
    header = error.response.headers.get("Retry-After") if isinstance(error, SlackApiError) else None
    try:
        return float(header) if header else DEFAULT_RETRY_SECONDS
    except ValueError:
        return DEFAULT_RETRY_SECONDS
