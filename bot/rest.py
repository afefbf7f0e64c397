"""The shapes of the REST API: what an authorizer is given and answers, a JSON body, and errors as `{"error": ...}`.

It refuses what cannot be read, and never repeats it: an error's message is one of those written here.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import ChatOpsError

MAX_BODY = 16_384
STATUS = {
    "INVALID_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "THROTTLED": 429,
    "INTERNAL_ERROR": 500,
}
_METHOD_ARN = re.compile(r"(arn:aws[a-z-]*:execute-api:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9]+/[A-Za-z0-9_-]+)/[A-Z]+/.*")
_BEARER = re.compile(r"(?i:bearer) (\S+)")


class InvalidRequestError(ChatOpsError):
    """A REST request that cannot be read; `reason` names what is wrong, in words for its sender."""

    code = "INVALID_REQUEST"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Bearer:
    """Whose access token was verified; `role` is admin, readonly or empty, `email` empty where there is none."""

    user_id: str
    username: str
    email: str
    role: str


def bearer_token(event: Mapping[str, Any]) -> str:
    """The token of an authorizer's event. Raises InvalidRequestError."""
    header = event.get("authorizationToken")
    found = _BEARER.fullmatch(header) if isinstance(header, str) else None
    if found is None or event.get("type", "TOKEN") != "TOKEN":
        raise InvalidRequestError("not a bearer token")
    return found.group(1)


def allow(bearer: Bearer, method_arn: object) -> dict[str, Any]:
    """An authorizer's answer, good for all of the stage: kept for one route it would refuse the bearer another.

    Raises InvalidRequestError for an ARN of another kind.
    """
    stage = _METHOD_ARN.fullmatch(method_arn) if isinstance(method_arn, str) else None
    if stage is None:
        raise InvalidRequestError("not a method ARN")
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{stage.group(1)}/*"}
    return {
        "principalId": bearer.user_id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {
            "userId": bearer.user_id,
            "username": bearer.username,
            "email": bearer.email,
            "role": bearer.role,
        },
    }


def json_body(event: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object in the body of a payload 1.0 event, each name in it once. Raises InvalidRequestError."""
    body = event.get("body")
    if not isinstance(body, str) or len(body) > MAX_BODY:
        raise InvalidRequestError("The body must be a JSON object.")
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        found = json.loads(raw, object_pairs_hook=named_once)
    except (binascii.Error, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidRequestError("The body must be a JSON object.")
    return found


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `json.loads`: two readers would take the same name twice differently. Raises ValueError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def answer(status: int, content: Mapping[str, Any]) -> dict[str, Any]:
    """A Lambda proxy's answer in JSON, which nobody may keep."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(content),
    }


def error_answer(code: str, message: str) -> dict[str, Any]:
    """The contract's shape of an error."""
    return answer(STATUS[code], {"error": {"code": code, "message": message}})


def unavailable(event: Mapping[str, Any], *, begun: bool = False) -> dict[str, Any]:
    """The answer where nothing can be answered: only the request's id is told.

    `begun` is for what may have changed something before it failed.
    """
    request_id = str((event.get("requestContext") or {}).get("requestId") or "")
    advice = (
        "It may have been done: do not repeat it before you have looked."
        if begun
        else "Ask again; if this lasts, tell an administrator."
    )
    message = f"Something failed on our side. {advice} Reference: {request_id}"
    answered = error_answer("INTERNAL_ERROR", message)
    return {**answered, "headers": {**answered["headers"], "x-request-id": request_id}}
