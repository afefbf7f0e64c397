"""The whole product on this machine: a Slack to look at, an AWS to operate, and the functions between them.

It refuses to know the functions: Slack, browsers and API clients reach them as the real ones do, see
playground.deployment. All of it is at one address, which is the stack's PUBLIC_URL too.
"""

import socket
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import cache, partial
from typing import Any

import boto3
import yaml
from botocore.config import Config
from flask import Blueprint
from werkzeug.serving import WSGIRequestHandler, make_server

from playground import fleet
from playground.administration import create_administration
from playground.aftermath import Aftermath
from playground.api_access import AccessTokens, create_api_access
from playground.app import create_app
from playground.aws import LocalAws
from playground.deployment import Deployment
from playground.directory import Directory
from playground.functions import to_terminal
from playground.happenings import Happenings, create_happenings
from playground.hosted_ui import Pool, create_hosted_ui
from playground.http_api import create_http_api
from playground.lifetimes import Entered, serving
from playground.outside import create_outside
from playground.passing_time import PassingTime
from playground.people import APP_ID, CHANNELS, PEOPLE, TEAM_ID
from playground.provision import PASSWORD, Provisioned, access_key_id, provision
from playground.rest_api import PREFIX, RestApi, create_rest_api
from playground.schedule import DEMO_MINUTE
from playground.slack import manifest
from playground.slack.delivery import Deliver
from playground.slack.workspace import Workspace
from playground.template import DEFAULT_PATH, Template
from playground.triggers import pre_token_function

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


def local_client(provisioned: Provisioned, service: str) -> Any:
    """A client of the local AWS whose calls can be told from the functions'."""
    environment = provisioned.environment
    session: Any = boto3.Session(
        access_key_id("playground"), environment["AWS_SECRET_ACCESS_KEY"], region_name=environment["AWS_REGION"]
    )
    # Asked again at once, an endpoint that refuses would refuse again.
    config = Config(read_timeout=60, retries={"total_max_attempts": 1})
    return session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"], config=config)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class World(Entered):
    """Starts on entering, stops on leaving; `url` is the page's address. Port 0 takes any free port.

    `minute` is how many seconds pass between what the template wants each minute: a demo should not take ten.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 8000,
        log: Callable[[str], None] = to_terminal,
        minute: float = DEMO_MINUTE,
    ) -> None:
        self._address = (host, port)
        self._log = log
        self._minute = minute
        self.url = ""
        self.aws: LocalAws
        self.slack: Workspace
        self.provisioned: Provisioned
        self.passing: PassingTime

    def _start(self, stack: ExitStack) -> None:
        # The port comes first, so that one in use is said before anything has started.
        listening = stack.enter_context(socket.create_server(self._address))
        host, port = listening.getsockname()[:2]
        self.url = f"http://{host}:{port}"
        self.aws = stack.enter_context(LocalAws(host))
        aftermath = stack.enter_context(Aftermath())
        self.provisioned = provision(self.aws.url, public_url=self.url)
        self.aws.back_date(self.provisioned.environment["AWS_REGION"], fleet.KEY_TAG, fleet.launched)
        deployment = stack.enter_context(Deployment(self.provisioned, self._log, self._minute))
        self.slack = local_slack(self.provisioned.environment, self.url, deployment.deliver)
        self.passing = self._passing(aftermath, deployment)
        outside = create_outside(self.aws, self.passing, self.slack)
        self._serve(stack, listening, [*self._further(stack, deployment), outside])

    def _passing(self, aftermath: Aftermath, deployment: Deployment) -> PassingTime:
        table = self.provisioned.environment["STATE_TABLE_NAME"]
        dynamodb = local_client(self.provisioned, "dynamodb")
        return PassingTime(dynamodb, table, aftermath, deployment.run_rates)

    def _further(self, stack: ExitStack, deployment: Deployment) -> list[Blueprint]:
        """What the address has besides the page: both APIs and the hosted UI."""
        template = Template.load()
        further = [create_http_api(deployment.routes, deployment.deliver)]
        cognito = local_client(self.provisioned, "cognito-idp")
        pool = Pool(cognito, self.provisioned.environment["COGNITO_USER_POOL_ID"])
        function = pre_token_function(template)
        trigger = None if function is None else partial(deployment.invoke, function)
        further.append(create_hosted_ui(pool, PEOPLE, PASSWORD, trigger, log=self._log))
        if rest_api := RestApi.of_template(template):
            further.append(create_rest_api(rest_api, deployment.invoke))
            client_id = self.provisioned.environment["COGNITO_CLIENT_ID"]
            tokens = AccessTokens(pool, client_id, PASSWORD, trigger, time.time)
            ec2 = local_client(self.provisioned, "ec2")
            further.append(create_api_access(self.slack, tokens, f"{self.url}{PREFIX}/{rest_api.stage}", ec2))
        directory = Directory(
            cognito,
            local_client(self.provisioned, "dynamodb"),
            self.provisioned.environment["COGNITO_USER_POOL_ID"],
            self.provisioned.environment["STATE_TABLE_NAME"],
            self.slack,
        )
        self.aws.watch(directory.noticed)
        further.append(create_administration(directory, self.slack))
        further.append(create_happenings(self._happenings(stack), self.slack))
        return further

    def _happenings(self, stack: ExitStack) -> Happenings:
        happenings = Happenings(cache(partial(local_client, self.provisioned)), self.provisioned.environment)
        stack.callback(happenings.close)
        return happenings

    def _serve(self, stack: ExitStack, listening: socket.socket, further: Iterable[Blueprint]) -> None:
        app = create_app(self.slack, further)
        host, port = self._address
        server = make_server(host, port, app, threaded=True, request_handler=_Quiet, fd=listening.fileno())
        server.daemon_threads = True  # an open page keeps its request for events
        stack.enter_context(serving(server))
