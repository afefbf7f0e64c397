"""Block Kit's documented shapes and limits as tables: blocks, the elements in them, rich text.

It knows one block at a time; what must hold between blocks is in `block_kit`.
Sources: https://docs.slack.dev/reference/block-kit/blocks and its neighbours.
"""

from playground.slack.block_rules import (
    Check,
    boolean,
    by_type,
    listing,
    null_or,
    number,
    one_of,
    shape,
    string,
    text_object,
    web_address,
    whole,
)

IDENTIFIER = string(255)
MARKDOWN = ("plain_text", "mrkdwn")


def plain(most: int) -> Check:
    return text_object(most, "plain_text")


def rich(most: int) -> Check:
    return text_object(most, *MARKDOWN)


CONFIRM = shape(
    {"title": plain(100), "text": rich(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
OVERFLOW_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": web_address(3000)})
OPTION_GROUP = shape({"label": plain(75), "options": listing(OPTION, 1, 100)})
IMAGE_SOURCE = {
    "image_url": web_address(3000),
    "slack_file": shape({}, {"id": string(), "url": string()}, exactly_one=("id", "url")),
}
_CLICKABLE = {"action_id": IDENTIFIER, "confirm": CONFIRM}

ELEMENTS: dict[str, Check] = {
    "button": shape(
        {"text": plain(75)},
        {
            **_CLICKABLE,
            "url": web_address(3000),
            "value": string(2000),
            "style": one_of("primary", "danger"),
            "accessibility_label": string(75),
        },
    ),
    "static_select": shape(
        {},
        {
            **_CLICKABLE,
            "placeholder": plain(150),
            "options": listing(OPTION, 1, 100),
            "option_groups": listing(OPTION_GROUP, 1, 100),
            "initial_option": OPTION,
            "focus_on_load": boolean,
        },
        exactly_one=("options", "option_groups"),
    ),
    "overflow": shape({"options": listing(OVERFLOW_OPTION, 1, 5)}, _CLICKABLE),
    "image": shape({"alt_text": string(2000)}, {**IMAGE_SOURCE}, exactly_one=("image_url", "slack_file")),
}

_STYLE = shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean))
_STYLED = {"style": _STYLE}
_INLINE = by_type(
    {
        "text": shape({"text": string()}, _STYLED),
        "link": shape({"url": web_address(3000)}, {**_STYLED, "text": string(), "unsafe": boolean}),
        "user": shape({"user_id": string()}, _STYLED),
        "channel": shape({"channel_id": string()}, _STYLED),
        "usergroup": shape({"usergroup_id": string()}, _STYLED),
        "broadcast": shape({"range": one_of("here", "channel", "everyone")}, _STYLED),
        "emoji": shape({"name": string()}, {**_STYLED, "unicode": string(), "skin_tone": whole(1, 6)}),
        "color": shape({"value": string()}, _STYLED),
        "date": shape(
            {"timestamp": whole(0), "format": string()},
            {**_STYLED, "url": web_address(3000), "fallback": string()},
        ),
    }
)
_LINES = listing(_INLINE, 0)
_SECTION = shape({"elements": _LINES})
_RICH_TEXT = by_type(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": shape(
            {
                "style": one_of("bullet", "ordered"),
                "elements": listing(by_type({"rich_text_section": _SECTION}), 1),
            },
            {"indent": whole(0, 8), "offset": whole(0), "border": whole(0, 1)},
        ),
        "rich_text_preformatted": shape({"elements": _LINES}, {"border": whole(0, 1), "language": string()}),
        "rich_text_quote": shape({"elements": _LINES}, {"border": whole(0, 1)}),
    }
)
RICH_TEXT = shape({"elements": listing(_RICH_TEXT, 1)}, {"block_id": IDENTIFIER})

_RAW_TEXT = shape({"text": string()})
_RAW_NUMBER = shape({"value": number}, {"text": string()})
CELL = by_type({"raw_text": _RAW_TEXT, "raw_number": _RAW_NUMBER, "rich_text": RICH_TEXT}, "cell type")
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})

MESSAGE, MODAL, HOME = "message", "modal", "home"
EVERYWHERE = (MESSAGE, MODAL, HOME)


def _only(*types: str) -> dict[str, Check]:
    return {name: ELEMENTS[name] for name in types}


_BLOCKS: dict[str, tuple[tuple[str, ...], Check]] = {
    "section": (
        EVERYWHERE,
        shape(
            {},
            {
                "block_id": IDENTIFIER,
                "text": rich(3000),
                "fields": listing(rich(2000), 1, 10),
                "accessory": by_type(_only("button", "image", "overflow", "static_select"), "element"),
                "expand": boolean,
            },
            at_least_one=("text", "fields"),
        ),
    ),
    "context": (
        EVERYWHERE,
        shape(
            {
                "elements": listing(
                    by_type(
                        {
                            **_only("image"),
                            **dict.fromkeys(MARKDOWN, rich(3000)),
                        },
                        "element",
                    ),
                    1,
                    10,
                )
            },
            {"block_id": IDENTIFIER},
        ),
    ),
    "header": (EVERYWHERE, shape({"text": plain(150)}, {"block_id": IDENTIFIER})),
    "divider": (EVERYWHERE, shape({}, {"block_id": IDENTIFIER})),
    "actions": (
        EVERYWHERE,
        shape(
            {"elements": listing(by_type(_only("button", "static_select", "overflow"), "element"), 1, 25)},
            {"block_id": IDENTIFIER},
        ),
    ),
    "image": (
        EVERYWHERE,
        shape(
            {"alt_text": string(2000)},
            {"block_id": IDENTIFIER, "title": plain(2000), **IMAGE_SOURCE},
            exactly_one=("image_url", "slack_file"),
        ),
    ),
    "rich_text": (EVERYWHERE, RICH_TEXT),
    "table": (
        (MESSAGE, HOME),
        shape(
            {"rows": listing(listing(CELL, 1, 20), 1, 100)},
            {"block_id": IDENTIFIER, "column_settings": listing(null_or(_COLUMN), 1, 20)},
        ),
    ),
    "data_table": (
        (MESSAGE, HOME),
        shape(
            {"caption": string(), "rows": listing(listing(CELL, 1, 20), 2, 201)},
            {"block_id": IDENTIFIER, "page_size": whole(1, 100), "row_header_column_index": whole(0, 19)},
        ),
    ),
}


def blocks_of(surface: str) -> dict[str, Check]:
    """The blocks that `surface` may hold: `message`, `modal` or `home`."""
    return {name: check for name, (surfaces, check) in _BLOCKS.items() if surface in surfaces}
