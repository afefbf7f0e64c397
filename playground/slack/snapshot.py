"""What one person's page shows of the workspace when it opens.

It leaves out whatever only others may see.
"""

from typing import TYPE_CHECKING, Any

from playground.people import BOT_NAME, BOT_USER_ID, TEAM_NAME, Channel, Person

if TYPE_CHECKING:
    from playground.slack.workspace import Workspace


def snapshot(workspace: "Workspace", user_id: str) -> dict[str, Any]:
    home = workspace.views.home(user_id)
    return {
        "type": "snapshot",
        "team": {"id": workspace.team_id, "name": TEAM_NAME},
        "me": user_id,
        "app": {
            "id": workspace.app_id,
            "name": BOT_NAME,
            "user": BOT_USER_ID,
            "home": workspace.home_tab,
            "shortcuts": [
                {"id": s.callback_id, "name": s.name, "description": s.description}
                for s in workspace.shortcuts.values()
            ],
        },
        "administered": workspace.administered,
        "api": workspace.has_api,
        "people": [_person(person) for person in workspace.members.people.values()],
        "channels": [
            shown_channel(workspace, channel, user_id)
            for channel in workspace.channels.values()
            if channel.open_to(user_id)
        ],
        "commands": [
            {"command": c.command, "description": c.description, "usageHint": c.usage_hint}
            for c in workspace.commands.values()
        ],
        "messages": [message.as_json() for message in workspace.board.seen_by(user_id)],
        "modals": [workspace.views.as_json(view) for view in workspace.views.stack(user_id)],
        "home": None if home is None else workspace.views.as_json(home),
    }


def shown_channel(workspace: "Workspace", channel: Channel, user_id: str) -> dict[str, Any]:
    """The page's own form of a channel, as this person sees it."""
    return {
        "id": channel.channel_id,
        "name": BOT_NAME if channel.direct_to else channel.name,
        "topic": channel.topic,
        "members": len(channel.members),
        "hints": [list(hint) for hint in channel.hints],
        "direct": channel.direct_to is not None,
        "read": workspace.last_read(user_id, channel.channel_id),
    }


def _person(person: Person) -> dict[str, Any]:
    if person.is_restricted:
        standing = "guest"
    elif person.linked:
        standing = person.role or "no role"
    else:
        standing = "not linked"
    return {
        "id": person.user_id,
        "name": person.name,
        "realName": person.real_name,
        "title": person.title,
        "timeZone": person.time_zone,
        "standing": standing,
    }
