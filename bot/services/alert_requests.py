"""Asks the alarms function to bring Slack up to date about an incident: whoever changes one does not post itself.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import code_of
from bot.errors import AwsCallError


class AlertRequests:
    """Sends to the alarms queue."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def show(self, key: str) -> None:
        """One request more than needed does no harm. Raises AwsCallError."""
        try:
            self._sqs.send_message(
                QueueUrl=self._queue_url, MessageBody=json.dumps({"show": key}, separators=(",", ":"))
            )
        except (ClientError, BotoCoreError) as error:
            raise AwsCallError("sqs", code_of(error)) from None
