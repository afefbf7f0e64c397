"""The HTTP API's routes at the page's address: what reaches a function, and what of its answer reaches the browser."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from playground import gateway
from playground.app import create_app
from playground.http_api import create_http_api
from playground.slack import Workspace

ROUTES = {("GET", "/auth/login"), ("GET", "/auth/callback"), ("POST", "/auth/callback")}


class Function:
    def __init__(self) -> None:
        self.event: dict[str, Any] = {}
        self.result: Any = {"statusCode": 200, "body": "done"}

    def deliver(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        self.event = gateway.http_api_event(method, path, headers, body)
        return gateway.http_response(self.result)


@pytest.fixture
def function() -> Function:
    return Function()


@pytest.fixture
def browser(make_slack: Callable[..., Workspace], function: Function) -> FlaskClient:
    return create_app(make_slack(), [create_http_api(ROUTES, function.deliver)]).test_client()


def test_a_request_becomes_the_event_that_the_function_gets(browser: FlaskClient, function: Function) -> None:
    browser.set_cookie("sign-in", "abc", domain="localhost")
    browser.get("/auth/callback?code=a%20b&state=x&state=y")
    event = function.event
    assert (event["version"], event["routeKey"]) == ("2.0", "GET /auth/callback")
    assert event["rawQueryString"] == "code=a%20b&state=x&state=y"
    assert event["queryStringParameters"] == {"code": "a b", "state": "x,y"}
    assert event["cookies"] == ["sign-in=abc"]


def test_a_form_arrives_as_it_was_sent(browser: FlaskClient, function: Function) -> None:
    browser.post("/auth/callback", data={"ticket": "t&1"})
    assert function.event["isBase64Encoded"] is True
    assert base64.b64decode(function.event["body"]) == b"ticket=t%261"
    assert function.event["headers"]["content-type"] == "application/x-www-form-urlencoded"


def test_the_functions_headers_leave_as_they_are_and_the_page_adds_none(
    browser: FlaskClient, function: Function
) -> None:
    function.result = {
        "statusCode": 302,
        "headers": {"Location": "https://x.example/", "Content-Security-Policy": "default-src 'none'"},
        "cookies": ["a=1; HttpOnly", "b=2"],
    }
    answer = browser.get("/auth/login")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "https://x.example/"
    assert answer.headers.getlist("Content-Security-Policy") == ["default-src 'none'"]
    assert answer.headers.getlist("Set-Cookie") == ["a=1; HttpOnly", "b=2"]
    function.result = {"statusCode": 200, "body": "bare"}
    bare = browser.get("/auth/login")
    assert "Content-Security-Policy" not in bare.headers
    assert "Cache-Control" not in bare.headers


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/auth/login"), ("HEAD", "/auth/login"), ("OPTIONS", "/auth/callback")]
)
def test_a_method_without_a_route_is_not_found(
    browser: FlaskClient, function: Function, method: str, path: str
) -> None:
    answer = browser.open(path, method=method)
    assert answer.status_code == 404
    assert function.event == {}


def test_the_pages_own_answers_keep_their_policy(browser: FlaskClient) -> None:
    with browser.get("/") as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
