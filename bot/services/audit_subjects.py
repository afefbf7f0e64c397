"""Finds out whom and what a question to the audit is about: the identity behind a Slack user, the id behind a name.

It refuses a name that stands for several instances, and knows machines that are long gone by their id alone.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.audit_request import AuditRequest, AuditSearch
from bot.audit_rows import AuditQuery
from bot.denials import IdentityUnavailableError
from bot.ec2_filters import INSTANCE_ID
from bot.errors import InstanceNotFoundError, SeveralInstancesError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from bot.models import Actor
    from bot.services.instances import Instances


@dataclass(frozen=True)
class AuditSubjects:
    """Reads the links and the fleet."""

    dynamodb: "DynamoDBClient"
    state_table: str
    team_id: str
    instances: "Instances"

    def search(self, request: AuditRequest, actor: "Actor") -> AuditSearch:
        """The search that `request` asks for.

        Raises InstanceNotFoundError, SeveralInstancesError, InstancesUnavailableError, IdentityUnavailableError.
        """
        user_id = self._user_id(request.person, actor) if request.person else None
        # Whose link has ended did what they did under an id that nothing leads to any more.
        slack_user_id = None if user_id else request.person
        resource_id = self._instance_id(request.instance) if request.instance else None
        query = AuditQuery(
            user_id, resource_id, request.action, request.outcome, request.since, request.until, slack_user_id
        )
        return AuditSearch(query, request.person, request.instance)

    def _user_id(self, person: str, actor: "Actor") -> str | None:
        """The Cognito `sub` of somebody who is linked."""
        if person == actor.origin.slack_user_id:
            return actor.user_id
        key = {"pk": {"S": f"slack#{self.team_id}#{person}"}, "sk": {"S": "link"}}
        try:
            row: Any = self.dynamodb.get_item(TableName=self.state_table, Key=key, ConsistentRead=True).get("Item", {})
        except (ClientError, BotoCoreError):
            raise IdentityUnavailableError("links") from None
        sub: str | None = row.get("sub", {}).get("S")
        return sub

    def _instance_id(self, wanted: str) -> str:
        if INSTANCE_ID.fullmatch(wanted):
            return wanted
        match = self.instances.match(wanted)
        if not match.instances:
            raise InstanceNotFoundError(wanted, match.nearest)
        if len(match.instances) > 1:
            raise SeveralInstancesError(wanted, [(one.name, one.instance_id) for one in match.instances])
        return match.instances[0].instance_id
