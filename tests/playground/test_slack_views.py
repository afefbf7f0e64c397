"""Modals: opened with a trigger, updated with a hash, submitted by a person, and what the app may answer."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from playground.slack import Workspace
from tests.playground.conftest import App, Clock
from tests.playground.test_slack_api import call
from tests.playground.test_slack_page import events

View = dict[str, Any]


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def modal(title: str = "Fleet", *blocks: dict[str, Any], **more: Any) -> View:
    return {"type": "modal", "title": plain(title), "blocks": list(blocks) or [{"type": "divider"}], **more}


def ask(block_id: str = "why", **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "text"}
    return {"type": "input", "block_id": block_id, "label": plain("Why?"), "element": element, **more}


def question(**more: Any) -> View:
    return modal("Ask", ask(), submit=plain("Send"), **more)


def said(text: Any) -> dict[str, Any]:
    return {"why": {"text": {"type": "plain_text_input", "value": text}}}


def answering(app: App, **body: Any) -> None:
    app.answer = lambda: (200, {"Content-Type": "application/json"}, json.dumps(body).encode())


def titles(slack: Workspace, user: str = "U0ADA") -> list[str]:
    return [view.definition["title"]["text"] for view in slack.views.stack(user)]


def payload(app: App) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(app.form["payload"])
    return read


@pytest.fixture
def opened(slack: Workspace, client: FlaskClient) -> Callable[..., View]:
    def opened(view: View | None = None, method: str = "views.open", inside: str | None = None) -> View:
        trigger = slack.triggers.issue("U0ADA", inside)
        answer = call(client, method, trigger_id=trigger, view=view or question())
        assert answer["ok"], answer
        shown: View = answer["view"]
        return shown

    return opened


def test_a_shortcut_is_a_signed_payload_whose_trigger_opens_a_modal(
    make_slack: Callable[..., Workspace], app: App
) -> None:
    slack = make_slack(shortcuts=[{"name": "EC2 instances", "type": "global", "callback_id": "ec2_open"}])
    sending = slack.run_shortcut("U0BOB", "ec2_open")
    assert sending is not None
    sending.join()

    sent = payload(app)
    assert (sent["type"], sent["callback_id"], sent["team"]["id"]) == ("shortcut", "ec2_open", "T0PLAYGND")
    assert sent["user"]["id"] == "U0BOB"
    assert sent["is_enterprise_install"] is False
    assert "channel" not in sent
    assert "response_url" not in sent
    assert float(sent["action_ts"])
    assert slack.run_shortcut("U0BOB", "other") is None


def test_slacks_own_client_opens_updates_and_pushes(web: WebClient, slack: Workspace) -> None:
    view = web.views_open(trigger_id=slack.triggers.issue("U0ADA"), view=modal("Loading", private_metadata="m"))["view"]
    changed = web.views_update(view_id=view["id"], hash=view["hash"], view=modal("Ready"))["view"]
    inside = slack.triggers.issue("U0ADA", view["id"])
    pushed = web.views_push(trigger_id=inside, view=modal("Detail", external_id="detail"))["view"]
    web.views_update(external_id="detail", view=modal("More"))

    assert titles(slack) == ["Ready", "More"]
    assert changed["id"] == view["id"] == view["root_view_id"] == pushed["root_view_id"] == pushed["previous_view_id"]
    assert changed["hash"] != view["hash"]
    assert (view["private_metadata"], view["app_installed_team_id"]) == ("m", "T0PLAYGND")
    assert view["blocks"][0]["block_id"]


def test_a_trigger_opens_one_view_and_within_three_seconds(client: FlaskClient, slack: Workspace, clock: Clock) -> None:
    first, second = slack.triggers.issue("U0ADA"), slack.triggers.issue("U0ADA")

    def error(trigger: str) -> str:
        return str(call(client, "views.open", trigger_id=trigger, view=modal()).get("error"))

    clock.now += 2.9
    assert error(first) == "None"
    assert error(first) == "exchanged_trigger_id"
    clock.now += 0.1
    assert error(second) == "expired_trigger_id"
    assert error("1.2.3") == "invalid_trigger_id"
    assert error("") == "invalid_arguments"


def test_the_trigger_of_a_command_and_of_a_click_opens_a_view(
    client: FlaskClient, slack: Workspace, app: App, bot: str
) -> None:
    slack.run_command("U0ADA", "C0OPS", "list").join()
    assert call(client, "views.open", trigger_id=app.form["trigger_id"], view=modal("One"))["ok"]
    message = slack.board.post("C0OPS", bot, "x")
    sending = slack.click("U0BOB", "C0OPS", message.ts, {"type": "button", "action_id": "a"})
    assert sending is not None
    sending.join()
    assert call(client, "views.open", trigger_id=payload(app)["trigger_id"], view=modal("Two"))["ok"]

    assert (titles(slack), titles(slack, "U0BOB")) == (["One"], ["Two"])


def test_an_outdated_hash_is_a_conflict_and_a_closed_view_is_not_found(
    client: FlaskClient, slack: Workspace, opened: Callable[..., View]
) -> None:
    view = opened()
    assert call(client, "views.update", view_id=view["id"], view=modal("New"))["ok"]
    late = call(client, "views.update", view_id=view["id"], hash=view["hash"], view=modal("Late"))
    slack.close_view("U0ADA", view["id"])
    gone = call(client, "views.update", view_id=view["id"], view=modal("Gone"))

    assert (late["error"], gone["error"]) == ("hash_conflict", "not_found")
    assert titles(slack) == []


def test_three_modals_stack_and_a_fourth_is_refused(
    client: FlaskClient, slack: Workspace, opened: Callable[..., View]
) -> None:
    root = opened(modal("1"))
    for number in "23":
        opened(modal(number), "views.push", root["id"])
    fourth = call(client, "views.push", trigger_id=slack.triggers.issue("U0ADA", root["id"]), view=modal("4"))
    outside = call(client, "views.push", trigger_id=slack.triggers.issue("U0ADA"), view=modal("4"))

    assert (fourth["error"], outside["error"]) == ("push_limit_reached", "invalid_trigger_id")
    assert titles(slack) == ["1", "2", "3"]


def test_an_external_id_is_given_once(client: FlaskClient, slack: Workspace, opened: Callable[..., View]) -> None:
    opened(modal(external_id="fleet"))
    again = call(client, "views.open", trigger_id=slack.triggers.issue("U0BOB"), view=modal(external_id="fleet"))

    assert again["error"] == "duplicate_external_id"


def test_a_view_outside_the_limits_is_explained(web: WebClient, slack: Workspace) -> None:
    with pytest.raises(SlackApiError) as refused:
        web.views_open(trigger_id=slack.triggers.issue("U0ADA"), view=modal("x" * 25))

    assert refused.value.response["error"] == "invalid_arguments"
    assert refused.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]


def test_a_home_view_is_no_modal_and_a_form_may_carry_the_view_as_json(client: FlaskClient, slack: Workspace) -> None:
    home = {"type": "home", "blocks": []}
    refused = call(client, "views.open", trigger_id=slack.triggers.issue("U0ADA"), view=home)
    taken = call(client, "views.open", trigger_id=slack.triggers.issue("U0ADA"), view=json.dumps(modal()))

    assert (refused["error"], taken["ok"]) == ("invalid_arguments", True)


def test_a_submission_carries_the_state_and_closes_the_modal(
    slack: Workspace, app: App, opened: Callable[..., View]
) -> None:
    optional = {
        **ask("more", optional=True),
        "element": {"type": "static_select", "action_id": "s", "options": OPTIONS},
    }
    date = {"type": "datepicker", "action_id": "d", "initial_date": "2027-01-15"}
    form = modal("Ask", ask(), optional, ask("when", element=date), submit=plain("Go"), callback_id="c")
    view = opened({**form, "private_metadata": "m"})
    sending = slack.submit("U0ADA", view["id"], {**said("slow"), "forged": {"x": {"type": "y"}}})
    assert sending is not None
    sending.join()

    sent = payload(app)
    assert sent["type"] == "view_submission"
    shown = sent["view"]
    assert shown["state"]["values"] == {
        "why": {"text": {"type": "plain_text_input", "value": "slow"}},
        "more": {"s": {"type": "static_select", "selected_option": None}},
        "when": {"d": {"type": "datepicker", "selected_date": "2027-01-15"}},
    }
    assert (shown["hash"], shown["root_view_id"]) == (view["hash"], view["id"])
    assert (shown["callback_id"], shown["private_metadata"]) == ("c", "m")
    assert shown["app_installed_team_id"] == sent["team"]["id"] == "T0PLAYGND"
    assert sent["user"]["team_id"] == "T0PLAYGND"
    assert titles(slack) == []


OPTIONS = [{"text": plain("One"), "value": "1"}]


@pytest.mark.parametrize("nonsense", [7, "x", [], {"why": 7}, {"why": {"text": 7}}, said(""), said([])])
def test_values_of_nonsense_count_as_nothing_typed(
    client: FlaskClient, opened: Callable[..., View], nonsense: Any
) -> None:
    view = opened()
    page = events(client, "U0ADA")
    next(page)

    assert client.post("/ui/submit", json={"user": "U0ADA", "view": view["id"], "values": nonsense}).status_code == 204
    assert list(next(page)["errors"]) == ["why"]


def test_a_required_field_left_empty_never_reaches_the_app(
    client: FlaskClient, slack: Workspace, app: App, opened: Callable[..., View]
) -> None:
    view = opened()
    page = events(client, "U0ADA")
    next(page)

    assert slack.submit("U0ADA", view["id"], said("")) is None

    told = {"why": "Please complete this required field."}
    assert next(page) == {"type": "view_errors", "view": view["id"], "errors": told}
    assert app.requests == []


def submitted(slack: Workspace, view: View, text: str = "x") -> None:
    sending = slack.submit("U0ADA", view["id"], said(text))
    assert sending is not None
    sending.join()


def test_the_apps_answer_can_show_errors_and_keep_the_modal(
    client: FlaskClient, slack: Workspace, app: App, opened: Callable[..., View]
) -> None:
    view = opened()
    answering(app, response_action="errors", errors={"why": "Too short"})
    page = events(client, "U0ADA")
    next(page)

    submitted(slack, view)

    assert next(page) == {"type": "view_errors", "view": view["id"], "errors": {"why": "Too short"}}
    assert titles(slack) == ["Ask"]


def test_the_apps_answer_can_update_push_and_clear(slack: Workspace, app: App, opened: Callable[..., View]) -> None:
    view = opened()
    answering(app, response_action="push", view=question(callback_id="second"))
    submitted(slack, view)
    assert titles(slack) == ["Ask", "Ask"]
    second = slack.views.as_json(slack.views.stack("U0ADA")[1])

    answering(app, response_action="update", view=modal("Done"))
    submitted(slack, second)
    assert titles(slack) == ["Ask", "Done"]

    answering(app, response_action="clear")
    submitted(slack, view)
    assert titles(slack) == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"response_action": "update", "view": {"type": "home", "blocks": []}}, "invalid_arguments"),
        ({"response_action": "dance"}, "invalid_response_action"),
        ({"response_action": "errors"}, "invalid_response_action"),
    ],
)
def test_a_wrong_answer_is_told_and_leaves_the_modal_open(
    client: FlaskClient, slack: Workspace, app: App, opened: Callable[..., View], body: View, error: str
) -> None:
    view = opened()
    answering(app, **body)
    page = events(client, "U0ADA")
    next(page)

    submitted(slack, view)

    failed = next(page)
    assert (failed["type"], failed["view"], failed["error"]) == ("view_failed", view["id"], error)
    assert titles(slack) == ["Ask"]


def test_an_answer_that_comes_too_late_leaves_the_modal_open(
    client: FlaskClient, slack: Workspace, app: App, opened: Callable[..., View]
) -> None:
    view, late = opened(), threading.Event()

    def answer() -> tuple[int, dict[str, str], bytes]:
        late.wait(5)
        return 200, {}, b""

    app.answer = answer
    page = events(client, "U0ADA")
    next(page)
    submitted(slack, view)
    late.set()

    assert next(page)["error"] == "operation_timeout"
    assert titles(slack) == ["Ask"]


def test_closing_is_told_only_to_an_app_that_asked_for_it(
    slack: Workspace, app: App, opened: Callable[..., View]
) -> None:
    root = opened(modal("1", notify_on_close=True, private_metadata="m"))
    top = opened(modal("2"), "views.push", root["id"])
    assert slack.close_view("U0ADA", top["id"]) == []
    for sending in slack.close_view("U0ADA", root["id"]):
        sending.join()

    sent = payload(app)
    assert len(app.requests) == 1
    assert (sent["type"], sent["is_cleared"], sent["view"]["private_metadata"]) == ("view_closed", False, "m")
    assert sent["view"]["state"] == {"values": {}}
    assert "trigger_id" not in sent


def test_clearing_the_stack_closes_every_modal(slack: Workspace, app: App, opened: Callable[..., View]) -> None:
    root = opened(modal("1", notify_on_close=True))
    top = opened(modal("2", clear_on_close=True), "views.push", root["id"])
    for sending in slack.close_view("U0ADA", top["id"]):
        sending.join()

    assert payload(app)["is_cleared"] is True
    assert titles(slack) == []


def test_a_click_in_a_modal_carries_the_view_and_its_state(
    client: FlaskClient, app: App, opened: Callable[..., View]
) -> None:
    row = {
        "type": "actions",
        "block_id": "row",
        "elements": [{"type": "button", "text": plain("Go"), "action_id": "go"}],
    }
    view = opened(modal("Ask", ask(), row, submit=plain("Go")))
    action = {"type": "button", "block_id": "row", "action_id": "go"}
    body = {"user": "U0ADA", "view": view["id"], "action": action, "values": said("so far")}
    assert client.post("/ui/act", json=body).status_code == 204
    for thread in threading.enumerate():
        if thread.name == "slack-person":
            thread.join()

    sent = payload(app)
    assert (sent["type"], sent["container"]) == ("block_actions", {"type": "view", "view_id": view["id"]})
    assert sent["view"]["state"]["values"] == said("so far")
    assert sent["actions"][0]["action_id"] == "go"
    assert "response_url" not in sent
    pushed = call(client, "views.push", trigger_id=sent["trigger_id"], view=modal("Next"))
    assert pushed["view"]["previous_view_id"] == view["id"]


def test_nobody_acts_in_somebody_elses_modal(
    client: FlaskClient, slack: Workspace, app: App, opened: Callable[..., View]
) -> None:
    view = opened()

    assert slack.submit("U0BOB", view["id"], said("x")) is None
    assert slack.act("U0BOB", view["id"], {"type": "button"}) is None
    assert slack.close_view("U0BOB", view["id"]) == []
    assert client.post("/ui/act", json={"user": "U0BOB", "view": view["id"], "action": {}}).status_code == 404
    assert (app.requests, titles(slack)) == ([], ["Ask"])


def test_the_page_is_told_of_the_stack_whenever_it_changes(
    client: FlaskClient, slack: Workspace, opened: Callable[..., View]
) -> None:
    page, bobs = events(client, "U0ADA"), events(client, "U0BOB")
    assert next(page)["modals"] == []
    next(bobs)
    view = opened(modal("Loading"))
    call(client, "views.update", view_id=view["id"], view=modal("Ready"))
    slack.close_view("U0ADA", view["id"])
    slack.board.post("C0OPS", "U0BOB", "later")

    stacks = [next(page) for _ in range(3)]
    assert [event["type"] for event in stacks] == ["modals"] * 3
    assert [[v["title"]["text"] for v in event["stack"]] for event in stacks] == [["Loading"], ["Ready"], []]
    assert next(bobs)["type"] == "message"
