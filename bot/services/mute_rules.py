"""CloudWatch's own mute rules: an alarm's actions are muted on every channel, until the rule ends by itself.

It refuses to hold a silence up: where CloudWatch does not take a rule, the silence is Slack's alone, and said so.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import code_of
from bot.incidents import Incident

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

logger = logging.getLogger("ec2-chatops")


class MuteRules:
    """One rule an alarm, named after it; `client_for` gives the CloudWatch client of a region."""

    def __init__(self, client_for: Callable[[str], "CloudWatchClient"]) -> None:
        self._client_for = client_for

    def mute(self, incident: Incident, start: float, until: float) -> bool:
        """Whether CloudWatch mutes the alarm's actions from now until then.

        A rule begins on a whole minute; it is written to begin with the one that runs, and lasts up to `until`.
        """
        begins = datetime.fromtimestamp(start, UTC).replace(second=0, microsecond=0)
        ends = datetime.fromtimestamp(until, UTC)
        minutes = max(1, -(-int((ends - begins).total_seconds()) // 60))
        schedule: Any = {"Expression": f"at({begins:%Y-%m-%dT%H:%M})", "Duration": f"PT{minutes}M", "Timezone": "UTC"}
        try:
            self._client_for(incident.region).put_alarm_mute_rule(
                Name=_name(incident),
                Description="Silenced from Slack by ec2-chatops.",
                Rule={"Schedule": schedule},
                MuteTargets={"AlarmNames": [incident.alarm]},
                ExpireDate=ends + timedelta(minutes=1),
            )
        except (ClientError, BotoCoreError) as error:
            logger.warning("mute rule not written", extra={"error": code_of(error), "region": incident.region})
            return False
        return True

    def unmute(self, incident: Incident) -> None:
        """What CloudWatch does not take ends by itself later."""
        try:
            self._client_for(incident.region).delete_alarm_mute_rule(AlarmMuteRuleName=_name(incident))
        except (ClientError, BotoCoreError) as error:
            logger.warning("mute rule not deleted", extra={"error": code_of(error), "region": incident.region})


def _name(incident: Incident) -> str:
    return f"ec2-chatops-{incident.key}"
