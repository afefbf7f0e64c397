"""Variant (e): the bot of the tutorials, with clients at import, `App(token=...)` and a lazy listener.

It refuses to make matplotlib a dependency of ours: it imports it, as such bots do, where it happens to be installed.
"""

import contextlib
import importlib
import os
from typing import Any

import boto3
from slack_bolt import Ack, App, Respond
from slack_bolt.adapter.aws_lambda import SlackRequestHandler
from slack_sdk import WebClient

with contextlib.suppress(ImportError):
    importlib.import_module("matplotlib.pyplot")

lambda_client = boto3.client("lambda")
ec2_client = boto3.client("ec2")
cloudwatch = boto3.client("cloudwatch")
dynamodb = boto3.client("dynamodb")
cognito = boto3.client("cognito-idp")

app = App(
    client=WebClient(token="xoxb-benchmark", base_url=os.environ["SLACK_API_URL"]),
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
    process_before_response=True,
)


def acknowledge(ack: Ack) -> None:
    ack()


def list_instances(respond: Respond) -> None:
    respond(str(ec2_client.describe_instances()["Reservations"]))


app.command("/ec2")(ack=acknowledge, lazy=[list_instances])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    handle: Any = SlackRequestHandler(app=app).handle
    return dict(handle(event, context))
