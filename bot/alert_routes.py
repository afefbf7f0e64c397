"""Which channel an alarm's alerts go to: a short table from settings, first match first.

It refuses a table that cannot be read, as a whole.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,20}", re.ASCII)


@dataclass(frozen=True)
class Route:
    """Alarms whose name begins with `prefix`, or that have the tag; `tag_key` is empty for a prefix."""

    channel_id: str
    prefix: str = ""
    tag_key: str = ""
    tag_value: str = ""

    def leads(self, alarm: str, tags: Mapping[str, str]) -> bool:
        if self.tag_key:
            return tags.get(self.tag_key) == self.tag_value
        return alarm.startswith(self.prefix)


def routes_of(text: str) -> tuple[Route, ...]:
    """`prod-=C0PROD,tag:Team=payments=C0PAY`: a prefix or `tag:<key>=<value>`, and the channel's id after a last `=`.

    Raises ValueError.
    """
    return tuple(_route(entry.strip()) for entry in text.split(",") if entry.strip())


def channel_for(routes: Sequence[Route], default: str, alarm: str, tags: Mapping[str, str]) -> str:
    """The channel of the first route that leads the alarm somewhere."""
    return next((route.channel_id for route in routes if route.leads(alarm, tags)), default)


def _route(entry: str) -> Route:
    what, _, channel_id = entry.rpartition("=")
    if not what or not _CHANNEL.fullmatch(channel_id):
        raise ValueError("no channel")
    if not what.startswith("tag:"):
        return Route(channel_id, prefix=what)
    key, equals, value = what.removeprefix("tag:").partition("=")
    if not key or not equals:
        raise ValueError("no tag")
    return Route(channel_id, tag_key=key, tag_value=value)
