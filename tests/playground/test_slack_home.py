"""The home tab, the event that announces a reader, and menus whose options come from the app."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from playground.app import create_app
from playground.people import APP_ID
from playground.slack import Workspace
from tests.playground.conftest import App
from tests.playground.test_slack_api import call
from tests.playground.test_slack_commands import is_signed
from tests.playground.test_slack_views import answering, modal, plain

HOME = {"type": "home", "blocks": [{"type": "header", "text": plain("Your fleet")}]}


@pytest.fixture
def slack(make_slack: Callable[..., Workspace]) -> Workspace:
    return make_slack(home_tab=True, bot_events=["app_home_opened"])


def test_opening_the_home_tab_is_a_signed_event(slack: Workspace, app: App) -> None:
    sending = slack.open_home("U0ADA")
    assert sending is not None
    sending.join()

    _, path, headers, body = app.requests[0]
    sent = json.loads(body)
    assert (path, headers["Content-Type"]) == ("/slack/events", "application/json")
    assert is_signed(headers, body)
    assert (sent["type"], sent["api_app_id"], sent["team_id"]) == ("event_callback", APP_ID, "T0PLAYGND")
    assert sent["event_id"].startswith("Ev")
    assert (sent["event"]["type"], sent["event"]["tab"], sent["event"]["user"]) == ("app_home_opened", "home", "U0ADA")
    assert "view" not in sent["event"]


@pytest.mark.parametrize("missing", [{"home_tab": False}, {"bot_events": ()}])
def test_without_a_subscription_nothing_is_sent(
    make_slack: Callable[..., Workspace], app: App, missing: dict[str, Any]
) -> None:
    slack = make_slack(**{"home_tab": True, "bot_events": ["app_home_opened"], **missing})

    assert slack.open_home("U0ADA") is None
    assert app.requests == []


def test_a_published_home_belongs_to_one_person_and_knows_its_hash(
    client: FlaskClient, slack: Workspace, app: App
) -> None:
    first = call(client, "views.publish", user_id="U0ADA", view=HOME)["view"]
    second = call(client, "views.publish", user_id="U0ADA", hash=first["hash"], view=HOME)["view"]
    stale = call(client, "views.publish", user_id="U0ADA", hash=first["hash"], view=HOME)

    assert (first["type"], first["id"]) == ("home", second["id"])
    assert stale["error"] == "hash_conflict"
    assert slack.views.home("U0BOB") is None
    sending = slack.act("U0ADA", first["id"], {"type": "button", "action_id": "x"})
    assert sending is not None
    sending.join()
    assert json.loads(app.form["payload"])["view"]["type"] == "home"


def test_publishing_is_refused_without_a_home_tab_and_for_nobody(
    make_slack: Callable[..., Workspace], client: FlaskClient
) -> None:
    without = create_app(make_slack(home_tab=False)).test_client()

    assert call(without, "views.publish", user_id="U0ADA", view=HOME)["error"] == "not_enabled"
    assert call(client, "views.publish", user_id="U0NOBODY", view=HOME)["error"] == "invalid_arguments"
    assert call(client, "views.publish", user_id="U0ADA", view=modal())["error"] == "invalid_arguments"


def asked(client: FlaskClient, **more: Any) -> Any:
    said = {"user": "U0ADA", "action_id": "pick", "block_id": "b", "value": "web", **more}
    return client.post("/ui/options", json=said)


def test_an_external_menu_of_a_message_is_filled_by_the_app(
    client: FlaskClient, slack: Workspace, app: App, bot: str
) -> None:
    message = slack.board.post("C0OPS", bot, "Which one?", app_id=APP_ID)
    options = [{"text": plain("web-1"), "value": "i-1"}]
    answering(app, options=options)

    answer = asked(client, channel="C0OPS", ts=message.ts)

    assert (answer.status_code, answer.json) == (200, {"options": options})
    sent = json.loads(app.form["payload"])
    assert (sent["type"], sent["action_id"], sent["block_id"]) == ("block_suggestion", "pick", "b")
    assert sent["value"] == "web"
    assert sent["container"]["message_ts"] == message.ts
    assert sent["channel"]["id"] == "C0OPS"
    assert "trigger_id" not in sent


def test_an_external_menu_of_a_modal_knows_its_view(client: FlaskClient, slack: Workspace, app: App) -> None:
    view = call(client, "views.open", trigger_id=slack.triggers.issue("U0ADA"), view=modal())["view"]
    answering(app, option_groups=[])

    assert asked(client, view=view["id"]).json == {"option_groups": []}
    assert json.loads(app.form["payload"])["view"]["id"] == view["id"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_options"),
        ({"options": [{"text": plain("x"), "value": "1"}] * 101}, "invalid_options"),
        ({"options": [{"text": "x"}]}, "invalid_options"),
    ],
)
def test_options_outside_the_limits_are_refused(
    client: FlaskClient, slack: Workspace, app: App, bot: str, body: dict[str, Any], error: str
) -> None:
    message = slack.board.post("C0OPS", bot, "x")
    answering(app, **body)
    answer = asked(client, channel="C0OPS", ts=message.ts)

    assert (answer.status_code, answer.json) == (502, {"error": error})


def test_nobody_asks_about_a_message_they_cannot_see(client: FlaskClient, slack: Workspace, app: App, bot: str) -> None:
    message = slack.board.post("C0OPS", bot, "x", visible_to="U0BOB")

    assert asked(client, channel="C0OPS", ts=message.ts).json == {"error": "message_not_found"}
    assert app.requests == []
