"""Slack's pace, kept by all containers together: one message a second in a channel, fifty edits a minute in all.

Alarms never sleep: whoever is too early is told how many seconds are missing. A person is not made to come again: what
they asked for takes the next free second, and is posted at once where that is too far away.
https://docs.slack.dev/apis/web-api/rate-limits
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import CONDITION_FAILED, code_of, row_in_the_way
from bot.errors import AwsCallError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POST_SECONDS = 1.0
EDIT_SECONDS = 1.25  # tier 3: fifty a minute, over all channels
CALL_SECONDS = 5.0  # longer than a call may take: whoever died during one holds the others up no longer
TURN_SECONDS = 1.3  # of a message that is counted from its beginning: it takes a while to arrive
PATIENCE_SECONDS = 2.0  # what a person may be made to wait
EDITS = "edits"

logger = logging.getLogger("ec2-chatops")


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

    def reserve(self, lane: str) -> float:
        """Take the next free second, after those that others took: how long it is until then. Raises AwsCallError.

        Where it is not free within PATIENCE_SECONDS, nothing is taken and it is 0. Only alarms stay that long, in the
        midst of a call.
        """
        now = self._now()
        if self.take(lane, TURN_SECONDS) == 0.0:
            return 0.0
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(lane),
                UpdateExpression="SET freeAt = freeAt + :turn",
                ConditionExpression="freeAt <= :patient",
                ExpressionAttributeValues={
                    ":turn": {"N": str(TURN_SECONDS)},
                    ":patient": {"N": f"{now + PATIENCE_SECONDS:.3f}"},
                },
                ReturnValues="UPDATED_NEW",
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == CONDITION_FAILED:
                return 0.0
            raise AwsCallError("dynamodb", code_of(error)) from None
        return max(0.0, float(answer["Attributes"]["freeAt"]["N"]) - TURN_SECONDS - now)

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


class PeoplesTurn:
    """Waits for the second in which a message that a person asked for is posted; what goes wrong holds nobody up."""

    def __init__(self, limiter: PostLimiter, sleep: Callable[[float], None]) -> None:
        self._limiter = limiter
        self._sleep = sleep

    def wait(self, channel_id: str) -> None:
        try:
            seconds = self._limiter.reserve(channel_id)
        except AwsCallError as error:
            logger.warning("no second reserved", extra={"error": error.aws_code})
            return
        if seconds:
            self._sleep(seconds)


def _key(lane: str) -> dict[str, Any]:
    return {"pk": {"S": f"pace#{lane}"}, "sk": {"S": "pace"}}
