"""The table of the local Slack's Web API: each method with the scope it needs and its rate limit tier.

What isn't listed is an unknown method.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playground.slack import chat_methods as chat
from playground.slack import conversation_methods as conversations
from playground.slack import file_methods as files
from playground.slack import view_methods as views
from playground.slack.workspace import Workspace


@dataclass(frozen=True)
class Method:
    """One Web API method; a `scope` of None is open to every token, a `tier` of None has a limit of its own."""

    run: Callable[[Workspace, Mapping[str, Any]], dict[str, Any]]
    scope: str | None = None
    tier: int | None = 4


METHODS = {
    "auth.test": Method(chat.auth_test, tier=None),
    "users.info": Method(chat.users_info, "users:read"),
    "chat.postMessage": Method(chat.post_message, "chat:write", tier=None),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write"),
    "chat.update": Method(chat.update, "chat:write", tier=3),
    "chat.delete": Method(chat.delete, "chat:write", tier=3),
    "conversations.info": Method(conversations.conversation_info, "channels:read", tier=3),
    "conversations.open": Method(conversations.open_conversation, "im:write", tier=3),
    "conversations.replies": Method(chat.replies, "channels:history", tier=3),
    "views.open": Method(views.open_view),
    "views.push": Method(views.push_view),
    "views.update": Method(views.update_view),
    "views.publish": Method(views.publish_view),
    "files.getUploadURLExternal": Method(files.begin_upload, "files:write"),
    "files.completeUploadExternal": Method(files.complete_upload, "files:write"),
    "files.info": Method(files.file_info, "files:read"),
}
