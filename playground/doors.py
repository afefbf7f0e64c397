"""The page's own endpoints: what somebody does in the page, done in the workspace.

They take no form from another site: they want JSON from a known person, and refuse everything else.
"""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from playground.slack.delivery import DeliveryError
from playground.slack.refusal import RefusedError
from playground.slack.workspace import Workspace

Empty = tuple[str, int]


def create_doors(workspace: Workspace) -> Blueprint:
    """`/ui/…`: 204 when it is done or on its way, 404 for what is gone, 400 for nonsense."""
    doors = Blueprint("doors", __name__)

    @doors.post("/ui/enter")
    def enter() -> Empty:
        said = _said_in_channel(workspace, "text")
        thread = said.get("thread")
        if thread is not None and not isinstance(thread, str):
            abort(400)
        workspace.enter(said["user"], said["channel"], said["text"], thread)
        return done()

    @doors.post("/ui/click")
    def click() -> Empty:
        said = _said_in_channel(workspace, "ts")
        return done(
            workspace.click(said["user"], said["channel"], said["ts"], _action(said), said.get("values")) is not None
        )

    @doors.post("/ui/read")
    def read() -> Empty:
        said = _said_in_channel(workspace, "ts")
        workspace.mark_read(said["user"], said["channel"], said["ts"])
        return done()

    @doors.post("/ui/shortcut")
    def shortcut() -> Empty:
        said = told(workspace, "shortcut")
        return done(workspace.run_shortcut(said["user"], said["shortcut"]) is not None)

    @doors.post("/ui/act")
    def act() -> Empty:
        said = told(workspace, "view")
        return done(workspace.act(said["user"], said["view"], _action(said), said.get("values")) is not None)

    @doors.post("/ui/submit")
    def submit() -> Empty:
        """Whatever comes of it, an empty required field included, is told by events."""
        said = told(workspace, "view")
        if workspace.views.find(said["view"]) is None:
            return done(False)
        workspace.submit(said["user"], said["view"], said.get("values"))
        return done()

    @doors.post("/ui/close")
    def close() -> Empty:
        said = told(workspace, "view")
        workspace.close_view(said["user"], said["view"], clear=said.get("clear") is True)
        return done()

    @doors.post("/ui/home")
    def home() -> Empty:
        said = told(workspace)
        workspace.open_home(said["user"])
        return done()

    @doors.get("/ui/file/<file_id>")
    def picture(file_id: str) -> Response:
        """A picture in a block, which the app knows by its id alone."""
        found = workspace.files.find(file_id)
        if found is None or not found.is_image:
            abort(404)
        return Response(found.content, mimetype=found.mimetype)

    @doors.post("/ui/options")
    def options() -> tuple[Response, int]:
        """The one door that waits for the app, for there is nothing to show before it answers."""
        said = told(workspace, "action_id", "value")
        try:
            return jsonify(workspace.suggest(said["user"], said)), 200
        except (DeliveryError, RefusedError) as failure:
            return jsonify({"error": str(failure)}), 502

    return doors


def told(workspace: Workspace, *strings: str) -> dict[str, Any]:
    """What the page sent for a known person; anything else is a 400."""
    said = request.get_json(silent=True)
    if not isinstance(said, dict):
        abort(400)
    if not all(isinstance(said.get(name), str) for name in ("user", *strings)):
        abort(400)
    if said["user"] not in workspace.members.people:
        abort(400)
    return said


def _said_in_channel(workspace: Workspace, *strings: str) -> dict[str, Any]:
    said = told(workspace, "channel", *strings)
    channel = workspace.channels.get(said["channel"])
    if channel is None or not channel.open_to(said["user"]):
        abort(400)
    return said


def _action(said: dict[str, Any]) -> dict[str, Any]:
    action = said.get("action")
    if not isinstance(action, dict):
        abort(400)
    return action


def done(found: bool = True) -> Empty:
    return "", 204 if found else 404
