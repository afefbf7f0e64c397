"""What our own audit knows of an alarm and of the machines behind it: how often it fired, what people did, what helped.

It refuses to hold an alert up: what cannot be read is not known, and the card says nothing of it.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from bot.incidents import Effect
from bot.models import Outcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RESOURCE_INDEX = "resource-index"
LOOK_BACK_SECONDS = 30 * 86_400
CREDIT_SECONDS = 15 * 60  # an action this long before the OK may be what helped
DEEDS = {"REBOOT_INSTANCE": "rebooted"}
FIRED = (Effect.OPENED, Effect.CAME_AND_WENT)
MAX_DEEDS = 10

logger = logging.getLogger("ec2-chatops")


class AlertHistory:
    """Reads the audit's index by resource; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def known(self, name: str) -> dict[str, Any]:
        """How often the alarm fired before (`times`, in 30 days), and of its last end: `seconds`, and what `helped`."""
        rows = self._rows(name, self._now() - LOOK_BACK_SECONDS)
        if rows is None:
            return {}
        facts = [row.get("details") or {} for row in rows if row.get("action") == "ALARM_STATE_CHANGE"]
        ends = [fact for fact in facts if fact.get("effect") == Effect.RESOLVED]
        known: dict[str, Any] = {"times": sum(fact.get("effect") in FIRED for fact in facts)}
        if ends:
            known["seconds"] = float(ends[-1].get("seconds", 0))
            known["helped"] = {str(key): str(value) for key, value in (ends[-1].get("helped") or {}).items()}
        return known

    def deeds(self, instance_ids: Sequence[str], since: float, until: float) -> list[dict[str, Any]]:
        """What people did to the instances between the two, oldest first, each with whether it can have `helped`.

        A deed is its attempt's: it is who confirmed and when, whoever learned later how it ended. One of which nobody
        knows yet whether it happened is not `certain`. Only the last is credited, and only if the OK came soon after.
        """
        found = [
            deed
            for instance_id in instance_ids
            for deed in _deeds(instance_id, self._rows(instance_id, since) or [])
            if deed["at"] <= until
        ]
        found.sort(key=lambda deed: float(deed["at"]))
        if found and found[-1]["certain"] and until - found[-1]["at"] <= CREDIT_SECONDS:
            found[-1]["helped"] = True
        return found[-MAX_DEEDS:]

    def _rows(self, resource_id: str, since: float) -> list[dict[str, Any]] | None:
        """The newest thousand or so since then, oldest first; None where the audit does not say."""
        start = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        try:
            answer: Any = self._dynamodb.query(
                TableName=self._table,
                IndexName=RESOURCE_INDEX,
                KeyConditionExpression="resourceId = :id AND #at >= :start",
                ExpressionAttributeNames={"#at": "timestamp"},
                ExpressionAttributeValues={":id": {"S": resource_id}, ":start": {"S": start}},
                ScanIndexForward=False,
                Limit=1_000,
            )
        except (ClientError, BotoCoreError) as error:
            logger.warning("history not read", extra={"error": type(error).__name__})
            return None
        read = TypeDeserializer().deserialize
        rows = [{name: read(value) for name, value in item.items()} for item in answer["Items"]]
        live = [row for row in rows if int(row.get("ttl", 0) or 0) > self._now()]
        return live[::-1]


def _deeds(instance_id: str, oldest_first: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    rows = [row for row in oldest_first if row.get("action") in DEEDS]
    ended = {(row.get("details") or {}).get("attempt"): row.get("outcome") for row in rows}
    for row in rows:
        end = ended.get(row.get("auditId"))
        if row.get("outcome") == Outcome.ATTEMPTED and end != Outcome.FAILED:
            yield {
                "who": str(row.get("userEmail") or row["userId"]),
                "slack": str(row.get("slackUserId") or ""),
                "what": DEEDS[row["action"]],
                "on": instance_id,
                "at": _epoch(row["timestamp"]),
                "certain": end == Outcome.SUCCEEDED,
                "helped": False,
            }


def _epoch(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()
