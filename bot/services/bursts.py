"""Alarms that fire together become one thread: who joins a burst, who is in it, and what of it is still to be shown.

It loses none: membership is a row each, whatever Slack takes.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import CONDITION_FAILED, code_of
from bot.errors import AwsCallError
from bot.incidents import Incident, Member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WINDOW_SECONDS = 60
ALONE = 5  # so many alarms of one window have a thread of their own; what follows is a burst
KEPT_SECONDS = 90 * 86_400
TAKEN_OVER_SECONDS = 60  # a message that was to show a burst and is not heard of for that long has died


class Bursts:
    """Rows `burst#<channel>` and, in a burst's own partition, `member#<alarm>`; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def join(self, channel_id: str, count: int = 1) -> list[str]:
        """Count alarms that begin to fire; of each the key of the burst that it is part of, empty for the first few.

        A burst goes on for as long as no minute passes without a new alarm. Raises AwsCallError.
        """
        for _ in range(3):
            row = self._counted(channel_id, count) or self._begun(channel_id, count)
            if row:
                last = int(row["count"]["N"])
                return [row["burst"]["S"] if place > ALONE else "" for place in range(last - count + 1, last + 1)]
        return [""] * count

    def _counted(self, channel_id: str, count: int) -> dict[str, Any]:
        now = self._now()
        values = {
            ":more": {"N": str(count)},
            ":now": {"N": f"{now:.3f}"},
            ":since": {"N": f"{now - WINDOW_SECONDS:.3f}"},
            ":alone": {"N": str(ALONE)},
        }
        return self._update(
            {"pk": {"S": f"burst#{channel_id}"}, "sk": {"S": "window"}},
            "SET lastAt = :now, #count = #count + :more",
            "startedAt > :since OR (#count > :alone AND lastAt > :since)",
            values,
            {"#count": "count"},
        )

    def _begun(self, channel_id: str, count: int) -> dict[str, Any]:
        now = self._now()
        values = {
            ":more": {"N": str(count)},
            ":now": {"N": f"{now:.3f}"},
            ":since": {"N": f"{now - WINDOW_SECONDS:.3f}"},
            ":burst": {"S": secrets.token_hex(12)},
            ":expires": {"N": str(int(now) + KEPT_SECONDS)},
        }
        return self._update(
            {"pk": {"S": f"burst#{channel_id}"}, "sk": {"S": "window"}},
            "SET startedAt = :now, lastAt = :now, #count = :more, burst = :burst, expiresAt = :expires",
            "attribute_not_exists(pk) OR lastAt <= :since OR startedAt <= :since",
            values,
            {"#count": "count"},
        )

    def keep(self, incident: Incident) -> None:
        """The member as it is now; an older state of it changes nothing. Raises AwsCallError."""
        values = {
            ":alarm": {"S": incident.name},
            ":state": {"S": incident.state.value},
            ":open": {"BOOL": incident.open},
            ":version": {"N": str(incident.version)},
            ":at": {"N": f"{incident.opened_at:.3f}"},
            ":expires": {"N": str(int(self._now()) + KEPT_SECONDS)},
        }
        self._update(
            _member(incident.group, incident.key),
            "SET alarm = :alarm, #state = :state, #open = :open, version = :version, openedAt = :at, "
            "expiresAt = :expires",
            "attribute_not_exists(version) OR version < :version",
            values,
            {"#state": "state", "#open": "open"},
        )

    def members(self, group: str, *, unlisted: bool = False) -> list[Member]:
        """All of them, or those not named yet, in the order in which they began to fire. Raises AwsCallError."""
        asked: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": {"S": f"incident#{group}"}, ":prefix": {"S": "member"}},
        }
        try:
            pages = self._dynamodb.get_paginator("query").paginate(**asked)
            rows = [row for page in pages for row in page["Items"]]
        except (ClientError, BotoCoreError) as error:
            raise AwsCallError("dynamodb", code_of(error)) from None
        listed = {key for row in rows for key in row.get("listed", {"SS": []})["SS"]}
        found = [
            Member(
                key=row["sk"]["S"].removeprefix("member#"),
                alarm=row["alarm"]["S"],
                state=row["state"]["S"],
                open=row["open"]["BOOL"],
                opened_at=float(row["openedAt"]["N"]),
                listed=row["sk"]["S"].removeprefix("member#") in listed,
            )
            for row in rows
            if row["sk"]["S"].startswith("member#")
        ]
        found = [member for member in found if not (unlisted and member.listed)]
        return sorted(found, key=lambda member: (member.opened_at, member.alarm))

    def listed(self, group: str, members: Sequence[Member]) -> None:
        """They have been named in the thread. Raises AwsCallError."""
        item: Any = {
            "pk": {"S": f"incident#{group}"},
            "sk": {"S": f"members-listed#{secrets.token_hex(8)}"},
            "listed": {"SS": [member.key for member in members]},
            "expiresAt": {"N": str(int(self._now()) + KEPT_SECONDS)},
        }
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError) as error:
            raise AwsCallError("dynamodb", code_of(error)) from None

    def claim(self, group: str, tokens: Sequence[str]) -> bool:
        """Whether the bearer of the first token is to see to it that Slack shows the burst; else somebody is.

        The duty of one of the others passes to the first. Raises AwsCallError.
        """
        now = self._now()
        values = {
            **{f":token{number}": {"S": token} for number, token in enumerate(tokens)},
            ":now": {"N": f"{now:.3f}"},
            ":before": {"N": f"{now - TAKEN_OVER_SECONDS:.3f}"},
            ":expires": {"N": str(int(now) + KEPT_SECONDS)},
        }
        ours = ", ".join(f":token{number}" for number in range(len(tokens)))
        condition = f"attribute_not_exists(bearer) OR bearer IN ({ours}) OR bearerAt < :before"
        key = {"pk": {"S": f"incident#{group}"}, "sk": {"S": "unshown"}}
        return bool(self._update(key, "SET bearer = :token0, bearerAt = :now, expiresAt = :expires", condition, values))

    def settle(self, group: str) -> None:
        """What changes from here on has to find a bearer of its own. Raises AwsCallError."""
        key = {"pk": {"S": f"incident#{group}"}, "sk": {"S": "unshown"}}
        self._update(key, "REMOVE bearer", "attribute_exists(pk)", {})

    def _update(
        self,
        key: dict[str, Any],
        expression: str,
        condition: str,
        values: dict[str, Any],
        names: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """The row afterwards, empty when the condition does not hold."""
        given: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        if names:
            given["ExpressionAttributeNames"] = names
        try:
            answer: Any = self._dynamodb.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression=expression,
                ConditionExpression=condition,
                ReturnValues="ALL_NEW",
                **given,
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == CONDITION_FAILED:
                return {}
            raise AwsCallError("dynamodb", code_of(error)) from None
        return dict(answer["Attributes"])


def _member(group: str, key: str) -> dict[str, Any]:
    return {"pk": {"S": f"incident#{group}"}, "sk": {"S": f"member#{key}"}}
