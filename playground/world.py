"""The whole product on this machine: a Slack to look at, an AWS to operate, and the functions between them.

It refuses to know the functions: the local Slack reaches them as the real one does, see playground.deployment.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import yaml
from werkzeug.serving import WSGIRequestHandler, make_server

from playground.app import create_app
from playground.aws import LocalAws
from playground.deployment import Deployment
from playground.functions import to_terminal
from playground.people import APP_ID, CHANNELS, PEOPLE, TEAM_ID
from playground.provision import Provisioned, provision
from playground.slack import manifest
from playground.slack.delivery import Deliver
from playground.slack.workspace import Workspace
from playground.template import DEFAULT_PATH

MANIFEST_PATH = DEFAULT_PATH.parent / "slack-manifest.yaml"


def local_slack(environment: Mapping[str, str], url: str, deliver: Deliver) -> Workspace:
    """The playground's workspace, our app installed as slack-manifest.yaml says; `url` is where it is served."""
    installed = yaml.safe_load(MANIFEST_PATH.read_text(encoding="utf-8"))
    return Workspace(
        TEAM_ID,
        APP_ID,
        PEOPLE,
        CHANNELS,
        bot_token=environment["SLACK_BOT_TOKEN"],
        signing_secret=environment["SLACK_SIGNING_SECRET"],
        base_url=url,
        deliver=deliver,
        **manifest.settings(installed),
    )


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class World:
    """Starts on entering, stops on leaving; `url` is the page's address. Port 0 takes any free port."""

    def __init__(self, host: str = "127.0.0.1", port: int = 8000, log: Callable[[str], None] = to_terminal) -> None:
        self._address = (host, port)
        self._log = log
        self._stack = ExitStack()
        self.url = ""
        self.aws: LocalAws
        self.slack: Workspace
        self.provisioned: Provisioned

    def __enter__(self) -> "World":
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        # The port comes first, so that one in use is said before anything has started.
        listening = stack.enter_context(socket.create_server(self._address))
        host, port = listening.getsockname()[:2]
        self.url = f"http://{host}:{port}"
        self.aws = stack.enter_context(LocalAws(host))
        self.provisioned = provision(self.aws.url, public_url=self.url)
        deployment = stack.enter_context(Deployment(self.provisioned, self._log))
        self.slack = local_slack(self.provisioned.environment, self.url, deployment.deliver)
        self._serve(stack, listening)

    def _serve(self, stack: ExitStack, listening: socket.socket) -> None:
        app = create_app(self.slack)
        host, port = self._address
        server = make_server(host, port, app, threaded=True, request_handler=_Quiet, fd=listening.fileno())
        server.daemon_threads = True  # an open page keeps its request for events
        stack.callback(server.server_close)
        threading.Thread(target=server.serve_forever, name="slack", daemon=True).start()
        stack.callback(server.shutdown)
