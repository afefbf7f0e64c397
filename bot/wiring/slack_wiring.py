"""How a function speaks to Slack, the same in each that does."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from bot.slack_config import SlackSettings
from bot.wiring.ground import SLACK_TIMEOUT_SECONDS, aws_json, slack_secret

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.services.channel_posts import ChannelPosts
    from bot.services.slack_api import SlackApi
    from bot.services.slack_secret import SlackSecret
    from bot.services.uploads import Uploads


class SlackWiring:
    """Built once a container, each part on first use."""

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings

    @cached_property
    def api(self) -> "SlackApi":
        from bot.services.slack_api import SlackApi

        return SlackApi(self.web_client, self.secret, SLACK_TIMEOUT_SECONDS)

    @cached_property
    def posts(self) -> "ChannelPosts":
        """For those who keep Slack's pace themselves, and where it does not matter."""
        from bot.services.channel_posts import ChannelPosts

        return ChannelPosts(self.web_client, self.secret)

    def uploads(self, seconds: float) -> "Uploads":
        from bot.services.uploads import Uploads

        return Uploads(self.web_client, self.secret, seconds)

    def posts_in(self, turn: Callable[[str], None]) -> "ChannelPosts":
        """For those who wait for their turn in a channel."""
        from bot.services.channel_posts import ChannelPosts

        return ChannelPosts(self.web_client, self.secret, turn)

    @cached_property
    def web_client(self) -> "WebClient":
        from slack_sdk import WebClient

        # Without retries: a hung Slack must not use up the time of a function, or of a person in front of a page.
        return WebClient(base_url=self._settings.slack_api_url, timeout=SLACK_TIMEOUT_SECONDS, retry_handlers=[])

    @cached_property
    def secret(self) -> "SlackSecret":
        from bot.services.connections import KeptConnections

        settings = self._settings
        return slack_secret(aws_json(KeptConnections()), settings, SLACK_BOT_TOKEN=settings.slack_bot_token)
