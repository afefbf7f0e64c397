"""What Slack makes of the text a person types before an app or a channel gets it.

It guesses no top-level domain: only the ones listed turn a bare host name into a link.
"""

import re
from collections.abc import Callable, Mapping

_LINKED_DOMAINS = "com|net|org|io|dev|app|cloud|info|de|uk|eu|us|fr|jp|co"
_TOKEN = re.compile(
    r"(?P<url>\bhttps?://[^\s<>|]+[^\s<>|.,;:!?'\")\]])"
    r"|(?P<mail>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b)"
    rf"|(?P<host>(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:{_LINKED_DOMAINS})\b(?![\w.-]*\w)(?:/[^\s<>|]*)?)"
    r"|(?<![\w/])@(?P<user>[\w.-]*\w)"
    r"|(?<![\w/&])#(?P<channel>[\w-]+)",
    re.IGNORECASE,
)


def escape(text: str) -> str:
    """Slack's own three entities, and only those."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def link(text: str, users: Mapping[str, str], channels: Mapping[str, str]) -> str:
    """Escaped text with addresses, hosts, mails, `@name` and `#channel` as Slack writes them inside `<…>`.

    `users` and `channels` map a name to its id; a name in neither stays as it was typed.
    """

    def written(match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        return writers[kind](match[kind]) or match[0]

    writers: dict[str, Callable[[str], str]] = {
        "url": lambda url: f"<{url}>",
        "mail": lambda mail: f"<mailto:{mail}|{mail}>",
        "host": lambda host: f"<http://{host}|{host}>",
        "user": lambda name: f"<@{users[name]}|{name}>" if name in users else "",
        "channel": lambda name: f"<#{channels[name]}|{name}>" if name in channels else "",
    }
    return _TOKEN.sub(written, escape(text))
