"""A message as a modal: the same words in the blocks that modals take, and the way back to the list.

Tables are for messages alone: what has one is shown in its plain form.
"""

from typing import Any

from bot.models import Block, Message
from bot.views.text import section

INSTANCES = "instances_modal"  # the front door opens a modal for names that end so
BACK = "instances_back"
TITLE = "EC2 instances"


def view(message: Message, *, back: bool = False) -> dict[str, Any]:
    """A view for views.open and views.update; `back` adds the button that leads to the list."""
    blocks = message.plain or message.blocks
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": message.title or TITLE},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": [*blocks, *([_back()] if back else [])],
    }


def closed() -> Message:
    """For somebody whose modal did not open."""
    text = "Slack did not open the dialog in time. Nothing was done: click once more."
    return Message(text, [section(f":warning: {text}")])


def _back() -> Block:
    text = {"type": "plain_text", "text": "Back to the list"}
    return {"type": "actions", "elements": [{"type": "button", "action_id": BACK, "text": text}]}
