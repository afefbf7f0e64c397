"""The HTTP nouns of the pages that a browser is shown: a request, and the page or the redirect it gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_BODY_BYTES = 4096


@dataclass(frozen=True)
class BrowserRequest:
    """One request; `fields` are its query or its form, each name once, `cookies` as the browser sent them."""

    method: str
    path: str
    fields: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    ip_address: str
    user_agent: str


@dataclass(frozen=True)
class BrowserAnswer:
    """`html` is a whole page, or empty for a redirect; `cookies` are whole `set-cookie` values."""

    status: int
    html: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    cookies: tuple[str, ...] = field(default=(), repr=False)
