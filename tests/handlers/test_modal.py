"""The shortcut's modal: opened by the door in time, filled by the worker, with the words and the audit of `/ec2`."""

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from slack_sdk import WebClient

from playground.gateway import http_api_event
from playground.lifetimes import serving
from playground.slack.payloads import interaction_form
from playground.slack.views import View
from tests.faults import answers, aws_fails
from tests.handlers.test_worker import failed, redelivered, with_job
from tests.house import DOOR, House


def texts(view: View) -> str:
    return json.dumps(view.blocks, ensure_ascii=False)


def shortcut_body(house: House, user_id: str = "U0ADA") -> bytes:
    slack = house.slack
    trigger_id = slack.triggers.issue(user_id)
    return interaction_form(
        slack.who(user_id), "shortcut", callback_id="instances_modal", action_ts=slack.now(), trigger_id=trigger_id
    )


def send(house: House, api_url: str) -> int:
    """The shortcut, by a door to which Slack's Web API is at `api_url`."""
    body = shortcut_body(house)
    event = http_api_event("POST", "/slack/events", house.slack.sign(body), body)
    return int(house.invoke(DOOR, event, {"SLACK_API_URL": api_url})["statusCode"])


def job_of(event: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(event["Records"][0]["body"]))


def elements(view: View) -> list[dict[str, Any]]:
    return [element for block in view.blocks if block["type"] == "actions" for element in block["elements"]]


def choose(house: House, name: str) -> View:
    """Open the instance of that name from the menu."""
    (menu,) = [element for element in elements(house.modal()) if element["type"] == "static_select"]
    (option,) = [option for option in menu["options"] if option["text"]["text"].startswith(f"{name} ·")]
    return house.use({"type": "static_select", "action_id": menu["action_id"], "selected_option": option})


def press(house: House, label: str) -> View:
    (button,) = [element for element in elements(house.modal()) if element["text"]["text"] == label]
    return house.use({"type": "button", "action_id": button["action_id"], "value": button.get("value", "")})


def test_ada_sees_the_fleet_in_a_modal_and_the_look_is_on_record(house: House) -> None:
    house.shortcut()
    assert "Loading" in texts(house.modal())
    house.work()

    view = house.modal()
    assert view.definition["title"]["text"] == "EC2 instances"
    assert "39 instances in us-east-1" in texts(view)
    assert "*bastion*" in texts(view)
    (row,) = house.rows()
    assert (row["action"], row["outcome"], row["slackUserId"]) == ("LIST_INSTANCES", "succeeded", "U0ADA")
    assert "channelId" not in row
    assert house.said() == []


def test_the_door_calls_slack_once_and_for_a_command_not_at_all(house: House) -> None:
    house.shortcut()
    house.shortcut("U0BOB")
    house.type("list")
    assert [method for method, _ in house.slack.api_calls] == ["views.open"] * 2
    calls = [call.action for call in house.aws.calls if call.access_key_id == house.function(DOOR).access_key_id]
    assert calls == ["GetSecretValue", *["SendMessage"] * 3]


def test_an_instance_opens_in_the_same_modal_and_the_list_is_one_button_away(house: House) -> None:
    house.shortcut()
    house.work()
    opened = house.modal()

    card = choose(house, "bastion")
    assert card.view_id == opened.view_id
    assert "*Status checks*" in texts(card)
    assert "aws ec2 describe-instances" in texts(press(house, "Show as CLI"))
    assert "39 instances in us-east-1" in texts(press(house, "Back to the list"))
    assert "Back to the list" not in texts(house.modal())
    assert [row["action"] for row in house.rows()] == [
        "LIST_INSTANCES", "GET_INSTANCE", "GET_INSTANCE", "LIST_INSTANCES"
    ]  # fmt: skip


def test_what_goes_wrong_within_the_modal_is_said_there_with_a_way_back(house: House) -> None:
    house.shortcut()
    house.work()
    with aws_fails("ec2.DescribeInstances", answers(400, "RequestLimitExceeded")):
        house.fresh_containers()
        assert "throttling" in texts(choose(house, "bastion"))
        assert "throttling" in texts(press(house, "Back to the list"))
    house.fresh_containers()
    assert "39 instances in us-east-1" in texts(press(house, "Back to the list"))


