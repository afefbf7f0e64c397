"""Writes audit rows: append-only, one row an entry, nothing lost when many fall into one instant.

It can neither change nor delete a row: every put is conditional, and no role has UpdateItem or DeleteItem.
The schema is fixed in docs/architecture.md ("The audit table").
"""

import hashlib
import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from bot.audit_rows import timestamp
from bot.aws_refusals import code_of, row_in_the_way
from bot.errors import ConditionsFailedError, NotRecordedError
from bot.models import AuditEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_DETAILS_BYTES = 16 * 1024
MAX_TEXT_BYTES = 1024  # a key of an index may have 1,024 (sort) or 2,048 (partition)
MAX_PUTS = 64
_MICROSECOND = timedelta(microseconds=1)


class Audit:
    """The audit table; `now` gives the time in UTC."""

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, retention_days: int, now: Callable[[], datetime]
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._retention = timedelta(days=retention_days)
        self._now = now
        self._last = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def record(self, entry: AuditEntry) -> None:
        """Write one row; return only when it is stored. Raises NotRecordedError.

        The key (userId, timestamp) moves on by a microsecond while another entry holds it, and soon by random leaps:
        a thousand writers that start at one instant would otherwise push each other along one step at a time.
        """
        moment = self._next_moment()
        for attempt in range(MAX_PUTS):
            if self._put(self._item(entry, moment), entry.audit_id):
                self._remember(moment)
                return
            moment += _step(attempt)
        raise NotRecordedError("no free key")

    def record_with(self, entry: AuditEntry, changes: Sequence[Any]) -> None:
        """Write one row and make `changes` (TransactWriteItems) in one transaction: all of it is there, or nothing.

        Raises ConditionsFailedError when a condition of `changes` does not hold, and NotRecordedError when DynamoDB did
        not say that it is done; after a lost reply either may be raised although it is.
        """
        moment = self._next_moment()
        for attempt in range(MAX_PUTS):
            refused = self._transact([*changes, self._conditional_put(self._item(entry, moment))])
            if not refused:
                self._remember(moment)
                return
            if refused[:-1] != ("None",) * len(changes):
                raise ConditionsFailedError(refused[:-1])
            moment += _step(attempt)
        raise NotRecordedError("no free key")

    def _conditional_put(self, item: dict[str, Any]) -> Any:
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(userId)"}}

    def _transact(self, items: list[Any]) -> tuple[str, ...]:
        """Nothing when it is done; else the code of each item, `None` for those that were in order."""
        try:
            self._dynamodb.transact_write_items(TransactItems=items)
        except ClientError as error:
            answer: Any = error.response
            codes = tuple(reason.get("Code", "None") for reason in answer.get("CancellationReasons", []))
            if "ConditionalCheckFailed" in codes and set(codes) <= {"None", "ConditionalCheckFailed"}:
                return codes
            raise NotRecordedError(answer["Error"]["Code"]) from None
        except BotoCoreError as error:
            raise NotRecordedError(type(error).__name__) from None
        return ()

    def _put(self, item: dict[str, Any], audit_id: str) -> bool:
        """Whether the row stands; False when another entry has its key."""
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(userId)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (ClientError, BotoCoreError) as error:
            holder = row_in_the_way(error)
            if holder is None:
                raise NotRecordedError(code_of(error)) from None
            return bool(holder.get("auditId") == {"S": audit_id})
        return True

    def _next_moment(self) -> datetime:
        with self._lock:
            self._last = max(self._now(), self._last + _MICROSECOND)
            return self._last

    def _remember(self, moment: datetime) -> None:
        with self._lock:
            self._last = max(self._last, moment)

    def _item(self, entry: AuditEntry, moment: datetime) -> dict[str, Any]:
        actor, origin = entry.actor, entry.actor.origin
        row = {
            "userId": actor.user_id,
            "timestamp": timestamp(moment),
            "day": moment.date().isoformat(),
            "auditId": entry.audit_id,
            "userEmail": actor.email,
            "action": entry.action,
            "resourceType": entry.resource_type,
            "resourceId": entry.resource_id,
            "outcome": entry.outcome.value,
            "source": origin.source.value,
            "correlationId": origin.correlation_id,
            "slackUserId": origin.slack_user_id,
            "slackTeamId": origin.slack_team_id,
            "channelId": origin.channel_id,
            "ipAddress": origin.ip_address,
            "userAgent": origin.user_agent,
        }
        # An empty string is no key of an index, so what is not known is not there.
        item: dict[str, Any] = {name: {"S": _bounded(value)} for name, value in row.items() if value}
        item["details"] = TypeSerializer().serialize(_bounded_details(entry.details))
        item["ttl"] = {"N": str(int((moment + self._retention).timestamp()))}
        return item


def _step(attempt: int) -> timedelta:
    return _MICROSECOND * (1 if attempt < 3 else random.randint(1, 1 << min(attempt, 16)))


def _bounded(text: str) -> str:
    whole = text.encode("utf-8", "replace")
    if len(whole) <= MAX_TEXT_BYTES:
        return whole.decode()
    return f"{whole[: MAX_TEXT_BYTES - 80].decode('utf-8', 'ignore')}… sha256:{hashlib.sha256(whole).hexdigest()}"


def _bounded_details(details: Mapping[str, Any]) -> Any:
    """JSON types only; what is larger than a row should hold is cut, and its hash kept as proof of the whole."""
    whole = json.dumps(details, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")
    if len(whole) <= MAX_DETAILS_BYTES:
        return json.loads(whole, parse_float=Decimal)
    return {
        "truncated": True,
        "bytes": len(whole),
        "sha256": hashlib.sha256(whole).hexdigest(),
        "head": whole[:4096].decode("utf-8", "ignore"),
    }
