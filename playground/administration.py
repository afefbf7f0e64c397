"""The administrators' panel's endpoints: people as they are, and the changes that an administrator makes.

They take no form from another site, and refuse everybody and everything that they do not know.
"""

from flask import Blueprint, Response, abort, jsonify

from playground.directory import ROLES, SLACK_FLAGS, Directory
from playground.doors import Empty, done, told
from playground.slack.workspace import Workspace


def create_administration(directory: Directory, workspace: Workspace) -> Blueprint:
    """`/ui/directory…`: 204 when it is done, 404 for somebody without a Cognito user, 400 for nonsense."""
    doors = Blueprint("administration", __name__)
    workspace.administered = True

    @doors.get("/ui/directory")
    def people() -> Response:
        return jsonify({"people": directory.entries()})

    @doors.post("/ui/directory/role")
    def role() -> Empty:
        said = told(workspace, "person")
        if said["person"] not in workspace.members.people or said.get("role", "") not in (None, *ROLES):
            abort(400)
        return done(directory.set_role(said["person"], said["role"]))

    @doors.post("/ui/directory/enabled")
    def enabled() -> Empty:
        said = told(workspace, "person")
        if said["person"] not in workspace.members.people or not isinstance(said.get("on"), bool):
            abort(400)
        return done(directory.set_enabled(said["person"], said["on"]))

    @doors.post("/ui/directory/slack")
    def slack() -> Empty:
        said = told(workspace, "person", "flag")
        if said["person"] not in workspace.members.people or not isinstance(said.get("on"), bool):
            abort(400)
        if said["flag"] not in SLACK_FLAGS:
            abort(400)
        directory.set_slack(said["person"], said["flag"], said["on"])
        return done()

    return doors
