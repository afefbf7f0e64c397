"""All we say to Slack and ask of it: people, and answers by the response_url or, where that fails, ephemerally.

It never raises Slack's own errors, and never sleeps on a rate limit: a job that must wait is delivered again.
"""

import logging
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.errors import AnswerNotDeliveredError, IdentityUnavailableError
from bot.models import Conversation, Message

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.slack_secret import SlackSecret

_TOKEN_ERRORS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}

_UNREACHABLE = (SlackClientError, OSError, HTTPException, ValueError)  # ValueError: an address that is none

logger = logging.getLogger("ec2-chatops")


class SlackApi:
    """Slack's Web API as our bot; each call ends within `timeout_seconds`."""

    def __init__(self, client: "WebClient", secret: "SlackSecret", timeout_seconds: int) -> None:
        self._client = client
        self._secret = secret
        self._timeout = timeout_seconds

    def user(self, user_id: str) -> dict[str, Any]:
        """Slack's user object (https://docs.slack.dev/reference/objects/user-object).

        Raises IdentityUnavailableError, for an unknown user too.
        """
        try:
            answer = self._client.users_info(user=user_id, token=self._secret.bot_token)
            return dict(answer["user"])
        except (*_UNREACHABLE, KeyError, TypeError) as error:
            logger.warning("users.info failed", extra={"error": self._reason(error)})
            raise IdentityUnavailableError("slack") from None

    def answer(self, conversation: Conversation, message: Message) -> None:
        """Show `message` to the person who asked, and to nobody else. Raises AnswerNotDeliveredError.

        A response_url bears five uses in 30 minutes; past that the answer goes through chat.postEphemeral.
        """
        if not (conversation.response_url and self._respond(conversation.response_url, message)):
            self.whisper(conversation, message)

    def whisper(self, conversation: Conversation, message: Message) -> None:
        """Show `message` through chat.postEphemeral. Raises AnswerNotDeliveredError."""
        if conversation.channel_id is None:
            raise AnswerNotDeliveredError("no channel")
        try:
            self._client.chat_postEphemeral(
                channel=conversation.channel_id,
                user=conversation.user_id,
                text=message.text,
                blocks=message.blocks,
                token=self._secret.bot_token,
            )
        except _UNREACHABLE as error:
            raise AnswerNotDeliveredError(self._reason(error)) from None

    def _respond(self, url: str, message: Message) -> bool:
        try:
            answer = WebhookClient(url, timeout=self._timeout, retry_handlers=[]).send(
                text=message.text, blocks=message.blocks, response_type="ephemeral", replace_original=False
            )
        except _UNREACHABLE as error:
            logger.warning("response_url failed", extra={"error": type(error).__name__})
            return False
        if answer.status_code != 200:
            logger.warning("response_url refused", extra={"status": answer.status_code})
        return answer.status_code == 200

    def _reason(self, error: Exception) -> str:
        if not isinstance(error, SlackApiError):
            return type(error).__name__
        reason = str(error.response.get("error", "unknown"))
        if reason in _TOKEN_ERRORS:
            self._secret.renew()
        return reason
