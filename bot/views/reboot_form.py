"""The modal that confirms by typing: the name, and why. What is typed is shown back to whoever typed it alone."""

from typing import Any

from bot.models import Block, Message
from bot.proposals import MAX_REASON, Reboot
from bot.views.text import cut, escape, named, quoted, section

CALLBACK = "reboot_typed"
NAME, REASON, TYPED = "reboot_name", "reboot_reason", "typed"


def form(reboot: Reboot, wrong: str | None = None, reason: str = "") -> dict[str, Any]:
    """The view; `wrong` is a name that was typed and is not the instance's, `reason` what was typed with it."""
    proposal = reboot.proposal
    name = escape(named(proposal.name, 100))
    what = "id" if proposal.label == proposal.instance_id else "name"
    blocks: list[Block] = [section(f"Reboots *{name}*, `{proposal.instance_id}` in {escape(proposal.region)}.")]
    if wrong is not None:
        blocks.append(section(f":warning: {quoted(wrong)} is not its {what}. Nothing was done."))
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": proposal.handle,
        "title": {"type": "plain_text", "text": "Reboot"},
        "submit": {"type": "plain_text", "text": "Reboot now"},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": [
            *blocks,
            _input(NAME, f"Type its {what}: {cut(proposal.label, 100)}", 256),
            _input(REASON, "Why?", MAX_REASON, reason or proposal.reason),
        ],
    }


def sent(reboot: Reboot) -> Message:
    """What the form becomes when it has confirmed."""
    name = escape(named(reboot.proposal.label, 100))
    text = f"The reboot of {name} was sent to EC2. The card in the channel says how it goes on; you can close this."
    return Message(text, [section(text)])


def typed(view: dict[str, Any]) -> tuple[str, str]:
    """The name and the reason of a submitted form."""
    values = view["state"]["values"]
    name, reason = (values[block][TYPED]["value"] or "" for block in (NAME, REASON))
    return name.strip(), reason.strip()


def _input(block_id: str, label: str, length: int, initial: str = "") -> Block:
    element: Block = {"type": "plain_text_input", "action_id": TYPED, "max_length": length}
    if initial:
        element["initial_value"] = cut(initial, length)
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": cut(label, 150)},
        "element": element,
    }
