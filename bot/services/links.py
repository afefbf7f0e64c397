"""The links between Slack users and Cognito users: two rows that come and go together.

One row says who a Slack user is, the other keeps every second Slack user of the workspace away from the same Cognito
user. It refuses to make a link over another one: who is linked must be unlinked first.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.errors import OutcomeUnknownError
from bot.sign_in import (
    Consent,
    Link,
    LinkRefusedError,
    Sides,
    SignInUnavailableError,
    cognito_key,
    slack_key,
    step_key,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LINKS = "links"
_TRIES = 3  # two transactions on one row at one instant cancel each other


class Links:
    """`now` gives the time in UTC."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], datetime]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def of(self, team_id: str, user_id: str) -> Link | None:
        """The link of a Slack user. Raises SignInUnavailableError."""
        row = self._row(slack_key(team_id, user_id))
        if "sub" not in row or "username" not in row:
            return None
        return Link(team_id, user_id, row["sub"], row["username"], row.get("email", ""), row.get("linkedAt", ""))

    def holder(self, sub: str, team_id: str) -> str | None:
        """The id of the Slack user of that workspace who has that Cognito user. Raises SignInUnavailableError."""
        return self._row(cognito_key(sub, team_id)).get("slackUserId")

    def made_by(self, consent: Consent) -> bool:
        """Whether the link that stands is the one this consent made. Raises SignInUnavailableError."""
        return self._row(slack_key(consent.slack_team_id, consent.slack_user_id)).get("consent") == consent.key

    def link(self, consent: Consent, sides: Sides, now: int) -> None:
        """Use the consent and write both rows, or none of the three.

        Raises LinkRefusedError when any of them is taken, SignInUnavailableError when nothing was written, and
        OutcomeUnknownError when nobody knows. `now` is epoch seconds.
        """
        token = secrets.token_hex(16)
        linked_at = self._now().isoformat(timespec="microseconds").replace("+00:00", "Z")
        slack_row = {
            **slack_key(consent.slack_team_id, consent.slack_user_id),
            "username": {"S": consent.username},
            "sub": {"S": consent.sub},
            "email": {"S": sides.email},
            "linkedAt": {"S": linked_at},
            "consent": {"S": consent.key},
        }
        cognito_row = {
            **cognito_key(consent.sub, consent.slack_team_id),
            "slackUserId": {"S": consent.slack_user_id},
            "linkedAt": {"S": linked_at},
        }
        use = {
            "TableName": self._table,
            "Key": step_key("consent", consent.key),
            "UpdateExpression": "SET usedAt = :now, usedBy = :me",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(usedAt) AND expiresAt > :now",
            "ExpressionAttributeValues": {":now": {"N": str(now)}, ":me": {"S": token}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        writes: list[Any] = [
            {"Update": use},
            {"Put": {"TableName": self._table, "Item": slack_row, "ConditionExpression": "attribute_not_exists(pk)"}},
            {
                "Put": {
                    "TableName": self._table,
                    "Item": cognito_row,
                    # A row of the same Slack user is what is left where somebody deleted a link by hand.
                    "ConditionExpression": "attribute_not_exists(pk) OR slackUserId = :user",
                    "ExpressionAttributeValues": {":user": {"S": consent.slack_user_id}},
                }
            },
        ]
        reasons = self._transact(writes)
        if not reasons or reasons[0].get("Item", {}).get("usedBy") == {"S": token}:
            return  # in the second case this very call wrote them, and the reply got lost
        raise LinkRefusedError(_refusal(reasons))

    def unlink(self, link: Link) -> None:
        """Delete both rows; return when that link is gone, whoever was first.

        Raises SignInUnavailableError when nothing was deleted, and OutcomeUnknownError when nobody knows.
        """
        slack_row = self._delete(slack_key(link.slack_team_id, link.slack_user_id), "sub", link.sub)
        cognito_row = self._delete(cognito_key(link.sub, link.slack_team_id), "slackUserId", link.slack_user_id)
        reasons = self._transact([slack_row, cognito_row])
        if reasons and not _failed(reasons[0]):
            # A link that was written by hand may have no second row of its own, and somebody else's stays.
            reasons = self._transact([slack_row])
        if reasons and self.of(link.slack_team_id, link.slack_user_id) is not None:
            raise SignInUnavailableError(_LINKS)

    def _delete(self, key: dict[str, Any], name: str, value: str) -> dict[str, Any]:
        return {
            "Delete": {
                "TableName": self._table,
                "Key": key,
                "ConditionExpression": "#name = :value",
                "ExpressionAttributeNames": {"#name": name},
                "ExpressionAttributeValues": {":value": {"S": value}},
            }
        }

    def _transact(self, writes: list[Any]) -> list[dict[str, Any]]:
        """Nothing when all was written, or the reason of each write that kept it from being so, in their order."""
        for attempt in range(_TRIES):
            try:
                self._dynamodb.transact_write_items(TransactItems=writes)
            except ClientError as error:
                response: Any = error.response
                reasons: list[dict[str, Any]] = response.get("CancellationReasons") or []
                if any(map(_failed, reasons)):
                    return reasons
                if not any(reason.get("Code") == "TransactionConflict" for reason in reasons) or attempt == _TRIES - 1:
                    if response["ResponseMetadata"].get("HTTPStatusCode", 500) >= 500:
                        raise OutcomeUnknownError(_LINKS) from None
                    raise SignInUnavailableError(_LINKS) from None
            except BotoCoreError:
                raise OutcomeUnknownError(_LINKS) from None
            else:
                break
        return []

    def _row(self, key: dict[str, Any]) -> dict[str, str]:
        try:
            answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        except (ClientError, BotoCoreError):
            raise SignInUnavailableError(_LINKS) from None
        return {name: value["S"] for name, value in answer.get("Item", {}).items() if "S" in value}


def _failed(reason: dict[str, Any]) -> bool:
    return str(reason.get("Code", "")) == "ConditionalCheckFailed"


def _refusal(reasons: list[dict[str, Any]]) -> str:
    if _failed(reasons[0]):
        return "link_reused" if "usedAt" in reasons[0].get("Item", {}) else "link_expired"
    return "already_linked" if _failed(reasons[1]) else "account_taken"
