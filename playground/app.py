"""The playground's web server: the Slack page, its events, its endpoints, the Web API and the response_urls.

It serves nothing from outside this package.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request, send_from_directory

from playground.doors import create_doors
from playground.people import BOT_USER_ID
from playground.slack.api import create_api
from playground.slack.avatars import app_avatar, person_avatar, slackbot_avatar
from playground.slack.members import SLACKBOT
from playground.slack.workspace import Workspace

PAGE = Path(__file__).parent / "page"
# A connection that says nothing for long is dropped by proxies, and a closed page is only noticed by writing.
HEARTBEAT_SECONDS = 15.0
# The blueprints whose answers are the functions' own.
FUNCTIONS = ("http_api", "rest_api")
_POLICY = (
    "default-src 'self'; img-src 'self' http: https: data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)


def create_app(workspace: Workspace, further: Iterable[Blueprint] = ()) -> Flask:
    """Serve it with threads: every open page keeps one request for its events.

    `further` are what else is at this address: what the functions answer there leaves as they gave it.
    """
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

    app.register_blueprint(create_doors(workspace))
    for blueprint in further:
        app.register_blueprint(blueprint)

    @app.after_request
    def harden(response: Response) -> Response:
        # Headers of ours would hide that a function forgot its own.
        if request.blueprint not in FUNCTIONS:
            response.headers.setdefault("Content-Security-Policy", _POLICY)
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            if "no-store" not in response.headers.get("Cache-Control", ""):
                response.headers["Cache-Control"] = "no-cache"
        return response

    return app


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
