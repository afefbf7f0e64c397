"""A real Slack workspace served from a laptop, against a Slack that speaks Socket Mode and is made of fifty lines."""

import base64
import hashlib
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from slack_sdk.socket_mode.request import SocketModeRequest

from playground import dev
from playground.no_sign_in import NoSignIn
from playground.slack.delivery import DeliveryError
from playground.slack.signing import signature
from playground.socket_mode import acknowledgement
from tests.playground.conftest import App

TEAM, APP_ID, ME = "T0REAL", "A0DEV", "U0ME"
USER = {"id": ME, "team_id": TEAM, "deleted": False, "is_bot": False, "is_restricted": False}
SECRET = "made-at-start"


class RealSlack(ThreadingHTTPServer):
    """`send` goes to the connected app; `acknowledged` and `responses` are what it said, to the socket and by URL."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _RealSlackHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.connected = threading.Event()
        self.to_send: queue.Queue[dict[str, Any]] = queue.Queue()
        self.acknowledged: queue.Queue[dict[str, Any]] = queue.Queue()
        self.responses: queue.Queue[dict[str, Any]] = queue.Queue()
        self.tokens: dict[str, str] = {}


class _RealSlackHandler(BaseHTTPRequestHandler):
    server: RealSlack

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        method = self.path.rsplit("/", 1)[-1]
        token = parse_qs(body.decode()).get("token") or [self.headers.get("Authorization", "").removeprefix("Bearer ")]
        self.server.tokens[method] = token[0]
        if method == "response":
            self.server.responses.put(json.loads(body))
        socket_url = self.server.url.replace("http", "ws", 1)
        refused = method == "apps.connections.open" and token != ["xapp-1-real"]
        answer = {"ok": False, "error": "invalid_auth"} if refused else {"ok": True, "url": socket_url, "user": USER}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        threading.Thread(target=self._send, daemon=True).start()
        self.server.connected.set()
        while (frame := self._received()) is not None:
            opcode, content = frame
            if opcode == 1:
                self.server.acknowledged.put(json.loads(content))
            elif opcode == 9:
                self._frame(10, content)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _send(self) -> None:
        while True:
            self._frame(1, json.dumps(self.server.to_send.get()).encode())

    def _frame(self, opcode: int, content: bytes) -> None:
        length = bytes([len(content)]) if len(content) < 126 else b"\x7e" + struct.pack("!H", len(content))
        self.wfile.write(bytes([0x80 | opcode]) + length + content)

    def _received(self) -> tuple[int, bytes] | None:
        head = self.rfile.read(2)
        if len(head) < 2 or head[0] & 15 == 8:
            return None
        length = head[1] & 127
        if length == 126:
            (length,) = struct.unpack("!H", self.rfile.read(2))
        mask = self.rfile.read(4)
        return head[0] & 15, bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(length)))


@pytest.fixture
def slack() -> Iterator[RealSlack]:
    with RealSlack() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def environment(slack: RealSlack, app_token: str = "xapp-1-real") -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "SLACK_APP_TOKEN": app_token,
        "SLACK_BOT_TOKEN": "xoxb-real",
        "SLACK_TEAM_ID": TEAM,
        "SLACK_APP_ID": APP_ID,
        "SLACK_API_URL": f"{slack.url}/api/",
    }


def command(slack: RealSlack) -> dict[str, Any]:
    return {
        "type": "slash_commands",
        "envelope_id": "e-1",
        "accepts_response_payload": True,
        "payload": {
            "command": "/ec2",
            "text": "list web",
            "user_id": ME,
            "team_id": TEAM,
            "channel_id": "C0OPS",
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": f"{slack.url}/response",
            "trigger_id": "1.1.x",
        },
    }


def test_a_command_in_a_real_workspace_is_acknowledged_and_answered_from_this_machine(slack: RealSlack) -> None:
    # A process of its own, for moto has one account a process and the other tests live in it.
    arguments = [sys.executable, "-m", "playground.dev", "--link", f"{ME}=admin"]
    with subprocess.Popen(arguments, env=environment(slack), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert slack.connected.wait(60)
            slack.to_send.put(command(slack))
            assert slack.acknowledged.get(timeout=30) == {"envelope_id": "e-1"}
            answer = slack.responses.get(timeout=30)
        finally:
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=30)
    assert "web-1" in answer["text"]
    assert f"EC2 Ops is in {TEAM}" in said
    assert process.returncode == 0
    assert (slack.tokens["apps.connections.open"], slack.tokens["users.info"]) == ("xapp-1-real", "xoxb-real")


def test_the_button_of_login_leads_to_a_page_that_says_how_one_is_let_in() -> None:
    with NoSignIn() as page:
        answer = requests.get(f"{page.url}/auth/login?ticket=x", timeout=10)
    assert answer.status_code == 404
    assert "make dev LINK=" in answer.text
    assert "ticket" not in answer.text


def test_a_token_that_slack_refuses_is_said_in_one_line(slack: RealSlack) -> None:
    arguments = [sys.executable, "-m", "playground.dev"]
    done = subprocess.run(
        arguments, env=environment(slack, "xapp-1-old"), stderr=subprocess.PIPE, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "Slack refused SLACK_APP_TOKEN: invalid_auth"
    assert "Traceback" not in done.stderr


def test_one_message_names_all_that_is_not_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in dev.NEEDED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLACK_TEAM_ID", TEAM)
    assert dev.main([]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ["SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_ID"]


@pytest.mark.parametrize("text", ["U0ME", "U0ME=root", "ada=admin", "U0ME=admin=readonly"])
def test_a_link_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        dev.main(["--link", text])
    assert "is not like U0123ABCD=admin" in capsys.readouterr().err


def envelope(kind: str, payload: dict[str, Any], **more: Any) -> SocketModeRequest:
    return SocketModeRequest(kind, "e-1", payload, **more)


def test_each_envelope_becomes_the_signed_request_that_slack_would_have_sent(app: App) -> None:
    acknowledgement(envelope("slash_commands", {"text": "a b&c", "is_enterprise_install": False}), SECRET, app)
    assert app.form == {"text": "a b&c", "is_enterprise_install": "false"}
    acknowledgement(envelope("interactive", {"type": "block_actions", "name": "é&="}), SECRET, app)
    assert json.loads(app.form["payload"]) == {"type": "block_actions", "name": "é&="}
    acknowledgement(envelope("events_api", {"event_id": "Ev1"}, retry_attempt=2, retry_reason="timeout"), SECRET, app)
    method, path, headers, body = app.requests[-1]
    assert (method, path, json.loads(body)) == ("POST", "/slack/events", {"event_id": "Ev1"})
    assert (headers["X-Slack-Retry-Num"], headers["X-Slack-Retry-Reason"]) == ("2", "timeout")
    kinds = [headers["Content-Type"] for _, _, headers, _ in app.requests]
    assert kinds == ["application/x-www-form-urlencoded"] * 2 + ["application/json"]
    for _, _, headers, body in app.requests:
        timestamp = int(headers["X-Slack-Request-Timestamp"])
        assert headers["X-Slack-Signature"] == signature(SECRET, timestamp, body)


def test_the_words_of_the_door_go_with_the_acknowledgement_where_slack_takes_any(app: App) -> None:
    app.answer = lambda: (200, {"content-type": "application/json"}, b'{"text": "not taken"}')
    taken = acknowledgement(envelope("slash_commands", {}, accepts_response_payload=True), SECRET, app)
    assert taken.to_dict() == {"envelope_id": "e-1", "payload": {"text": "not taken"}}
    assert acknowledgement(envelope("events_api", {}), SECRET, app).to_dict() == {"envelope_id": "e-1"}


def test_what_the_door_refuses_is_not_acknowledged(app: App) -> None:
    app.answer = lambda: (401, {}, b"")
    with pytest.raises(DeliveryError):
        acknowledgement(envelope("slash_commands", {}), SECRET, app)


def test_an_envelope_of_a_kind_we_do_not_know_reaches_nobody(app: App) -> None:
    with pytest.raises(DeliveryError):
        acknowledgement(envelope("hello", {}), SECRET, app)
    assert app.requests == []
