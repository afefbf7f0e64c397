"""Reads the content of a message that an app sends: its text, blocks and attachments.

It refuses what Slack refuses: nothing to show, too much text, blocks outside Block Kit's limits.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.slack.block_kit import problems
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


def content(args: Mapping[str, Any], most_text: int = MOST_TEXT) -> Content:
    """Raises RefusedError: no_text, msg_too_long, invalid_blocks, invalid_attachments and their like."""
    text = args.get("text")
    text = "" if text is None else str(text)
    blocks = _array(args.get("blocks"), "invalid_blocks_format")
    attachments = _array(args.get("attachments"), "invalid_attachments")
    if not text.strip() and not blocks and not attachments:
        raise RefusedError("no_text")
    if len(text) > most_text:
        raise RefusedError("msg_too_long")
    if len(attachments) > MOST_ATTACHMENTS:
        raise RefusedError("too_many_attachments")
    if found := problems(blocks):
        raise RefusedError("invalid_blocks", found)
    for index, attachment in enumerate(attachments):
        if found := problems(attachment.get("blocks", [])):
            prefix = f"[json-pointer:/attachments/{index}/"
            raise RefusedError("invalid_blocks", [line.replace("[json-pointer:/", prefix) for line in found])
    return Content(text, blocks, attachments)


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
