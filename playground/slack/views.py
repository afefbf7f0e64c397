"""The views of the workspace: each person's stack of modals and home tab.

It refuses a fourth modal on the stack, a change based on an outdated hash, and a view that is gone.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from playground.slack.messages import Board
from playground.slack.payloads import bot_id
from playground.slack.refusal import RefusedError
from playground.slack.view_state import Values, named, state_of

MOST_STACKED = 3
_TEXTS = ("title", "submit", "close")


@dataclass(frozen=True)
class View:
    """One view of one person; `definition` is what the app sent, with every id filled in."""

    view_id: str
    user_id: str
    definition: dict[str, Any]
    hash: str
    root_view_id: str
    previous_view_id: str | None = None

    @property
    def blocks(self) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = self.definition["blocks"]
        return blocks

    @property
    def external_id(self) -> str:
        return str(self.definition.get("external_id", ""))

    def as_json(self, team_id: str, app_id: str, values: Values | None = None) -> dict[str, Any]:
        """https://docs.slack.dev/reference/views: the view as payloads, API answers and the page have it."""
        definition = self.definition
        return {
            "id": self.view_id,
            "team_id": team_id,
            "type": definition["type"],
            "blocks": self.blocks,
            "private_metadata": definition.get("private_metadata", ""),
            "callback_id": definition.get("callback_id", ""),
            "state": {"values": state_of(self.blocks) if values is None else values},
            "hash": self.hash,
            **{name: definition.get(name) for name in _TEXTS},
            "clear_on_close": definition.get("clear_on_close", False),
            "notify_on_close": definition.get("notify_on_close", False),
            "submit_disabled": definition.get("submit_disabled", False),
            "previous_view_id": self.previous_view_id,
            "root_view_id": self.root_view_id,
            "external_id": self.external_id,
            "app_id": app_id,
            "app_installed_team_id": team_id,
            "bot_id": bot_id(),
        }


class Views:
    """All views of one workspace. It shares the board's lock, so that a page's snapshot has both at one moment."""

    def __init__(self, board: Board, clock: Callable[[], float], team_id: str, app_id: str) -> None:
        self._board = board
        self._clock = clock
        self._names = (team_id, app_id)
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def open(self, user_id: str, definition: dict[str, Any], inside: str | None = None) -> View:
        """A new stack; opened from `inside` a modal of the person's, it goes on top of that instead."""
        with self._board.lock:
            if inside is not None and self.find(inside) is not None:
                return self.push(user_id, definition)
            self._refuse_twin(definition)
            view_id = _id()
            self._stacks[user_id] = [View(view_id, user_id, _filled(definition), self._hash(), view_id)]
            return self._shown(user_id)

    def push(self, user_id: str, definition: dict[str, Any]) -> View:
        with self._board.lock:
            stack = self._stacks.setdefault(user_id, [])
            if not stack:
                raise RefusedError("not_found")
            if len(stack) >= MOST_STACKED:
                raise RefusedError("push_limit_reached")
            self._refuse_twin(definition)
            root, below = stack[0].view_id, stack[-1].view_id
            stack.append(View(_id(), user_id, _filled(definition), self._hash(), root, below))
            return self._shown(user_id)

    def update(self, view: View, definition: dict[str, Any], known_hash: str | None = None) -> View:
        """The view with new content in its old place."""
        with self._board.lock:
            current = self.find(view.view_id)
            if current is None:
                raise RefusedError("not_found")
            if known_hash and known_hash != current.hash:
                raise RefusedError("hash_conflict")
            if definition["type"] != current.definition["type"]:
                raise RefusedError("invalid_arguments", ["a view cannot change its type [json-pointer:/view/type]"])
            self._refuse_twin(definition, current)
            changed = replace(current, definition=_filled(definition), hash=self._hash())
            if definition["type"] == "home":
                return self._keep_home(changed)
            stack = self._stacks[current.user_id]
            stack[stack.index(current)] = changed
            self._tell(current.user_id)
            return changed

    def publish(self, user_id: str, definition: dict[str, Any], known_hash: str | None = None) -> View:
        with self._board.lock:
            current = self._homes.get(user_id)
            if current is not None:
                return self.update(current, definition, known_hash)
            if known_hash:
                raise RefusedError("hash_conflict")
            view_id = _id()
            return self._keep_home(View(view_id, user_id, _filled(definition), self._hash(), view_id))

    def close(self, view: View) -> None:
        """Takes it off the stack, and whatever lies on top of it."""
        with self._board.lock:
            stack = self._stacks.get(view.user_id, [])
            at = next((index for index, other in enumerate(stack) if other.view_id == view.view_id), len(stack))
            del stack[at:]
            self._tell(view.user_id)

    def clear(self, user_id: str) -> list[View]:
        """Closes all modals; what was open, the lowest first."""
        with self._board.lock:
            stack = self._stacks.pop(user_id, [])
            self._tell(user_id)
            return stack

    def find(self, view_id: str) -> View | None:
        with self._board.lock:
            return next((view for view in self._all() if view.view_id == view_id), None)

    def find_external(self, external_id: str) -> View | None:
        with self._board.lock:
            return next((view for view in self._all() if external_id and view.external_id == external_id), None)

    def stack(self, user_id: str) -> list[View]:
        """The person's open modals, the visible one last."""
        with self._board.lock:
            return list(self._stacks.get(user_id, []))

    def home(self, user_id: str) -> View | None:
        with self._board.lock:
            return self._homes.get(user_id)

    def as_json(self, view: View, values: Values | None = None) -> dict[str, Any]:
        return view.as_json(*self._names, values)

    def _all(self) -> list[View]:
        return [*(view for stack in self._stacks.values() for view in stack), *self._homes.values()]

    def _refuse_twin(self, definition: dict[str, Any], current: View | None = None) -> None:
        other = self.find_external(str(definition.get("external_id", "")))
        if other is not None and (current is None or other.view_id != current.view_id):
            raise RefusedError("duplicate_external_id")

    def _keep_home(self, view: View) -> View:
        self._homes[view.user_id] = view
        self._board.tell(view.user_id, {"type": "home", "view": self.as_json(view)})
        return view

    def _shown(self, user_id: str) -> View:
        self._tell(user_id)
        return self._stacks[user_id][-1]

    def _tell(self, user_id: str) -> None:
        self._board.tell(user_id, {"type": "modals", "stack": [self.as_json(view) for view in self.stack(user_id)]})

    def _hash(self) -> str:
        return f"{int(self._clock())}.{secrets.token_urlsafe(6)}"


def _filled(definition: dict[str, Any]) -> dict[str, Any]:
    return {**definition, "blocks": named(definition["blocks"])}


def _id() -> str:
    return "V0" + secrets.token_hex(5).upper()
