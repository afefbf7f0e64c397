"""The people of the Slack workspace, and the link from each to a Cognito user.

It refuses everybody who is not a full, active, human member of the one workspace that is served.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.denials import IdentityUnavailableError, NotAMemberError, NotLinkedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from bot.services.slack_api import SlackApi

SLACKBOT = "USLACKBOT"  # users.info says is_bot=false of Slackbot


class SlackMembers:
    """Reads live; nothing is kept."""

    def __init__(self, slack: "SlackApi", dynamodb: "DynamoDBClient", state_table: str, team_id: str) -> None:
        self._slack = slack
        self._dynamodb = dynamodb
        self._state_table = state_table
        self.team_id = team_id

    def link(self, user_id: str) -> Mapping[str, str]:
        """The link of a member: `username`, `sub`, and mostly `email`.

        Raises NotAMemberError, NotLinkedError and IdentityUnavailableError.
        """
        self._require_member(self._slack.user(user_id))
        key = {"pk": {"S": f"slack#{self.team_id}#{user_id}"}, "sk": {"S": "link"}}
        try:
            answer = self._dynamodb.get_item(TableName=self._state_table, Key=key, ConsistentRead=True)
        except (ClientError, BotoCoreError):
            raise IdentityUnavailableError("links") from None
        link = {name: value["S"] for name, value in answer.get("Item", {}).items() if "S" in value}
        if not link.get("sub") or not link.get("username"):
            raise NotLinkedError(user_id)
        return link

    def _require_member(self, user: Mapping[str, Any]) -> None:
        """https://docs.slack.dev/reference/objects/user-object and https://docs.slack.dev/apis/slack-connect."""
        teams = (user.get("enterprise_user") or {}).get("teams") or []
        if user.get("is_stranger") or (user.get("team_id") != self.team_id and self.team_id not in teams):
            raise NotAMemberError("foreign")
        if user.get("deleted"):
            raise NotAMemberError("deactivated")
        if user.get("is_bot") or user.get("is_workflow_bot") or user.get("id") == SLACKBOT:
            raise NotAMemberError("bot")
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            raise NotAMemberError("guest")
