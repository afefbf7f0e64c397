"""Slack's pace, kept by all containers together: one message a second in a channel, fifty edits a minute in all.

It never sleeps: whoever is too early is told how many seconds are missing.
https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import code_of, row_in_the_way
from bot.errors import AwsCallError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POST_SECONDS = 1.0
EDIT_SECONDS = 1.25  # tier 3: fifty a minute, over all channels
CALL_SECONDS = 5.0  # longer than a call may take: whoever died during one holds the others up no longer
EDITS = "edits"


class PostLimiter:
    """Rows `pace#<channel or edits>`; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def take(self, lane: str, seconds: float = CALL_SECONDS) -> float:
        """0 for whoever may call now, and may `leave` before `seconds`; else how long to wait. Raises AwsCallError."""
        now = self._now()
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(lane),
                UpdateExpression="SET freeAt = :then, expiresAt = :expires",
                ConditionExpression="attribute_not_exists(freeAt) OR freeAt <= :now",
                ExpressionAttributeValues={
                    ":now": {"N": f"{now:.3f}"},
                    ":then": {"N": f"{now + seconds:.3f}"},
                    ":expires": {"N": str(int(now) + 86_400)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (ClientError, BotoCoreError) as error:
            holder = row_in_the_way(error)
            if holder is None:
                raise AwsCallError("dynamodb", code_of(error)) from None
            return max(0.1, float(holder.get("freeAt", {"N": f"{now + 1}"})["N"]) - now)
        return 0.0

    def leave(self, lane: str, seconds: float | None = None) -> None:
        """The call is over: the next may follow after the lane's interval, or after what Slack asked for.

        Counted from the call's end: however long each takes on its way, they never arrive closer. Raises AwsCallError.
        """
        interval = EDIT_SECONDS if lane == EDITS else POST_SECONDS
        free_at = self._now() + max(interval, seconds or 0.0)
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(lane),
                UpdateExpression="SET freeAt = :then",
                ExpressionAttributeValues={":then": {"N": f"{free_at:.3f}"}},
            )
        except (ClientError, BotoCoreError) as error:
            raise AwsCallError("dynamodb", type(error).__name__) from None


def _key(lane: str) -> dict[str, Any]:
    return {"pk": {"S": f"pace#{lane}"}, "sk": {"S": "pace"}}
