"""Files: three steps to upload one, and the time Slack takes before it can be used."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.app import create_app
from playground.slack import Workspace
from tests.playground.conftest import SCOPES
from tests.playground.test_slack_api import call

PNG = bytes.fromhex("89504e470d0a1a0a") + b"not much of a picture"


@pytest.fixture
def slack(make_slack: Callable[..., Workspace]) -> Workspace:
    return make_slack(scopes=[*SCOPES, "files:read", "files:write"], file_delay=60)


def picture(file_id: str) -> list[dict[str, Any]]:
    return [{"type": "image", "slack_file": {"id": file_id}, "alt_text": "CPU of web-1"}]


def uploaded(client: FlaskClient, name: str = "cpu.png", **complete: Any) -> str:
    begun = call(client, "files.getUploadURLExternal", filename=name, length=len(PNG), alt_txt="CPU of web-1")
    assert client.post(begun["upload_url"], data=PNG).status_code == 200
    done = call(client, "files.completeUploadExternal", files=[{"id": begun["file_id"], "title": "CPU"}], **complete)
    assert done["files"] == [{"id": begun["file_id"], "title": "CPU"}]
    return str(begun["file_id"])


def test_slacks_own_client_uploads_and_the_message_comes_when_the_file_is_ready(
    web: WebClient, slack: Workspace
) -> None:
    answer = web.files_upload_v2(
        content=PNG, filename="cpu.png", channel="C0OPS", initial_comment="Here", alt_txt="CPU"
    )

    assert slack.messages("C0OPS") == []
    before = web.files_info(file=answer["file"]["id"])["file"]
    assert (before["mimetype"], before["shares"]) == ("", {})
    slack.files.finish()
    after = web.files_info(file=answer["file"]["id"])["file"]
    [message] = slack.messages("C0OPS")
    assert after["mimetype"] == "image/png"
    assert after["shares"]["public"]["C0OPS"][0]["ts"] == message.ts
    assert (message.text, message.files[0]["alt_txt"]) == ("Here", "CPU")


def test_a_picture_is_refused_in_blocks_until_slack_has_looked_at_it(client: FlaskClient, slack: Workspace) -> None:
    file_id = uploaded(client)

    early = call(client, "chat.postMessage", channel="C0OPS", text="x", blocks=picture(file_id))
    slack.files.finish()
    later = call(client, "chat.postMessage", channel="C0OPS", text="x", blocks=picture(file_id))

    assert (early["error"], early["errors"]) == (
        "invalid_blocks",
        ["invalid slack file [json-pointer:/blocks/0/slack_file]"],
    )
    assert later["ok"] is True


def test_a_file_that_is_no_picture_stays_out_of_blocks_and_is_not_shown_inline(
    client: FlaskClient, slack: Workspace
) -> None:
    file_id = uploaded(client, "page.html")
    slack.files.finish()
    info = call(client, "files.info", file=file_id)["file"]
    answer = client.get(info["url_private"])

    assert call(client, "chat.postMessage", channel="C0OPS", blocks=picture(file_id))["error"] == "invalid_blocks"
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == ("application/octet-stream", "attachment")
    assert client.get(info["url_private"][:-1]).status_code == 404


def test_a_ready_picture_is_served_and_a_message_can_be_given_it(client: FlaskClient, slack: Workspace) -> None:
    slack.files.delay = 0
    file_id = uploaded(client)
    info = call(client, "files.info", file=file_id)["file"]
    ts = call(client, "chat.postMessage", channel="C0OPS", text="x")["ts"]

    assert client.get(info["url_private"]).data == PNG
    assert call(client, "chat.update", channel="C0OPS", ts=ts, text="y", file_ids=[file_id])["ok"]
    assert slack.messages("C0OPS")[0].files[0]["id"] == file_id


@pytest.mark.parametrize(
    ("channel", "error"), [("#ops", "invalid_arguments"), ("U0ADA", "invalid_arguments"), ("C0QUIET", "not_in_channel")]
)
def test_only_a_channel_of_the_bots_takes_a_file(client: FlaskClient, channel: str, error: str) -> None:
    refused = call(client, "files.completeUploadExternal", files=[{"id": "F1"}], channel_id=channel)

    assert refused["error"] == error


def test_an_upload_that_never_came_or_came_short_cannot_be_completed(client: FlaskClient) -> None:
    begun = call(client, "files.getUploadURLExternal", filename="cpu.png", length=99)

    assert client.post(begun["upload_url"], data=PNG).status_code == 400
    refused = call(client, "files.completeUploadExternal", files=json.dumps([{"id": begun["file_id"]}]))
    assert refused["error"] == "file_not_found"


def test_every_step_wants_its_scope(make_slack: Callable[..., Workspace]) -> None:
    client = create_app(make_slack()).test_client()
    wanted = {"files.getUploadURLExternal": "files:write", "files.completeUploadExternal": "files:write"}

    for method, scope in {**wanted, "files.info": "files:read", "conversations.replies": "channels:history"}.items():
        assert call(client, method)["needed"] == scope


def test_a_message_can_be_deleted_by_the_app_that_wrote_it(web: WebClient, slack: Workspace) -> None:
    theirs = slack.board.post("C0OPS", "U0ADA", "mine")
    own = web.chat_postMessage(channel="C0OPS", text="x")["ts"]
    web.chat_delete(channel="C0OPS", ts=own)

    assert slack.messages("C0OPS") == [theirs]
    with pytest.raises(SlackApiError, match="cant_delete_message"):
        web.chat_delete(channel="C0OPS", ts=theirs.ts)
