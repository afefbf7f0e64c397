"""The page's own endpoints: who sees what, and what the event stream says."""

import json
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from playground import app as page_app
from playground.app import create_app
from playground.slack import Workspace
from tests.house import wait_until
from tests.playground.conftest import App


def events(client: FlaskClient, user: str) -> Generator[dict[str, Any], None, None]:
    answer = client.get(f"/ui/events?user={user}", buffered=False)
    assert answer.mimetype == "text/event-stream"
    for line in answer.iter_encoded():
        yield json.loads(line.decode().removeprefix("data: "))


def test_the_stream_begins_with_everything_the_person_may_see(client: FlaskClient, slack: Workspace, bot: str) -> None:
    slack.board.post("C0OPS", bot, "for all", app_id="A")
    slack.board.post("C0OPS", bot, "for Ada", visible_to="U0ADA")

    ada, bob = next(events(client, "U0ADA")), next(events(client, "U0BOB"))

    assert [m["text"] for m in ada["messages"]] == ["for all", "for Ada"]
    assert [m["text"] for m in bob["messages"]] == ["for all"]
    assert ada["commands"][0]["usageHint"] == "list | whoami | help"
    standings = {person["id"]: person["standing"] for person in ada["people"]}
    assert standings == {
        "U0ADA": "admin",
        "U0BOB": "admin",
        "U0CAROL": "readonly",
        "U0DAVE": "not linked",
        "U0GUEST": "guest",
    }


def test_the_stream_goes_on_with_changes_and_never_tells_others_secrets(
    client: FlaskClient, slack: Workspace, bot: str
) -> None:
    bobs = events(client, "U0BOB")
    next(bobs)

    slack.board.post("C0OPS", bot, "for Ada", visible_to="U0ADA")
    posted = slack.board.post("C0OPS", bot, "for all")
    slack.board.change(posted, "edited", [])
    slack.board.remove(posted)

    assert [next(bobs) for _ in range(3)] == [
        {"type": "message", "message": posted.as_json()},
        {"type": "message", "message": {**posted.as_json(), "text": "edited"}},
        {"type": "remove", "channel": "C0OPS", "ts": posted.ts},
    ]


def test_a_closed_page_is_forgotten(client: FlaskClient, slack: Workspace) -> None:
    stream = events(client, "U0ADA")
    next(stream)
    stream.close()

    assert slack.board._subscriptions == []


def test_a_silent_stream_still_beats(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, slack: Workspace) -> None:
    monkeypatch.setattr(page_app, "HEARTBEAT_SECONDS", 0.01)
    answer = iter(client.get("/ui/events?user=U0ADA", buffered=False).iter_encoded())
    next(answer)

    assert next(answer) == b": still here\n\n"


def test_what_is_typed_in_the_composer_reaches_the_channel_or_the_app(
    client: FlaskClient, slack: Workspace, app: App
) -> None:
    said = {"user": "U0ADA", "channel": "C0OPS"}

    assert client.post("/ui/enter", json={**said, "text": "hello"}).status_code == 204
    assert [m.text for m in slack.messages("C0OPS")] == ["hello"]


@pytest.mark.parametrize(
    "said",
    [
        {"user": "U0NOBODY", "channel": "C0OPS", "text": "x"},
        {"user": "U0ADA", "channel": "C0NONE", "text": "x"},
        {"user": "U0ADA", "channel": "C0OPS", "text": 1},
        {"user": ["U0ADA"], "channel": {}, "text": "x"},
        ["x"],
    ],
)
def test_nonsense_is_refused(client: FlaskClient, slack: Workspace, said: Any) -> None:
    assert client.post("/ui/enter", json=said).status_code == 400
    assert slack.board.all() == []


def test_a_form_from_another_site_is_refused(client: FlaskClient, slack: Workspace) -> None:
    form = {"user": "U0ADA", "channel": "C0OPS", "text": "forged"}

    assert client.post("/ui/enter", data=form).status_code == 400
    assert client.post("/ui/enter", data=json.dumps(form), content_type="text/plain").status_code == 400
    assert slack.board.all() == []


def test_a_click_on_a_message_that_is_gone_is_said_so(client: FlaskClient) -> None:
    said = {"user": "U0ADA", "channel": "C0OPS", "ts": "1.0", "action": {"type": "button", "action_id": "x"}}

    assert client.post("/ui/click", json=said).status_code == 404


def test_a_failed_click_is_told_to_the_person_who_clicked(
    client: FlaskClient, slack: Workspace, app: App, bot: str
) -> None:
    app.answer = lambda: (500, {}, b"")
    message = slack.board.post("C0OPS", bot, "Reboot?")
    adas = events(client, "U0ADA")
    next(adas)

    action = {"type": "button", "action_id": "go", "block_id": "b"}
    said = {"user": "U0ADA", "channel": "C0OPS", "ts": message.ts, "action": action}
    assert client.post("/ui/click", json=said).status_code == 204

    failed = {"type": "click_failed", "channel": "C0OPS", "ts": message.ts, "error": "dispatch_failed"}
    assert next(adas) == failed


