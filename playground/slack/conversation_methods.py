"""The Web API's methods about conversations: what a channel is, and opening a direct message.

They refuse a conversation with more than one person, for which the app would need another scope.
"""

from collections.abc import Mapping
from typing import Any

from playground.people import BOT_USER_ID
from playground.slack.chat_methods import channel_of
from playground.slack.members import SLACKBOT
from playground.slack.refusal import RefusedError
from playground.slack.workspace import Workspace

Args = Mapping[str, Any]


def open_conversation(workspace: Workspace, args: Args) -> dict[str, Any]:
    """https://docs.slack.dev/reference/methods/conversations.open, for one person."""
    if args.get("channel"):
        channel = channel_of(workspace, args, by_name=False)
        if not channel.direct_to:
            raise RefusedError("channel_not_found")
        return {"no_op": True, "already_open": True, "channel": {"id": channel.channel_id}}
    users = [user for user in str(args.get("users") or "").split(",") if user]
    if not users:
        raise RefusedError("users_list_not_supplied")
    if len(users) > 1:
        provided = ",".join(sorted(workspace.scopes))
        raise RefusedError("missing_scope", needed="mpim:write", provided=provided)
    (user_id,) = users
    if user_id in (BOT_USER_ID, SLACKBOT):
        raise RefusedError("cannot_dm_bot")
    if user_id not in workspace.members.people:
        raise RefusedError("user_not_found")
    if workspace.members.is_deleted(user_id):
        raise RefusedError("user_disabled")
    channel, known = workspace.open_direct_message(user_id)
    return {**({"no_op": True, "already_open": True} if known else {}), "channel": {"id": channel.channel_id}}


def conversation_info(workspace: Workspace, args: Args) -> dict[str, Any]:
    channel = channel_of(workspace, args, by_name=False)
    if channel.direct_to:
        return {
            "channel": {
                "id": channel.channel_id,
                "is_im": True,
                "user": channel.direct_to,
                "is_archived": False,
                "context_team_id": workspace.team_id,
            }
        }
    return {
        "channel": {
            "id": channel.channel_id,
            "name": channel.name,
            "is_channel": True,
            "is_private": False,
            "is_im": False,
            "is_shared": False,
            "is_ext_shared": False,
            "is_archived": False,
            "is_member": BOT_USER_ID in channel.members,
            "topic": {"value": channel.topic},
            "context_team_id": workspace.team_id,
        }
    }
