"""Block Kit's small parts as tables: text, options, confirm dialogs, the elements one can use, rich text.

It refuses no combination of parts: where each may stand is in `block_shapes`.
Sources: https://docs.slack.dev/reference/block-kit/block-elements and .../composition-objects.
"""

from playground.slack.block_rules import (
    Check,
    boolean,
    by_type,
    calendar_date,
    listing,
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
# Radio buttons and checkboxes may format what they offer.
CHOICE = shape({"text": rich(75), "value": string(150)}, {"description": rich(75)})
OVERFLOW_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": web_address(3000)})
OPTION_GROUP = shape({"label": plain(75), "options": listing(OPTION, 1, 100)})
IMAGE_SOURCE = {
    "image_url": web_address(3000),
    "slack_file": shape({}, {"id": string(), "url": string()}, exactly_one=("id", "url")),
}
_CLICKABLE = {"action_id": IDENTIFIER, "confirm": CONFIRM}
_MENU = {**_CLICKABLE, "placeholder": plain(150), "focus_on_load": boolean}
_OFFERED = {"options": listing(OPTION, 1, 100), "option_groups": listing(OPTION_GROUP, 1, 100)}
_MANY = {"initial_options": listing(OPTION, 1, 100), "max_selected_items": whole(1)}
_QUERY = {"min_query_length": whole(0)}

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
        {}, {**_MENU, **_OFFERED, "initial_option": OPTION}, exactly_one=("options", "option_groups")
    ),
    "multi_static_select": shape({}, {**_MENU, **_OFFERED, **_MANY}, exactly_one=("options", "option_groups")),
    "external_select": shape({}, {**_MENU, **_QUERY, "initial_option": OPTION}),
    "multi_external_select": shape({}, {**_MENU, **_QUERY, **_MANY}),
    "overflow": shape({"options": listing(OVERFLOW_OPTION, 1, 5)}, _CLICKABLE),
    "radio_buttons": shape(
        {"options": listing(CHOICE, 1, 10)}, {**_CLICKABLE, "initial_option": CHOICE, "focus_on_load": boolean}
    ),
    "checkboxes": shape(
        {"options": listing(CHOICE, 1, 10)},
        {**_CLICKABLE, "initial_options": listing(CHOICE, 1, 10), "focus_on_load": boolean},
    ),
    "datepicker": shape({}, {**_MENU, "initial_date": calendar_date}),
    "plain_text_input": shape(
        {},
        {
            "action_id": IDENTIFIER,
            "initial_value": string(3000, least=0),
            "multiline": boolean,
            "min_length": whole(0, 3000),
            "max_length": whole(1, 3000),
            "placeholder": plain(150),
            "focus_on_load": boolean,
            "dispatch_action_config": shape(
                {"trigger_actions_on": listing(one_of("on_enter_pressed", "on_character_entered"))}
            ),
        },
    ),
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
