"""The bots that are measured side by side, and the one signed command that each of them acknowledges.

It gives our front door what the template gives it, and no variant anything of this machine's own.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from benchmarks.runtime_api import ROOT
from benchmarks.sqs_stub import AwsStub
from playground.functions import lambda_environment
from playground.gateway import http_api_event
from playground.people import APP_ID, TEAM_ID
from playground.provision import FunctionSpec
from playground.slack.signing import signed_headers

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
_LAMBDA_ITSELF = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKIABENCHMARK",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "t" * 800,
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
    "AWS_LAMBDA_LOG_LEVEL": "INFO",
}
# Exactly the variables of SlackFunction in template.yaml; tests/test_front_door_budget.py compares.
DOOR_ENVIRONMENT = {
    "JOBS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
    "SLACK_TEAM_ID": TEAM_ID,
    "SLACK_APP_ID": APP_ID,
    "SLACK_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:slack-AbCdEf",
}
_LOCAL_SECRET = {"SLACK_SIGNING_SECRET": SIGNING_SECRET}


@dataclass(frozen=True)
class Variant:
    """One bot: `name` in tables, `handler` for Lambda, and its own variables."""

    name: str
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def process_environment(self, stub: AwsStub) -> dict[str, str]:
        """All that its process sees."""
        given = {**_LAMBDA_ITSELF, **stub.environment, **self.environment}
        return lambda_environment(FunctionSpec(self.name, self.handler, given, 5, 512, None, 0), ROOT)


EMPTY = Variant("empty handler", "benchmarks.empty.handler")
BOLT = Variant("smallest Bolt (c)", "benchmarks.smallest_bolt.handler", _LOCAL_SECRET)
NAIVE = Variant("naive bot (e)", "benchmarks.naive_bot.handler", _LOCAL_SECRET)
DOOR = Variant("our door", "handlers.slack.handler", DOOR_ENVIRONMENT)
VARIANTS = (EMPTY, BOLT, DOOR, NAIVE)
ALTERNATIVES = (
    Variant("our door, secret given", "handlers.slack.handler", {**DOOR_ENVIRONMENT, **_LOCAL_SECRET}),
    Variant("our door, botocore signs", "benchmarks.door_botocore.handler", DOOR_ENVIRONMENT),
)


def signed_shortcut(secret: str = SIGNING_SECRET) -> dict[str, Any]:
    """API Gateway's event of somebody choosing the global shortcut, whose answer is a modal."""
    moment = time.time()
    payload = {
        "type": "shortcut",
        "callback_id": "instances_modal",
        "team": {"id": TEAM_ID, "domain": "playground"},
        "user": {"id": "U0ADA", "username": "ada", "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "trigger_id": f"{moment:.6f}.1.x",
        "action_ts": f"{moment:.6f}",
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    return http_api_event("POST", "/slack/events", signed_headers(secret, int(moment), body), body)


def signed_command(secret: str = SIGNING_SECRET) -> dict[str, Any]:
    """API Gateway's event of somebody typing `/ec2 list`, signed now, like no other."""
    moment = time.time()
    form = {
        "token": "deprecated",
        "team_id": TEAM_ID,
        "team_domain": "playground",
        "channel_id": "C0OPS",
        "channel_name": "ops",
        "user_id": "U0ADA",
        "user_name": "ada",
        "command": "/ec2",
        "text": "list state:running",
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": f"https://hooks.slack.com/commands/{TEAM_ID}/1/x",
        "trigger_id": f"{moment:.6f}.1.x",
    }
    body = urlencode(form).encode()
    return http_api_event("POST", "/slack/events", signed_headers(secret, int(moment), body), body)
