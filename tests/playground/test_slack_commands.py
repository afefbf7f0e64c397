"""What the app gets when somebody types a command, and what that person sees."""

import json
import threading
from collections.abc import Callable

import pytest
from slack_sdk.signature import SignatureVerifier

from playground.people import APP_ID, TEAM_ID
from playground.slack import Workspace
from tests.playground.conftest import COMMANDS, SECRET, App, Clock


def run(slack: Workspace, text: str, user: str = "U0ADA") -> None:
    slack.run_command(user, "C0OPS", text).join()


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    verifier = SignatureVerifier(SECRET)
    expected = verifier.generate_signature(timestamp=headers["X-Slack-Request-Timestamp"], body=body)
    return headers["X-Slack-Signature"] == expected


def test_a_command_arrives_with_exactly_slacks_fields(slack: Workspace, app: App) -> None:
    run(slack, "/ec2 list state:running")

    method, path, _, _ = app.requests[0]
    assert (method, path) == ("POST", "/slack/events")
    assert set(app.form) == {
        *("token", "team_id", "team_domain", "channel_id", "channel_name", "user_id", "user_name", "command"),
        *("text", "api_app_id", "is_enterprise_install", "response_url", "trigger_id"),
    }
    assert app.form["team_id"] == TEAM_ID
    assert app.form["api_app_id"] == APP_ID
    assert app.form["is_enterprise_install"] == "false"
    assert (app.form["command"], app.form["text"]) == ("/ec2", "list state:running")
    assert (app.form["channel_id"], app.form["channel_name"]) == ("C0OPS", "ops")
    assert (app.form["user_id"], app.form["user_name"]) == ("U0ADA", "ada")


def test_a_command_carries_a_signature_that_slacks_own_verifier_takes(slack: Workspace, app: App, clock: Clock) -> None:
    run(slack, "list")

    _, _, headers, body = app.requests[0]
    assert headers["User-Agent"] == "Slackbot 1.0 (+https://api.slack.com/robots)"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["X-Slack-Request-Timestamp"] == str(int(clock.now))
    assert is_signed(headers, body)


def test_every_command_has_its_own_trigger_and_response_url(slack: Workspace, app: App) -> None:
    run(slack, "list")
    first = app.form
    run(slack, "list")

    assert first["trigger_id"] != app.form["trigger_id"]
    assert first["response_url"] != app.form["response_url"]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a & b <c>", "a &amp; b &lt;c&gt;"),
        ("see https://example.com/x?a=1&b=2.", "see <https://example.com/x?a=1&amp;b=2>."),
        ("web-1.example.com", "<http://web-1.example.com|web-1.example.com>"),
        ("db.internal", "db.internal"),
        ("mail ada@example.com", "mail <mailto:ada@example.com|ada@example.com>"),
        ("@bob in #ops", "<@U0BOB|bob> in <#C0OPS|ops>"),
        ("@nobody in #nowhere", "@nobody in #nowhere"),
        ("  list  ", "list"),
    ],
)
def test_text_is_escaped_as_the_manifest_asks(slack: Workspace, app: App, typed: str, sent: str) -> None:
    run(slack, f"/ec2 {typed}")

    assert app.form["text"] == sent


def test_without_should_escape_mentions_and_links_stay_as_typed(make_slack: Callable[..., Workspace], app: App) -> None:
    slack = make_slack(slash_commands=[{**COMMANDS[0], "should_escape": False}])

    run(slack, "/ec2 @bob https://example.com & co")

    assert app.form["text"] == "@bob https://example.com &amp; co"


def test_a_typed_command_is_shown_to_nobody(slack: Workspace) -> None:
    run(slack, "/ec2 list")

    assert slack.messages("C0OPS") == []
    assert slack.ephemerals("U0ADA") == []


def test_text_in_the_answers_body_is_only_for_the_person(slack: Workspace, app: App) -> None:
    app.answer = lambda: (200, {"Content-Type": "text/plain"}, b"Working on it")

    run(slack, "/ec2 list")

    assert [message.text for message in slack.ephemerals("U0ADA")] == ["Working on it"]
    assert slack.ephemerals("U0BOB") == []
    assert slack.messages("C0OPS") == []


