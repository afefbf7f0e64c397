"""Messages of ours in a channel: posted once, edited afterwards. What only one person sees is `slack_api`'s.

It refuses to post where the bot is not a member: Slack says so, and the reason is raised.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import NotPostedError
from bot.models import Block, Message

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.slack_secret import SlackSecret

INVALID_BLOCKS = "invalid_blocks"
RATE_LIMITED = "ratelimited"
MAX_TEXT = 3_900  # chat.update refuses 4,000, chat.postMessage cuts later
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
    """Posts as the bot; each call ends within the client's timeout. `turn` waits for a channel's turn before a post."""

    def __init__(
        self, client: "WebClient", secret: "SlackSecret", turn: Callable[[str], None] = lambda channel_id: None
    ) -> None:
        self._client = client
        self._secret = secret
        self._turn = turn

    def post(self, channel_id: str, message: Message, thread_ts: str | None = None, *, broadcast: bool = False) -> str:
        """The `ts` of the new message; a reply that is `broadcast` is seen in the channel too. Raises NotPostedError.

        Blocks that Slack calls invalid are sent once more as `message.plain`. A reply that was lost leaves a message
        that nobody knows of: it is not sent again.
        """

        def call(text: str, blocks: list[Block]) -> Any:
            return self._client.chat_postMessage(
                channel=channel_id,
                text=text,
                blocks=blocks,
                thread_ts=thread_ts,
                reply_broadcast=True if broadcast else None,
                unfurl_links=False,
                unfurl_media=False,
                token=self._secret.bot_token,
            )

        self._turn(channel_id)
        return str(self._sent(call, message)["ts"])

    def replace(self, channel_id: str, ts: str, message: Message) -> None:
        """Put `message` in the place of that one, with the same care about its blocks. Raises NotPostedError."""

        def call(text: str, blocks: list[Block]) -> Any:
            return self._client.chat_update(
                channel=channel_id, ts=ts, text=text, blocks=blocks, token=self._secret.bot_token
            )

        self._sent(call, message)

    def edit(self, channel_id: str, ts: str, message: Message) -> bool:
        """Whether the message is now `message`; what Slack does not take leaves it as it was."""
        return self.rewrite(channel_id, ts, message).done

    def rewrite(self, channel_id: str, ts: str, message: Message) -> Rewriting:
        """Put `message` in the place of that one, and say what became of it."""
        try:
            self.replace(channel_id, ts, message)
        except NotPostedError as refused:
            logger.warning("message not edited", extra={"error": refused.slack_error})
            wait = DEFAULT_RETRY_SECONDS if refused.retry_after is None else refused.retry_after
            return Rewriting(gone=refused.slack_error in _GONE, retry_after=wait)
        return Rewriting(done=True)

    def _sent(self, call: Callable[[str, list[Block]], Any], message: Message) -> Any:
        text = message.text[:MAX_TEXT]
        try:
            return call(text, message.blocks)
        except _UNREACHABLE as error:
            refused = self._refused(error)
            if refused.slack_error != INVALID_BLOCKS or message.plain is None:
                raise refused from None
        try:
            return call(text, message.plain)
        except _UNREACHABLE as error:
            raise self._refused(error) from None

    def _refused(self, error: Exception) -> NotPostedError:
        return NotPostedError(
            self._secret.refusal(error), _retry_after(error.response) if isinstance(error, SlackApiError) else None
        )


def _retry_after(response: Any) -> float | None:
    """Retry-After in seconds where Slack limits the rate, half a minute where it does not say how long."""
    if response.status_code != 429 and response.get("error") != RATE_LIMITED:
        return None
    headers = {name.lower(): value for name, value in response.headers.items()}
    try:
        return min(max(float(headers["retry-after"]), 1.0), 3600.0)
    except (KeyError, ValueError):
        return DEFAULT_RETRY_SECONDS
