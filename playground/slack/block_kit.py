"""Says what Slack would refuse about a list of blocks, or about a view.

It knows only the block types listed in `block_shapes`; any other is a problem, never waved through.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from playground.slack.block_elements import IDENTIFIER, plain
from playground.slack.block_rules import boolean, by_type, listing, problem, shape, string
from playground.slack.block_shapes import HOME, MESSAGE, MODAL, blocks_of

MOST_BLOCKS = {MESSAGE: 50, MODAL: 100, HOME: 100}
# Characters over all blocks of the type in one payload.
MOST_CHARACTERS = {"table": 10_000, "data_table": 20_000}
# Slack's own Block Kit guide allows one table in a message, its reference only bounds the characters: the
# stricter reading works under both, and the product holds itself to one table of either kind.
MOST_OF_KINDS = {("table", "data_table"): 1, ("data_visualization",): 2}
MOST_VIEW_BYTES = 250_000

_CHECKS = {surface: listing(by_type(blocks_of(surface)), least=0, most=most) for surface, most in MOST_BLOCKS.items()}
_ANY_VIEW = {"callback_id": IDENTIFIER, "external_id": IDENTIFIER, "private_metadata": string(3000, least=0)}


def _unread(value: Any, path: str) -> Iterator[str]:
    """A view's blocks are looked at by `problems`."""
    return iter(())


_VIEWS = by_type(
    {
        MODAL: shape(
            {"title": plain(24), "blocks": _unread},
            {
                **_ANY_VIEW,
                "submit": plain(24),
                "close": plain(24),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
                "submit_disabled": boolean,
            },
        ),
        HOME: shape({"blocks": _unread}, _ANY_VIEW),
    }
)


def problems(blocks: Any, surface: str = MESSAGE, path: str = "/blocks") -> list[str]:
    """Everything wrong with `blocks`, in Slack's wording; empty when Slack would take them."""
    found = list(_CHECKS[surface](blocks, path))
    if isinstance(blocks, list):
        known = [(f"{path}/{index}", block) for index, block in enumerate(blocks) if isinstance(block, dict)]
        found += _block_ids(known)
        for where, block in known:
            found += _action_ids(block, where)
            for name, element in elements_of(block):
                found += _initial(element, f"{where}/{name}")
        found += _totals([block for _, block in known], path)
    return found


def problems_of_view(view: Any) -> list[str]:
    """Everything wrong with a view as an app sends it (`modal` or `home`), its blocks included."""
    found = list(_VIEWS(view, "/view"))
    if not isinstance(view, dict) or view.get("type") not in (MODAL, HOME):
        return found
    blocks = view.get("blocks")
    if "blocks" in view:
        found += problems(blocks, view["type"], "/view/blocks")
    has_input = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if view["type"] == MODAL and has_input and "submit" not in view:
        found.append(problem("a `submit` is required when there are input blocks", "/view"))
    return found


def view_size(view: Any) -> int:
    return len(json.dumps(view).encode())


def elements_of(block: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The elements that somebody can use in a block, each with its place in the block."""
    places = [("accessory", block.get("accessory")), ("element", block.get("element"))]
    if block.get("type") == "actions" and isinstance(block.get("elements"), list):
        places += [(f"elements/{index}", element) for index, element in enumerate(block["elements"])]
    return [(name, element) for name, element in places if isinstance(element, dict)]


def _block_ids(blocks: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    seen: set[str] = set()
    for path, block in blocks:
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in seen:
                yield problem(f"block_id already exists: {block_id}", f"{path}/block_id")
            seen.add(block_id)


def _action_ids(block: dict[str, Any], path: str) -> Iterator[str]:
    elements = block.get("elements")
    if block.get("type") != "actions" or not isinstance(elements, list):
        return
    ids = Counter(str(e["action_id"]) for e in elements if isinstance(e, dict) and "action_id" in e)
    for action_id, count in ids.items():
        if count > 1:
            yield problem(f"action_id already exists: {action_id}", f"{path}/elements")


def _initial(element: dict[str, Any], path: str) -> Iterator[str]:
    """What is chosen to begin with must be among what is offered, to the letter."""
    groups = element.get("option_groups")
    offered = element.get("options") or [
        option
        for group in (groups if isinstance(groups, list) else [])
        if isinstance(group, dict) and isinstance(group.get("options"), list)
        for option in group["options"]
    ]
    if not isinstance(offered, list) or not offered:
        return
    if "initial_option" in element and element["initial_option"] not in offered:
        yield problem("must be one of the options", f"{path}/initial_option")
    chosen = element.get("initial_options")
    if isinstance(chosen, list) and any(option not in offered for option in chosen):
        yield problem("must be among the options", f"{path}/initial_options")


def _totals(blocks: list[dict[str, Any]], path: str) -> Iterator[str]:
    for kind, most in MOST_CHARACTERS.items():
        total = sum(_characters(block.get("rows")) for block in blocks if block.get("type") == kind)
        if total > most:
            yield problem(f"{kind} blocks must hold less than {most + 1} characters together", path)
    for kinds, most in MOST_OF_KINDS.items():
        if sum(block.get("type") in kinds for block in blocks) > most:
            yield problem(f"only {most} {' or '.join(kinds)} block allowed", path)


def _characters(value: Any) -> int:
    """What a table's cells show; their ids and styles don't count."""
    if isinstance(value, list):
        return sum(map(_characters, value))
    if isinstance(value, dict):
        shown = value.get("text", value.get("value"))
        own = len(str(shown)) if isinstance(shown, str | int | float) else 0
        return own + _characters(value.get("elements"))
    return 0
