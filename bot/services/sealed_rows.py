"""Whole rows of the audit as DynamoDB has them: what digests are made of and compared with.

It refuses to interpret them: a row that somebody made up is read like any other.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import code_of
from bot.digests import HOUR, hours_between, start_of
from bot.errors import AuditUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = Mapping[str, Any]


class SealedRows:
    """The audit table."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def of_hours(self, first: str, last: str) -> Iterator[Item]:
        """The rows of these hours, by `day-index`: none whose `day` was changed. Raises AuditUnavailableError."""
        end = f"{last}~"  # sorts after every time of the hour
        for day in sorted({hour[:10] for hour in hours_between(first, last)}):
            yield from self._pages(
                self._dynamodb.query,
                {
                    "IndexName": "day-index",
                    "KeyConditionExpression": "#day = :day AND #timestamp BETWEEN :first AND :last",
                    "ExpressionAttributeNames": {"#day": "day", "#timestamp": "timestamp"},
                    "ExpressionAttributeValues": {":day": {"S": day}, ":first": {"S": first}, ":last": {"S": end}},
                },
            )

    def all(self, first: str, last: str) -> Iterator[Item]:
        """The rows of these hours, by reading the whole table: nothing hides. Raises AuditUnavailableError."""
        end = (start_of(last) + HOUR).strftime("%Y-%m-%dT%H")
        for item in self._pages(self._dynamodb.scan, {"ConsistentRead": True}):
            at = item.get("timestamp", {}).get("S", "")
            if first <= at < end:
                yield item

    def one(self, user_id: str, timestamp: str) -> Item | None:
        """The row with that key as it stands. Raises AuditUnavailableError."""
        key: Any = {"userId": {"S": user_id}, "timestamp": {"S": timestamp}}
        answer = self._ask(lambda: self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True))
        found: Item | None = answer.get("Item")
        return found

    def _pages(self, read: Callable[..., Any], asked: dict[str, Any]) -> Iterator[Item]:
        asked = {"TableName": self._table, **asked}
        while True:
            answer = self._ask(lambda: read(**asked))
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise AuditUnavailableError(code_of(error)) from None
