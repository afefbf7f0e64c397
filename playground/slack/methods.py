"""The Web API methods of the local Slack, each with the scope it needs.

It refuses what Slack refuses: unknown users and channels, foreign messages, content outside the limits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playground.people import BOT_NAME, BOT_USER_ID, TEAM_DOMAIN, TEAM_NAME, Channel
from playground.slack.content import MOST_UPDATED_TEXT, content
from playground.slack.members import BOT_HANDLE
from playground.slack.messages import Message
from playground.slack.payloads import bot_id, slack_message
from playground.slack.refusal import RefusedError
from playground.slack.workspace import Workspace

Args = Mapping[str, Any]


@dataclass(frozen=True)
class Method:
    """One Web API method; a `scope` of None is open to every token."""

    run: Callable[[Workspace, Args], dict[str, Any]]
    scope: str | None = None


def auth_test(workspace: Workspace, args: Args) -> dict[str, Any]:
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": TEAM_NAME,
        "user": BOT_HANDLE,
        "team_id": workspace.team_id,
        "user_id": BOT_USER_ID,
        "bot_id": bot_id(),
        "is_enterprise_install": False,
    }


def users_info(workspace: Workspace, args: Args) -> dict[str, Any]:
    user_id = str(args.get("user") or "")
    found = workspace.members.user_object(
        user_id, workspace.avatar_url(user_id), with_email="users:read.email" in workspace.scopes
    )
    if found is None:
        raise RefusedError("user_not_found")
    return {"user": found}


def post_message(workspace: Workspace, args: Args) -> dict[str, Any]:
    channel = _joined_channel(workspace, args)
    shown = content(args)
    message = workspace.board.post(
        channel.channel_id,
        BOT_USER_ID,
        shown.text,
        blocks=shown.blocks,
        attachments=shown.attachments,
        thread_ts=args.get("thread_ts"),
        app_id=workspace.app_id,
    )
    return _posted(workspace, message)


def post_ephemeral(workspace: Workspace, args: Args) -> dict[str, Any]:
    channel = _joined_channel(workspace, args)
    user_id = str(args.get("user") or "")
    if user_id not in channel.members:
        raise RefusedError("user_not_in_channel")
    shown = content(args)
    message = workspace.board.post(
        channel.channel_id,
        BOT_USER_ID,
        shown.text,
        blocks=shown.blocks,
        attachments=shown.attachments,
        visible_to=user_id,
        thread_ts=args.get("thread_ts"),
        app_id=workspace.app_id,
    )
    return {"message_ts": message.ts}


def update(workspace: Workspace, args: Args) -> dict[str, Any]:
    """Blocks that aren't sent again are gone; an ephemeral message can't be edited by this method."""
    channel = _channel(workspace, args, by_name=False)
    message = workspace.board.find(channel.channel_id, str(args.get("ts") or ""))
    if message is None or message.ephemeral:
        raise RefusedError("message_not_found")
    if message.user_id != BOT_USER_ID:
        raise RefusedError("cant_update_message")
    shown = content(args, MOST_UPDATED_TEXT)
    changed = workspace.board.change(message, shown.text, shown.blocks, shown.attachments)
    return {**_posted(workspace, changed), "text": changed.text}


METHODS = {
    "auth.test": Method(auth_test),
    "users.info": Method(users_info, "users:read"),
    "chat.postMessage": Method(post_message, "chat:write"),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write"),
    "chat.update": Method(update, "chat:write"),
}


def _posted(workspace: Workspace, message: Message) -> dict[str, Any]:
    shown = slack_message(message, workspace.team_id, workspace.app_id)
    return {
        "channel": message.channel_id,
        "ts": message.ts,
        "message": {**shown, "bot_profile": {"id": bot_id(), "app_id": workspace.app_id, "name": BOT_NAME}},
    }


def _channel(workspace: Workspace, args: Args, by_name: bool = True) -> Channel:
    wanted = str(args.get("channel") or "")
    for channel in workspace.channels.values():
        if wanted == channel.channel_id or (by_name and wanted.removeprefix("#") == channel.name):
            return channel
    raise RefusedError("channel_not_found")


def _joined_channel(workspace: Workspace, args: Args) -> Channel:
    channel = _channel(workspace, args)
    if BOT_USER_ID not in channel.members and "chat:write.public" not in workspace.scopes:
        raise RefusedError("not_in_channel")
    return channel
