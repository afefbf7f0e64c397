"""The playground's web server: the Slack page, the page's own endpoints, the Web API and the response_urls.

It serves nothing from outside this package, and takes no form from another site: its endpoints want JSON.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request, send_from_directory

from playground.people import BOT_USER_ID
from playground.slack.api import create_api
from playground.slack.avatars import app_avatar, person_avatar, slackbot_avatar
from playground.slack.members import SLACKBOT
from playground.slack.workspace import Workspace

PAGE = Path(__file__).parent / "page"
# A connection that says nothing for long is dropped by proxies, and a closed page is only noticed by writing.
HEARTBEAT_SECONDS = 15.0
_POLICY = (
    "default-src 'self'; img-src 'self' http: https: data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)


def create_app(workspace: Workspace) -> Flask:
    """Serve it with threads: every open page keeps one request for its events."""
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(create_api(workspace))

    @app.get("/")
    def index() -> Response:
        return send_from_directory(PAGE, "index.html")

    @app.get("/page/<path:name>")
    def page_file(name: str) -> Response:
        return send_from_directory(PAGE, name)

    @app.get("/avatar/<user_id>.svg")
    def avatar(user_id: str) -> Response:
        return Response(_avatar(workspace, user_id), mimetype="image/svg+xml")

    @app.get("/ui/events")
    def events() -> Response:
        user_id = request.args.get("user", "")
        if user_id not in workspace.members.people:
            abort(404)
        return Response(_events(workspace, user_id), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @app.post("/ui/enter")
    def enter() -> tuple[str, int]:
        said = _said(workspace, "text")
        workspace.enter(said["user"], said["channel"], said["text"])
        return "", 204

    @app.post("/ui/click")
    def click() -> tuple[str, int]:
        said = _said(workspace, "ts")
        action = said.get("action")
        if not isinstance(action, dict):
            abort(400)
        gone = workspace.click(said["user"], said["channel"], said["ts"], action) is None
        return "", 404 if gone else 204

    @app.post("/ui/read")
    def read() -> tuple[str, int]:
        said = _said(workspace, "ts")
        workspace.mark_read(said["user"], said["channel"], said["ts"])
        return "", 204

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-cache"
        return response

    return app


def _said(workspace: Workspace, *strings: str) -> dict[str, Any]:
    """What the page sent, from a known person in a known channel; anything else is a 400."""
    said = request.get_json(silent=True)
    if not isinstance(said, dict):
        abort(400)
    if not all(isinstance(said.get(name), str) for name in ("user", "channel", *strings)):
        abort(400)
    if said["user"] not in workspace.members.people or said["channel"] not in workspace.channels:
        abort(400)
    return said


def _events(workspace: Workspace, user_id: str) -> Iterator[str]:
    subscription = workspace.subscribe(user_id)
    try:
        while True:
            event = subscription.get(HEARTBEAT_SECONDS)
            yield ": still here\n\n" if event is None else f"data: {json.dumps(event)}\n\n"
    finally:
        workspace.unsubscribe(subscription)


def _avatar(workspace: Workspace, user_id: str) -> str:
    if user_id == BOT_USER_ID:
        return app_avatar()
    if user_id == SLACKBOT:
        return slackbot_avatar()
    people = list(workspace.members.people.values())
    number = next((n for n, person in enumerate(people) if person.user_id == user_id), None)
    if number is None:
        abort(404)
    return person_avatar(number, people[number].real_name)
