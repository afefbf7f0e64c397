"""What an app says back to a person: in the body of its 200 answer, or later through a response_url.

It refuses to make an ephemeral message public and to replace a message that isn't there.
"""

import json
from collections.abc import Mapping
from typing import Any

from playground.people import BOT_USER_ID
from playground.slack.content import content
from playground.slack.delivery import Answer
from playground.slack.files import Files
from playground.slack.messages import Board, Message
from playground.slack.refusal import RefusedError
from playground.slack.response_urls import Hook


def payload_of(answer: Answer) -> dict[str, Any] | None:
    """The message in a 200 answer's body; None for an empty one, which is only an acknowledgement."""
    text = answer.body.decode("utf-8", "replace").strip()
    return json_of(answer) if answer.is_json or not text else {"text": text}


def json_of(answer: Answer) -> dict[str, Any] | None:
    """The object in a 200 answer's body; None for an empty one."""
    text = answer.body.decode("utf-8", "replace").strip()
    if not text:
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        raise RefusedError("invalid_payload") from None
    if not isinstance(parsed, dict):
        raise RefusedError("invalid_payload")
    return parsed or None


def say(board: Board, files: Files, app_id: str, hook: Hook, payload: Mapping[str, Any]) -> Message | None:
    """Posts, replaces or deletes as the payload says, or raises RefusedError; None when nothing is left."""
    source = board.find(hook.channel_id, hook.source_ts) if hook.source_ts else None
    if _yes(payload.get("delete_original")):
        if source is None:
            raise RefusedError("message_not_found")
        board.remove(source)
        return None
    shown = content(payload, files)
    # A click's answer edits the clicked message unless it says otherwise; a command has no such message.
    replace = payload.get("replace_original", "response_type" not in payload)
    if source is not None and _yes(replace):
        return board.change(source, shown.text, shown.blocks, shown.attachments)
    public = payload.get("response_type") == "in_channel"
    return board.post(
        hook.channel_id,
        BOT_USER_ID,
        shown.text,
        blocks=shown.blocks,
        attachments=shown.attachments,
        visible_to=None if public else hook.user_id,
        thread_ts=payload.get("thread_ts"),
        app_id=app_id,
    )


def _yes(flag: Any) -> bool:
    return flag is True or str(flag).lower() == "true"
