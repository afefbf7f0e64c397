"""Draws the pictures of people and apps as SVG, so that no picture is fetched from anywhere.

It draws nobody's face: only initials on a colour.
"""

from html import escape

_COLOURS = (
    ("#e8912d", "#c4662a"),
    ("#2bac76", "#1b7f5a"),
    ("#4a7fd4", "#2f5aa8"),
    ("#b0509b", "#83347b"),
    ("#d6455f", "#a32a4c"),
    ("#3aa3b5", "#22798c"),
    ("#7c6bd6", "#5647a8"),
)
_FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72" role="img">'
    '<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
    '<stop offset="0" stop-color="{light}"/><stop offset="1" stop-color="{dark}"/></linearGradient></defs>'
    '<rect width="72" height="72" fill="url(#g)"/>{inside}</svg>'
)
_INITIALS = (
    '<text x="36" y="37" fill="#fff" font-family="Lato, Helvetica, Arial, sans-serif" font-size="{size}" '
    'font-weight="700" text-anchor="middle" dominant-baseline="central">{letters}</text>'
)
_SERVERS = (
    '<g fill="none" stroke="#fff" stroke-width="4" stroke-linejoin="round">'
    '<rect x="16" y="17" width="40" height="16" rx="4"/>'
    '<rect x="16" y="39" width="40" height="16" rx="4"/></g>'
    '<g fill="#7ee2a8"><circle cx="25" cy="25" r="3"/><circle cx="25" cy="47" r="3"/></g>'
    '<g stroke="#fff" stroke-width="3.5" stroke-linecap="round"><path d="M36 25h12M36 47h12"/></g>'
)


def person_avatar(number: int, real_name: str) -> str:
    """Up to two initials; neighbours in the list of people differ in colour."""
    letters = "".join(word[0] for word in real_name.split()[:2]).upper()
    light, dark = _COLOURS[number % len(_COLOURS)]
    return _FRAME.format(light=light, dark=dark, inside=_INITIALS.format(size=30, letters=escape(letters)))


def app_avatar() -> str:
    return _FRAME.format(light="#2c4a7c", dark="#14233f", inside=_SERVERS)


def slackbot_avatar() -> str:
    return _FRAME.format(light="#5b3a86", dark="#3b1f5e", inside=_INITIALS.format(size=38, letters="♥"))
