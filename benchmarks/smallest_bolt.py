"""Variant (c), the anchor: the smallest Bolt app on Lambda that acknowledges a command.

It does no work and calls nobody, auth.test included: a fixed `authorize` stands for the token check.
"""

import os
from typing import Any

from slack_bolt import Ack, App
from slack_bolt.adapter.aws_lambda import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult

BOT_TOKEN = "xoxb-benchmark"

# With `token=` in its place Bolt would call auth.test at the first command, verification enabled or not.
app = App(
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
    authorize=lambda: AuthorizeResult(enterprise_id=None, team_id="T0PLAYGND", bot_token=BOT_TOKEN),
    process_before_response=True,
    token_verification_enabled=False,
)


@app.command("/ec2")
def ec2(ack: Ack) -> None:
    ack()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    handle: Any = SlackRequestHandler(app).handle
    return dict(handle(event, context))
