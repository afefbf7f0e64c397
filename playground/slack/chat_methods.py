"""The Web API's methods about people, channels and messages.

They refuse what Slack refuses: unknown users and channels, foreign messages, content outside the limits.
"""

import json
from collections.abc import Mapping
from typing import Any

from playground.people import BOT_NAME, BOT_USER_ID, TEAM_DOMAIN, TEAM_NAME, Channel
from playground.slack.content import MOST_UPDATED_TEXT, content
from playground.slack.members import BOT_HANDLE
from playground.slack.messages import Message
from playground.slack.payloads import bot_id, slack_message
from playground.slack.refusal import RefusedError
from playground.slack.workspace import Workspace

Args = Mapping[str, Any]


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
    channel = joined_channel(workspace, args)
    shown = content(args, workspace.files)
    message = workspace.board.post(
        channel.channel_id,
        BOT_USER_ID,
        shown.text,
        blocks=shown.blocks,
        attachments=shown.attachments,
        thread_ts=args.get("thread_ts"),
        broadcast=str(args.get("reply_broadcast")).lower() == "true",
        app_id=workspace.app_id,
    )
    return _posted(workspace, message)


def post_ephemeral(workspace: Workspace, args: Args) -> dict[str, Any]:
    channel = joined_channel(workspace, args)
    user_id = str(args.get("user") or "")
    if user_id not in channel.members:
        raise RefusedError("user_not_in_channel")
    shown = content(args, workspace.files)
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
    channel = channel_of(workspace, args, by_name=False)
    message = _own(workspace, channel, args, "cant_update_message")
    files = _files(workspace, args["file_ids"]) if args.get("file_ids") else None
    shown = content(args, workspace.files, MOST_UPDATED_TEXT, has_files=bool(files))
    changed = workspace.board.change(message, shown.text, shown.blocks, shown.attachments, files)
    return {**_posted(workspace, changed), "text": changed.text}


def delete(workspace: Workspace, args: Args) -> dict[str, Any]:
    channel = channel_of(workspace, args, by_name=False)
    message = _own(workspace, channel, args, "cant_delete_message")
    workspace.board.remove(message)
    return {"channel": channel.channel_id, "ts": message.ts}


def replies(workspace: Workspace, args: Args) -> dict[str, Any]:
    channel = channel_of(workspace, args, by_name=False)
    thread = workspace.board.thread(channel.channel_id, str(args.get("ts") or ""))
    if not thread:
        raise RefusedError("thread_not_found")
    first, *answers = [slack_message(message, workspace.team_id, workspace.app_id) for message in thread]
    if answers:
        first |= {"thread_ts": first["ts"], "reply_count": len(answers), "latest_reply": answers[-1]["ts"]}
    return {"messages": [first, *answers], "has_more": False}


def _own(workspace: Workspace, channel: Channel, args: Args, foreign: str) -> Message:
    """The app's own lasting message, or a refusal: `foreign` for somebody else's."""
    message = workspace.board.find(channel.channel_id, str(args.get("ts") or ""))
    if message is None or message.ephemeral:
        raise RefusedError("message_not_found")
    if message.user_id != BOT_USER_ID:
        raise RefusedError(foreign)
    return message


def _files(workspace: Workspace, given: Any) -> list[dict[str, Any]]:
    try:
        ids = json.loads(given) if isinstance(given, str) else list(given)
    except (ValueError, TypeError):
        raise RefusedError("invalid_arguments", ["invalid file_ids"]) from None
    files = [workspace.files.find(str(file_id)) for file_id in ids]
    if any(file is None or not file.mimetype for file in files):
        raise RefusedError("file_not_found")
    return [file.as_json(workspace.base_url, BOT_USER_ID) for file in files if file is not None]


def _posted(workspace: Workspace, message: Message) -> dict[str, Any]:
    shown = slack_message(message, workspace.team_id, workspace.app_id)
    return {
        "channel": message.channel_id,
        "ts": message.ts,
        "message": {**shown, "bot_profile": {"id": bot_id(), "app_id": workspace.app_id, "name": BOT_NAME}},
    }


def channel_of(workspace: Workspace, args: Args, by_name: bool = True) -> Channel:
    wanted = str(args.get("channel") or "")
    for channel in workspace.channels.values():
        named = by_name and not channel.direct_to and wanted.removeprefix("#") == channel.name
        if wanted == channel.channel_id or named:
            return channel
    raise RefusedError("channel_not_found")


def joined_channel(workspace: Workspace, args: Args) -> Channel:
    """Where the app may post. A person's id means the direct message with them."""
    if args.get("channel") in workspace.members.people:
        return workspace.open_direct_message(str(args["channel"]))[0]
    channel = channel_of(workspace, args)
    if BOT_USER_ID not in channel.members and "chat:write.public" not in workspace.scopes:
        raise RefusedError("not_in_channel")
    return channel
