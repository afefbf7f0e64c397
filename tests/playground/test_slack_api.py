"""The Web API refuses what Slack refuses, and answers in Slack's shapes."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.app import create_app
from playground.slack import Workspace
from tests.playground.conftest import TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def call(client: FlaskClient, method: str, **args: Any) -> dict[str, Any]:
    answer = client.post(f"/api/{method}", json=args, headers=BEARER)
    assert answer.status_code == 200
    assert isinstance(answer.json, dict)
    return answer.json


def test_a_call_without_a_token_is_not_authed(client: FlaskClient) -> None:
    assert client.post("/api/auth.test").json == {"ok": False, "error": "not_authed"}


@pytest.mark.parametrize("token", ["xoxb-other", "xoxp-playground"])
def test_a_wrong_token_is_invalid(client: FlaskClient, token: str) -> None:
    answer = client.post("/api/auth.test", headers={"Authorization": f"Bearer {token}"})
    assert answer.json == {"ok": False, "error": "invalid_auth"}


def test_the_token_may_be_a_form_field_and_is_not_kept(client: FlaskClient, slack: Workspace) -> None:
    answer = client.post("/api/users.info", data={"token": TOKEN, "user": "U0ADA"})

    assert answer.get_json()["ok"] is True
    assert slack.api_calls == [("users.info", {"user": "U0ADA"})]


def test_an_unknown_method_is_refused(client: FlaskClient) -> None:
    assert call(client, "chat.scream")["error"] == "unknown_method"


def test_a_missing_scope_is_named(make_slack: Callable[..., Workspace]) -> None:
    client = create_app(make_slack(scopes=["commands", "chat:write"])).test_client()

    answer = call(client, "users.info", user="U0ADA")

    assert answer["error"] == "missing_scope"
    assert (answer["needed"], answer["provided"]) == ("users:read", "chat:write,commands")


def test_auth_test_says_who_the_bot_is(web: WebClient) -> None:
    answer = web.auth_test()

    assert (answer["team_id"], answer["user_id"]) == ("T0PLAYGND", "U0EC2BOT")
    assert answer.headers["X-OAuth-Scopes"] == "chat:write,commands,users:read"


def test_a_user_has_slacks_flags_and_no_email_without_its_scope(web: WebClient) -> None:
    user = web.users_info(user="U0ADA")["user"]

    assert (user["id"], user["team_id"], user["name"]) == ("U0ADA", "T0PLAYGND", "ada")
    flags = (
        "deleted",
        "is_bot",
        "is_app_user",
        "is_restricted",
        "is_ultra_restricted",
        "is_admin",
        "is_owner",
    )
    assert {name: user[name] for name in flags} == dict.fromkeys(flags, False)
    assert user["tz"] == "Europe/London"
    assert isinstance(user["tz_offset"], int)
    assert user["profile"]["real_name"] == "Ada Byron"
    assert user["profile"]["image_48"].endswith("/avatar/U0ADA.svg")
    assert "email" not in user["profile"]


def test_the_email_comes_with_its_scope(make_slack: Callable[..., Workspace]) -> None:
    client = create_app(make_slack(scopes=["users:read", "users:read.email"])).test_client()

    assert call(client, "users.info", user="U0ADA")["user"]["profile"]["email"] == "ada@playground.example"


def test_guests_and_bots_are_marked(client: FlaskClient) -> None:
    assert call(client, "users.info", user="U0GUEST")["user"]["is_restricted"] is True
    assert call(client, "users.info", user="U0EC2BOT")["user"]["is_bot"] is True
    assert call(client, "users.info", user="USLACKBOT")["user"]["is_bot"] is False


def test_an_unknown_user_is_not_found(web: WebClient) -> None:
    with pytest.raises(SlackApiError, match="user_not_found"):
        web.users_info(user="U0NOBODY")


def test_a_test_can_change_what_slack_says_about_a_user(client: FlaskClient, slack: Workspace) -> None:
    slack.set_user("U0ADA", deleted=True, team_id="T0OTHER", is_stranger=True, enterprise_user={"id": "W1"})

    user = call(client, "users.info", user="U0ADA")["user"]

    assert (user["deleted"], user["team_id"], user["is_stranger"]) == (True, "T0OTHER", True)
    assert user["enterprise_user"] == {"id": "W1"}
    with pytest.raises(KeyError):
        slack.set_user("U0NOBODY", deleted=True)


def test_a_posted_message_is_seen_by_everybody_and_can_be_edited(web: WebClient, slack: Workspace) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*one*"}}]
    posted = web.chat_postMessage(channel="C0OPS", text="one", blocks=blocks)
    web.chat_update(channel="C0OPS", ts=posted["ts"], text="two")

    assert posted["message"]["blocks"] == blocks
    assert posted["message"]["bot_id"] == "B0EC2BOT"
    [message] = slack.messages("C0OPS")
    assert (message.ts, message.text, message.blocks) == (posted["ts"], "two", [])


def test_a_form_encoded_call_carries_its_blocks_as_json(client: FlaskClient, slack: Workspace) -> None:
    form = {"channel": "#ops", "text": "x", "blocks": '[{"type": "divider"}]'}
    assert client.post("/api/chat.postMessage", data=form, headers=BEARER).get_json()["ok"] is True
    assert slack.messages("C0OPS")[0].blocks == [{"type": "divider"}]

    form["blocks"] = "[{"
    refused = client.post("/api/chat.postMessage", data=form, headers=BEARER)
    assert refused.get_json()["error"] == "invalid_blocks_format"


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.postEphemeral"])
@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ({"text": "x"}, "channel_not_found"),
        ({"channel": "C0QUIET", "text": "x"}, "not_in_channel"),
        ({"channel": "C0OPS"}, "no_text"),
        ({"channel": "C0OPS", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C0OPS", "text": "x", "blocks": [{"type": "nope"}]}, "invalid_blocks"),
        (
            {"channel": "C0OPS", "text": "x", "attachments": [{"blocks": [{"type": "nope"}]}]},
            "invalid_blocks",
        ),
        ({"channel": "C0OPS", "text": "x", "attachments": "nope"}, "invalid_attachments"),
    ],
)
def test_posting_refuses(client: FlaskClient, slack: Workspace, method: str, args: dict[str, Any], error: str) -> None:
    assert call(client, method, user="U0ADA", **args)["error"] == error
    assert slack.board.all() == []


def test_refused_blocks_are_explained_with_a_pointer(web: WebClient) -> None:
    blocks = [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]
    with pytest.raises(SlackApiError) as refused:
        web.chat_postMessage(channel="C0OPS", text="x", blocks=blocks)

    assert refused.value.response["response_metadata"]["messages"] == [
        "[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"
    ]


def test_an_ephemeral_message_is_for_one_member_of_the_channel(client: FlaskClient, slack: Workspace) -> None:
    assert call(client, "chat.postEphemeral", channel="C0OPS", user="U0BOB", text="hi")["message_ts"]
    refused = call(client, "chat.postEphemeral", channel="C0OPS", user="U0NOBODY", text="hi")

    assert [m.text for m in slack.ephemerals("U0BOB")] == ["hi"]
    assert slack.messages("C0OPS") == []
    assert refused["error"] == "user_not_in_channel"


def test_only_the_bots_own_lasting_messages_can_be_edited(client: FlaskClient, slack: Workspace) -> None:
    theirs = slack.board.post("C0OPS", "U0ADA", "mine")
    only_bob = call(client, "chat.postEphemeral", channel="C0OPS", user="U0BOB", text="hi")["message_ts"]

    def edited(ts: str, text: str = "x") -> str:
        return str(call(client, "chat.update", channel="C0OPS", ts=ts, text=text).get("error"))

    assert edited(theirs.ts) == "cant_update_message"
    assert edited(only_bob) == "message_not_found"
    assert edited("1.000000") == "message_not_found"
    own = call(client, "chat.postMessage", channel="C0OPS", text="x")["ts"]
    assert edited(own, "x" * 4_001) == "msg_too_long"


def test_timestamps_rise_even_when_the_clock_stands_still(client: FlaskClient) -> None:
    sent = [call(client, "chat.postMessage", channel="C0OPS", text="x")["ts"] for _ in range(20)]

    assert sorted(set(sent)) == sent


def test_a_rate_limit_asked_for_is_a_429_with_retry_after_and_happens_once(web: WebClient, slack: Workspace) -> None:
    slack.fail_next("users.info", "ratelimited", retry_after=7)

    with pytest.raises(SlackApiError) as limited:
        web.users_info(user="U0ADA")

    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"
    assert web.users_info(user="U0ADA")["ok"] is True


@pytest.mark.parametrize(("failure", "status"), [("internal_error", 200), (503, 503)])
def test_other_failures_can_be_asked_for(
    client: FlaskClient, slack: Workspace, failure: str | int, status: int
) -> None:
    slack.fail_next("chat.postMessage", failure)

    answer = client.post("/api/chat.postMessage", json={"channel": "C0OPS", "text": "x"}, headers=BEARER)

    assert answer.status_code == status
    assert slack.messages("C0OPS") == []
