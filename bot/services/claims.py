"""Sees to it that a queued request is run once, whatever SQS, Slack and our own containers repeat.

A claim is *running* until its run is *done*; it never decides anything about the request itself.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import code_of, row_in_the_way
from bot.errors import JobElsewhereError, NotRecordedError
from bot.models import Delivery

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Longer than the worker's Timeout in template.yaml: whoever holds a claim for that long has died.
RUNNING_SECONDS = 45
# Longer than any copy of a request can be worth running.
DONE_SECONDS = 86_400


class JobClaims:
    """Claims in the state table; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def claim(self, job_id: str, delivery: Delivery) -> bool:
        """True for the delivery that is to run the job, False for a copy of one that was done.

        The same message received again takes its own claim over, since its earlier run failed or died. Raises
        JobElsewhereError while another delivery is at it, and NotRecordedError.
        """
        now = int(self._now())
        token = str(uuid4())
        until = {"N": str(now + RUNNING_SECONDS)}
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    **_key(job_id),
                    "token": {"S": token},
                    "messageId": {"S": delivery.message_id},
                    "receives": {"N": str(delivery.receive_count)},
                    "runningUntil": until,
                    "expiresAt": until,
                },
                ConditionExpression=(
                    "attribute_not_exists(pk) OR expiresAt < :now OR (attribute_not_exists(doneAt) AND "
                    "(runningUntil < :now OR (messageId = :message AND receives < :receives)))"
                ),
                ExpressionAttributeValues={
                    ":now": {"N": str(now)},
                    ":message": {"S": delivery.message_id},
                    ":receives": {"N": str(delivery.receive_count)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (ClientError, BotoCoreError) as error:
            holder = row_in_the_way(error)
            if holder is None:
                raise NotRecordedError(code_of(error)) from None
            if "doneAt" in holder:
                return False
            if holder.get("token") != {"S": token}:
                raise JobElsewhereError from None
        return True

    def finish(self, job_id: str) -> None:
        """The request was answered: every further copy of it is dropped. Raises NotRecordedError."""
        now = int(self._now())
        item = {**_key(job_id), "doneAt": {"N": str(now)}, "expiresAt": {"N": str(now + DONE_SECONDS)}}
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError) as error:
            raise NotRecordedError(type(error).__name__) from None

    def release(self, job_id: str) -> None:
        """The run failed: whatever brings the request again can run it. Raises NotRecordedError."""
        try:
            self._dynamodb.delete_item(TableName=self._table, Key=_key(job_id))
        except (ClientError, BotoCoreError) as error:
            raise NotRecordedError(type(error).__name__) from None


def _key(job_id: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"job#{job_id}"}, "sk": {"S": "claim"}}
