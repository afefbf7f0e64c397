"""HTTP API events and responses as API Gateway makes them."""

import base64
import json

import pytest

from playground.gateway import http_api_event, http_response

FORM = {"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Signature": "v0=ab"}


def test_a_form_post_arrives_base64_encoded_with_lower_case_headers() -> None:
    event = http_api_event("POST", "/slack/events", FORM, b"command=%2Fec2", "198.51.100.9", now=1.5)
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "POST /slack/events"
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"command=%2Fec2"
    assert event["headers"]["x-slack-signature"] == "v0=ab"
    assert event["headers"]["x-forwarded-for"] == "198.51.100.9"
    assert event["headers"]["content-length"] == "14"
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["http"]["sourceIp"] == "198.51.100.9"
    assert event["requestContext"]["timeEpoch"] == 1500
    assert event["requestContext"]["time"] == "01/Jan/1970:00:00:01 +0000"
    json.dumps(event)


def test_json_arrives_as_text() -> None:
    event = http_api_event("POST", "/", {"content-type": "application/json; charset=utf-8"}, b'{"a": "\xc3\xa9"}')
    assert event["isBase64Encoded"] is False
    assert event["body"] == '{"a": "é"}'


def test_without_a_body_there_is_no_body() -> None:
    assert "body" not in http_api_event("GET", "/auth/login", {}, b"")


def test_query_cookies_and_repeated_headers() -> None:
    headers = [("A", "1"), ("a", "2"), ("Cookie", "x=1; y=2")]
    event = http_api_event("GET", "/p?k=1&k=2&e=", headers, b"")
    assert event["rawPath"] == "/p"
    assert event["rawQueryString"] == "k=1&k=2&e="
    assert event["queryStringParameters"] == {"k": "1,2", "e": ""}
    assert event["headers"]["a"] == "1,2"
    assert event["cookies"] == ["x=1", "y=2"]
    assert "cookie" not in event["headers"]


def test_requests_have_ids_of_their_own() -> None:
    ids = {http_api_event("GET", "/", {}, b"")["requestContext"]["requestId"] for _ in range(50)}
    assert len(ids) == 50


def test_a_response_keeps_status_headers_and_decoded_body() -> None:
    result = {
        "statusCode": 201,
        "headers": {"Content-Type": "application/json"},
        "body": base64.b64encode(b"\x00\x01").decode(),
        "isBase64Encoded": True,
    }
    assert http_response(result) == (201, {"content-type": "application/json"}, b"\x00\x01")
    assert http_response({"statusCode": 200}) == (200, {"content-type": "text/plain; charset=utf-8"}, b"")


def test_a_result_without_a_status_is_the_body() -> None:
    assert http_response({"ok": True}) == (200, {"content-type": "application/json"}, b'{"ok": true}')


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "abc"},
        {"statusCode": None},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "!", "isBase64Encoded": True},
    ],
)
def test_a_result_that_is_no_response_becomes_an_internal_error(result: object) -> None:
    status, _, body = http_response(result)
    assert status == 500
    assert body == b'{"message":"Internal Server Error"}'
