"""Who a Slack user is to us: a full member of the workspace, linked to an enabled Cognito user, with a role.

It fails closed: whoever cannot be identified completely is refused, and no Slack field grants a role.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.denials import (
    AccessDeniedError,
    AccountDisabledError,
    IdentityUnavailableError,
    NoRoleError,
    NotAMemberError,
    NotLinkedError,
)
from bot.models import Actor, Origin, Role

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient

    from bot.services.slack_api import SlackApi

CACHE_SECONDS = 60
MAX_CACHED = 1000
SLACKBOT = "USLACKBOT"  # users.info says is_bot=false of Slackbot


@dataclass(frozen=True)
class _Account:
    user_id: str
    email: str | None
    role: Role | None = None
    refusal: AccessDeniedError | None = None


class Identity:
    """Reads Slack, the link and Cognito in that order; `now` gives epoch seconds.

    The clock is the wall's: a monotonic one may stand still while Lambda freezes a container, and a cached role
    would outlive its minute.
    """

    def __init__(
        self,
        slack: "SlackApi",
        dynamodb: "DynamoDBClient",
        state_table: str,
        cognito: "CognitoIdentityProviderClient",
        pool_id: str,
        team_id: str,
        now: Callable[[], float],
    ) -> None:
        self._slack = slack
        self._dynamodb = dynamodb
        self._state_table = state_table
        self._cognito = cognito
        self._pool_id = pool_id
        self._team_id = team_id
        self._now = now
        self._cache: dict[str, tuple[float, _Account]] = {}

    def actor_for(self, origin: Origin, *, live: bool = False) -> Actor:
        """The person behind `origin`, or an actor whose `refusal` says why they may do nothing.

        Without `live` an answer of the last 60 seconds may serve; refusals are never kept, so that somebody who was
        just linked can go on at once.
        """
        user_id = origin.slack_user_id or ""
        if origin.slack_team_id != self._team_id:
            stranger = f"slack:{origin.slack_team_id}:{user_id}"
            return Actor(stranger, None, None, origin, NotAMemberError("foreign"))
        account = None if live else self._cached(user_id)
        if account is None:
            account = self._read(user_id)
            self._keep(user_id, account)
        return Actor(account.user_id, account.email, account.role, origin, account.refusal)

    def _cached(self, user_id: str) -> _Account | None:
        expires, account = self._cache.get(user_id, (0.0, None))
        return account if self._now() < expires else None

    def _keep(self, user_id: str, account: _Account) -> None:
        self._cache.pop(user_id, None)
        if account.refusal is None:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            self._cache[user_id] = (self._now() + CACHE_SECONDS, account)

    def _read(self, user_id: str) -> _Account:
        unlinked = f"slack:{self._team_id}:{user_id}"
        try:
            self._require_member(self._slack.user(user_id))
            link = self._link(user_id)
        except AccessDeniedError as refusal:
            return _Account(unlinked, None, refusal=refusal)
        try:
            attributes = self._enabled_user(link)
        except AccessDeniedError as refusal:
            return _Account(link["sub"], link.get("email"), refusal=refusal)
        role = attributes.get("custom:role")
        email = attributes.get("email")
        if role not in set(Role):
            return _Account(link["sub"], email, refusal=NoRoleError())
        return _Account(link["sub"], email, Role(role))

    def _require_member(self, user: Mapping[str, Any]) -> None:
        """https://docs.slack.dev/reference/objects/user-object and https://docs.slack.dev/apis/slack-connect."""
        teams = (user.get("enterprise_user") or {}).get("teams") or []
        if user.get("is_stranger") or (user.get("team_id") != self._team_id and self._team_id not in teams):
            raise NotAMemberError("foreign")
        if user.get("deleted"):
            raise NotAMemberError("deactivated")
        if user.get("is_bot") or user.get("is_workflow_bot") or user.get("id") == SLACKBOT:
            raise NotAMemberError("bot")
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            raise NotAMemberError("guest")

    def _link(self, user_id: str) -> dict[str, str]:
        key = {"pk": {"S": f"slack#{self._team_id}#{user_id}"}, "sk": {"S": "link"}}
        try:
            answer = self._dynamodb.get_item(TableName=self._state_table, Key=key, ConsistentRead=True)
        except (ClientError, BotoCoreError):
            raise IdentityUnavailableError("links") from None
        link = {name: value["S"] for name, value in answer.get("Item", {}).items() if "S" in value}
        if not link.get("sub") or not link.get("username"):
            raise NotLinkedError(user_id)
        return link

    def _enabled_user(self, link: Mapping[str, str]) -> dict[str, str]:
        try:
            user = self._cognito.admin_get_user(UserPoolId=self._pool_id, Username=link["username"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "UserNotFoundException":
                raise AccountDisabledError("account_deleted") from None
            raise IdentityUnavailableError("cognito") from None
        except BotoCoreError:
            raise IdentityUnavailableError("cognito") from None
        attributes = {item["Name"]: item.get("Value", "") for item in user["UserAttributes"]}
        if not user["Enabled"]:
            raise AccountDisabledError("account_disabled")
        if attributes.get("sub") != link["sub"]:  # deleted and made anew under the same name
            raise AccountDisabledError("account_replaced")
        return attributes
