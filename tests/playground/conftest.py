"""A workspace with an app of the test's own, and the ways in: Flask's client, a real server, Slack's SDK."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask.testing import FlaskClient
from slack_sdk import WebClient
from werkzeug.serving import make_server

from playground.app import create_app
from playground.lifetimes import serving
from playground.people import APP_ID, BOT_USER_ID, CHANNELS, PEOPLE, TEAM_ID, Channel
from playground.slack import Workspace

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "xoxb-playground"
SCOPES = ("commands", "chat:write", "users:read")
COMMANDS = (
    {
        "command": "/ec2",
        "url": "https://example.com/slack/events",
        "description": "See your EC2 instances",
        "usage_hint": "list | whoami | help",
        "should_escape": True,
    },
)
QUIET = Channel("C0QUIET", "quiet", "The bot was never invited", ("U0ADA",))

Response = tuple[int, dict[str, str], bytes]


class Clock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class App:
    """The app at the other end: remembers what reached it and answers as told."""

    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[], Response] = lambda: (200, {}, b"")

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
        self.requests.append((method, path, headers, body))
        return self.answer()

    @property
    def form(self) -> dict[str, str]:
        """The fields of the last request."""
        parsed = parse_qs(self.requests[-1][3].decode(), keep_blank_values=True, strict_parsing=True)
        return {name: values[0] for name, values in parsed.items()}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def make_slack(app: App, clock: Clock) -> Callable[..., Workspace]:
    def make(**changes: Any) -> Workspace:
        settings: dict[str, Any] = {
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "people": PEOPLE,
            "channels": (*CHANNELS, QUIET),
            "bot_token": TOKEN,
            "signing_secret": SECRET,
            "scopes": SCOPES,
            "base_url": "http://slack.test",
            "deliver": app,
            "clock": clock,
            "slash_commands": COMMANDS,
            "patience": 0.2,
        }
        return Workspace(**{**settings, **changes})

    return make


@pytest.fixture
def slack(make_slack: Callable[..., Workspace]) -> Workspace:
    return make_slack()


@pytest.fixture
def client(slack: Workspace) -> FlaskClient:
    return create_app(slack).test_client()


@pytest.fixture
def server(slack: Workspace) -> Iterator[str]:
    running = make_server("127.0.0.1", 0, create_app(slack), threaded=True)
    with serving(running) as slack.base_url:
        yield slack.base_url


@pytest.fixture
def web(server: str) -> WebClient:
    return WebClient(token=TOKEN, base_url=f"{server}/api/", retry_handlers=[])


@pytest.fixture
def bot() -> str:
    return BOT_USER_ID
