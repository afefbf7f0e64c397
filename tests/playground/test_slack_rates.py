"""Rate limits: none until asked for, then Slack's own; and threads, which have their own rules."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from playground.app import create_app
from playground.slack import Workspace
from tests.playground.conftest import SCOPES, App, Clock
from tests.playground.test_slack_api import BEARER, call


def status(client: FlaskClient, method: str, **args: str) -> tuple[int, str | None]:
    answer = client.post(f"/api/{method}", json=args, headers=BEARER)
    return answer.status_code, answer.headers.get("Retry-After")


def test_nothing_is_limited_until_it_is_asked_for(client: FlaskClient) -> None:
    assert {status(client, "chat.postMessage", channel="C0OPS", text="x") for _ in range(3)} == {(200, None)}


def test_one_message_a_second_goes_into_each_channel(client: FlaskClient, slack: Workspace, clock: Clock) -> None:
    slack.limit_rates(True)

    assert status(client, "chat.postMessage", channel="C0OPS", text="1") == (200, None)
    assert status(client, "chat.postMessage", channel="C0OPS", text="2") == (429, "1")
    assert status(client, "chat.postMessage", channel="C0ALERTS", text="3") == (200, None)
    clock.now += 1
    assert status(client, "chat.postMessage", channel="C0OPS", text="4") == (200, None)
    assert [m.text for m in slack.messages("C0OPS")] == ["1", "4"]


@pytest.mark.parametrize(("method", "most"), [("users.info", 100), ("chat.update", 50), ("views.open", 100)])
def test_a_method_has_its_tier_and_says_how_long_to_wait(
    client: FlaskClient, slack: Workspace, clock: Clock, method: str, most: int
) -> None:
    slack.limit_rates(True)
    assert {status(client, method) for _ in range(most)} == {(200, None)}
    clock.now += 18

    assert status(client, method) == (429, "42")
    assert status(client, "auth.test") == (200, None)
    clock.now += 42
    assert status(client, method) == (200, None)
    slack.limit_rates(False)


def test_a_command_is_not_supported_in_a_thread(client: FlaskClient, slack: Workspace, app: App) -> None:
    parent = slack.board.post("C0OPS", "U0ADA", "hello")
    said = {"user": "U0BOB", "channel": "C0OPS", "thread": parent.ts}
    assert client.post("/ui/enter", json={**said, "text": "/ec2 list"}).status_code == 204
    assert client.post("/ui/enter", json={**said, "text": "hi"}).status_code == 204
    assert client.post("/ui/enter", json={**said, "thread": 7, "text": "hi"}).status_code == 400

    [told] = slack.ephemerals("U0BOB")
    assert (told.text, told.thread_ts) == ("/ec2 is not supported in threads. Sorry!", parent.ts)
    assert [(m.text, m.thread_ts) for m in slack.messages("C0OPS")] == [("hello", None), ("hi", parent.ts)]
    assert app.requests == []


def test_a_thread_can_be_read_with_its_scope(make_slack: Callable[..., Workspace]) -> None:
    slack = make_slack(scopes=[*SCOPES, "channels:history", "channels:read"])
    client = create_app(slack).test_client()
    parent = call(client, "chat.postMessage", channel="C0OPS", text="alarm")["ts"]
    call(client, "chat.postMessage", channel="C0OPS", text="over", thread_ts=parent, reply_broadcast=True)

    first, second = call(client, "conversations.replies", channel="C0OPS", ts=parent)["messages"]
    assert (first["text"], first["reply_count"], second["text"]) == ("alarm", 1, "over")
    assert slack.messages("C0OPS")[1].broadcast
    assert call(client, "conversations.replies", channel="C0OPS", ts="1.0")["error"] == "thread_not_found"
    assert call(client, "conversations.info", channel="C0OPS")["channel"]["is_member"] is True