@pytest.mark.parametrize(("user_id", "words"), [("U0DAVE", "Slack knows you"), ("U0GUEST", "You are a guest")])
def test_I2_a_refusal_is_said_in_the_modal_and_on_record(house: House, user_id: str, words: str) -> None:
    house.shortcut(user_id)
    house.work()
    assert words in texts(house.modal(user_id))
    (row,) = house.rows()
    assert (row["action"], row["outcome"], row["slackUserId"]) == ("ACCESS_DENIED", "denied", user_id)


def test_D1_when_no_row_can_be_written_the_modal_says_not_done(house: House) -> None:
    house.shortcut()
    with aws_fails("dynamodb.PutItem", answers(400, "ThrottlingException")):
        house.fresh_containers()
        house.work()
    assert "Not done: it could not be recorded." in texts(house.modal())


@pytest.mark.parametrize("refusal", ["expired_trigger_id", "invalid_auth", 500])
def test_a_modal_that_does_not_open_is_logged_and_nothing_fails(
    house: House, log: Callable[[], str], refusal: str | int
) -> None:
    house.slack.fail_next("views.open", refusal)
    body = shortcut_body(house)
    assert house.post(body) == 200
    assert house.slack.views.stack("U0ADA") == []
    (line,) = [json.loads(line) for line in log().splitlines()]
    assert (line["message"], line["error"]) == ("modal not opened", str(refusal))
    event = house.received()
    assert "view_id" not in job_of(event)
    assert not failed(house, event)  # nobody is there to be told
    assert house.said() == []


def test_a_slack_that_hangs_costs_the_door_a_second_and_is_not_asked_again(house: House) -> None:
    asked: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    asked.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        started = time.monotonic()
        assert send(house, f"http://127.0.0.1:{listening.getsockname()[1]}/api/") == 200
        assert time.monotonic() - started < 2.5
        listening.shutdown(socket.SHUT_RDWR)
    assert len(asked) == 1
    for connection in asked:
        connection.close()
    assert "view_id" not in job_of(house.received())


