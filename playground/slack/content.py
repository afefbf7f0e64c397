"""Reads what an app sends to be shown: a message's text, blocks and attachments, or a view.

It refuses what Slack refuses: nothing to show, too much text, blocks outside Block Kit's limits.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.slack.block_kit import MOST_VIEW_BYTES, problems, problems_of_view, view_size
from playground.slack.files import Files
from playground.slack.refusal import RefusedError

# Slack cuts a new message's text here without a word; refusing it makes the mistake visible.
MOST_TEXT = 40_000
# An edited message's text is really refused.
MOST_UPDATED_TEXT = 4_000
MOST_ATTACHMENTS = 100


@dataclass(frozen=True)
class Content:
    """What a message shows."""

    text: str
    blocks: list[dict[str, Any]]
    attachments: list[dict[str, Any]]


def content(args: Mapping[str, Any], files: Files, most_text: int = MOST_TEXT, has_files: bool = False) -> Content:
    """Raises RefusedError: no_text, msg_too_long, invalid_blocks, invalid_attachments and their like.

    A message that `has_files` needs nothing else.
    """
    text = args.get("text")
    text = "" if text is None else str(text)
    blocks = _array(args.get("blocks"), "invalid_blocks_format")
    attachments = _array(args.get("attachments"), "invalid_attachments")
    if not text.strip() and not blocks and not attachments and not has_files:
        raise RefusedError("no_text")
    if len(text) > most_text:
        raise RefusedError("msg_too_long")
    if len(attachments) > MOST_ATTACHMENTS:
        raise RefusedError("too_many_attachments")
    if found := problems(blocks) or files.problems(blocks):
        raise RefusedError("invalid_blocks", found)
    for index, attachment in enumerate(attachments):
        inside, path = attachment.get("blocks", []), f"/attachments/{index}/blocks"
        if found := problems(inside, path=path) or files.problems(inside, path):
            raise RefusedError("invalid_blocks", found)
    return Content(text, blocks, attachments)


def view_content(given: Any, kind: str, files: Files) -> dict[str, Any]:
    """A view of this kind (`modal` or `home`) as the app sent it; raises RefusedError."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise RefusedError("invalid_arguments", ["invalid json [json-pointer:/view]"]) from None
    if not isinstance(given, dict):
        raise RefusedError("invalid_arguments", ["missing required field: view"])
    if given.get("type") != kind:
        raise RefusedError("invalid_arguments", [f"must be a {kind} view [json-pointer:/view/type]"])
    # A field that says null is as good as none.
    view = {name: value for name, value in given.items() if value is not None}
    if found := problems_of_view(view) or files.problems(view["blocks"], "/view/blocks"):
        raise RefusedError("invalid_arguments", found)
    if view_size(view) > MOST_VIEW_BYTES:
        raise RefusedError("view_too_large")
    return view


def _array(value: Any, error: str) -> list[dict[str, Any]]:
    """A form-encoded call carries an array as a JSON string, a JSON call as it is."""
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise RefusedError(error) from None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise RefusedError(error)
    return value
