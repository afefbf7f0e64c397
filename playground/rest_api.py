"""API Gateway's REST API below `/rest/<stage>`: its routes, payload 1.0 events, authorizer and gateway responses.

It refuses what no route of the template takes, and knows nothing of the functions but what they answer.
"""

import base64
import binascii
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from flask import Blueprint, Request, Response, request
from werkzeug.routing import PathConverter

from playground.functions import FunctionError, FunctionTimeoutError
from playground.gateway import ACCOUNT_ID
from playground.gateway_responses import (
    BAD_INTEGRATION,
    INTEGRATION_TIMEOUT,
    NO_SUCH_ROUTE,
    HttpAnswer,
    ProblemError,
    gateway_response,
)
from playground.rest_authorizer import Authorizer, AuthorizerSettings, Invoke
from playground.template import SAM_FUNCTION, Template, TemplateError

SAM_API = "AWS::Serverless::Api"
PREFIX = "/rest"
API_ID = "playrest"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Route:
    """One method of one resource; `path` may have `{names}`, `authorizer` is one of the API's or None."""

    method: str
    path: str
    function: str
    authorizer: str | None

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The path parameters, undecoded as API Gateway leaves them; None for another route's request."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found and self.method in (method, "ANY") else None


@dataclass(frozen=True)
class RestApi:
    """What the template declares."""

    stage: str
    routes: tuple[Route, ...]
    authorizers: Mapping[str, AuthorizerSettings]
    responses: Mapping[str, Any]

    @classmethod
    def of_template(cls, template: Template) -> "RestApi | None":
        """None where no REST API is declared. Raises TemplateError for two."""
        declared = template.resources(SAM_API)
        if not declared:
            return None
        if len(declared) > 1:
            raise TemplateError("More than one REST API")
        (api,) = declared.values()
        names = template.without_stack()
        kept = {key: api.properties[key] for key in ("StageName", "Auth", "GatewayResponses") if key in api.properties}
        properties = template.resolve(kept, names)
        auth = properties.get("Auth", {})
        routes = []
        for function in template.resources(SAM_FUNCTION).values():
            for event in function.properties.get("Events", {}).values():
                if event["Type"] == "Api":
                    own = {key: value for key, value in event["Properties"].items() if key != "RestApiId"}
                    routes.append(_route(function.logical_id, template.resolve(own, names), auth))
        authorizers = {
            name: AuthorizerSettings.of_template(entry) for name, entry in auth.get("Authorizers", {}).items()
        }
        return cls(properties["StageName"], tuple(routes), authorizers, properties.get("GatewayResponses", {}))


def _route(function: str, event: Mapping[str, Any], auth: Mapping[str, Any]) -> Route:
    authorizer = event.get("Auth", {}).get("Authorizer", auth.get("DefaultAuthorizer"))
    return Route(event["Method"].upper(), event["Path"], function, None if authorizer == "NONE" else authorizer)


class _Everything(PathConverter):
    """A path with whatever is in it: werkzeug's own does not take a line break."""

    regex = "(?s:[^/].*?)"


def create_rest_api(
    api: RestApi, invoke: Invoke, region: str = "us-east-1", clock: Callable[[], float] = time.time
) -> Blueprint:
    """`invoke` runs a function by its logical id and raises FunctionError."""
    rest = Blueprint("rest_api", __name__)
    rest.record_once(lambda state: state.app.url_map.converters.update(everything=_Everything))
    authorizers = {name: Authorizer(settings, invoke, clock) for name, settings in api.authorizers.items()}

    @rest.route(f"{PREFIX}/{api.stage}/", defaults={"path": ""}, methods=_METHODS, provide_automatic_options=False)
    @rest.route(f"{PREFIX}/{api.stage}/<everything:path>", methods=_METHODS, provide_automatic_options=False)
    def handle(path: str) -> Response:
        request_id = str(uuid.uuid4())
        try:
            answer = _answered(_raw_path(request, api.stage), request_id)
        except ProblemError as refused:
            answer = gateway_response(refused.problem, api.responses, request_id)
        return _response(*answer)

    def _answered(path: str, request_id: str) -> HttpAnswer:
        route, parameters = _routed(api, request.method, path)
        method_arn = (
            f"arn:aws:execute-api:{region}:{ACCOUNT_ID}:{API_ID}/{api.stage}/{request.method}/{path.lstrip('/')}"
        )
        context: dict[str, str] = {}
        if route.authorizer is not None:
            context = authorizers[route.authorizer].admit(request.headers, method_arn)
        event = rest_event(request, route, path, parameters, context, api.stage, request_id, clock())
        try:
            return _integrated(invoke(route.function, event), request_id)
        except FunctionTimeoutError:
            raise ProblemError(INTEGRATION_TIMEOUT) from None
        except FunctionError:
            raise ProblemError(BAD_INTEGRATION) from None

    return rest


