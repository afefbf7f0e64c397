"""Who is who in Slack and in Cognito, and what an administrator changes there.

It keeps no copy: each look is at the local Slack, the user pool and the links as they are.
"""

from collections.abc import Mapping
from typing import Any

from playground.aws import AwsCall
from playground.people import Person
from playground.slack.workspace import Workspace

ROLES = ("admin", "readonly")
SLACK_FLAGS = ("deleted", "is_restricted")
_USER_WRITES = frozenset(
    {
        "AdminCreateUser",
        "AdminDeleteUser",
        "AdminDeleteUserAttributes",
        "AdminDisableUser",
        "AdminEnableUser",
        "AdminUpdateUserAttributes",
    }
)
_ITEM_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_LINKS = ("slack#", "cognito#")

Entry = dict[str, Any]


class Directory:
    """`cognito` and `dynamodb` are boto3 clients of the local endpoint."""

    def __init__(self, cognito: Any, dynamodb: Any, pool_id: str, state_table: str, workspace: Workspace) -> None:
        self._cognito = cognito
        self._dynamodb = dynamodb
        self._pool_id = pool_id
        self._state_table = state_table
        self._workspace = workspace

    def entries(self) -> list[Entry]:
        """One for each person of the workspace, in its order."""
        users, links = self._users(), self._links()
        return [
            _entry(person, self._slack(person), _user_of(person, links.get(person.user_id), users), links)
            for person in self._workspace.members.people.values()
        ]

    def set_role(self, user_id: str, role: str | None) -> bool:
        """`custom:role`, None for none at all; False when the person has no user."""
        username = self._username(user_id)
        if username is None:
            return False
        if role is None:
            self._cognito.admin_delete_user_attributes(
                UserPoolId=self._pool_id, Username=username, UserAttributeNames=["custom:role"]
            )
        else:
            self._cognito.admin_update_user_attributes(
                UserPoolId=self._pool_id, Username=username, UserAttributes=[{"Name": "custom:role", "Value": role}]
            )
        return True

    def set_enabled(self, user_id: str, enabled: bool) -> bool:
        """False when the person has no user."""
        username = self._username(user_id)
        if username is None:
            return False
        change = self._cognito.admin_enable_user if enabled else self._cognito.admin_disable_user
        change(UserPoolId=self._pool_id, Username=username)
        return True

    def set_slack(self, user_id: str, flag: str, on: bool) -> None:
        self._workspace.set_user(user_id, **{flag: on})
        self._tell()

    def noticed(self, call: AwsCall) -> None:
        """Tells every page when a call, whoever made it, may have changed what the entries say."""
        linked = call.action in _ITEM_WRITES and call.partition_key.startswith(_LINKS)
        if linked or call.action == "TransactWriteItems" or call.action in _USER_WRITES:
            self._tell()

    def _tell(self) -> None:
        self._workspace.board.tell_all({"type": "directory"})

    def _username(self, user_id: str) -> str | None:
        person = self._workspace.members.people[user_id]
        user = _user_of(person, self._links().get(user_id), self._users())
        return None if user is None else str(user["Username"])

    def _users(self) -> dict[str, Mapping[str, Any]]:
        """By username and by e-mail."""
        users = self._cognito.list_users(UserPoolId=self._pool_id)["Users"]
        return {user["Username"]: user for user in users} | {_attributes(user).get("email", ""): user for user in users}

    def _links(self) -> dict[str, dict[str, str]]:
        """By Slack user id."""
        team_id, people = self._workspace.team_id, self._workspace.members.people
        keys = [{"pk": {"S": f"slack#{team_id}#{user_id}"}, "sk": {"S": "link"}} for user_id in people]
        asked = {self._state_table: {"Keys": keys, "ConsistentRead": True}}
        found = self._dynamodb.batch_get_item(RequestItems=asked)["Responses"][self._state_table]
        links = [{name: value["S"] for name, value in item.items() if "S" in value} for item in found]
        return {link["pk"].rsplit("#", 1)[1]: link for link in links}

    def _slack(self, person: Person) -> Mapping[str, Any]:
        user = self._workspace.members.user_object(person.user_id, "", with_email=True)
        assert user is not None
        return user


def _attributes(user: Mapping[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in user["Attributes"]}


def _user_of(
    person: Person, link: Mapping[str, str] | None, users: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The user that the link names; without one, the user with the person's e-mail."""
    return users.get(link["username"]) if link else users.get(person.email)


def _entry(
    person: Person,
    slack: Mapping[str, Any],
    user: Mapping[str, Any] | None,
    links: Mapping[str, Mapping[str, str]],
) -> Entry:
    link = links.get(person.user_id)
    attributes = {} if user is None else _attributes(user)
    cognito = None
    if user is not None:
        cognito = {
            "email": attributes.get("email"),
            "role": attributes.get("custom:role") or None,
            "enabled": bool(user["Enabled"]),
        }
    return {
        "id": person.user_id,
        "realName": slack["real_name"],
        "email": slack["profile"].get("email"),
        "deleted": bool(slack["deleted"]),
        "guest": bool(slack["is_restricted"]),
        "cognito": cognito,
        "linkedTo": link.get("email") if link else None,
        "standing": _standing(slack, cognito, link),
    }


def _standing(slack: Mapping[str, Any], cognito: Mapping[str, Any] | None, link: Mapping[str, str] | None) -> str:
    """What the product makes of the person, in a word or two."""
    if slack["deleted"]:
        return "deactivated"
    if slack["is_restricted"]:
        return "guest"
    if link is None:
        return "not linked"
    if cognito is None or not cognito["enabled"]:
        return "disabled"
    return str(cognito["role"] or "no role")
