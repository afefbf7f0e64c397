"""The routes of the template's HTTP API, at the address of the page: what PUBLIC_URL is in the deployed stack.

It adds nothing to what a function answers, and answers nothing where the template declares no route.
"""

from collections.abc import Iterable

from flask import Blueprint, Response, request

from playground import gateway
from playground.slack.delivery import Deliver


def create_http_api(routes: Iterable[tuple[str, str]], deliver: Deliver) -> Blueprint:
    """`routes` are (method, path) pairs; `deliver` is how a request reaches its function."""
    api = Blueprint("http_api", __name__)
    declared = set(routes)
    paths = {path for _, path in declared}

    def handle() -> Response:
        if (request.method, request.path) not in declared:
            return _response(*gateway.not_found())
        query = request.query_string.decode("latin-1")
        path = f"{request.path}?{query}" if query else request.path
        return _response(*deliver(request.method, path, dict(request.headers), request.get_data()))

    # Every method, for API Gateway answers a method without a route with 404 and never with 405.
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    for path in sorted(paths):
        api.add_url_rule(path, path, handle, methods=methods, provide_automatic_options=False)
    return api


def _response(status: int, headers: dict[str, str], body: bytes) -> Response:
    answer = Response(body, status)
    answer.headers.remove("Content-Type")
    for name, value in headers.items():
        for line in value.split("\n"):
            answer.headers.add(name, line)
    return answer
