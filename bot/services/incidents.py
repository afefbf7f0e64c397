"""Incidents in the state table: every change is one conditional write, and one at a time speaks to Slack about each.

It refuses a change that was made of an older state than the one that is there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from bot.alert_errors import AlertBusyError
from bot.alert_pace import Pace
from bot.aws_refusals import CONDITION_FAILED, code_of
from bot.errors import AwsCallError
from bot.incident_clicks import due_at
from bot.incident_rows import from_text, to_text
from bot.incidents import Incident

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 90 * 86_400
LEASE_SECONDS = 20  # longer than all calls of one visit to Slack
MAX_TRIES = 12
DUE = "alert"  # the partition of what is due among all that the sweep does
DUE_INDEX = "due-index"


@dataclass(frozen=True)
class Thread:
    """What Slack shows of an incident: where its card is, which version of it, and the last line that was said."""

    key: str
    number: int
    channel_id: str = ""
    ts: str = ""
    shown: int = 0
    said: int = 0
    token: str = ""


class Incidents:
    """Rows `incident#<key>`; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, pace: Pace, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._pace = pace
        self._now = now

    def load(self, key: str) -> Incident | None:
        """Raises AwsCallError."""
        return self._read(self._get(key, "incident"))

    def load_all(self, keys: Sequence[str]) -> dict[str, Incident | None]:
        """All of them by one call, for no more than DynamoDB takes (100). Raises AwsCallError."""
        asked: Any = {self._table: {"Keys": [_key(key, "incident") for key in keys], "ConsistentRead": True}}
        try:
            answer: Any = self._dynamodb.batch_get_item(RequestItems=asked)
        except (ClientError, BotoCoreError) as error:
            raise AwsCallError("dynamodb", code_of(error)) from None
        rows = {row["pk"]["S"].partition("#")[2]: row for row in answer["Responses"].get(self._table, [])}
        left = {item["pk"]["S"].partition("#")[2] for item in _unprocessed(answer, self._table)}
        return {key: self.load(key) if key in left else self._read(rows.get(key, {})) for key in keys}

    def change(
        self,
        key: str,
        make: Callable[[Incident | None], Incident | None],
        known: dict[str, Incident | None] | None = None,
    ) -> Incident | None:
        """Put what `make` makes of the incident as it is, asking again while others are faster.

        The same incident, or None, from `make` writes nothing. What was just read may be `known`, which is kept up to
        date. Raises AlertBusyError, AwsCallError and what `make` raises.
        """
        known = {} if known is None else known
        for _ in range(MAX_TRIES):
            before = known.pop(key) if key in known else self.load(key)
            after = make(before)
            if after is None or after == before:
                known[key] = before
                return before
            after = replace(after, version=(before.version if before else 0) + 1)
            if self._put(after, before.version if before else None):
                known[key] = after
                return after
        raise AlertBusyError

    def _put(self, incident: Incident, over: int | None) -> bool:
        item: dict[str, Any] = {
            **_key(incident.key, "incident"),
            "content": {"S": to_text(incident)},
            "version": {"N": str(incident.version)},
            "expiresAt": {"N": str(int(self._now()) + KEPT_SECONDS)},
        }
        due = due_at(incident, self._pace)
        if due is not None:
            item |= {"due": {"S": DUE}, "dueAt": {"N": f"{due:.3f}"}}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if over is not None:
            condition = {
                "ConditionExpression": "version = :over",
                "ExpressionAttributeValues": {":over": {"N": str(over)}},
            }
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item, **condition)
        except (ClientError, BotoCoreError) as error:
            return self._taken(error, incident)
        return True

    def _taken(self, error: ClientError | BotoCoreError, incident: Incident) -> bool:
        """After a lost reply botocore sends the put again and finds our own row."""
        if code_of(error) != CONDITION_FAILED:
            raise AwsCallError("dynamodb", code_of(error)) from None
        return self.load(incident.key) == incident

    def thread(self, incident: Incident) -> Thread:
        """What Slack shows of it, by the last that was written. Raises AwsCallError."""
        return _thread(incident, self._get(incident.key, f"thread#{incident.number:06d}"))

    def lease(self, incident: Incident) -> Thread | None:
        """The right to speak to Slack about it for LEASE_SECONDS; None while another has it. Raises AwsCallError."""
        token, now = str(uuid4()), self._now()
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(incident.key, f"thread#{incident.number:06d}"),
                UpdateExpression="SET leaseToken = :token, leaseUntil = :until, expiresAt = :expires",
                ConditionExpression="attribute_not_exists(leaseUntil) OR leaseUntil < :now",
                ExpressionAttributeValues={
                    ":token": {"S": token},
                    ":until": {"N": f"{now + LEASE_SECONDS:.3f}"},
                    ":now": {"N": f"{now:.3f}"},
                    ":expires": {"N": str(int(now) + KEPT_SECONDS)},
                },
                ReturnValues="ALL_NEW",
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == CONDITION_FAILED:
                return None
            raise AwsCallError("dynamodb", code_of(error)) from None
        return replace(_thread(incident, answer["Attributes"]), token=token)

    def remember(self, thread: Thread, *, release: bool = False) -> None:
        """Keep what Slack shows now; `release` gives the lease back. Raises AwsCallError.

        Whoever has lost the lease meanwhile changes nothing: a later visit has seen more.
        """
        expression = "SET channelId = :channel, ts = :ts, shown = :shown, said = :said"
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(thread.key, f"thread#{thread.number:06d}"),
                UpdateExpression=expression + (" REMOVE leaseUntil" if release else ""),
                ConditionExpression="leaseToken = :token",
                ExpressionAttributeValues={
                    ":channel": {"S": thread.channel_id},
                    ":ts": {"S": thread.ts},
                    ":shown": {"N": str(thread.shown)},
                    ":said": {"N": str(thread.said)},
                    ":token": {"S": thread.token},
                },
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != CONDITION_FAILED:
                raise AwsCallError("dynamodb", code_of(error)) from None

    def waiting(self, until: float) -> Iterator[Incident]:
        """All that is due up to then, soonest first: with a far `until`, all that is open. Raises AwsCallError."""
        asked: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": DUE_INDEX,
            "KeyConditionExpression": "due = :due AND dueAt <= :until",
            "ExpressionAttributeValues": {
                ":due": {"S": DUE},
                ":until": {"N": f"{until:.3f}"},
            },
        }
        try:
            for page in self._dynamodb.get_paginator("query").paginate(**asked):
                for row in page["Items"]:
                    # The index has keys alone, and lags behind: what is no longer due says so when it is asked.
                    incident = self.load(row["pk"]["S"].partition("#")[2])
                    if incident is not None:
                        yield incident
        except (ClientError, BotoCoreError) as error:
            raise AwsCallError("dynamodb", code_of(error)) from None

    def _get(self, key: str, sort: str) -> dict[str, Any]:
        try:
            answer: Any = self._dynamodb.get_item(TableName=self._table, Key=_key(key, sort), ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise AwsCallError("dynamodb", code_of(error)) from None
        row: dict[str, Any] = answer.get("Item", {})
        return {} if self._has_expired(row) else row

    def _read(self, row: dict[str, Any]) -> Incident | None:
        return from_text(row["content"]["S"]) if row and not self._has_expired(row) else None

    def _has_expired(self, row: dict[str, Any]) -> bool:
        return int(row.get("expiresAt", {"N": "0"})["N"]) <= self._now() if row else False


def _unprocessed(answer: Any, table: str) -> list[dict[str, Any]]:
    return list(answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", []))


def _thread(incident: Incident, row: dict[str, Any]) -> Thread:
    return Thread(
        incident.key,
        incident.number,
        channel_id=row.get("channelId", {"S": ""})["S"],
        ts=row.get("ts", {"S": ""})["S"],
        shown=int(row.get("shown", {"N": "0"})["N"]),
        said=int(row.get("said", {"N": "0"})["N"]),
    )


def _key(key: str, sort: str) -> dict[str, Any]:
    return {"pk": {"S": f"incident#{key}"}, "sk": {"S": sort}}
