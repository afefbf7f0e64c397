"""Errors as answers: status, code and words, and what of them the OpenAPI document says of an operation.

It refuses to say anything of an error that is not ours but the request's id.
"""

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types
from pydantic import BaseModel

from bot.errors import ChatOpsError
from bot.resources.bodies import ErrorBody
from bot.resources.words import words
from bot.rest import STATUS

MEANS = {
    400: "The request cannot be understood; all problems are named.",
    401: "No valid access token.",
    403: "Who asks may not; recorded.",
    404: "There is no such thing, or this cursor is not good any longer.",
    409: "It cannot be done as things stand, or the Idempotency-Key was used otherwise.",
    429: "Too many requests.",
    500: "Something failed on our side.",
}


def error_body(code: str, message: str) -> dict[str, Any]:
    """The contract's shape of an error."""
    return {"error": {"code": code, "message": message}}


def json_response(status: int, body: dict[str, Any]) -> Response[str]:
    """An answer that is not checked against a route's own body."""
    return Response(status, content_types.APPLICATION_JSON, json.dumps(body))


def of_ours(error: ChatOpsError) -> tuple[int, dict[str, Any]]:
    """Status and body of an error of ours."""
    return STATUS[error.code], error_body(error.code, words(error))


def refusals(success: type[BaseModel], *further: int, status: int = 200, is_open: bool = False) -> dict[int, Any]:
    """What an operation may answer, for its description: `success`, the errors of every route, and its own.

    An open one asks for no permission.
    """
    shape = {"application/json": {"model": ErrorBody}}
    errors = {
        code: {"description": MEANS[code], "content": shape}
        for code in sorted({400, 401, 429, 500, *([] if is_open else [403]), *further})
    }
    description = (success.__doc__ or "").strip().splitlines()[0]
    return {status: {"description": description, "content": {"application/json": {"model": success}}}, **errors}
