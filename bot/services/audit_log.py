"""Reads the audit: each question is one query on the index that has its key, newest first, and never a scan.

It refuses to read without end: what the key cannot filter is read in bounded steps, and how far it got is said.
Rows whose time to live has passed are not shown, though DynamoDB may take days to delete them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from bot.audit_rows import (
    AuditPage,
    AuditQuery,
    AuditRow,
    Index,
    Position,
    cursor_of,
    index_of,
    position_of,
    timestamp,
)
from bot.aws_refusals import code_of
from bot.errors import AuditUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE_ROWS = 15
STEP_ROWS = 500  # read by one query where a filter decides what is shown
MAX_EXAMINED = 1000  # and by all the queries of one page
MAX_PARTITIONS = 32  # days looked at for one page
_FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
_FIELDS = {
    "userId": "user_id",
    "timestamp": "timestamp",
    "auditId": "audit_id",
    "userEmail": "user_email",
    "action": "action",
    "resourceType": "resource_type",
    "resourceId": "resource_id",
    "outcome": "outcome",
    "source": "source",
    "correlationId": "correlation_id",
    "slackUserId": "slack_user_id",
    "slackTeamId": "slack_team_id",
    "channelId": "channel_id",
    "ipAddress": "ip_address",
    "userAgent": "user_agent",
}


class AuditLog:
    """The audit table as it is read; `now` gives the time in UTC."""

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, retention_days: int, now: Callable[[], datetime]
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._retention = timedelta(days=retention_days + 1)
        self._now = now

    def page(self, query: AuditQuery, cursor: str | None = None, limit: int = PAGE_ROWS) -> AuditPage:
        """At most `limit` rows of `query`, from where `cursor` (of the page before, for the same query) stands.

        No row that stood when the first page was read is shown twice or left out, whatever is written meanwhile.
        Raises PageGoneError for another query's cursor, AuditUnavailableError.
        """
        if query.until and query.until <= (query.since or _FIRST_MOMENT):
            return AuditPage(())
        index = index_of(query)
        position = position_of(query, cursor) if cursor else None
        rows: list[AuditRow] = []
        examined = 0
        for partitions, value in enumerate(self._partitions(index, query, position), start=1):
            start = position if position and position.timestamp and position.value == value else None
            while True:
                found, start, scanned = self._step(index, value, query, start, limit - len(rows))
                rows += found
                examined += scanned
                if len(rows) == limit and start:
                    return AuditPage(tuple(rows), cursor_of(query, start))
                if start and examined >= MAX_EXAMINED:
                    return AuditPage(tuple(rows), cursor_of(query, start), start.timestamp)
                if not start:
                    break
            following = self._day_before(index, value, query)
            if following and (partitions >= MAX_PARTITIONS or examined >= MAX_EXAMINED or len(rows) == limit):
                given_up = None if len(rows) == limit else f"{value}T00:00:00.000000Z"
                return AuditPage(tuple(rows), cursor_of(query, Position(following)), given_up)
        return AuditPage(tuple(rows))

    def collect(self, query: AuditQuery, limit: int, expired: Callable[[], bool]) -> tuple[list[AuditRow], bool]:
        """Rows of `query` until there are no more, `limit` are found, or time has `expired`; whether some are left.

        Raises AuditUnavailableError.
        """
        rows: list[AuditRow] = []
        cursor: str | None = None
        while True:
            page = self.page(query, cursor, min(limit - len(rows), MAX_EXAMINED))
            rows += page.rows
            cursor = page.cursor
            if cursor is None or len(rows) >= limit or expired():
                return rows, cursor is not None

    def row(self, user_id: str, at: str) -> AuditRow | None:
        """The row with that key, None where there is none. Raises AuditUnavailableError."""
        key: Any = {"userId": {"S": user_id}, "timestamp": {"S": at}}
        answer = self._ask(lambda: self._dynamodb.get_item(TableName=self._table, Key=key))
        item: dict[str, Any] = answer.get("Item", {})
        alive = item and int(item.get("ttl", {}).get("N", "0")) > self._now().timestamp()
        return _row(item) if alive else None

    def _partitions(self, index: Index, query: AuditQuery, position: Position | None) -> Iterator[str]:
        if index.value is not None:
            yield index.value
            return
        day: str | None = position.value if position else self._newest_day(query)
        while day and day >= self._oldest_day(query):
            yield day
            day = self._day_before(index, day, query)

    def _newest_day(self, query: AuditQuery) -> str:
        # Writers' clocks differ by little, and rows of one instant move on: a row may be of tomorrow already.
        latest = self._now() + timedelta(minutes=1)
        until = query.until or latest
        return min(until, latest).date().isoformat()

    def _oldest_day(self, query: AuditQuery) -> str:
        return (query.since or self._now() - self._retention).date().isoformat()

    def _day_before(self, index: Index, day: str, query: AuditQuery) -> str | None:
        if index.value is not None or day <= self._oldest_day(query):
            return None
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()

    def _step(
        self, index: Index, value: str, query: AuditQuery, start: Position | None, wanted: int
    ) -> tuple[list[AuditRow], Position | None, int]:
        """At most `wanted` rows, where to go on in this partition, and how many items were read."""
        asked = _request(index, value, query, self._now())
        asked["TableName"] = self._table
        asked["Limit"] = STEP_ROWS if index.filters else wanted + 1
        if start:
            own = {index.attribute: {"S": value}}
            asked["ExclusiveStartKey"] = {**own, "userId": {"S": start.user_id}, "timestamp": {"S": start.timestamp}}
        answer = self._ask(lambda: self._dynamodb.query(**asked))
        items = answer["Items"]
        last = items[wanted - 1] if len(items) > wanted else answer.get("LastEvaluatedKey")
        following = Position(value, last["userId"]["S"], last["timestamp"]["S"]) if last else None
        return [_row(item) for item in items[:wanted]], following, answer["ScannedCount"]

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise AuditUnavailableError(code_of(error)) from None


def _request(index: Index, value: str, query: AuditQuery, now: datetime) -> dict[str, Any]:
    names = {"#key": index.attribute, "#ttl": "ttl"}
    values = {":key": {"S": value}, ":now": {"N": str(int(now.timestamp()))}}
    condition = "#key = :key"
    if query.since or query.until:
        names["#timestamp"] = "timestamp"
        since, until = query.since, query.until
        if since:
            values[":since"] = {"S": timestamp(since)}
        if until:  # BETWEEN includes its upper end, and until is not included
            values[":until"] = {"S": timestamp(until - timedelta(microseconds=1))}
        between = "#timestamp BETWEEN :since AND :until"
        one = "#timestamp >= :since" if since else "#timestamp <= :until"
        condition += f" AND {between if since and until else one}"
    filters = ["#ttl > :now"]
    for number, (attribute, wanted) in enumerate(index.filters.items()):
        names[f"#f{number}"] = attribute
        values[f":f{number}"] = {"S": wanted}
        filters.append(f"#f{number} = :f{number}")
    return {
        **({"IndexName": index.name} if index.name else {}),
        "KeyConditionExpression": condition,
        "FilterExpression": " AND ".join(filters),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": False,
    }


def _row(item: dict[str, Any]) -> AuditRow:
    texts = {ours: item[name]["S"] for name, ours in _FIELDS.items() if "S" in item.get(name, {})}
    details = TypeDeserializer().deserialize(item.get("details", {"M": {}}))
    row = AuditRow(**texts)
    return replace(row, details=details if isinstance(details, dict) else {"": details})
