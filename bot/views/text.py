"""Untrusted text made safe to show: nothing in it can ping, link, format or break a message.

https://docs.slack.dev/messaging/formatting-message-text ("Escaping text").
"""

import re
import unicodedata
from collections.abc import Iterable

from bot.models import Block

NO_NAME = "no name"
USER_ID = re.compile(r"[UW][A-Z0-9]{4,30}", re.ASCII)
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escape(text: str) -> str:
    """For mrkdwn and for a message's top-level text; control and direction characters become visible boxes."""
    if not text.isprintable():
        text = printable(text)
    return text.translate(ESCAPES) if "&" in text or "<" in text or ">" in text else text


def printable(text: str) -> str:
    """For literal places (plain_text, table cells): nothing that hides or reorders what stands beside it."""
    if text.isprintable():  # false for each of the categories below, and a hundred times faster than asking for them
        return text
    return "".join("�" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character for character in text)


def cut(text: str, length: int) -> str:
    """At most `length` characters, the last of them an ellipsis where something is missing."""
    return text if len(text) <= length else text[: length - 1] + "…"


def quoted(text: str, length: int = 80) -> str:
    """What somebody typed, as code."""
    return f"`{escape(cut(text, length)).replace('`', 'ʼ') or ' '}`"


def counted(number: int, noun: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def person(who: str, length: int = 80) -> str:
    """Somebody by their Slack user id, else by whatever else is known of them, an e-mail address mostly."""
    return f"<@{who}>" if USER_ID.fullmatch(who) else escape(cut(who, length))


def named(name: str, length: int) -> str:
    """A Name tag in literal text, or that there is none to be seen; in markup it is to be escaped."""
    return cut(visible(name), length) or NO_NAME


def visible(name: str) -> str:
    """What can be seen of a Name tag, in literal text: maybe nothing."""
    return printable(name).strip()


def markup(mrkdwn: str, length: int = 3000) -> Block:
    """A text object; `mrkdwn` must be escaped already.

    Slack reads addresses, `#names` and `@here` even out of escaped text unless it is told to take it as it stands.
    """
    return {"type": "mrkdwn", "text": cut(mrkdwn, length), "verbatim": True}


def section(mrkdwn: str) -> Block:
    """A section block; `mrkdwn` must be escaped already. Slack takes 3,000 characters."""
    return {"type": "section", "text": markup(mrkdwn)}


def sections(lines: Iterable[str]) -> list[Block]:
    """Lines, escaped already, in as few sections as take them whole."""
    groups: list[list[str]] = []
    room = 0
    for line in lines:
        whole = cut(line, 2999)
        room -= len(whole) + 1
        if room < 0:
            room = 3000 - len(whole)
            groups.append([])
        groups[-1].append(whole)
    return [section("\n".join(group)) for group in groups]


def context(mrkdwn: str) -> Block:
    """A context block; `mrkdwn` must be escaped already."""
    return {"type": "context", "elements": [markup(mrkdwn)]}


def literal(text: str) -> Block:
    """A context block that shows anybody's text as it stands: Slack reads neither markup nor emoji names out of it."""
    return {"type": "context", "elements": [{"type": "plain_text", "text": cut(printable(text), 2000), "emoji": False}]}
