"""The last reboots of an instance, read from the audit's resource index. It writes nothing."""

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.models import Outcome
from bot.operations import REBOOT_INSTANCE
from bot.proposals import PastReboot

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOOKED_AT = 100  # rows; what lies further back is not shown
RESOURCE_INDEX = "resource-index"

logger = logging.getLogger("ec2-chatops")


class RebootHistory:
    """The audit table's own account of what was done."""

    def __init__(self, dynamodb: "DynamoDBClient", audit_table: str) -> None:
        self._dynamodb = dynamodb
        self._table = audit_table

    def last(self, instance_id: str, most: int = 3) -> tuple[PastReboot, ...]:
        """The newest first, of those that ended; empty where the audit cannot be read: it is only shown."""
        try:
            answer: Any = self._dynamodb.query(
                TableName=self._table,
                IndexName=RESOURCE_INDEX,
                KeyConditionExpression="resourceId = :instance",
                ExpressionAttributeValues={":instance": {"S": instance_id}},
                ScanIndexForward=False,
                Limit=LOOKED_AT,
            )
        except (ClientError, BotoCoreError) as error:
            logger.warning("history not read", extra={"error": type(error).__name__})
            return ()
        ended = {Outcome.SUCCEEDED.value, Outcome.FAILED.value, Outcome.UNKNOWN.value}
        reboots = [item for item in answer["Items"] if item["action"]["S"] == REBOOT_INSTANCE.action]
        who = {item["auditId"]["S"]: item.get("userEmail", item["userId"])["S"] for item in reboots}
        last: dict[str, PastReboot] = {}
        for item in reboots:
            # A click that was refused has an outcome and no attempt; the sweep may have written a later outcome of one.
            attempt = item["details"].get("M", {}).get("attempt", {}).get("S")
            if attempt and attempt not in last and item["outcome"]["S"] in ended:
                by = who.get(attempt) or item.get("userEmail", item["userId"])["S"]
                last[attempt] = PastReboot(item["timestamp"]["S"], by, item["outcome"]["S"])
        return tuple(last.values())[:most]
