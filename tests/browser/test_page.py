"""The page itself, with an app of the test's own behind it: what Slack's client does without asking the app."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Blueprint, Flask, jsonify
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient
from werkzeug.serving import make_server

from playground.app import create_app
from playground.people import APP_ID, CHANNELS, PEOPLE, TEAM_ID
from playground.slack import Workspace

pytestmark = pytest.mark.browser

Block = dict[str, Any]
TOKEN = "xoxb-page"


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def option(name: str) -> Block:
    return {"text": plain(name), "value": name}


def button(action_id: str, **more: Any) -> Block:
    return {"type": "button", "action_id": action_id, "text": plain(action_id), **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "block_id": "row", "elements": list(elements)}


def nothing_happens() -> Blueprint:
    """The page asks at once what can be made to happen; a workspace by itself has nothing."""
    doors = Blueprint("happenings", __name__)
    doors.add_url_rule("/ui/happenings", view_func=lambda: jsonify([]), endpoint="happenings")
    return doors


class Desk:
    """A workspace, its app and the app's client; `answers` says what the app does with a payload."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server("127.0.0.1", 0, Flask(__name__), threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.payloads: list[Block] = []
        self.answers: Callable[[Block], Block | None] = lambda payload: None
        shortcut = {"type": "global", "callback_id": "open", "name": "Open the form"}
        manifest = {"scopes": ["chat:write"], "shortcuts": [shortcut], "home_tab": True, "bot_events": ()}
        self.slack = Workspace(
            TEAM_ID, APP_ID, PEOPLE, CHANNELS, TOKEN, "secret", base_url=self.url, deliver=self._deliver, **manifest
        )
        self._server.app = create_app(self.slack, [nothing_happens()])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.web = WebClient(token=TOKEN, base_url=f"{self.url}/api/", retry_handlers=[])

    def _deliver(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        payload = json.loads(parse_qs(body.decode())["payload"][0])
        self.payloads.append(payload)
        said = self.answers(payload)
        return 200, {"Content-Type": "application/json"}, json.dumps(said).encode() if said else b""

    def post(self, *blocks: Block, **more: Any) -> str:
        return str(self.web.chat_postMessage(channel="C0OPS", text="x", blocks=list(blocks), **more)["ts"])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    started = Desk()
    yield started
    started.close()


@pytest.fixture
def shown(browser: Browser, desk: Desk) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(5_000)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{desk.url}/#U0ADA/C0OPS")
    opened.wait_for_selector("[data-testid=app][data-ready=true]")
    yield opened
    opened.close()
    assert complaints == []


def test_a_data_table_is_sorted_filtered_and_paged_by_its_reader(shown: Page, desk: Desk) -> None:
    def row(number: int) -> list[Block]:
        return [{"type": "raw_text", "text": f"web-{number}"}, {"type": "raw_number", "value": number % 4}]

    head = [{"type": "raw_text", "text": name} for name in ("Name", "Age")]
    desk.post({"type": "data_table", "caption": "Fleet", "rows": [head, *[row(n) for n in range(12)]]})
    table = shown.get_by_test_id("data-table")
    rows, span = table.get_by_test_id("data-table-row"), table.get_by_test_id("data-table-range")

    expect(span).to_have_text("1–5 of 12")
    table.get_by_test_id("data-table-next").click()
    expect(rows.first).to_contain_text("web-5")
    for _ in range(2):
        table.get_by_test_id("data-table-sort").nth(1).click()
    expect(rows.first).to_contain_text("web-3")
    expect(table.get_by_role("columnheader").nth(1)).to_have_attribute("aria-sort", "descending")
    table.get_by_test_id("data-table-filter").fill("WEB-11")
    expect(span).to_have_text("1–1 of 1")
    assert desk.payloads == []


def test_a_wide_table_on_a_phone_scrolls_between_tools_that_stay_in_sight(shown: Page, desk: Desk) -> None:
    shown.set_viewport_size({"width": 390, "height": 844})
    row = [{"type": "raw_text", "text": "i-0123456789abcdef0"}] * 8
    desk.post({"type": "data_table", "caption": "39 instances in us-east-1: 34 running, 5 stopped", "rows": [row] * 12})
    for name in ("data-table-filter", "data-table-next"):
        shown.get_by_test_id(name).wait_for()
        box = shown.get_by_test_id(name).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390


def test_a_menu_is_worked_by_keyboard_and_the_app_hears_of_the_choice(shown: Page, desk: Desk) -> None:
    menu = {"type": "static_select", "action_id": "pick", "options": [option(f"web-{n}") for n in range(20)]}
    desk.post(actions(menu))
    select = shown.get_by_test_id("select")
    select.focus()
    shown.keyboard.press("ArrowDown")
    shown.keyboard.type("web-1")
    shown.keyboard.press("ArrowDown")
    shown.keyboard.press("Enter")

    expect(select).to_have_text("web-10")
    expect(select).to_be_focused()
    expect(shown.get_by_test_id("menu")).to_have_count(0)
    heard = wait(desk, 1)[-1]
    assert heard["actions"][0]["selected_option"] == option("web-10")
    assert heard["state"]["values"]["row"]["pick"]["selected_option"]["value"] == "web-10"


def test_an_external_menu_asks_the_app_for_what_was_typed(shown: Page, desk: Desk) -> None:
    desk.answers = lambda p: {"options": [option(f"{p['value']}-1")]} if p["type"] == "block_suggestion" else None
    desk.post(actions({"type": "external_select", "action_id": "pick", "min_query_length": 2}))
    shown.get_by_test_id("select").click()
    expect(shown.get_by_test_id("menu-note")).to_contain_text("at least 2 letters")
    shown.keyboard.type("db")
    shown.get_by_test_id("option").click()

    expect(shown.get_by_test_id("select")).to_have_text("db-1")


def test_a_confirm_dialog_comes_before_the_app_hears_anything(shown: Page, desk: Desk) -> None:
    confirm = {"title": plain("Sure?"), "text": plain("Really"), "confirm": plain("Yes"), "deny": plain("No")}
    desk.post(actions(button("reboot", confirm=confirm)))
    shown.get_by_test_id("button").click()
    shown.keyboard.press("Escape")
    expect(shown.get_by_test_id("confirm")).to_have_count(0)
    assert desk.payloads == []
    shown.get_by_test_id("button").click()
    shown.get_by_test_id("confirm-yes").click()
    expect(shown.get_by_test_id("confirm")).to_have_count(0)

    assert [payload["actions"][0]["action_id"] for payload in wait(desk, 1)] == ["reboot"]


def wait(desk: Desk, count: int) -> list[Block]:
    """What the app has heard, once it has heard that many: the page does not wait for it either."""
    for _ in range(500):
        if len(desk.payloads) >= count:
            break
        threading.Event().wait(0.02)
    return desk.payloads


def form(title: str, *blocks: Block) -> Block:
    element = {"type": "plain_text_input", "action_id": "text"}
    ask = {"type": "input", "block_id": "why", "label": plain("Why?"), "element": element}
    return {"type": "modal", "title": plain(title), "submit": plain("Send"), "blocks": [ask, *blocks]}


def test_a_shortcuts_modal_loads_in_place_shows_errors_and_closes(shown: Page, desk: Desk) -> None:
    def answers(payload: Block) -> Block | None:
        if payload["type"] == "shortcut":
            loading = {"type": "modal", "title": plain("Loading"), "blocks": []}
            view = desk.web.views_open(trigger_id=payload["trigger_id"], view=loading)["view"]
            desk.web.views_update(view_id=view["id"], hash=view["hash"], view=form("Form"))
        elif payload["type"] == "view_submission":
            text = payload["view"]["state"]["values"]["why"]["text"]["value"]
            return {"response_action": "errors", "errors": {"why": "Longer!"}} if len(text) < 4 else None
        return None

    desk.answers = answers
    shown.keyboard.press("Control+k")
    shown.keyboard.type("open the")
    shown.keyboard.press("Enter")
    expect(shown.get_by_test_id("modal-title")).to_have_text("Form")
    expect(shown.get_by_test_id("text-input")).to_be_focused()
    shown.get_by_test_id("modal-submit").click()
    expect(shown.get_by_test_id("input-error")).to_have_text("Please complete this required field.")
    shown.get_by_test_id("text-input").fill("no")
    shown.keyboard.press("Enter")
    expect(shown.get_by_test_id("input-error")).to_have_text("Longer!")
    expect(shown.get_by_test_id("text-input")).to_have_value("no")
    shown.get_by_test_id("text-input").fill("because")
    shown.get_by_test_id("modal-submit").click()
    expect(shown.get_by_test_id("modal")).to_be_hidden()


def test_the_keyboard_stays_in_a_modal_and_escape_goes_one_back(shown: Page, desk: Desk) -> None:
    def answers(payload: Block) -> None:
        if payload["type"] == "block_actions":
            desk.web.views_push(trigger_id=payload["trigger_id"], view=form("Second"))

    desk.answers = answers
    desk.web.views_open(trigger_id=desk.slack.triggers.issue("U0ADA"), view=form("First", actions(button("more"))))
    shown.get_by_test_id("text-input").fill("kept")
    for _ in range(12):
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.querySelector('#modal').contains(document.activeElement)")
    shown.get_by_test_id("modal").get_by_test_id("button").click()
    expect(shown.get_by_test_id("modal-title")).to_have_text("Second")
    shown.keyboard.press("Escape")
    expect(shown.get_by_test_id("modal-title")).to_have_text("First")
    expect(shown.get_by_test_id("text-input")).to_have_value("kept")
    shown.get_by_test_id("modal-dismiss").click()
    expect(shown.get_by_test_id("modal")).to_be_hidden()


def test_a_thread_is_read_and_answered_in_its_own_pane(shown: Page, desk: Desk) -> None:
    parent = desk.post({"type": "section", "text": plain("CPU is high")})
    desk.post({"type": "section", "text": plain("It is over")}, thread_ts=parent)
    expect(shown.get_by_test_id("messages")).not_to_contain_text("It is over")
    shown.get_by_test_id("thread-link").click()
    expect(shown.get_by_test_id("thread-messages")).to_contain_text("It is over")
    shown.keyboard.type("thanks")
    shown.keyboard.press("Enter")

    expect(shown.get_by_test_id("thread-link")).to_contain_text("2 replies")
    expect(shown.get_by_test_id("thread-messages")).to_contain_text("thanks")
    shown.get_by_test_id("thread-close").click()
    expect(shown.get_by_test_id("thread")).to_be_hidden()


def test_a_chart_says_its_numbers_to_those_who_cannot_see_it(shown: Page, desk: Desk) -> None:
    data = [{"label": "09:00", "value": 12.5}, {"label": "10:00", "value": 80}]
    chart = {
        "type": "line",
        "series": [{"name": "web-1", "data": data}],
        "axis_config": {"categories": ["09:00", "10:00"]},
    }
    desk.post({"type": "data_visualization", "title": "CPU", "chart": chart})

    name = "CPU, line chart. web-1: 09:00 12.5, 10:00 80"
    expect(shown.get_by_test_id("chart").get_by_role("img", name=name)).to_be_visible()


def test_the_home_tab_shows_what_the_app_published(shown: Page, desk: Desk) -> None:
    shown.get_by_test_id("app-home").click()
    expect(shown.get_by_test_id("home")).to_contain_text("has not published anything")
    blocks = [{"type": "header", "text": plain("Your fleet")}, actions(button("all"))]
    desk.web.views_publish(user_id="U0ADA", view={"type": "home", "blocks": blocks})
    shown.get_by_test_id("home").get_by_test_id("button").click()

    assert wait(desk, 1)[0]["container"]["type"] == "view"
    shown.get_by_test_id("channel").first.click()
    expect(shown.get_by_test_id("home")).to_be_hidden()


def test_an_edited_message_changes_in_place(shown: Page, desk: Desk) -> None:
    ts = desk.post({"type": "section", "text": plain("Rebooting")})
    message = shown.locator(f"[data-ts='{ts}']")
    expect(message).to_contain_text("Rebooting")
    desk.web.chat_update(channel="C0OPS", ts=ts, text="Rebooted")

    expect(message).to_contain_text("Rebooted")
    expect(shown.get_by_test_id("message")).to_have_count(1)
