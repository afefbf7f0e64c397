"""How a function speaks to Slack, the same in each that does."""

from functools import cached_property
from typing import TYPE_CHECKING

from bot.wiring.ground import SLACK_TIMEOUT_SECONDS, aws_json, slack_secret

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.channel_posts import ChannelPosts
    from bot.services.slack_api import SlackApi
    from bot.services.slack_secret import SlackSecret


class SlackWiring:
    """Built once a container, each part on first use."""

    def __init__(self, api_url: str, secret_arn: str | None, bot_token: str | None, endpoint_url: str | None) -> None:
        self._api_url = api_url
        self._secret_arn = secret_arn
        self._bot_token = bot_token
        self._endpoint_url = endpoint_url

    @cached_property
    def api(self) -> "SlackApi":
        from bot.services.slack_api import SlackApi

        return SlackApi(self.web_client, self.secret, SLACK_TIMEOUT_SECONDS)

    @cached_property
    def posts(self) -> "ChannelPosts":
        from bot.services.channel_posts import ChannelPosts

        return ChannelPosts(self.web_client, self.secret)

    @cached_property
    def web_client(self) -> "WebClient":
        from slack_sdk import WebClient

        # Without retries: a hung Slack must not use up the function's time, and SQS delivers again.
        return WebClient(base_url=self._api_url, timeout=SLACK_TIMEOUT_SECONDS, retry_handlers=[])

    @cached_property
    def secret(self) -> "SlackSecret":
        from bot.services.connections import KeptConnections

        aws = aws_json(KeptConnections())
        return slack_secret(aws, self._secret_arn, self._endpoint_url, SLACK_BOT_TOKEN=self._bot_token)
