"""Sees to it that a queued request is run once: the first delivery claims it, its copies are dropped.

One conditional put a job. A claim never stands in the way of the same message delivered again (its earlier run failed
or died), only of another message with the same request: Slack's retry, or somebody's replay.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from bot.errors import NotRecordedError
from bot.models import Delivery

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Longer than a signature is valid (5 min) and than Slack retries an event (6 min); short enough that an operator can
# redrive the dead-letter queue after a crash that left its claim behind.
CLAIM_SECONDS = 900


class JobClaims:
    """Claims in the state table; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def claim(self, job_id: str, delivery: Delivery) -> bool:
        """Whether this delivery is the one to run. Raises NotRecordedError."""
        now = int(self._now())
        token = str(uuid4())
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    **_key(job_id),
                    "token": {"S": token},
                    "messageId": {"S": delivery.message_id},
                    "receives": {"N": str(delivery.receive_count)},
                    "expiresAt": {"N": str(now + CLAIM_SECONDS)},
                },
                ConditionExpression=(
                    "attribute_not_exists(pk) OR expiresAt < :now OR (messageId = :message AND receives < :receives)"
                ),
                ExpressionAttributeValues={
                    ":now": {"N": str(now)},
                    ":message": {"S": delivery.message_id},
                    ":receives": {"N": str(delivery.receive_count)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code != "ConditionalCheckFailedException":
                raise NotRecordedError(code) from None
            # After a lost reply botocore sends the put again and finds our own claim.
            holder: Any = error.response.get("Item", {})
            return bool(holder.get("token") == {"S": token})
        except BotoCoreError as error:
            raise NotRecordedError(type(error).__name__) from None
        return True

    def release(self, job_id: str) -> None:
        """Give up a claim after a failed run, so that whatever brings the request again can run it."""
        try:
            self._dynamodb.delete_item(TableName=self._table, Key=_key(job_id))
        except (ClientError, BotoCoreError) as error:
            raise NotRecordedError(type(error).__name__) from None


def _key(job_id: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"job#{job_id}"}, "sk": {"S": "claim"}}
