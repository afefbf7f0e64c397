"""The one composition root: reads the environment, creates clients and builds the services of each function.

Each is built on first use and kept for the life of the container, for as long as its settings are the same. Nothing
happens at import, and the front door never imports what only the worker needs.
"""

import logging
import os
import time
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from bot.config import DoorSettings, WorkerSettings
from bot.errors import ChatOpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import boto3
    from slack_bolt import App
    from slack_sdk import WebClient

    from bot.listeners.jobs import JobRunner
    from bot.services.alarms import Alarms
    from bot.services.aws_json import AwsJson
    from bot.services.connections import KeptConnections
    from bot.services.gate import Gate
    from bot.services.identity import Identity
    from bot.services.instances import Instances
    from bot.services.intake import Intake
    from bot.services.slack_api import SlackApi
    from bot.services.slack_secret import SlackSecret

Settings = TypeVar("Settings")
Wiring = TypeVar("Wiring")
LOGGER_NAME = "ec2-chatops"
SLACK_TIMEOUT_SECONDS = 3
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


def epoch() -> float:
    """The same in epoch seconds."""
    return time.time()


@cache
def logger() -> logging.Logger:
    """JSON lines on stdout; modules log through the standard logger of the same name."""
    from aws_lambda_powertools import Logger

    Logger(service=LOGGER_NAME, level="INFO", utc=True)
    return logging.getLogger(LOGGER_NAME)


def failure(error: BaseException) -> "Mapping[str, Any]":
    """What a log line says of an error: its type, its place in our code, and the facts of one of ours.

    Never the message of a foreign one: it may hold a payload.
    """
    import traceback

    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_ROOT)]
    place = f"{ours[-1].filename.removeprefix(_ROOT)}:{ours[-1].lineno}" if ours else "unknown"
    facts = {"facts": error.args} if isinstance(error, ChatOpsError) else {}
    return {"error": type(error).__name__, "at": place.lstrip("/"), **facts}


class DoorWiring:
    """What `handlers.slack` is made of."""

    def __init__(self, settings: DoorSettings) -> None:
        self._settings = settings

    @cached_property
    def intake(self) -> "Intake":
        """The front door's one service."""
        from bot.services.connections import KeptConnections
        from bot.services.intake import Intake
        from bot.services.jobs_queue import JobsQueue
        from bot.services.modals import Modals

        settings = self._settings
        connections = KeptConnections()
        aws = _aws_json(connections)
        queue = JobsQueue(aws, settings.jobs_queue_url, settings.region, settings.endpoint_url)
        secret = _slack_secret(
            aws,
            settings.slack_secret_arn,
            settings.endpoint_url,
            SLACK_SIGNING_SECRET=settings.slack_signing_secret,
            SLACK_BOT_TOKEN=settings.slack_bot_token,
        )
        modals = Modals(connections, secret, settings.slack_api_url)
        return Intake(secret, queue, modals, settings.slack_team_id, settings.slack_app_id, epoch)


