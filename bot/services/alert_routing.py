"""Which channel an alarm's alerts go to; its tags are asked for only where a route needs them.

It refuses to lose an alert: where tags cannot be read, the other routes and the default decide.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from bot.alarm_events import AlarmEvent
from bot.alert_routes import Route, channel_for

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

logger = logging.getLogger("ec2-chatops")


class AlertRouting:
    """`client_for` gives the CloudWatch client of a region."""

    def __init__(self, routes: Sequence[Route], default: str, client_for: Callable[[str], "CloudWatchClient"]) -> None:
        self._routes = routes
        self._default = default
        self._client_for = client_for

    def channel(self, event: AlarmEvent) -> str:
        """The channel's id."""
        tags = self._tags(event) if any(route.tag_key for route in self._routes) else {}
        return channel_for(self._routes, self._default, event.alarm, tags)

    def _tags(self, event: AlarmEvent) -> dict[str, str]:
        try:
            answer = self._client_for(event.region).list_tags_for_resource(ResourceARN=event.arn)
        except (ClientError, BotoCoreError) as error:
            logger.warning("tags not read", extra={"error": type(error).__name__, "region": event.region})
            return {}
        return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}
