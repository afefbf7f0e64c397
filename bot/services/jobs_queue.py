"""Sends requests to the jobs queue; reads nothing from it (Lambda's event source does that).

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from bot.services.aws_json import AwsJson


class JobsQueue:
    """The queue behind `url`; `endpoint_url` stands in for AWS on a laptop."""

    def __init__(self, aws: "AwsJson", url: str, region: str, endpoint_url: str | None) -> None:
        parts = urlsplit(url)
        self._aws = aws
        self._url = url
        self._region = region
        self._endpoint = endpoint_url or f"{parts.scheme}://{parts.netloc}/"

    def send(self, message: str) -> None:
        """Queue the request. A lost reply is retried: two messages with one job id are one job to the worker.

        Raises AwsCallError.
        """
        self._aws.call(
            self._endpoint,
            self._region,
            "AmazonSQS.SendMessage",
            "1.0",
            {"QueueUrl": self._url, "MessageBody": message},
        )