@contextmanager
def replies_are_lost(house: House) -> Iterator[str]:
    """A way to Slack on which every call arrives and no answer returns."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            urllib.request.urlopen(
                urllib.request.Request(house.slack.base_url + self.path, body, dict(self.headers.items()))
            ).close()
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield f"{url}/api/"


def test_a_modal_whose_id_was_lost_on_the_way_is_filled_all_the_same(house: House) -> None:
    with replies_are_lost(house) as api_url:
        assert send(house, api_url) == 200
    assert len(house.slack.views.stack("U0ADA")) == 1
    house.work()
    assert "39 instances" in texts(house.modal())


def test_a_modal_that_nobody_will_fill_says_so_at_once(house: House) -> None:
    assert send_in_vain(house) == 503
    assert "probably not taken" in texts(house.modal())
    assert "Loading" not in texts(house.modal())


def test_what_the_worker_has_filled_is_not_overwritten_by_a_door_that_lost_the_queues_reply(house: House) -> None:
    slack = WebClient(token=house.environment["SLACK_BOT_TOKEN"], base_url=f"{house.slack.base_url}/api/")
    filled = {"type": "modal", "title": {"type": "plain_text", "text": "EC2"}, "blocks": [{"type": "divider"}]}

    def fill() -> None:
        slack.views_update(view_id=house.modal().view_id, view=filled)

    with queue_reply_is_lost_while(house, fill) as aws_url:
        assert send_in_vain(house, AWS_ENDPOINT_URL=aws_url) == 503
    assert [block["type"] for block in house.modal().blocks] == ["divider"]


def test_what_was_queued_after_all_is_answered_in_the_modal_that_doubted_it(house: House) -> None:
    with queue_reply_is_lost_while(house, lambda: None) as aws_url:
        assert send_in_vain(house, AWS_ENDPOINT_URL=aws_url) == 503
    assert "probably not taken" in texts(house.modal())
    house.work()
    assert "39 instances" in texts(house.modal())


@contextmanager
def queue_reply_is_lost_while(house: House, meanwhile: Callable[[], Any]) -> Iterator[str]:
    """A way to AWS on which a message arrives in the queue, `meanwhile` happens, and an error is answered."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            request = urllib.request.Request(house.aws.url + self.path, body, dict(self.headers.items()))
            with urllib.request.urlopen(request) as response:
                answer = response.read()
            lost = self.headers["x-amz-target"].endswith("SendMessage")
            if lost:
                meanwhile()
            self.send_response(400 if lost else 200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


def send_in_vain(house: House, **extra: str) -> int:
    """The shortcut, by a door that has no queue unless `extra` says otherwise."""
    body = shortcut_body(house)
    event = http_api_event("POST", "/slack/events", house.slack.sign(body), body)
    gone = {"JOBS_QUEUE_URL": house.environment["JOBS_QUEUE_URL"] + "-gone"}
    return int(house.invoke(DOOR, event, extra or gone)["statusCode"])


def test_who_closed_the_modal_meanwhile_is_not_missed(house: House) -> None:
    house.shortcut()
    house.slack.close_view("U0ADA", house.modal().view_id)
    event = house.received()
    assert not failed(house, event)
    assert house.said() == []
    assert [row["action"] for row in house.rows()] == ["LIST_INSTANCES"]


def test_R4_the_same_signed_shortcut_twice_opens_one_modal_and_is_done_once(house: House) -> None:
    body = shortcut_body(house)
    headers = house.slack.sign(body)
    assert [house.post(body, headers), house.post(body, headers)] == [200, 200]
    assert house.work() == 2
    (view,) = house.slack.views.stack("U0ADA")
    assert "39 instances" in texts(view)
    assert len(house.rows()) == 1


def test_on_the_last_receive_the_modal_says_so(house: House) -> None:
    house.shortcut()
    event = house.received()
    with aws_fails("ec2.DescribeInstances", answers(200, "nonsense")):
        house.fresh_containers()
        assert failed(house, event)
        assert "Loading" in texts(house.modal())
        assert failed(house, redelivered(event, 3))
    assert "tried 3 times" in texts(house.modal())


def test_an_update_that_slack_does_not_take_is_tried_again(house: House) -> None:
    house.shortcut()
    event = house.received()
    house.slack.fail_next("views.update", "internal_error")
    assert failed(house, event)
    assert not failed(house, redelivered(event, 2))
    assert "39 instances" in texts(house.modal())


def test_Z3_a_shortcut_that_came_too_late_says_so_in_the_modal(house: House) -> None:
    house.shortcut()
    event = with_job(house.received(), received_at=time.time() - 31 * 60)
    assert not failed(house, event)
    assert "came too late, and nothing was done" in texts(house.modal())
    assert house.rows() == []


@pytest.mark.parametrize(
    "payload",
    [
        {"callback_id": "instances_modal"},
        {"callback_id": "instances_modal", "trigger_id": ""},
        {"callback_id": 5, "trigger_id": "1.2.x"},
        {"callback_id": "modal", "trigger_id": "1.2.x"},
        {"actions": [{"action_id": "modal_not"}], "trigger_id": "1.2.x"},
        {"actions": {"action_id": "x_modal"}, "trigger_id": "1.2.x"},
        {"actions": [], "trigger_id": "1.2.x"},
    ],
)
def test_nothing_else_opens_a_modal(house: House, payload: dict[str, Any]) -> None:
    house.post(interaction_form(house.slack.who("U0ADA"), "block_actions", **payload))
    assert house.slack.api_calls == []


def test_a_block_action_named_so_opens_one_too(house: House) -> None:
    actions = [{"type": "button", "action_id": "reboot_modal"}]
    trigger_id = house.slack.triggers.issue("U0ADA")
    form = interaction_form(house.slack.who("U0ADA"), "block_actions", actions=actions, trigger_id=trigger_id)
    assert house.post(form) == 200
    assert job_of(house.received())["view_id"] == house.modal().view_id