def test_what_was_read_is_remembered_for_each_person(client: FlaskClient, slack: Workspace, bot: str) -> None:
    ts = slack.board.post("C0ALERTS", bot, "alarm").ts

    client.post("/ui/read", json={"user": "U0ADA", "channel": "C0ALERTS", "ts": ts})

    def read(user: str) -> dict[str, str]:
        return {channel["id"]: channel["read"] for channel in next(events(client, user))["channels"]}

    assert read("U0ADA")["C0ALERTS"] == ts
    assert read("U0BOB")["C0ALERTS"] == ""


def test_the_page_runs_shortcuts_and_opens_the_home_tab(make_slack: Callable[..., Workspace], app: App) -> None:
    shortcut = {"name": "EC2 instances", "type": "global", "callback_id": "ec2_open", "description": "See them"}
    of_messages = {"name": "Other", "type": "message", "callback_id": "other"}
    slack = make_slack(shortcuts=[shortcut, of_messages], home_tab=True, bot_events=["app_home_opened"])
    client = create_app(slack).test_client()

    known = next(events(client, "U0ADA"))["app"]
    assert known["shortcuts"] == [{"id": "ec2_open", "name": "EC2 instances", "description": "See them"}]
    assert known["home"] is True
    assert client.post("/ui/shortcut", json={"user": "U0ADA", "shortcut": "ec2_open"}).status_code == 204
    assert client.post("/ui/shortcut", json={"user": "U0ADA", "shortcut": "other"}).status_code == 404
    assert client.post("/ui/home", json={"user": "U0ADA"}).status_code == 204
    wait_until(lambda: len(app.requests) == 2)


def test_a_shortcut_that_fails_is_told_to_the_person(make_slack: Callable[..., Workspace], app: App) -> None:
    slack = make_slack(shortcuts=[{"name": "x", "type": "global", "callback_id": "x"}])
    adas = events(create_app(slack).test_client(), "U0ADA")
    next(adas)
    app.answer = lambda: (500, {}, b"")
    slack.run_shortcut("U0ADA", "x")

    assert next(adas) == {"type": "shortcut_failed", "shortcut": "x", "error": "dispatch_failed", "reasons": []}


@pytest.mark.parametrize(
    ("door", "said"),
    [
        ("shortcut", {"user": "U0NOBODY", "shortcut": "x"}),
        ("shortcut", {"user": "U0ADA"}),
        ("act", {"user": "U0ADA", "view": "V1", "action": "x"}),
        ("submit", {"user": "U0ADA", "view": 7}),
        ("close", {"user": "U0ADA"}),
        ("home", ["U0ADA"]),
        ("options", {"user": "U0ADA", "action_id": "x"}),
    ],
)
def test_nonsense_is_refused_at_every_door(client: FlaskClient, app: App, door: str, said: Any) -> None:
    assert client.post(f"/ui/{door}", json=said).status_code == 400
    assert app.requests == []


def test_a_modal_that_is_gone_takes_no_submission(client: FlaskClient) -> None:
    assert client.post("/ui/submit", json={"user": "U0ADA", "view": "V1"}).status_code == 404
    assert client.post("/ui/close", json={"user": "U0ADA", "view": "V1"}).status_code == 204


@pytest.mark.parametrize("user", ["U0ADA", "U0EC2BOT", "USLACKBOT"])
def test_everybody_has_a_picture(client: FlaskClient, user: str) -> None:
    answer = client.get(f"/avatar/{user}.svg")

    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


def test_nobody_else_has(client: FlaskClient) -> None:
    assert client.get("/avatar/U0NOBODY.svg").status_code == 404
    assert client.get("/ui/events?user=U0NOBODY").status_code == 404


def get(client: FlaskClient, path: str) -> tuple[int, str, str]:
    with client.get(path) as answer:
        return answer.status_code, answer.get_data(as_text=True), answer.headers["Content-Security-Policy"]


def test_every_file_the_page_names_is_served(client: FlaskClient) -> None:
    wanted = set(re.findall(r'(?:href|src)="([^"]+)"', get(client, "/")[1]))
    for module in Path(page_app.PAGE).glob("*.js"):
        wanted |= {f"/page/{name}" for name in re.findall(r'from "\./([^"]+)"', module.read_text())}

    assert {path: get(client, path)[0] for path in wanted} == dict.fromkeys(wanted, 200)


def test_the_page_runs_no_foreign_script_and_takes_no_markup_from_data(client: FlaskClient) -> None:
    _, _, policy = get(client, "/")
    written = "".join(path.read_text() for path in Path(page_app.PAGE).rglob("*.*"))

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", written)
    assert not re.search(r"""(src|href)=["']https?:|@import|url\(""", written)