def rest_event(
    given: Request,
    route: Route,
    path: str,
    parameters: Mapping[str, str],
    authorizer: Mapping[str, str],
    stage: str,
    request_id: str,
    now: float,
) -> dict[str, Any]:
    """Payload 1.0: of a repeated header or query parameter the last value, and all of them besides."""
    query = parse_qs(given.query_string.decode("latin-1"), keep_blank_values=True)
    headers = {name: [value] for name, value in given.headers.items()}
    body = given.get_data()
    domain = f"{API_ID}.execute-api.us-east-1.amazonaws.com"
    context = {
        "resourcePath": route.path,
        "httpMethod": given.method,
        "path": f"/{stage}{path}",
        "accountId": ACCOUNT_ID,
        "apiId": API_ID,
        "stage": stage,
        "protocol": "HTTP/1.1",
        "domainName": domain,
        "domainPrefix": API_ID,
        "requestId": request_id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "requestTimeEpoch": int(now * 1000),
        "identity": {"sourceIp": given.remote_addr or "", "userAgent": given.headers.get("User-Agent")},
    }
    return {
        "resource": route.path,
        "path": path,
        "httpMethod": given.method,
        "headers": {name: values[-1] for name, values in headers.items()} or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(parameters) or None,
        "stageVariables": None,
        "requestContext": {**context, **({"authorizer": dict(authorizer)} if authorizer else {})},
        "body": body.decode("utf-8", "replace") if body else None,
        "isBase64Encoded": False,
    }


def _routed(api: RestApi, method: str, path: str) -> tuple[Route, dict[str, str]]:
    # A literal path before one with parameters.
    for route in sorted(api.routes, key=lambda route: route.path.count("{")):
        parameters = route.match(method, path)
        if parameters is not None:
            return route, parameters
    raise ProblemError(NO_SUCH_ROUTE)


def _raw_path(given: Request, stage: str) -> str:
    """The path below the stage as it was sent, still encoded."""
    raw = str(given.environ.get("RAW_URI") or given.environ.get("REQUEST_URI") or given.path).partition("?")[0]
    return raw.removeprefix(f"{PREFIX}/{stage}") or "/"


def _integrated(result: Any, request_id: str) -> HttpAnswer:
    """What a proxy integration makes of a result; one of another shape is a bad gateway."""
    if not isinstance(result, dict):
        raise ProblemError(BAD_INTEGRATION)
    try:
        status, body = int(result["statusCode"]), result.get("body")
        body = "" if body is None else body
        content = base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body.encode()
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        raise ProblemError(BAD_INTEGRATION) from None
    headers = {"Content-Type": ["application/json"], "x-amzn-RequestId": [request_id]}
    for name, value in (result.get("headers") or {}).items():
        headers[name.title() if name.lower() == "content-type" else name] = [str(value)]
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers[name] = [str(value) for value in values]
    return status, headers, content


def _response(status: int, headers: Mapping[str, list[str]], body: bytes) -> Response:
    answer = Response(body, status)
    answer.headers.remove("Content-Type")
    for name, values in headers.items():
        for value in values:
            answer.headers.add(name, value)
    return answer
