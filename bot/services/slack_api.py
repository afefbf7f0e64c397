"""All that is said to Slack and asked of it: people, and answers by response_url, ephemerally, directly or in a modal.

It never raises Slack's own errors, and never sleeps on a rate limit: a job that must wait is delivered again.
"""

import logging
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.denials import IdentityUnavailableError
from bot.errors import AnswerNotDeliveredError
from bot.models import Block, Conversation, Message, Modal

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.slack_secret import SlackSecret

INVALID_BLOCKS = "invalid_blocks"
CLOSED = "not_found"

_UNREACHABLE = (SlackClientError, OSError, HTTPException, ValueError)  # ValueError: an address that is none

logger = logging.getLogger("ec2-chatops")


class SlackApi:
    """Slack's Web API as our bot; each call ends within `timeout_seconds`."""

    def __init__(self, client: "WebClient", secret: "SlackSecret", timeout_seconds: int) -> None:
        self._client = client
        self._secret = secret
        self._timeout = timeout_seconds
        self._workspace: str | None = None

    def user(self, user_id: str) -> dict[str, Any]:
        """Slack's user object (https://docs.slack.dev/reference/objects/user-object).

        Raises IdentityUnavailableError, for an unknown user too.
        """
        try:
            answer = self._client.users_info(user=user_id, token=self._secret.bot_token)
            return dict(answer["user"])
        except (*_UNREACHABLE, KeyError, TypeError) as error:
            logger.warning("users.info failed", extra={"error": self._secret.refusal(error)})
            raise IdentityUnavailableError("slack") from None

    def workspace_name(self) -> str:
        """What the workspace calls itself. Raises IdentityUnavailableError."""
        if self._workspace is None:
            try:
                self._workspace = str(self._client.auth_test(token=self._secret.bot_token)["team"])
            except (*_UNREACHABLE, KeyError, TypeError) as error:
                logger.warning("auth.test failed", extra={"error": self._secret.refusal(error)})
                raise IdentityUnavailableError("slack") from None
        return self._workspace

    def direct(self, user_id: str, message: Message) -> None:
        """Write to one person, in the app's own conversation with them. Raises AnswerNotDeliveredError."""
        token = self._secret.bot_token
        try:
            channel = self._client.conversations_open(users=user_id, token=token)["channel"]
            self._client.chat_postMessage(
                channel=channel["id"],
                text=message.text,
                blocks=message.blocks,
                unfurl_links=False,
                unfurl_media=False,
                token=token,
            )
        except (*_UNREACHABLE, KeyError, TypeError) as error:
            raise AnswerNotDeliveredError(self._secret.refusal(error)) from None

    def answer(self, conversation: Conversation, message: Message, *, replace: bool = False) -> None:
        """Show `message` to the person who asked, and to nobody else. Raises AnswerNotDeliveredError.

        A response_url bears five uses in 30 minutes; past that the answer goes through chat.postEphemeral. Blocks
        that Slack calls invalid are sent once more as `message.plain`. `replace` edits the message that was clicked.
        """
        url = conversation.response_url
        refusal = self._respond(url, message.text, message.blocks, replace) if url else "no response_url"
        if url and refusal == INVALID_BLOCKS and message.plain is not None:
            refusal = self._respond(url, message.text, message.plain, replace)
        if refusal:
            self.whisper(conversation, message)

    def whisper(self, conversation: Conversation, message: Message) -> None:
        """Show `message` through chat.postEphemeral. Raises AnswerNotDeliveredError."""
        if conversation.channel_id is None:
            raise AnswerNotDeliveredError("no channel")
        try:
            self._post_ephemeral(conversation, message.text, message.blocks)
        except _UNREACHABLE as error:
            reason = self._secret.refusal(error)
            if reason != INVALID_BLOCKS or message.plain is None:
                raise AnswerNotDeliveredError(reason) from None
            self.whisper(conversation, Message(message.text, message.plain))

    def show(self, modal: Modal, view: dict[str, Any]) -> None:
        """Put `view` into the modal that somebody has open, or nowhere if they closed it.

        Raises AnswerNotDeliveredError.
        """
        try:
            self._client.views_update(
                view=view, view_id=modal.view_id, external_id=modal.external_id, token=self._secret.bot_token
            )
        except _UNREACHABLE as error:
            reason = self._secret.refusal(error)
            if reason != CLOSED:
                raise AnswerNotDeliveredError(reason) from None
            logger.info("modal is closed")

    def _post_ephemeral(self, conversation: Conversation, text: str, blocks: list[Block]) -> None:
        self._client.chat_postEphemeral(
            channel=conversation.channel_id or "",
            user=conversation.user_id,
            text=text,
            blocks=blocks,
            token=self._secret.bot_token,
        )

    def _respond(self, url: str, text: str, blocks: list[Block], replace: bool) -> str:
        """Why Slack did not take it; nothing when it did."""
        try:
            answer = WebhookClient(url, timeout=self._timeout, retry_handlers=[]).send(
                text=text, blocks=blocks, response_type="ephemeral", replace_original=replace
            )
        except _UNREACHABLE as error:
            logger.warning("response_url failed", extra={"error": type(error).__name__})
            return type(error).__name__
        if answer.status_code == 200:
            return ""
        refusal = INVALID_BLOCKS if INVALID_BLOCKS in (answer.body or "") else str(answer.status_code)
        logger.warning("response_url refused", extra={"error": refusal})
        return refusal
