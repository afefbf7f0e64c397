"""Says what Slack would refuse about a list of blocks.

It knows only the block types listed in `block_shapes`; any other is a problem, never waved through.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from playground.slack.block_rules import by_type, listing, problem
from playground.slack.block_shapes import HOME, MESSAGE, MODAL, blocks_of

MOST_BLOCKS = {MESSAGE: 50, MODAL: 100, HOME: 100}
# Characters over all blocks of the type in one payload.
MOST_CHARACTERS = {"table": 10_000, "data_table": 20_000}
# Slack's own Block Kit guide allows one table in a message, its reference only bounds the characters: the
# stricter reading works under both.
MOST_OF_A_TYPE = {"table": 1}

_CHECKS = {surface: listing(by_type(blocks_of(surface)), least=0, most=most) for surface, most in MOST_BLOCKS.items()}


def problems(blocks: Any, surface: str = MESSAGE) -> list[str]:
    """Everything wrong with `blocks`, in Slack's wording; empty when Slack would take them."""
    found = list(_CHECKS[surface](blocks, "/blocks"))
    if isinstance(blocks, list):
        known = [(f"/blocks/{index}", block) for index, block in enumerate(blocks) if isinstance(block, dict)]
        found += _block_ids(known)
        for path, block in known:
            found += _action_ids(block, path)
            found += _data_table(block, path)
        found += _totals([block for _, block in known])
    return found


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


def _data_table(block: dict[str, Any], path: str) -> Iterator[str]:
    rows = block.get("rows")
    if block.get("type") != "data_table" or not isinstance(rows, list):
        return
    lengths = {len(row) for row in rows if isinstance(row, list)}
    if len(lengths) > 1:
        yield problem("all rows must have the same number of cells", f"{path}/rows")
    header = rows[0] if rows and isinstance(rows[0], list) else []
    for column, cell in enumerate(header):
        if isinstance(cell, dict) and cell.get("type") == "rich_text":
            yield problem("rich_text is not allowed in the header row", f"{path}/rows/0/{column}")


def _totals(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for kind, most in MOST_CHARACTERS.items():
        total = sum(_characters(block.get("rows")) for block in blocks if block.get("type") == kind)
        if total > most:
            yield problem(f"{kind} blocks must hold less than {most + 1} characters together", "/blocks")
    for kind, most in MOST_OF_A_TYPE.items():
        if sum(block.get("type") == kind for block in blocks) > most:
            yield problem(f"only {most} {kind} block allowed", "/blocks")


def _characters(value: Any) -> int:
    """What a table's cells show; their ids and styles don't count."""
    if isinstance(value, list):
        return sum(map(_characters, value))
    if isinstance(value, dict):
        shown = value.get("text", value.get("value"))
        own = len(str(shown)) if isinstance(shown, str | int | float) else 0
        return own + _characters(value.get("elements"))
    return 0
