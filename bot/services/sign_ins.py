"""The steps of a sign-in, as rows of the state table: made from random tokens, good for one use and ten minutes.

It keeps digests, so that a row opens nothing. What is used or late is refused here, by a condition and never by a look.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import CONDITION_FAILED, code_of
from bot.sign_in import (
    LIFE_SECONDS,
    TOKEN,
    Consent,
    Flow,
    LinkRefusedError,
    Sides,
    SignInUnavailableError,
    Ticket,
    common,
    digest,
    step_key,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from bot.models import Origin

MOST_FLOWS = 20  # whatever previews a link opens it; each opening leaves a row
_UNUSED = "attribute_exists(pk) AND attribute_not_exists(usedAt) AND expiresAt > :now"
_STATE = "state table"


class SignIns:
    """`now` gives epoch seconds. Every method raises SignInUnavailableError when the table does not answer."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def issue(self, origin: "Origin") -> str:
        """The token of a new ticket for the Slack user of `origin`."""
        token = secrets.token_urlsafe(32)
        item = {
            **step_key("ticket", digest(token)),
            "team": {"S": origin.slack_team_id or ""},
            "user": {"S": origin.slack_user_id or ""},
            "correlationId": {"S": origin.correlation_id},
            "expiresAt": {"N": str(int(self._now()) + LIFE_SECONDS)},
        }
        self._put(item)
        return token

    def ticket(self, token: str) -> Ticket | None:
        """The ticket of that token, used and expired ones too; None for what was never one."""
        item = self._get("ticket", token)
        return Ticket(**common(item)) if item else None

    def start(self, ticket: Ticket, secret: str) -> tuple[Flow, str]:
        """A flow for the browser that holds `secret`, and its `state`. Raises LinkRefusedError."""
        state = secrets.token_urlsafe(32)
        flow = Flow(
            key=digest(state),
            slack_team_id=ticket.slack_team_id,
            slack_user_id=ticket.slack_user_id,
            correlation_id=ticket.correlation_id,
            expires_at=ticket.expires_at,
            ticket=ticket.key,
            browser=digest(secret),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
        )
        self._count_opening(ticket)
        own = {name: {"S": getattr(flow, name)} for name in ("ticket", "browser", "nonce", "verifier")}
        self._put({**step_key("flow", flow.key), **_shared(flow), **own})
        return flow, state

    def flow(self, state: str) -> Flow | None:
        """The flow of that state, used and expired ones too; None for what was never one."""
        item = self._get("flow", state)
        return Flow(**common(item), **_own(item, "ticket", "browser", "nonce", "verifier")) if item else None

    def use(self, flow: Flow) -> None:
        """Return for the one who uses it first and in time. Raises LinkRefusedError."""
        update = self._using("flow", flow.key)
        try:
            self._dynamodb.update_item(**update)
        except ClientError as error:
            _require_own(error, update)
        except BotoCoreError:
            raise SignInUnavailableError(_STATE) from None

    def ask(self, flow: Flow, sides: Sides) -> str:
        """The token of a consent to link `sides`; it takes the place of the ticket. Raises LinkRefusedError."""
        token = secrets.token_urlsafe(32)
        update = self._using("ticket", flow.ticket)
        item = {
            **step_key("consent", digest(token)),
            **_shared(flow),
            "browser": {"S": flow.browser},
            "sub": {"S": sides.sub},
            "username": {"S": sides.username},
        }
        writes: list[Any] = [{"Update": update}, {"Put": {"TableName": self._table, "Item": item}}]
        try:
            self._dynamodb.transact_write_items(TransactItems=writes)
        except ClientError as error:
            _require_own(error, update)
        except BotoCoreError:
            raise SignInUnavailableError(_STATE) from None
        return token

    def consent(self, token: str) -> Consent | None:
        """The consent of that token, used and expired ones too; None for what was never one."""
        item = self._get("consent", token)
        return Consent(**common(item), **_own(item, "browser", "sub", "username")) if item else None

    def _using(self, kind: str, key: str) -> dict[str, Any]:
        values = {":now": {"N": str(int(self._now()))}, ":me": {"S": secrets.token_hex(16)}}
        return {
            "TableName": self._table,
            "Key": step_key(kind, key),
            "UpdateExpression": "SET usedAt = :now, usedBy = :me",
            "ConditionExpression": _UNUSED,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _count_opening(self, ticket: Ticket) -> None:
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=step_key("ticket", ticket.key),
                UpdateExpression="ADD openings :one",
                ConditionExpression=f"{_UNUSED} AND (attribute_not_exists(openings) OR openings < :most)",
                ExpressionAttributeValues={
                    ":now": {"N": str(int(self._now()))},
                    ":one": {"N": "1"},
                    ":most": {"N": str(MOST_FLOWS)},
                },
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != CONDITION_FAILED:
                raise SignInUnavailableError(_STATE) from None
            raise LinkRefusedError("link_opened_too_often") from None

    def _get(self, kind: str, token: str) -> Mapping[str, Any]:
        if not TOKEN.fullmatch(token):
            return {}
        try:
            answer = self._dynamodb.get_item(
                TableName=self._table, Key=step_key(kind, digest(token)), ConsistentRead=True
            )
        except (ClientError, BotoCoreError):
            raise SignInUnavailableError(_STATE) from None
        return answer.get("Item", {})

    def _put(self, item: dict[str, Any]) -> None:
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError):
            raise SignInUnavailableError(_STATE) from None


def _require_own(error: ClientError, update: Mapping[str, Any]) -> None:
    """Raise why a step was not used; return where this very call used it and the reply got lost."""
    response: Any = error.response
    first = (response.get("CancellationReasons") or [{}])[0]
    code = first.get("Code") or response["Error"]["Code"]
    if not code.startswith("ConditionalCheckFailed"):
        raise SignInUnavailableError(_STATE) from None
    holder = first.get("Item") or response.get("Item") or {}
    if holder.get("usedBy") != update["ExpressionAttributeValues"][":me"]:
        raise LinkRefusedError("link_reused" if "usedAt" in holder else "link_expired") from None


def _shared(step: Flow) -> dict[str, Any]:
    return {
        "team": {"S": step.slack_team_id},
        "user": {"S": step.slack_user_id},
        "correlationId": {"S": step.correlation_id},
        "expiresAt": {"N": str(step.expires_at)},
    }


def _common(item: Mapping[str, Any]) -> dict[str, Any]:
    return common(item)


def _own(item: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: item[name]["S"] for name in names}
