"""The panel "Time and trouble": what happens outside Slack, and what nobody can order there.

Its endpoints take no form from another site, and refuse everything that they do not know.
"""

from flask import Blueprint, Response, abort, jsonify

from playground.aws import LocalAws, Lost
from playground.doors import Empty, done, told
from playground.passing_time import PassingTime
from playground.slack.workspace import Workspace

LOSSES = "RebootInstances"
_LONGEST_SECONDS = 24 * 3600


def create_outside(aws: LocalAws, passing: PassingTime, workspace: Workspace) -> Blueprint:
    """`/ui/outside…`: 204 when it is done, 400 for nonsense."""
    doors = Blueprint("outside", __name__)

    @doors.get("/ui/outside")
    def state() -> Response:
        return jsonify({"losing": aws.losing.value if aws.losing else None})

    @doors.post("/ui/outside/later")
    def later() -> Empty:
        seconds = told(workspace).get("seconds")
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= _LONGEST_SECONDS:
            abort(400)
        passing.later(seconds)
        return done()

    @doors.post("/ui/outside/lose")
    def lose() -> Empty:
        what = told(workspace).get("what")
        if what not in (None, *(lost.value for lost in Lost)):
            abort(400)
        aws.lose(LOSSES, Lost(what) if what else None)
        return done()

    return doors
