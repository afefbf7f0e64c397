"""The resolver in front of all resources: checks requests, makes answers of errors, and puts the request's id on all.

It refuses parameters that no route knows, and lets nothing but an answer out: no message of an error that is not ours,
no stack trace.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from bot.errors import ChatOpsError
from bot.resources.callers import request_id
from bot.resources.errors import error_body, json_response, of_ours
from bot.resources.words import words_for_code
from bot.rest import MAX_BODY, InvalidRequestError, named_once, unavailable

MAX_PROBLEMS = 20
_JSON = "application/json"

Failed = Callable[[str, BaseException], None]


class Resource(Protocol):
    """What has routes."""

    def routes(self, app: APIGatewayRestResolver) -> None: ...


class Front:
    """Answers payload 1.0 events; `failed` logs a message and the error behind it."""

    def __init__(self, resources: Sequence[Resource], failed: Failed) -> None:
        self._app = resolver(resources)
        self._failed = failed
        self._app.exception_handler(ChatOpsError)(self._ours)

    def answer(self, event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
        """Always an answer."""
        try:
            _require_readable(event)
            answered = self._app.resolve(dict(event), context)
        except InvalidRequestError as error:
            answered = _proxied(*of_ours(error))
        except Exception as error:  # the last line of defence: what went wrong is nobody's but ours
            self._failed("request failed", error)
            return unavailable(event, begun=event.get("httpMethod") != "GET")
        return _marked(answered, request_id(event))

    def _ours(self, error: ChatOpsError) -> Response[str]:
        status, body = of_ours(error)
        if status == 500:
            self._failed("request not answered", error)
        return json_response(status, body)


def resolver(resources: Sequence[Resource]) -> APIGatewayRestResolver:
    """Powertools' resolver with the routes of `resources`, without CORS."""
    app = APIGatewayRestResolver(enable_validation=True, response_validation_error_http_code=500)
    app.use([_known_parameters_only])
    app.exception_handler(RequestValidationError)(lambda error: _invalid(_problems(error, app)))
    app.not_found(_not_found)
    for resource in resources:
        resource.routes(app)
    return app


def _known_parameters_only(app: APIGatewayRestResolver, following: NextMiddleware) -> Response[Any]:
    unknown = _unexpected(app)
    return _invalid(unknown) if unknown else following(app)


def _unexpected(app: APIGatewayRestResolver) -> list[str]:
    """A misspelt filter would restrict nothing, and one given twice would be half forgotten."""
    given = app.current_event.raw_event.get("multiValueQueryStringParameters") or {}
    known = {field.alias: field for field in app.context["_route"].dependant.query_params}
    unknown = [f"query.{name[:50]}: there is no such parameter." for name in given if name not in known]
    twice = [
        f"query.{name}: takes one value."
        for name, values in given.items()
        if name in known and len(values) > 1 and not _takes_several(known[name])
    ]
    return [*unknown, *twice]


def _takes_several(field: Any) -> bool:
    return str(field.type_).startswith(("list[", "typing.List["))


def _problems(error: RequestValidationError, app: APIGatewayRestResolver) -> list[str]:
    found = [f"{'.'.join(str(part)[:50] for part in one['loc'])}: {one['msg']}." for one in error.errors()]
    return [*_unexpected(app), *found]


def _invalid(problems: list[str]) -> Response[str]:
    shown = problems[:MAX_PROBLEMS]
    if len(problems) > len(shown):
        shown.append(f"{len(problems) - len(shown)} more.")
    return json_response(400, error_body("INVALID_REQUEST", " ".join(shown)))


def _not_found(_: NotFoundError) -> Response[str]:
    return json_response(404, error_body("NOT_FOUND", words_for_code("NOT_FOUND")))


def _require_readable(event: Mapping[str, Any]) -> None:
    """Raises InvalidRequestError for a body that no route could read."""
    body = event.get("body")
    if not body:
        return
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    if headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise InvalidRequestError(f"header.Content-Type: must be {_JSON}.")
    if len(body) > MAX_BODY:
        raise InvalidRequestError("body: is too large.")
    if not _is_json(body, bool(event.get("isBase64Encoded"))):
        raise InvalidRequestError("body: is not JSON, or names something twice.")


def _is_json(body: str, encoded: bool) -> bool:
    try:
        content = base64.b64decode(body, validate=True) if encoded else body.encode()
        json.loads(content, parse_constant=_no_number, object_pairs_hook=named_once)
    except (binascii.Error, ValueError, RecursionError):
        return False
    return True


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _proxied(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": [_JSON]}
    return {"statusCode": status, "body": json.dumps(body), "isBase64Encoded": False, "multiValueHeaders": headers}


def _marked(answered: dict[str, Any], request: str) -> dict[str, Any]:
    """Nobody may keep it, and it says which request it answers."""
    headers = {"cache-control": ["no-store"], "x-request-id": [request]}
    return {**answered, "multiValueHeaders": {**(answered.get("multiValueHeaders") or {}), **headers}}
