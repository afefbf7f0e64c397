"""The product between a local Slack and a local AWS, in one process: what most tests talk to.

Handlers are entered as AWS enters them, each with only the environment that the template gives it.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import yaml
from boto3.dynamodb.types import TypeDeserializer
from flask import Flask
from moto.dynamodb.models import dynamodb_backends
from moto.ec2.models import ec2_backends
from moto.sqs.models import sqs_backends
from werkzeug.serving import WSGIRequestHandler, make_server

import handlers.alarms
import handlers.audit
import handlers.authorizer
import handlers.instances
import handlers.login
import handlers.notary
import handlers.pre_token
import handlers.refresh
import handlers.slack
import handlers.sweep
import handlers.worker
from bot import wiring
from playground.app import create_app
from playground.aws import LocalAws
from playground.functions import lambda_environment
from playground.gateway import ACCOUNT_ID, http_api_event, http_response
from playground.mapping import EventSourceMapping
from playground.provision import FunctionSpec, provision
from playground.slack.messages import Message
from playground.slack.views import View
from playground.world import MANIFEST_PATH, local_slack

ROOT = Path(__file__).parent.parent
MANIFEST = yaml.safe_load(MANIFEST_PATH.read_text(encoding="utf-8"))
HANDLERS = {
    "handlers.audit.handler": handlers.audit.handler,
    "handlers.authorizer.handler": handlers.authorizer.handler,
    "handlers.instances.handler": handlers.instances.handler,
    "handlers.login.handler": handlers.login.handler,
    "handlers.notary.handler": handlers.notary.handler,
    "handlers.pre_token.handler": handlers.pre_token.handler,
    "handlers.refresh.handler": handlers.refresh.handler,
    "handlers.alarms.handler": handlers.alarms.handler,
    "handlers.slack.handler": handlers.slack.handler,
    "handlers.sweep.handler": handlers.sweep.handler,
    "handlers.worker.handler": handlers.worker.handler,
}
DOOR, WORKER, LOGIN, NOTARY = "SlackFunction", "WorkerFunction", "LoginFunction", "NotaryFunction"
SWEEP, ALARMS = "SweepFunction", "AlarmsFunction"
KEPT_FOR_NOBODY = ("action#", "lock#", "incident#", "burst#", "pace#", "job#", "page#", "request#")
AUTHORIZER, REFRESH, PRE_TOKEN = "AuthorizerFunction", "RefreshFunction", "PreTokenFunction"
INSTANCES, AUDIT = "InstancesFunction", "AuditFunction"


class Quiet(WSGIRequestHandler):
    """A server that prints nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class House:
    """One workspace, one AWS account, all functions. `fresh` starts new containers and forgets what was said."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self._server = make_server("127.0.0.1", 0, Flask(__name__), threaded=True, request_handler=Quiet)
        url = f"http://127.0.0.1:{self._server.server_port}"
        self.provisioned = provision(aws.url, public_url=url)
        environment = self.environment = self.provisioned.environment
        self.slack = local_slack(environment, url, self.deliver)
        self._server.app = create_app(self.slack)
        self.context: Any = None  # what Lambda tells the worker about its invocation
        self.mapping = EventSourceMapping.for_function(
            self.function(WORKER), lambda event: self.invoke(WORKER, event, context=self.context)
        )
        self.alarms = EventSourceMapping.for_function(self.function(ALARMS), lambda event: self.invoke(ALARMS, event))
        self._since = ""
        self._session = boto3.Session("AKIALOCALTESTS", "local", region_name=environment["AWS_REGION"])
        self._clients: dict[str, Any] = {}

    def serve(self) -> None:
        self._server.serve_forever()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fresh(self) -> None:
        """Cold containers, an empty queue, and a mark: `rows` and `said` tell only what happens from here on."""
        self.fresh_containers()
        region = self.environment["AWS_REGION"]
        # PurgeQueue works once a minute, and would leave what is in flight for the next test to meet.
        for queue in sqs_backends[ACCOUNT_ID][region].queues.values():
            queue._messages.clear()
            queue.deleted_messages.clear()
        self.empty_tables()
        self.aws.clear_calls()
        self.slack.api_calls.clear()
        self._since = self.slack.board.next_ts()
        for user_id in self.slack.members.people:
            self.slack.views.clear(user_id)

    def empty_tables(self) -> None:
        """Nothing on record, no proposal and no lock; links stay."""
        tables = dynamodb_backends[ACCOUNT_ID][self.environment["AWS_REGION"]].tables
        audit = tables[self.environment["AUDIT_TABLE_NAME"]]
        audit.items.clear()
        # moto copies a table with its whole stream for each transaction.
        audit.stream_shard.starting_sequence_number += len(audit.stream_shard.items)
        audit.stream_shard.items.clear()
        state = tables[self.environment["STATE_TABLE_NAME"]].items
        for key in [key for key in state if key.value.startswith(KEPT_FOR_NOBODY)]:
            del state[key]

    def unlaunch(self, reservation_id: str) -> None:
        """As if these instances had never been: moto keeps what is terminated, and lists it to whoever comes after."""
        del ec2_backends[ACCOUNT_ID][self.environment["AWS_REGION"]].reservations[reservation_id]

    def fresh_containers(self) -> None:
        """The next invocation starts cold."""
        wiring._wirings.clear()

    @property
    def dead_letter_queue(self) -> str:
        return self.provisioned.names["DeadJobsQueue"]

    def function(self, logical_id: str) -> FunctionSpec:
        return self.provisioned.function(logical_id)

    def client(self, service: str) -> Any:
        """The test's own client; it was made before any fault."""
        if service not in self._clients:
            create: Any = self._session.client
            self._clients[service] = create(service, endpoint_url=self.aws.url)
        return self._clients[service]

    @contextmanager
    def running_as(self, logical_id: str, extra: Mapping[str, str | None] | None = None) -> Iterator[None]:
        """The process environment is the function's, and nothing but it."""
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(lambda_environment(self.function(logical_id), ROOT))
        for name, value in (extra or {}).items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def invoke(
        self,
        logical_id: str,
        event: dict[str, Any],
        extra: Mapping[str, str | None] | None = None,
        context: Any = None,
    ) -> Any:
        with self.running_as(logical_id, extra):
            return HANDLERS[self.function(logical_id).handler](event, context)

    def deliver(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        return http_response(self.invoke(DOOR, http_api_event(method, path, headers, body)))

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> int:
        """The status the door answers to a request; signed as Slack signs unless headers are given."""
        return self.deliver("POST", "/slack/events", dict(headers or self.slack.sign(body)), body)[0]

    def type(self, text: str, user_id: str = "U0ADA", channel_id: str = "C0OPS") -> None:
        """Somebody presses Enter; the request is queued and not yet worked on."""
        self.slack.run_command(user_id, channel_id, text).join()

    def work(self) -> int:
        """Run what is queued until the queue is empty; how many messages were received."""
        received = 0
        while count := self.mapping.poll_once():
            received += count
        return received

    def send_alarm(self, content: Mapping[str, Any] | str) -> None:
        """What EventBridge or SNS puts into the alarms queue."""
        body = content if isinstance(content, str) else json.dumps(content)
        self.client("sqs").send_message(QueueUrl=self.environment["ALARMS_QUEUE_URL"], MessageBody=body)

    def alarms_waiting(self) -> int:
        """Messages in the alarms queue, those that wait for their turn too."""
        # moto counts one after the other: what becomes visible in between is in neither, and in the next count.
        return self._alarms_counted() or self._alarms_counted()

    def _alarms_counted(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        queue = self.environment["ALARMS_QUEUE_URL"]
        counts = self.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(counts[name]) for name in names)

    def alarm_work(self, seconds: float = 60.0, extra: Mapping[str, str | None] | None = None) -> None:
        """Run the alarms function until its queue is empty: at Slack's pace, so this takes real seconds."""
        deadline = time.monotonic() + seconds
        function = self.function(ALARMS)
        alarms = EventSourceMapping.for_function(function, lambda event: self.invoke(ALARMS, event, extra))
        while self.alarms_waiting():
            if not alarms.poll_once():
                assert time.monotonic() < deadline, "the alarms queue does not drain"
                time.sleep(0.05)

    def invoke_alarms(self, extra: Mapping[str, str | None]) -> None:
        """The same with other settings, once for all that is visible, and a second passes."""
        function = self.function(ALARMS)
        while EventSourceMapping.for_function(function, lambda event: self.invoke(ALARMS, event, extra)).poll_once():
            pass
        time.sleep(1.05)

    def raise_alarm(self, *contents: Mapping[str, Any] | str) -> None:
        for content in contents:
            self.send_alarm(content)
        self.alarm_work()

    def posts(self, channel_id: str = "C0ALERTS") -> list[Message]:
        """What our app posted in a channel since, replies included."""
        return [m for m in self.slack.messages(channel_id) if m.ts > self._since and m.app_id]

    def cards(self, channel_id: str = "C0ALERTS") -> list[Message]:
        return [message for message in self.posts(channel_id) if message.thread_ts is None]

    def replies(self, card: Message) -> list[str]:
        return [m.text for m in self.posts(card.channel_id) if m.thread_ts == card.ts]

    def press(self, card: Message, action_id: str, value: str | None = None, user_id: str = "U0ADA") -> list[Message]:
        """Somebody uses an element of a message that everybody sees; what they alone are then shown."""
        before = len(self.said(user_id))
        block, element = next(
            (block, element)
            for block in card.blocks
            for element in block.get("elements", [])
            if element.get("action_id") == action_id
        )
        action = {"type": element["type"], "action_id": action_id, "block_id": block.get("block_id", "b")}
        if element["type"] == "static_select":
            options = [option for group in element["option_groups"] for option in group["options"]]
            action["selected_option"] = next(option for option in options if option["value"].endswith(value or ""))
        else:
            action["value"] = value or element.get("value")
        sent = self.slack.click(user_id, card.channel_id, card.ts, action)
        assert sent is not None
        sent.join()
        self.work()
        self.alarm_work()
        return self.said(user_id)[before:]

    def shortcut(self, user_id: str = "U0ADA", callback_id: str = "instances_modal") -> None:
        """Somebody chooses the shortcut; the request is queued and not yet worked on."""
        sending = self.slack.run_shortcut(user_id, callback_id)
        assert sending is not None
        sending.join()

    def modal(self, user_id: str = "U0ADA") -> View:
        """The modal that this person sees."""
        return self.slack.views.stack(user_id)[-1]

    def use(self, action: Mapping[str, Any], user_id: str = "U0ADA") -> View:
        """Somebody uses an element of their modal; what the modal shows then."""
        sending = self.slack.act(user_id, self.modal(user_id).view_id, action)
        assert sending is not None
        sending.join()
        self.work()
        return self.modal(user_id)

    def say(self, text: str, user_id: str = "U0ADA", channel_id: str = "C0OPS") -> Message:
        """Somebody types a command; the one answer they see."""
        before = len(self.said(user_id))
        self.type(text, user_id, channel_id)
        self.work()
        answers = self.said(user_id)[before:]
        assert len(answers) == 1, [message.text for message in answers]
        return answers[0]

    def click(self, message: Message, action_id: str, value: str | None = None) -> list[Message]:
        """The reader of `message` uses an element of it; what they are then shown, edited messages included."""
        user_id = message.visible_to or "U0ADA"
        before = {(said.ts, said.text, repr(said.blocks)) for said in self.slack.ephemerals(user_id)}
        block, element = next(
            (block, element)
            for block in message.blocks
            for element in block.get("elements", [])
            if element.get("action_id") == action_id
        )
        action = {"type": element["type"], "action_id": action_id, "block_id": block.get("block_id", "b")}
        if element["type"] == "static_select":
            chosen = next(option for option in element["options"] if option["value"] == value)
            action["selected_option"] = chosen
        else:
            action["value"] = value or element.get("value")
        sent = self.slack.click(user_id, message.channel_id, message.ts, action)
        assert sent is not None
        sent.join()
        self.work()
        shown = self.slack.ephemerals(user_id)
        return [said for said in shown if (said.ts, said.text, repr(said.blocks)) not in before]

    def said(self, user_id: str = "U0ADA") -> list[Message]:
        """What this person alone was shown."""
        return [message for message in self.slack.ephemerals(user_id) if message.ts > self._since]

    def rows(self) -> list[dict[str, Any]]:
        """The audit rows written since, in time order."""
        read = TypeDeserializer().deserialize
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.environment["AUDIT_TABLE_NAME"])
        items = [item for page in pages for item in page["Items"]]
        found = [{name: read(value) for name, value in item.items()} for item in items]
        return sorted(found, key=lambda row: row["timestamp"])

    def queued(self, text: str = "list", user_id: str = "U0ADA") -> dict[str, Any]:
        """The SQS event of a command that the door has queued, taken off the queue."""
        self.type(text, user_id)
        return self.received()

    def sweep(self) -> dict[str, int]:
        """A minute has gone by: what the sweep found due. What it asks to be shown of alerts is shown."""
        found = dict(self.invoke(SWEEP, {"source": "aws.events", "detail-type": "Scheduled Event"}))
        self.alarm_work()
        return found

    def received(self) -> dict[str, Any]:
        caught: list[dict[str, Any]] = []

        def catch(event: dict[str, Any]) -> dict[str, Any]:
            caught.append(event)
            return {"batchItemFailures": []}

        EventSourceMapping.for_function(self.function(WORKER), catch).poll_once()
        return caught[0]

    def dead_letters(self) -> list[str]:
        answer = self.client("sqs").receive_message(QueueUrl=self.dead_letter_queue, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]


def wait_until(condition: Any, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
