"""What every function stands on: the clocks, the log, the audit, and the Slack secret.

Nothing of an error that is not ours reaches the log but its type and its place.
"""

import logging
import os
import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.errors import ChatOpsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.alarms_config import AlertSettings
    from bot.config import TableSettings
    from bot.services.audit import Audit
    from bot.services.aws_json import AwsJson
    from bot.services.connections import KeptConnections
    from bot.services.incidents import Incidents
    from bot.services.slack_secret import SlackSecret
    from bot.services.tokens import Tokens
    from bot.slack_config import SlackSettings
    from bot.wiring.aws import AwsClients

LOGGER_NAME = "ec2-chatops"
SLACK_TIMEOUT_SECONDS = 3
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


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


@cache
def bolt_logger() -> logging.Logger:
    """Bolt logs whole payloads at DEBUG and INFO, and warns of a token in the environment that it does not use."""
    child = logger().getChild("bolt")
    child.setLevel(logging.ERROR)
    return child


def aws_json(connections: "KeptConnections") -> "AwsJson":
    """Calls AWS by the standard library alone, with the credentials that Lambda gives."""
    from bot.services.aws_json import AwsJson, Credentials

    credentials = Credentials(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ.get("AWS_SESSION_TOKEN"),
    )
    return AwsJson(connections, credentials, now)


def audit(aws: "AwsClients", settings: "TableSettings") -> "Audit":
    """Writes the audit."""
    from bot.services.audit import Audit

    return Audit(aws.get("dynamodb"), settings.audit_table_name, settings.audit_retention_days, now)


def incidents(aws: "AwsClients", settings: "AlertSettings") -> "Incidents":
    """Keeps the alerts."""
    from bot.services.incidents import Incidents

    return Incidents(aws.get("dynamodb"), settings.state_table_name, settings.alert_pace, epoch)


def tokens(pool_id: str, client_id: str, jwks_url: str | None) -> "Tokens":
    """Verifies the tokens of that pool and client; without `jwks_url` by the pool's own keys."""
    from bot.services.signing_keys import SigningKeys
    from bot.services.tokens import Tokens, issuer

    keys = SigningKeys(jwks_url or f"{issuer(pool_id)}/.well-known/jwks.json", epoch)
    return Tokens(keys, pool_id, client_id, epoch)


def slack_secret(aws: "AwsJson", settings: "SlackSettings", **local: str | None) -> "SlackSecret":
    """The secret of their ARN, or the `local` values where there are any."""
    from bot.services.slack_secret import SlackSecret, secret_reader

    given = {name: value for name, value in local.items() if value}
    if given or settings.slack_secret_arn is None:
        return SlackSecret(lambda: given, epoch)
    return SlackSecret(secret_reader(aws, settings.slack_secret_arn, settings.endpoint_url), epoch)
