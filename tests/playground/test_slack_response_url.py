"""The response_url: five uses in half an hour, and what each use may do."""

from typing import Any
from urllib.parse import urlparse

import pytest
from flask.testing import FlaskClient
from slack_sdk.webhook import WebhookClient
from werkzeug.test import TestResponse

from playground.people import APP_ID
from playground.slack import Workspace
from tests.playground.conftest import App, Clock


@pytest.fixture
def address(slack: Workspace, app: App) -> str:
    slack.run_command("U0ADA", "C0OPS", "list").join()
    return urlparse(app.form["response_url"]).path


def respond(client: FlaskClient, address: str, **payload: Any) -> TestResponse:
    return client.post(address, json=payload)


def test_an_answer_is_ephemeral_unless_it_says_otherwise(client: FlaskClient, slack: Workspace, address: str) -> None:
    answer = respond(client, address, text="Only you")
    respond(client, address, text="Everybody", response_type="in_channel")

    assert (answer.status_code, answer.text) == (200, "ok")
    assert [m.text for m in slack.ephemerals("U0ADA")] == ["Only you"]
    assert [m.text for m in slack.messages("C0OPS")] == ["Everybody"]


def test_the_sixth_use_is_refused(client: FlaskClient, slack: Workspace, address: str) -> None:
    used = [respond(client, address, text=str(number)).status_code for number in range(5)]
    sixth = respond(client, address, text="6")

    assert used == [200] * 5
    assert (sixth.status_code, sixth.json) == (404, {"ok": False, "error": "used_url"})
    assert len(slack.ephemerals("U0ADA")) == 5


def test_after_half_an_hour_it_is_expired(client: FlaskClient, slack: Workspace, clock: Clock, address: str) -> None:
    clock.now += 30 * 60 - 1
    assert respond(client, address, text="just in time").status_code == 200
    clock.now += 1
    late = respond(client, address, text="too late")

    assert (late.status_code, late.json) == (404, {"ok": False, "error": "expired_url"})
    assert len(slack.ephemerals("U0ADA")) == 1


def test_an_invented_address_is_refused(client: FlaskClient) -> None:
    assert respond(client, "/response/T0PLAYGND/1/guess", text="hi").status_code == 404


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"text": "  "}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "chart"}]}, "invalid_blocks"),
        ({"delete_original": True}, "message_not_found"),
    ],
)
def test_what_slack_refuses_is_refused(
    client: FlaskClient, slack: Workspace, address: str, payload: dict[str, Any], error: str
) -> None:
    answer = respond(client, address, **payload)

    assert (answer.status_code, answer.get_json()["error"]) == (400, error)
    assert slack.ephemerals("U0ADA") == []


def test_a_body_that_is_not_json_is_refused(client: FlaskClient, address: str) -> None:
    assert client.post(address, data=b"text=hi").json == {"ok": False, "error": "invalid_payload"}


def test_a_commands_answer_cannot_replace_anything(client: FlaskClient, slack: Workspace, address: str) -> None:
    respond(client, address, text="one")
    respond(client, address, text="two", replace_original=True)

    assert [m.text for m in slack.ephemerals("U0ADA")] == ["one", "two"]


@pytest.fixture
def clicked(slack: Workspace) -> str:
    """A response_url that belongs to an ephemeral message for Ada."""
    message = slack.board.post("C0OPS", "U0EC2BOT", "Reboot?", visible_to="U0ADA", app_id=APP_ID)
    return "/response/" + slack.response_urls.issue("U0ADA", "C0OPS", message.ts)


def test_a_clicks_answer_edits_its_message_in_place(client: FlaskClient, slack: Workspace, clicked: str) -> None:
    respond(client, clicked, text="Rebooting", replace_original=True, response_type="in_channel")

    assert [m.text for m in slack.ephemerals("U0ADA")] == ["Rebooting"]
    assert slack.messages("C0OPS") == []


def test_a_clicks_answer_can_leave_its_message_alone(client: FlaskClient, slack: Workspace, clicked: str) -> None:
    respond(client, clicked, text="Started", replace_original=False)

    assert [m.text for m in slack.ephemerals("U0ADA")] == ["Reboot?", "Started"]


def test_a_clicks_answer_can_delete_its_message(client: FlaskClient, slack: Workspace, clicked: str) -> None:
    respond(client, clicked, delete_original=True)

    assert slack.ephemerals("U0ADA") == []


def test_a_failure_asked_for_happens_once_and_costs_no_use(client: FlaskClient, slack: Workspace, address: str) -> None:
    slack.fail_next("response_url", 500)
    slack.fail_next("response_url", "expired_url")

    statuses = [respond(client, address, text="again").status_code for _ in range(8)]

    assert statuses == [500, 404, *[200] * 5, 404]


def test_slacks_own_webhook_client_can_use_it(server: str, slack: Workspace, app: App) -> None:
    slack.run_command("U0CAROL", "C0OPS", "list").join()

    answer = WebhookClient(app.form["response_url"]).send(text="Hello", response_type="ephemeral")

    assert (answer.status_code, answer.body) == (200, "ok")
    assert slack.ephemerals("U0CAROL")[0].text == "Hello"
