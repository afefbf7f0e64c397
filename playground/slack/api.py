"""Slack's Web API, its response_urls and its files over HTTP.

It refuses a call without the right token, without the scope the method needs, and every method it hasn't got.
"""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from playground.slack.faults import Fault
from playground.slack.methods import METHODS, Method
from playground.slack.refusal import RefusedError
from playground.slack.workspace import Workspace

_DEAD_URL = ("expired_url", "used_url", "no_service")


def create_api(workspace: Workspace) -> Blueprint:
    """`/api/<method>` and `/response/<path>`; the Web API's base for a client is `<base_url>/api/`."""
    api = Blueprint("slack_api", __name__)

    @api.route("/api/<method>", methods=["GET", "POST"])
    def call(method: str) -> Response:
        try:
            args = _arguments()
            token = _token(args)
            known = _admitted(workspace, method, token)
            workspace.api_calls.append((method, args))
            if fault := workspace.fault(method) or _too_many(workspace, method, known, args):
                return _failed(fault)
            answer = {"ok": True, **known.run(workspace, args)}
        except RefusedError as refused:
            answer = refused.body()
        return _json(answer, headers=_scope_headers(workspace, method))

    @api.post("/response/<path:path>")
    def respond(path: str) -> Response:
        payload = request.get_json(force=True, silent=True)
        workspace.api_calls.append(("response_url", payload if isinstance(payload, dict) else {}))
        if fault := workspace.fault("response_url"):
            return _failed(fault, _response_status(fault.error) if fault.error else fault.status)
        try:
            if not isinstance(payload, dict):
                raise RefusedError("invalid_payload")
            workspace.respond(path, payload)
        except RefusedError as refused:
            return _json(refused.body(), _response_status(refused.error))
        return Response("ok", mimetype="text/plain")

    @api.post("/upload/<file_id>/<key>")
    def upload(file_id: str, key: str) -> Response:
        # Whatever kind the bytes claim to be, only a multipart form has them inside of something.
        form = request.mimetype == "multipart/form-data"
        content = b"".join(sent.read() for sent in request.files.values()) if form else request.get_data()
        try:
            workspace.files.receive(file_id, key, content)
        except RefusedError as refused:
            return Response(refused.error, 400, mimetype="text/plain")
        return Response(f"OK - {len(content)}", mimetype="text/plain")

    @api.get("/files/<file_id>/<key>")
    def file(file_id: str, key: str) -> Response:
        """Shown only when it is a picture; anything else is for keeping."""
        found = workspace.files.find(file_id)
        if found is None or found.key != key or not found.mimetype:
            return Response("", 404, mimetype="text/plain")
        kind = found.mimetype if found.is_image else "application/octet-stream"
        manner = "inline" if found.is_image else "attachment"
        return Response(found.content, mimetype=kind, headers={"Content-Disposition": manner})

    return api


def _arguments() -> dict[str, Any]:
    """A JSON body or form fields, over what the query string says."""
    args: dict[str, Any] = request.args.to_dict()
    if request.mimetype == "application/json" and request.data:
        try:
            body = json.loads(request.data)
        except ValueError:
            raise RefusedError("invalid_json") from None
        if not isinstance(body, dict):
            raise RefusedError("json_not_object")
        return {**args, **body}
    return {**args, **request.form.to_dict()}


def _token(args: dict[str, Any]) -> str | None:
    """Taken out of `args`, so that nobody who reads the calls reads a token."""
    given = args.pop("token", None)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" and bearer else given


def _admitted(workspace: Workspace, method: str, token: str | None) -> Method:
    known = METHODS.get(method)
    if known is None:
        raise RefusedError("unknown_method", req_method=method)
    if not token:
        raise RefusedError("not_authed")
    if token != workspace.bot_token:
        raise RefusedError("invalid_auth")
    if known.scope is not None and known.scope not in workspace.scopes:
        provided = ",".join(sorted(workspace.scopes))
        raise RefusedError("missing_scope", needed=known.scope, provided=provided)
    return known


def _too_many(workspace: Workspace, method: str, known: Method, args: Mapping[str, Any]) -> Fault | None:
    wait = workspace.rates.take(method, known.tier, str(args.get("channel") or ""))
    return None if wait is None else Fault("ratelimited", 429, wait)


def _scope_headers(workspace: Workspace, method: str) -> dict[str, str]:
    known = METHODS.get(method)
    accepted = {"X-Accepted-OAuth-Scopes": known.scope} if known and known.scope else {}
    return {"X-OAuth-Scopes": ",".join(sorted(workspace.scopes)), **accepted}


def _failed(fault: Fault, status: int | None = None) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.error:
        return _json(RefusedError(fault.error).body(), status or fault.status, headers)
    return Response("", status or fault.status, headers, mimetype="text/plain")


def _response_status(error: str) -> int:
    if error == "ratelimited":
        return 429
    return 404 if error in _DEAD_URL else 400


def _json(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, dict(headers or {}), mimetype="application/json")
