"""The front door: signed and forged HTTP requests into `handlers.slack.handler`, as API Gateway sends them."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest

from playground.gateway import http_api_event
from playground.people import APP_ID, TEAM_ID
from playground.slack.signing import signed_headers
from tests.house import DOOR, House


def queue_is_empty(house: House) -> bool:
    url = house.environment["JOBS_QUEUE_URL"]
    counts = house.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return counts["Attributes"]["ApproximateNumberOfMessages"] == "0"


def refused(house: House, status: int, expected: int = 401) -> bool:
    """The required answer, no job, and not one AWS call but (at most) reading the secret."""
    called = {call.action for call in house.aws.calls if call.access_key_id == house.function(DOOR).access_key_id}
    return status == expected and called <= {"GetSecretValue"} and queue_is_empty(house)


def test_a_signed_command_is_acknowledged_with_nothing_to_show_and_queued_once(house: House) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    event = http_api_event("POST", "/slack/events", house.slack.sign(body), body)

    assert house.invoke(DOOR, event) == {"statusCode": 200, "body": ""}
    assert json.loads(house.received()["Records"][0]["body"])["body"] == body.decode()


def test_payload_1_0_is_understood_as_well_as_2_0(house: House) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    event = {
        "version": "1.0",
        "httpMethod": "POST",
        "path": "/slack/events",
        "headers": house.slack.sign(body),
        "requestContext": {"httpMethod": "POST", "identity": {"sourceIp": "203.0.113.9"}},
        "body": body.decode(),
        "isBase64Encoded": False,
    }

    assert house.invoke(DOOR, event)["statusCode"] == 200
    assert json.loads(house.received()["Records"][0]["body"])["ip_address"] == "203.0.113.9"


@pytest.mark.parametrize("secret", ["wrong-secret", "", "x" * 64])
def test_R1_a_wrong_secret_is_refused(house: House, secret: str) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    assert refused(house, house.post(body, signed_headers(secret, int(time.time()), body)))


def test_R1_each_changed_byte_of_the_body_is_refused(house: House) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    headers = house.slack.sign(body)
    for position in range(0, len(body), 17):
        changed = body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]
        assert refused(house, house.post(changed, headers)), position


@pytest.mark.parametrize("missing", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
def test_R1_a_missing_header_is_refused(house: House, missing: str) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    headers = {name: value for name, value in house.slack.sign(body).items() if name.lower() != missing.lower()}
    assert refused(house, house.post(body, headers))


@pytest.mark.parametrize(
    "timestamp", ["abc", "1.5", "", " ", "9" * 5000, "-1", "1e9", "٣٣٣", "１７", "0x10", "1_000", "None", "\n", "inf"]
)
def test_R2_a_timestamp_that_is_no_number_is_refused(house: House, timestamp: str) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    headers = {**house.slack.sign(body), "X-Slack-Request-Timestamp": timestamp}
    assert refused(house, house.post(body, headers))


@pytest.mark.parametrize(
    "signature", ["é", "v0=é", "v0=" + "0" * 64 + "é", "", "v0=", "v0=" + "0" * 63, "v1=" + "0" * 64, "v0=" + "G" * 64]
)
def test_R2_a_signature_of_another_form_is_refused(house: House, signature: str) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    assert refused(house, house.post(body, {**house.slack.sign(body), "X-Slack-Signature": signature}))


def test_R2_a_signature_followed_by_a_newline_is_refused(house: House) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    headers = house.slack.sign(body)
    assert refused(house, house.post(body, {**headers, "X-Slack-Signature": headers["X-Slack-Signature"] + "\n"}))


@pytest.mark.parametrize(("skew", "status"), [(-301, 401), (303, 401), (-297, 200), (299, 200)])
def test_R3_a_signature_counts_for_five_minutes_and_no_longer(house: House, skew: int, status: int) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    assert house.post(body, house.slack.sign(body, int(time.time()) + skew)) == status


def test_R5_an_unsigned_ssl_check_runs_nothing(house: House) -> None:
    form = {"ssl_check": "1", "command": "/ec2", "text": "list", "team_id": TEAM_ID, "api_app_id": APP_ID}
    assert refused(house, house.post(urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"}))


def test_R5_a_signed_ssl_check_is_answered_and_runs_nothing(house: House) -> None:
    body = urlencode({"ssl_check": "1", "command": "/ec2", "text": "list"}).encode()
    assert refused(house, house.post(body), expected=200)


@pytest.mark.parametrize(
    "body", ["payload=%7Bbad", "{", "payload=", "%ff%fe", "a=b&&&=", '{"type":"event_callback"}', ""]
)
def test_R6_unsigned_and_malformed_bodies_are_refused(house: House, body: str) -> None:
    assert refused(house, house.post(body.encode(), {"content-type": "application/x-www-form-urlencoded"}))


@pytest.mark.parametrize(
    "change",
    [
        {"headers": None},
        {"headers": {"x-slack-signature": None, "x-slack-request-timestamp": 5}},
        {"body": base64.b64encode(b"\xff\xfe\x00").decode(), "isBase64Encoded": True},
        {"body": "not base64 é", "isBase64Encoded": True},
        {"body": None},
    ],
)
def test_R6_strange_events_are_refused_and_never_an_error(house: House, change: dict[str, Any]) -> None:
    event = http_api_event("POST", "/slack/events", {}, b"payload=%7Bbad") | change
    assert refused(house, house.invoke(DOOR, event)["statusCode"])


@pytest.mark.parametrize("body", ["payload=%7Bbad", "[1]", "payload=[1]", "no form at all", "{" * 5000, "%ff=%ff&&"])
def test_R6_signed_nonsense_is_a_bad_request(house: House, body: str) -> None:
    assert refused(house, house.post(body.encode()), expected=400)


def test_R7_a_lazy_listener_header_changes_nothing(house: House) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    extra = {"x-slack-bolt-lazy-only": "1", "x-slack-bolt-lazy-function-name": "ec2"}
    assert house.post(body, {**house.slack.sign(body), **extra}) == 200
    assert "lazy" not in json.dumps(house.received())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"team_id": "T0OTHER", "api_app_id": APP_ID}, "another workspace"),
        ({"team_id": TEAM_ID, "api_app_id": "A0OTHER"}, "another app"),
        ({"team_id": TEAM_ID}, "no app"),
        ({"api_app_id": APP_ID}, "no workspace"),
        ({"team_id": "", "api_app_id": ""}, "empty ids"),
    ],
)
def test_R8_what_is_not_for_our_app_in_our_workspace_is_dropped(house: House, body: dict[str, str], why: str) -> None:
    command = urlencode({"command": "/ec2", "text": "list", "user_id": "U0ADA", **body}).encode()
    assert refused(house, house.post(command)), why


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions", "team": {"id": "T0OTHER"}, "user": {"id": "U0X", "team_id": TEAM_ID}},
        {"type": "block_actions", "team": None, "user": {"id": "U0X", "team_id": TEAM_ID}},
        {"type": "view_submission", "team": [], "user": {"id": "U0X"}},
    ],
)
def test_R8_an_interaction_of_another_workspace_is_dropped(house: House, payload: dict[str, Any]) -> None:
    body = urlencode({"payload": json.dumps({"api_app_id": APP_ID, **payload})}).encode()
    assert refused(house, house.post(body))


def test_R8_a_megabyte_is_refused_unread(house: House) -> None:
    body = b"text=" + b"x" * 1_000_000
    assert refused(house, house.post(body), expected=413)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", ""])
def test_R8_any_method_but_post_finds_nothing(house: House, method: str) -> None:
    event = http_api_event(method, "/slack/events", {}, b"")
    assert refused(house, house.invoke(DOOR, event)["statusCode"], expected=404)


def test_events_and_interactions_of_ours_are_queued(house: House) -> None:
    event = {"type": "event_callback", "team_id": TEAM_ID, "api_app_id": APP_ID, "event_id": "Ev1", "event": {}}
    shared = {**event, "team_id": "T0OTHER", "authorizations": [{"team_id": TEAM_ID}], "event_id": "Ev2"}
    click = urlencode({"payload": json.dumps({"type": "block_actions", "team": {"id": TEAM_ID}, "api_app_id": APP_ID})})
    for body in (json.dumps(event).encode(), json.dumps(shared).encode(), click.encode()):
        assert house.post(body) == 200
        assert house.received()["Records"]


def test_slacks_url_verification_gets_its_challenge_back(house: House) -> None:
    body = json.dumps({"type": "url_verification", "token": "t", "challenge": "3eZbrw1aB"}).encode()
    status, _, answer = house.deliver("POST", "/slack/events", house.slack.sign(body), body)
    assert (status, json.loads(answer)) == (200, {"challenge": "3eZbrw1aB"})


def test_a_command_that_cannot_be_queued_says_so_and_an_event_is_sent_again(house: House) -> None:
    gone = {"JOBS_QUEUE_URL": house.environment["JOBS_QUEUE_URL"] + "-gone"}
    command = house.slack.command_body("U0ADA", "C0OPS", "list")
    event = json.dumps({"type": "event_callback", "team_id": TEAM_ID, "api_app_id": APP_ID, "event_id": "Ev1"}).encode()

    def answer(body: bytes) -> dict[str, Any]:
        return house.invoke(DOOR, http_api_event("POST", "/slack/events", house.slack.sign(body), body), gone)

    assert "probably not taken" in json.loads(answer(command)["body"])["text"]
    assert answer(command)["statusCode"] == 200  # Slack shows the words only of a 200
    assert answer(event)["statusCode"] == 503  # Slack sends an event again


def test_the_secret_is_read_once_and_each_acknowledgement_is_one_call(house: House) -> None:
    for _ in range(5):
        house.type("list")
    calls = [call.action for call in house.aws.calls if call.access_key_id == house.function(DOOR).access_key_id]
    assert calls == ["GetSecretValue", *["SendMessage"] * 5]


@contextmanager
def secret_becomes(house: House, content: str) -> Iterator[None]:
    """The Slack secret holds something else for a while."""
    secrets, arn = house.client("secretsmanager"), house.environment["SLACK_SECRET_ARN"]
    before = secrets.get_secret_value(SecretId=arn)["SecretString"]
    secrets.put_secret_value(SecretId=arn, SecretString=content)
    try:
        yield
    finally:
        secrets.put_secret_value(SecretId=arn, SecretString=before)


def test_a_rotated_signing_secret_is_picked_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.type("list")
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    in_a_minute = time.time() + 61
    with secret_becomes(house, json.dumps({"SLACK_SIGNING_SECRET": "rotated"})):
        assert house.post(body, signed_headers("rotated", int(time.time()), body)) == 401  # read less than 60 s ago
        monkeypatch.setattr("time.time", lambda: in_a_minute)
        assert house.post(body, signed_headers("rotated", int(in_a_minute), body)) == 200
        assert house.post(body) == 401


@pytest.mark.parametrize(
    ("content", "status"),
    [(json.dumps({"SLACK_SIGNING_SECRET": "rotated"}), 401), ("not json", 200)],
    ids=["taken out of use", "unreadable for a moment"],
)
def test_after_ten_minutes_the_old_secret_counts_only_while_there_is_no_new_one(
    house: House, monkeypatch: pytest.MonkeyPatch, content: str, status: int
) -> None:
    house.type("list")
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    later = time.time() + 601
    with secret_becomes(house, content):
        monkeypatch.setattr("time.time", lambda: later)
        assert house.post(body, house.slack.sign(body, int(later))) == status


def test_K3_a_stranger_cannot_make_a_closed_door_read_its_secret_over_and_over(house: House) -> None:
    arn = house.client("secretsmanager").create_secret(Name=f"empty-{time.time_ns()}", SecretString="{}")["ARN"]
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    house.aws.clear_calls()
    for _ in range(10):
        event = http_api_event("POST", "/slack/events", signed_headers("guess", int(time.time()), body), body)
        assert house.invoke(DOOR, event, {"SLACK_SECRET_ARN": arn})["statusCode"] == 503
        assert house.invoke(DOOR, event | {"headers": {}}, {"SLACK_SECRET_ARN": arn})["statusCode"] == 401
    assert [call.action for call in house.aws.calls] == ["GetSecretValue"]


def test_K2_an_error_that_nobody_foresaw_shows_its_place_and_nothing_else(house: House, log: Callable[[], str]) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    event = http_api_event("POST", "/slack/events", house.slack.sign(body), body)
    assert house.invoke(DOOR, event, {"AWS_ACCESS_KEY_ID": None})["statusCode"] == 500
    (line,) = [json.loads(line) for line in log().splitlines()]
    assert (line["message"], line["error"]) == ("front door failed", "KeyError")
    assert line["at"].startswith("bot/wiring/")
    assert "Traceback" not in log()


def test_R8_a_message_that_would_not_fit_the_queue_is_refused(house: House) -> None:
    event = {
        "type": "event_callback",
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event_id": "Ev1",
        "event": "é" * 200_000,
    }
    body = json.dumps(event, ensure_ascii=False).encode()
    assert refused(house, house.post(body), expected=413)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "not json", '{"SLACK_SIGNING_SECRET": ""}', '{"SLACK_BOT_TOKEN": "x"}', "null"]
)
def test_K3_without_a_signing_secret_the_door_is_closed(house: House, content: str) -> None:
    secrets = house.client("secretsmanager")
    arn = secrets.create_secret(Name=f"broken-{time.time_ns()}", SecretString=content or " ")["ARN"]
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    event = http_api_event("POST", "/slack/events", signed_headers("", int(time.time()), body), body)
    assert refused(house, house.invoke(DOOR, event, {"SLACK_SECRET_ARN": arn})["statusCode"], expected=503)


def test_K3_when_the_secret_cannot_be_fetched_the_door_is_closed(house: House) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    event = http_api_event("POST", "/slack/events", house.slack.sign(body), body)
    for arn in ("arn:aws:secretsmanager:us-east-1:123456789012:secret:gone", "nonsense"):
        assert refused(house, house.invoke(DOOR, event, {"SLACK_SECRET_ARN": arn})["statusCode"], expected=503)


def test_K3_a_missing_setting_closes_the_door_and_the_log_names_it(house: House, log: Callable[[], str]) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    event = http_api_event("POST", "/slack/events", house.slack.sign(body), body)
    answer = house.invoke(DOOR, event, {"SLACK_APP_ID": "", "JOBS_QUEUE_URL": " "})
    assert answer["statusCode"] == 503
    assert "JOBS_QUEUE_URL" in log()
    assert "SLACK_APP_ID" in log()
