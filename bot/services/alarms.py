"""Counts the alarms that are open on an instance; it changes none.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from bot.models import Instance

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

MAX_ALARMS = 500  # five pages; an account with more alarms open at once has other worries

logger = logging.getLogger("ec2-chatops")


class Alarms:
    """Alarms of every region; `client_for` gives the CloudWatch client of one."""

    def __init__(self, client_for: Callable[[str], "CloudWatchClient"]) -> None:
        self._client_for = client_for

    def open_on(self, instance: Instance) -> int | None:
        """How many metric alarms are in state ALARM with this instance as a dimension; None if CloudWatch fails."""
        try:
            pages = (
                self._client_for(instance.region)
                .get_paginator("describe_alarms")
                .paginate(StateValue="ALARM", AlarmTypes=["MetricAlarm"], PaginationConfig={"MaxItems": MAX_ALARMS})
            )
            alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
        except (ClientError, BotoCoreError) as error:
            logger.warning("alarms not read", extra={"error": type(error).__name__, "region": instance.region})
            return None
        own = {"Name": "InstanceId", "Value": instance.instance_id}
        return sum(own in alarm.get("Dimensions", []) for alarm in alarms)
