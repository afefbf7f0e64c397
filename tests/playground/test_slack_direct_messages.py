"""What the app writes to one person alone: opening the conversation, posting, and who sees it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.app import create_app
from playground.slack import Workspace
from tests.playground.conftest import TOKEN
from tests.playground.test_slack_page import events

SCOPES = ("chat:write", "im:write")


@pytest.fixture
def slack(make_slack: Callable[..., Workspace]) -> Workspace:
    return make_slack(scopes=SCOPES)


def error(web: WebClient, **arguments: str) -> str:
    with pytest.raises(SlackApiError) as refused:
        web.conversations_open(**arguments)
    return str(refused.value.response["error"])


def test_the_app_writes_to_one_person_and_nobody_else_sees_it(
    web: WebClient, slack: Workspace, client: FlaskClient
) -> None:
    opened = web.conversations_open(users="U0DAVE")
    channel = opened["channel"]["id"]
    assert channel == "D0DAVE"
    web.chat_postMessage(channel=channel, text="Welcome, Dave")

    dave, ada = next(events(client, "U0DAVE")), next(events(client, "U0ADA"))
    assert [message["text"] for message in dave["messages"]] == ["Welcome, Dave"]
    shown = next(entry for entry in dave["channels"] if entry["id"] == channel)
    assert (shown["direct"], shown["name"], shown["read"]) == (True, "EC2 Ops", "")
    assert ada["messages"] == []
    assert channel not in {entry["id"] for entry in ada["channels"]}


def test_an_open_page_hears_of_the_conversation_and_of_its_messages(web: WebClient, client: FlaskClient) -> None:
    daves, adas = events(client, "U0DAVE"), events(client, "U0ADA")
    next(daves)
    next(adas)
    web.chat_postMessage(channel=web.conversations_open(users="U0DAVE")["channel"]["id"], text="for Dave")
    web.chat_postMessage(channel="C0OPS", text="for all")
    assert [next(daves)["type"] for _ in range(3)] == ["channel", "message", "message"]
    assert next(adas)["message"]["text"] == "for all"


def test_opening_again_gives_the_same_conversation(web: WebClient) -> None:
    first = web.conversations_open(users="U0DAVE")
    again = web.conversations_open(users="U0DAVE")
    assert "already_open" not in first.data
    assert again["already_open"] is True
    assert web.conversations_open(channel="D0DAVE")["channel"] == again["channel"] == first["channel"]


def test_a_persons_id_is_their_direct_message(web: WebClient, slack: Workspace) -> None:
    assert web.chat_postMessage(channel="U0BOB", text="hello")["channel"] == "D0BOB"
    assert [message.text for message in slack.messages("D0BOB")] == ["hello"]


def test_the_app_edits_what_it_wrote(web: WebClient, slack: Workspace) -> None:
    sent = web.chat_postMessage(channel="U0BOB", text="one")
    web.chat_update(channel=sent["channel"], ts=sent["ts"], text="two")
    assert [message.text for message in slack.messages("D0BOB")] == ["two"]


def test_what_slack_refuses_to_open_is_refused(web: WebClient, slack: Workspace) -> None:
    slack.set_user("U0CAROL", deleted=True)
    assert error(web, users="U0NOBODY") == "user_not_found"
    assert error(web, users="") == "users_list_not_supplied"
    assert error(web, users="U0ADA,U0BOB") == "missing_scope"
    assert error(web, users="U0CAROL") == "user_disabled"
    assert error(web, users="U0EC2BOT") == "cannot_dm_bot"
    assert error(web, channel="C0OPS") == "channel_not_found"


def test_without_the_scope_nothing_is_opened(make_slack: Callable[..., Workspace]) -> None:
    client = create_app(make_slack(scopes=["chat:write"])).test_client()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = client.post("/api/conversations.open", data={"users": "U0DAVE"}, headers=headers).json
    assert answer == {"ok": False, "error": "missing_scope", "needed": "im:write", "provided": "chat:write"}


def test_nobody_reads_or_writes_in_anothers_conversation(web: WebClient, client: FlaskClient) -> None:
    sent = web.chat_postMessage(channel="U0DAVE", text="for Dave")
    said = {"user": "U0ADA", "channel": "D0DAVE"}
    assert client.post("/ui/enter", json={**said, "text": "hello"}).status_code == 400
    action = {"type": "button", "action_id": "x"}
    assert client.post("/ui/click", json={**said, "ts": sent["ts"], "action": action}).status_code == 400
    assert client.post("/ui/enter", json={**said, "user": "U0DAVE", "text": "hello"}).status_code == 204


def test_a_direct_message_has_no_name_to_post_to(web: WebClient) -> None:
    web.conversations_open(users="U0DAVE")
    with pytest.raises(SlackApiError, match="channel_not_found"):
        web.chat_postMessage(channel="#directmessage", text="x")


def test_a_command_typed_there_says_where_it_was_typed(web: WebClient, client: FlaskClient, slack: Workspace) -> None:
    web.conversations_open(users="U0DAVE")
    body = slack.command_body("U0DAVE", "D0DAVE", "whoami").decode()
    assert "channel_id=D0DAVE&channel_name=directmessage" in body
