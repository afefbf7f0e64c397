"""What somebody has typed and chosen, as `state.values`: from the blocks' initial values and what the page says.

It takes no value for an element that isn't there, and lets nothing required stay empty.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from playground.slack.block_kit import elements_of

Values = dict[str, dict[str, dict[str, Any]]]

REQUIRED = "Please complete this required field."
# The field of `state.values` by type of element, the field it begins with, and what it is when untouched.
_FIELDS: dict[str, tuple[str, str, Any]] = {
    "plain_text_input": ("value", "initial_value", None),
    "static_select": ("selected_option", "initial_option", None),
    "external_select": ("selected_option", "initial_option", None),
    "radio_buttons": ("selected_option", "initial_option", None),
    "multi_static_select": ("selected_options", "initial_options", []),
    "multi_external_select": ("selected_options", "initial_options", []),
    "checkboxes": ("selected_options", "initial_options", []),
    "datepicker": ("selected_date", "initial_date", None),
}


def named(blocks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The blocks with every missing block_id and action_id filled in, as Slack does."""
    return [_named(block) for block in blocks]


def _named(block: Mapping[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {**block, "block_id": block.get("block_id") or _short()}
    for place in ("accessory", "element"):
        if isinstance(whole.get(place), dict) and whole[place].get("type") != "image":
            whole[place] = {**whole[place], "action_id": whole[place].get("action_id") or _short()}
    if whole["type"] == "actions":
        whole["elements"] = [{**e, "action_id": e.get("action_id") or _short()} for e in whole["elements"]]
    return whole


def _short() -> str:
    return secrets.token_urlsafe(4)[:5]


def state_of(blocks: Iterable[dict[str, Any]], given: Any = None) -> Values:
    """`given` counts where its block, action and type are those of an element; a message's may lack ids."""
    values: Values = {}
    for block_id, element in _stateful(blocks):
        field, initial, untouched = _FIELDS[element["type"]]
        said = _said(given, block_id, element)
        value = said.get(field, untouched) if said is not None else element.get(initial, untouched)
        if element["type"] == "plain_text_input" and (not value or not isinstance(value, str)):
            value = None
        values.setdefault(block_id, {})[element["action_id"]] = {"type": element["type"], field: value}
    return values


def missing(blocks: Iterable[dict[str, Any]], values: Values) -> dict[str, str]:
    """What Slack says below an input that must not stay empty, by block_id; it does so before the app is asked."""
    errors = {}
    for block in blocks:
        if block.get("type") == "input" and not block.get("optional"):
            said = values[block["block_id"]][block["element"]["action_id"]]
            if said[_FIELDS[said["type"]][0]] in (None, []):
                errors[block["block_id"]] = REQUIRED
    return {**errors, **_lengths(blocks, values, errors)}


def _lengths(blocks: Iterable[dict[str, Any]], values: Values, errors: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for block_id, element in _stateful(blocks):
        value = values[block_id][element["action_id"]].get("value")
        if element["type"] != "plain_text_input" or value is None or block_id in errors:
            continue
        if len(value) < element.get("min_length", 0):
            found[block_id] = f"Your answer must be at least {element['min_length']} characters long."
        if len(value) > element.get("max_length", 3000):
            found[block_id] = f"Your answer must be no more than {element.get('max_length', 3000)} characters long."
    return found


def _stateful(blocks: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for block in blocks:
        for _, element in elements_of(block):
            if element.get("type") in _FIELDS and "block_id" in block and "action_id" in element:
                yield block["block_id"], element


def _said(given: Any, block_id: str, element: Mapping[str, Any]) -> dict[str, Any] | None:
    block = given.get(block_id) if isinstance(given, dict) else None
    said = block.get(element["action_id"]) if isinstance(block, dict) else None
    return said if isinstance(said, dict) and said.get("type") == element["type"] else None