def test_an_in_channel_answer_shows_the_command_too(slack: Workspace, app: App) -> None:
    said = {"response_type": "in_channel", "text": "37 instances"}
    app.answer = lambda: (200, {"content-type": "application/json; charset=utf-8"}, json.dumps(said).encode())

    run(slack, "/ec2 list")

    assert [m.text for m in slack.messages("C0OPS")] == ["/ec2 list", "37 instances"]


def test_blocks_outside_the_limits_in_the_answers_body_are_refused(slack: Workspace, app: App) -> None:
    said = {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}
    app.answer = lambda: (200, {"Content-Type": "application/json"}, json.dumps(said).encode())

    run(slack, "/ec2 list")

    assert slack.ephemerals("U0ADA")[0].text == '/ec2 failed with the error "invalid_blocks"'


def test_an_app_that_takes_longer_than_slack_waits_is_given_up(slack: Workspace, app: App) -> None:
    late = threading.Event()

    def answer() -> tuple[int, dict[str, str], bytes]:
        late.wait(5)
        return 200, {}, b"too late"

    app.answer = answer
    run(slack, "/ec2 list")
    late.set()

    assert [m.text for m in slack.ephemerals("U0ADA")] == ['/ec2 failed with the error "operation_timeout"']


@pytest.mark.parametrize("status", [201, 401, 404, 500])
def test_any_answer_but_200_is_a_failed_dispatch(slack: Workspace, app: App, status: int) -> None:
    app.answer = lambda: (status, {}, b"nobody reads this")

    run(slack, "/ec2 list")

    assert [m.text for m in slack.ephemerals("U0ADA")] == ['/ec2 failed with the error "dispatch_failed"']


def test_an_app_that_breaks_is_a_failed_dispatch(slack: Workspace, app: App) -> None:
    def answer() -> tuple[int, dict[str, str], bytes]:
        raise ConnectionError("refused")

    app.answer = answer
    run(slack, "/ec2 list")

    assert [m.text for m in slack.ephemerals("U0ADA")] == ['/ec2 failed with the error "dispatch_failed"']


def test_an_unknown_command_is_answered_by_slackbot_and_reaches_no_app(slack: Workspace, app: App) -> None:
    run(slack, "/ec3 list")

    [answer] = slack.ephemerals("U0ADA")
    assert answer.user_id == "USLACKBOT"
    assert answer.text.startswith("/ec3 is not a valid command.")
    assert app.requests == []


def test_typing_does_not_wait_for_the_app(slack: Workspace, app: App) -> None:
    go = threading.Event()

    def answer() -> tuple[int, dict[str, str], bytes]:
        go.wait(5)
        return 200, {}, b"done"

    app.answer = answer
    sending = slack.enter("U0ADA", "C0OPS", "/ec2 list")
    assert sending is not None
    assert sending.is_alive()
    go.set()
    sending.join()

    assert [m.text for m in slack.ephemerals("U0ADA")] == ["done"]


def test_other_text_is_an_ordinary_message_from_the_person(slack: Workspace, app: App) -> None:
    assert slack.enter("U0ADA", "C0OPS", " /ec2 <3 @bob ") is None

    [message] = slack.messages("C0OPS")
    assert (message.user_id, message.text) == ("U0ADA", "/ec2 &lt;3 <@U0BOB|bob>")
    assert app.requests == []


def test_a_click_is_a_signed_block_action(slack: Workspace, app: App, bot: str) -> None:
    slack.set_user("U0BOB", team_id="T0OTHER")
    message = slack.board.post("C0OPS", bot, "Reboot?", app_id=APP_ID)

    sending = slack.click(
        "U0BOB", "C0OPS", message.ts, {"type": "button", "action_id": "go", "block_id": "b", "value": "1"}
    )
    assert sending is not None
    sending.join()

    payload = json.loads(app.form["payload"])
    assert payload["type"] == "block_actions"
    assert payload["user"] == {"id": "U0BOB", "username": "bob", "name": "bob", "team_id": "T0OTHER"}
    assert payload["container"]["message_ts"] == payload["message"]["ts"] == message.ts
    assert payload["actions"][0]["action_id"] == "go"
    assert is_signed(*app.requests[0][2:])


def test_somebody_elses_ephemeral_message_cannot_be_clicked(slack: Workspace, app: App, bot: str) -> None:
    message = slack.board.post("C0OPS", bot, "Only Ada", visible_to="U0ADA")

    assert slack.click("U0BOB", "C0OPS", message.ts, {"type": "button", "action_id": "go"}) is None
    assert app.requests == []
