"""What people do beyond messages: shortcuts, modals, the home tab, menus that ask the app for their options.

It refuses what Slack's own client refuses: a submission with a required field empty never reaches the app.
"""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from playground.slack.answers import json_of
from playground.slack.block_elements import OPTION, OPTION_GROUP
from playground.slack.block_rules import listing
from playground.slack.content import view_content
from playground.slack.delivery import Answer, DeliveryError
from playground.slack.payloads import event_json, in_message, interaction_form
from playground.slack.refusal import RefusedError
from playground.slack.signing import JSON
from playground.slack.view_state import missing, state_of
from playground.slack.views import View

if TYPE_CHECKING:
    from playground.slack.workspace import Workspace

MOST_OPTIONS = 100
_OPTIONS = {"options": listing(OPTION, 0, MOST_OPTIONS), "option_groups": listing(OPTION_GROUP, 0, MOST_OPTIONS)}


class Interactivity:
    """Every method names the person; what is sent goes from a thread of its own, which is returned."""

    def __init__(self, workspace: "Workspace") -> None:
        self._workspace = workspace

    def run_shortcut(self, user_id: str, callback_id: str) -> threading.Thread | None:
        """None for a shortcut that the manifest doesn't have."""
        if callback_id not in self._workspace.shortcuts:
            return None
        fields = {"callback_id": callback_id, "action_ts": self._workspace.now()}
        return self._deliver(user_id, "shortcut", fields, {"type": "shortcut_failed", "shortcut": callback_id})

    def act(self, user_id: str, view_id: str, action: Mapping[str, Any], values: Any = None) -> threading.Thread | None:
        """Somebody uses an element of a view; None when the view isn't theirs or is gone."""
        view = self._theirs(user_id, view_id)
        if view is None:
            return None
        fields = {
            "container": {"type": "view", "view_id": view_id},
            "view": self._shown(view, values),
            "actions": [{**action, "action_ts": self._workspace.now()}],
        }
        inside = None if view.definition["type"] == "home" else view_id
        return self._deliver(user_id, "block_actions", fields, _failed(view), inside)

    def submit(self, user_id: str, view_id: str, values: Any = None) -> threading.Thread | None:
        """Somebody presses a modal's submit button; None when it isn't theirs, isn't open or isn't complete."""
        view = self._theirs(user_id, view_id)
        if view is None or view.definition["type"] != "modal":
            return None
        if errors := missing(view.blocks, state_of(view.blocks, values)):
            self._tell_errors(view, errors)
            return None
        fields = {"view": self._shown(view, values), "response_urls": []}
        return self._deliver(
            user_id, "view_submission", fields, _failed(view), view_id, lambda answer: self._submitted(view, answer)
        )

    def close(self, user_id: str, view_id: str, clear: bool = False) -> list[threading.Thread]:
        """Takes a modal off the stack, or the whole stack; the app is told if it asked to be."""
        view = self._theirs(user_id, view_id)
        if view is None or view.definition["type"] != "modal":
            return []
        cleared = clear or bool(view.definition.get("clear_on_close"))
        if cleared:
            closed = list(reversed(self._workspace.views.clear(user_id)))
        else:
            self._workspace.views.close(view)
            closed = [view]
        return [self._closed(each, cleared) for each in closed if each.definition.get("notify_on_close")]

    def open_home(self, user_id: str) -> threading.Thread | None:
        """None when the app has no home tab or isn't subscribed to `app_home_opened`."""
        workspace = self._workspace
        if not workspace.home_tab or "app_home_opened" not in workspace.bot_events:
            return None
        home = workspace.views.home(user_id)
        event = {
            "type": "app_home_opened",
            "user": user_id,
            "channel": f"D0{user_id.lstrip('U')}",
            "tab": "home",
            "event_ts": workspace.now(),
            **({} if home is None else {"view": workspace.views.as_json(home)}),
        }
        body = event_json(workspace.who(user_id), event, float(workspace.now()))
        return self._background(user_id, lambda: workspace.send(body, JSON), {"type": "home_failed"})

    def suggest(self, user_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What the app offers in an external select, asked with `value`; raises DeliveryError or RefusedError.

        `asked` names the element (`action_id`, `block_id`) and where it is: `view`, or `channel` and `ts`.
        """
        workspace = self._workspace
        fields = {name: str(asked.get(name) or "") for name in ("action_id", "block_id", "value")}
        body = interaction_form(workspace.who(user_id), "block_suggestion", **fields, **self._where(user_id, asked))
        said = json_of(workspace.send(body)) or {}
        offered = {name: said[name] for name in _OPTIONS if name in said}
        found = [line for name, value in offered.items() for line in _OPTIONS[name](value, f"/{name}")]
        if len(offered) != 1 or found:
            raise RefusedError("invalid_options", found)
        return offered

    def _where(self, user_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        workspace = self._workspace
        if view := self._theirs(user_id, str(asked.get("view") or "")):
            container = {"type": "view", "view_id": view.view_id}
            return {"container": container, "view": self._shown(view, asked.get("values"))}
        message = workspace.seen_message(user_id, str(asked.get("channel")), str(asked.get("ts")))
        if message is None:
            raise RefusedError("message_not_found")
        channel = workspace.channels[message.channel_id]
        return in_message(message, channel, workspace.team_id, workspace.app_id)

    def _submitted(self, view: View, answer: Answer) -> None:
        views, files = self._workspace.views, self._workspace.files
        said = json_of(answer) or {}
        match said.get("response_action"):
            case None:
                views.close(view)
            case "clear":
                views.clear(view.user_id)
            case "errors" if isinstance(said.get("errors"), dict) and said["errors"]:
                self._tell_errors(view, said["errors"])
            case "update":
                views.update(view, view_content(said.get("view"), "modal", files))
            case "push":
                views.push(view.user_id, view_content(said.get("view"), "modal", files))
            case _:
                raise RefusedError("invalid_response_action")

    def _closed(self, view: View, cleared: bool) -> threading.Thread:
        shown = {**self._workspace.views.as_json(view), "state": {"values": {}}}
        return self._deliver(view.user_id, "view_closed", {"view": shown, "is_cleared": cleared}, None)

    def _theirs(self, user_id: str, view_id: str) -> View | None:
        view = self._workspace.views.find(view_id)
        return view if view is not None and view.user_id == user_id else None

    def _shown(self, view: View, values: Any) -> dict[str, Any]:
        return self._workspace.views.as_json(view, state_of(view.blocks, values))

    def _tell_errors(self, view: View, errors: Mapping[str, Any]) -> None:
        told = {block_id: str(sentence) for block_id, sentence in errors.items()}
        self._workspace.board.tell(view.user_id, {"type": "view_errors", "view": view.view_id, "errors": told})

    def _deliver(
        self,
        user_id: str,
        kind: str,
        fields: Mapping[str, Any],
        failed: dict[str, Any] | None,
        inside: str | None = None,
        answered: Callable[[Answer], None] = lambda answer: None,
    ) -> threading.Thread:
        """`failed` is the event that tells the page why it came to nothing."""
        workspace = self._workspace
        trigger = {} if kind == "view_closed" else {"trigger_id": workspace.triggers.issue(user_id, inside)}
        body = interaction_form(workspace.who(user_id), kind, **fields, **trigger)
        return self._background(user_id, lambda: answered(workspace.send(body)), failed)

    def _background(self, user_id: str, work: Callable[[], Any], failed: dict[str, Any] | None) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except (DeliveryError, RefusedError) as failure:
                if failed is not None:
                    reasons = failure.messages if isinstance(failure, RefusedError) else []
                    event = {**failed, "error": str(failure), "reasons": reasons}
                    self._workspace.board.tell(user_id, event)

        return background(run)


def background(work: Callable[[], None]) -> threading.Thread:
    """What a person does is sent while they go on."""
    thread = threading.Thread(target=work, name="slack-person", daemon=True)
    thread.start()
    return thread


def _failed(view: View) -> dict[str, Any]:
    return {"type": "view_failed", "view": view.view_id}
