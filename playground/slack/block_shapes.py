"""Block Kit's blocks as a table: which surface may hold each, and what each may hold.

It knows one block at a time; what must hold between blocks is in `block_kit`.
Sources: https://docs.slack.dev/reference/block-kit/blocks and its neighbours.
"""

from playground.slack.block_data import DATA_TABLE, DATA_VISUALIZATION, TABLE
from playground.slack.block_elements import ELEMENTS, IDENTIFIER, IMAGE_SOURCE, MARKDOWN, RICH_TEXT, plain, rich
from playground.slack.block_rules import Check, boolean, by_type, listing, shape, string

MESSAGE, MODAL, HOME = "message", "modal", "home"
EVERYWHERE = (MESSAGE, MODAL, HOME)

_SELECTS = ("static_select", "external_select")
_MULTI_SELECTS = ("multi_static_select", "multi_external_select")
_CHOICES = ("radio_buttons", "checkboxes", "datepicker")


def _only(*types: str) -> Check:
    return by_type({name: ELEMENTS[name] for name in types}, "element")


_CONTEXT = by_type({"image": ELEMENTS["image"], **dict.fromkeys(MARKDOWN, rich(3000))}, "element")

_BLOCKS: dict[str, tuple[tuple[str, ...], Check]] = {
    "section": (
        EVERYWHERE,
        shape(
            {},
            {
                "block_id": IDENTIFIER,
                "text": rich(3000),
                "fields": listing(rich(2000), 1, 10),
                "accessory": _only("button", "image", "overflow", *_SELECTS, *_MULTI_SELECTS, *_CHOICES),
                "expand": boolean,
            },
            at_least_one=("text", "fields"),
        ),
    ),
    "context": (EVERYWHERE, shape({"elements": listing(_CONTEXT, 1, 10)}, {"block_id": IDENTIFIER})),
    "header": (EVERYWHERE, shape({"text": plain(150)}, {"block_id": IDENTIFIER})),
    "divider": (EVERYWHERE, shape({}, {"block_id": IDENTIFIER})),
    "actions": (
        EVERYWHERE,
        shape(
            {"elements": listing(_only("button", "overflow", *_SELECTS, *_CHOICES), 1, 25)},
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
    # Slack takes them elsewhere too; the product asks for input in modals alone.
    "input": (
        (MODAL,),
        shape(
            {
                "label": plain(2000),
                "element": _only("plain_text_input", *_SELECTS, *_MULTI_SELECTS, *_CHOICES),
            },
            {"block_id": IDENTIFIER, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
        ),
    ),
    "table": ((MESSAGE, HOME), TABLE),
    "data_table": ((MESSAGE, HOME), DATA_TABLE),
    "data_visualization": ((MESSAGE, HOME), DATA_VISUALIZATION),
}


def blocks_of(surface: str) -> dict[str, Check]:
    """The blocks that `surface` may hold: `message`, `modal` or `home`."""
    return {name: check for name, (surfaces, check) in _BLOCKS.items() if surface in surfaces}
