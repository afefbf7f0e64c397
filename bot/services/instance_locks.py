"""One reboot of an instance at a time, and how many there were of late: one row an instance in the state table.

A lock ends by itself: it keeps people in a hurry apart, while the claim keeps an action from being run twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.errors import NotRecordedError
from bot.proposals import BUDGET_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOCK_SECONDS = 15 * 60  # longer than a reboot is watched

logger = logging.getLogger("ec2-chatops")


@dataclass(frozen=True)
class Lock:
    """An instance's row; `revision` is 0 where there is none. Times are epoch seconds."""

    region: str
    instance_id: str
    revision: int = 0
    until: int = 0
    reboots: tuple[int, ...] = ()


class InstanceLocks:
    """Rows `lock#<region>/<instance id>`; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def read(self, region: str, instance_id: str) -> Lock:
        """As it is now. Raises NotRecordedError."""
        try:
            key: Any = _key(region, instance_id)
            answer: Any = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise NotRecordedError(type(error).__name__) from None
        item = answer.get("Item")
        if item is None:
            return Lock(region, instance_id)
        reboots = tuple(int(moment["N"]) for moment in item["reboots"]["L"])
        return Lock(region, instance_id, int(item["revision"]["N"]), int(item["lockedUntil"]["N"]), reboots)

    def is_held(self, lock: Lock) -> bool:
        return lock.until > self._now()

    def take(self, lock: Lock, action_id: str) -> Any:
        """The change, for a transaction, that locks the instance for an action and counts it, if all is as read."""
        now = int(self._now())
        kept = [*(moment for moment in lock.reboots if moment > now - BUDGET_SECONDS), now]
        item = {
            **_key(lock.region, lock.instance_id),
            "revision": _number(lock.revision + 1),
            "lockedUntil": _number(now + LOCK_SECONDS),
            "lockedBy": {"S": action_id},
            "reboots": {"L": [_number(moment) for moment in kept]},
            "expiresAt": _number(now + BUDGET_SECONDS + LOCK_SECONDS),
        }
        return {
            "Put": {
                "TableName": self._table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk) OR (revision = :revision AND lockedUntil <= :now)",
                "ExpressionAttributeValues": {":revision": _number(lock.revision), ":now": _number(now)},
            }
        }

    def release(self, region: str, instance_id: str, action_id: str, *, uncount: bool = False) -> None:
        """Let go what the action holds; `uncount` it where nothing was rebooted. What fails here ends by itself.

        It is uncounted even when the lock is over, until somebody else takes it: CloudTrail may tell so late.
        """
        values = {":now": _number(int(self._now())), ":id": {"S": action_id}, ":one": _number(1)}
        try:
            key: Any = _key(region, instance_id)
            lock = self.read(region, instance_id) if uncount else None
            kept = [_number(moment) for moment in lock.reboots[:-1]] if lock else []
            self._dynamodb.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="SET lockedUntil = :now, revision = revision + :one"
                + (", reboots = :kept" if uncount else ""),
                ConditionExpression="lockedBy = :id" + ("" if uncount else " AND lockedUntil > :now"),
                ExpressionAttributeValues={**values, **({":kept": {"L": kept}} if uncount else {})},
            )
        except (ClientError, BotoCoreError, NotRecordedError) as error:
            logger.warning("lock not released", extra={"action": action_id, "error": type(error).__name__})


def _key(region: str, instance_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"lock#{region}/{instance_id}"}, "sk": {"S": "lock"}}


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
