"""The Web API's views.* methods.

They refuse a used or late trigger_id, a view outside Block Kit's limits and a change based on an outdated hash.
"""

from typing import Any

from playground.slack.chat_methods import Args
from playground.slack.content import view_content
from playground.slack.refusal import RefusedError
from playground.slack.triggers import Trigger
from playground.slack.views import View
from playground.slack.workspace import Workspace


def open_view(workspace: Workspace, args: Args) -> dict[str, Any]:
    definition = view_content(args.get("view"), "modal", workspace.files)
    trigger = _trigger(workspace, args)
    return _answer(workspace, workspace.views.open(trigger.user_id, definition, trigger.view_id))


def push_view(workspace: Workspace, args: Args) -> dict[str, Any]:
    """Only from within a modal, so only with a trigger_id that came from one."""
    definition = view_content(args.get("view"), "modal", workspace.files)
    trigger = _trigger(workspace, args)
    if trigger.view_id is None:
        raise RefusedError("invalid_trigger_id")
    return _answer(workspace, workspace.views.push(trigger.user_id, definition))


def update_view(workspace: Workspace, args: Args) -> dict[str, Any]:
    view_id, external_id = args.get("view_id"), args.get("external_id")
    if not view_id and not external_id:
        raise RefusedError("invalid_arguments", ["must provide either `view_id` or `external_id`"])
    views = workspace.views
    view = views.find(str(view_id)) if view_id else views.find_external(str(external_id))
    if view is None:
        raise RefusedError("not_found")
    definition = view_content(args.get("view"), view.definition["type"], workspace.files)
    return _answer(workspace, views.update(view, definition, args.get("hash")))


def publish_view(workspace: Workspace, args: Args) -> dict[str, Any]:
    if not workspace.home_tab:
        raise RefusedError("not_enabled")
    user_id = str(args.get("user_id") or "")
    if user_id not in workspace.members.people:
        raise RefusedError("invalid_arguments", ["invalid `user_id`"])
    definition = view_content(args.get("view"), "home", workspace.files)
    return _answer(workspace, workspace.views.publish(user_id, definition, args.get("hash")))


def _trigger(workspace: Workspace, args: Args) -> Trigger:
    trigger_id = args.get("trigger_id")
    if not trigger_id:
        raise RefusedError("invalid_arguments", ["missing required field: trigger_id"])
    return workspace.triggers.redeem(str(trigger_id))


def _answer(workspace: Workspace, view: View) -> dict[str, Any]:
    return {"view": workspace.views.as_json(view)}