class WorkerWiring:
    """What `handlers.worker` is made of."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings

    @cached_property
    def jobs(self) -> "JobRunner":
        """Runs queued requests."""
        from bot.listeners.jobs import JobRunner
        from bot.services.claims import JobClaims

        claims = JobClaims(self._client("dynamodb"), self._settings.state_table_name, epoch)
        return JobRunner(self._app, claims, self._slack, self._settings.jobs_max_receives, epoch)

    @cached_property
    def gate(self) -> "Gate":
        """The one way to operate."""
        from bot.services.audit import Audit
        from bot.services.gate import Gate

        settings = self._settings
        audit = Audit(self._client("dynamodb"), settings.audit_table_name, settings.audit_retention_days, now)
        return Gate(audit, self.identity)

    @cached_property
    def _app(self) -> "App":
        from bot.listeners import app
        from bot.listeners.answering import Answering
        from bot.listeners.commands import CommandListeners
        from bot.listeners.instances import InstanceListeners

        answering = Answering(self.identity, self._slack)
        instances = InstanceListeners(self.gate, answering, self._instances, self._alarms, now)
        commands = CommandListeners(self.gate, answering, instances)
        return app.build(self._web_client, commands, instances, lambda: self._secret.bot_token, bolt_logger())

    @cached_property
    def identity(self) -> "Identity":
        from bot.services.identity import Identity

        settings = self._settings
        return Identity(
            self._slack,
            self._client("dynamodb"),
            settings.state_table_name,
            self._client("cognito-idp"),
            settings.cognito_user_pool_id,
            settings.slack_team_id,
            epoch,
        )

    @cached_property
    def _instances(self) -> "Instances":
        from bot.services.instances import Instances

        return Instances(lambda region: self._client("ec2", region), self._settings.regions, time.monotonic)

    @cached_property
    def _alarms(self) -> "Alarms":
        from bot.services.alarms import Alarms

        return Alarms(lambda region: self._client("cloudwatch", region))

    @cached_property
    def _slack(self) -> "SlackApi":
        from bot.services.slack_api import SlackApi

        return SlackApi(self._web_client, self._secret, SLACK_TIMEOUT_SECONDS)

    @cached_property
    def _web_client(self) -> "WebClient":
        from slack_sdk import WebClient

        # Without retries: a hung Slack must not use up the function's time, and SQS delivers again.
        return WebClient(base_url=self._settings.slack_api_url, timeout=SLACK_TIMEOUT_SECONDS, retry_handlers=[])

    @cached_property
    def _secret(self) -> "SlackSecret":
        from bot.services.connections import KeptConnections

        settings = self._settings
        aws = _aws_json(KeptConnections())
        return _slack_secret(
            aws, settings.slack_secret_arn, settings.endpoint_url, SLACK_BOT_TOKEN=settings.slack_bot_token
        )

    @cached_property
    def _session(self) -> "boto3.Session":
        import boto3
        from botocore.session import get_session

        core: Any = get_session()
        # botocore's own parser is a third of the time that a page of instances takes (`make bench`).
        core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
        return boto3.Session(region_name=self._settings.region, botocore_session=core)

    @cached_property
    def _clients(self) -> dict[tuple[str, str], Any]:
        return {}

    def _client(self, service: str, region: str | None = None) -> Any:
        """A client kept for the container's life: a hung service costs two short tries, not minutes."""
        from botocore.config import Config

        key = (service, region or self._settings.region)
        if key not in self._clients:
            config = Config(
                connect_timeout=1,
                read_timeout=4 if service == "ec2" else 2,
                retries={"mode": "standard", "total_max_attempts": 2},
            )
            create: Any = self._session.client
            self._clients[key] = create(
                service, region_name=key[1], endpoint_url=self._settings.endpoint_url, config=config
            )
        return self._clients[key]


def door() -> DoorWiring:
    """The front door's services. Raises ConfigurationError."""
    return _kept(DoorWiring, DoorSettings.from_env(os.environ))


def worker() -> WorkerWiring:
    """The worker's services. Raises ConfigurationError."""
    return _kept(WorkerWiring, WorkerSettings.from_env(os.environ))


@cache
def bolt_logger() -> logging.Logger:
    """Bolt logs whole payloads at DEBUG and INFO, and warns of a token in the environment that it does not use."""
    child = logger().getChild("bolt")
    child.setLevel(logging.ERROR)
    return child


_wirings: dict[Any, tuple[Any, Any]] = {}


def _kept(kind: "Callable[[Settings], Wiring]", settings: "Settings") -> "Wiring":
    held_for, wiring = _wirings.get(kind, (None, None))
    if held_for != settings:
        wiring = kind(settings)
        _wirings[kind] = (settings, wiring)
    return cast("Wiring", wiring)


def _timestamp(value: Any) -> datetime:
    """What AWS says of a moment: ISO 8601 at once, every other form (Cognito's are numbers) as botocore reads it."""
    from botocore.utils import parse_timestamp

    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return parse_timestamp(value)


def _aws_json(connections: "KeptConnections") -> "AwsJson":
    from bot.services.aws_json import AwsJson, Credentials

    credentials = Credentials(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ.get("AWS_SESSION_TOKEN"),
    )
    return AwsJson(connections, credentials, now)


def _slack_secret(aws: "AwsJson", arn: str | None, endpoint_url: str | None, **local: str | None) -> "SlackSecret":
    from bot.services.slack_secret import SlackSecret, secret_reader

    given = {name: value for name, value in local.items() if value}
    if given or arn is None:
        return SlackSecret(lambda: given, epoch)
    return SlackSecret(secret_reader(aws, arn, endpoint_url), epoch)
