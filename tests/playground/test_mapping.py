"""The event source mapping: real SQS events, partial failures, redelivery and the dead-letter queue."""

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from playground.aws import LocalAws
from playground.mapping import EventSourceMapping, failed_ids


@dataclass
class Recorder:
    """Stands for a function: keeps its events, answers or raises as told."""

    events: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None
    fails: bool = False

    def __call__(self, event: dict[str, Any]) -> Any:
        self.events.append(event)
        if self.error:
            raise self.error
        failures = event["Records"] if self.fails else []
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failures]}


@dataclass
class Queue:
    sqs: Any
    url: str
    dead_url: str
    environment: dict[str, str]

    def send(self, body: str, **more: Any) -> str:
        return str(self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)["MessageId"])

    def waiting(self, url: str | None = None) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url or self.url, AttributeNames=names)["Attributes"]
        return sum(int(value) for value in found.values())


@pytest.fixture
def queue(aws: LocalAws) -> Queue:
    session: Any = boto3.Session(aws_access_key_id="AKIASENDER", aws_secret_access_key="x", region_name="us-east-1")
    sqs = session.client("sqs", endpoint_url=aws.url)
    name = uuid.uuid4().hex
    dead_url = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    dead = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})
    # Invisible for no time at all: a failed message comes again at the next poll.
    attributes = {"VisibilityTimeout": "0", "RedrivePolicy": redrive}
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    environment = {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAWORKER",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    return Queue(sqs, url, dead_url, environment)


def mapping(queue: Queue, function: Recorder, batch_size: int = 1) -> EventSourceMapping:
    return EventSourceMapping(queue.url, queue.environment, function, batch_size)


def test_a_message_becomes_the_event_that_lambda_sends(queue: Queue) -> None:
    function = Recorder()
    attributes = {"kind": {"DataType": "String", "StringValue": "command"}}
    message_id = queue.send("hello", MessageAttributes=attributes)
    assert mapping(queue, function).poll_once() == 1
    (record,) = function.events[0]["Records"]
    assert record["messageId"] == message_id
    assert record["body"] == "hello"
    assert record["md5OfBody"] == "5d41402abc4b2a76b9719d911017c592"
    assert record["receiptHandle"]
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert abs(int(record["attributes"]["SentTimestamp"]) / 1000 - time.time()) < 60
    assert record["messageAttributes"] == {
        "kind": {
            "stringValue": "command",
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "String",
        }
    }
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].startswith("arn:aws:sqs:us-east-1:")
    assert record["awsRegion"] == "us-east-1"


def test_what_succeeded_is_deleted_and_an_empty_queue_invokes_nothing(queue: Queue) -> None:
    function = Recorder()
    polling = mapping(queue, function)
    queue.send("once")
    assert [polling.poll_once(), polling.poll_once()] == [1, 0]
    assert len(function.events) == 1
    assert queue.waiting() == 0


@pytest.mark.parametrize("failing", [{"fails": True}, {"error": RuntimeError("boom")}])
def test_what_failed_comes_again_and_then_lies_in_the_dead_letter_queue(queue: Queue, failing: dict[str, Any]) -> None:
    function = Recorder(**failing)
    polling = mapping(queue, function)
    queue.send("bad")
    assert [polling.poll_once() for _ in range(4)] == [1, 1, 1, 0]
    counts = [event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in function.events]
    assert counts == ["1", "2", "3"]
    assert queue.waiting() == 0
    assert queue.waiting(queue.dead_url) == 1


def test_a_batch_keeps_only_what_failed(queue: Queue) -> None:
    ids = {queue.send(str(number)) for number in range(3)}
    handed_over: list[str] = []

    def fail_the_first(event: dict[str, Any]) -> Any:
        handed_over.extend(record["messageId"] for record in event["Records"])
        return {"batchItemFailures": [{"itemIdentifier": handed_over[0]}]}

    assert EventSourceMapping(queue.url, queue.environment, fail_the_first, 10).poll_once() == 3
    assert set(handed_over) == ids
    assert queue.waiting() == 1


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": "stranger"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"wrongKey": "a"}]}, {"a", "b"}),
        ({"batchItemFailures": "a"}, {"a", "b"}),
        ("ok", {"a", "b"}),
    ],
)
def test_an_answer_that_cannot_be_read_fails_the_whole_batch(result: Any, failed: set[str]) -> None:
    assert failed_ids(result, {"a", "b"}) == failed


def test_the_queue_is_read_with_the_functions_own_key_and_never_waited_on(aws: LocalAws, queue: Queue) -> None:
    polling = mapping(queue, Recorder())
    queue.send("hello")
    aws.clear_calls()
    began = time.monotonic()
    polling.poll_once()
    polling.poll_once()
    assert time.monotonic() - began < 2
    calls = [(call.action, call.access_key_id, call.resource) for call in aws.calls]
    assert calls == [
        (action, "AKIAWORKER", queue.url)
        for action in ("GetQueueAttributes", "ReceiveMessage", "DeleteMessageBatch", "ReceiveMessage")
    ]


def test_a_started_mapping_works_until_stopped(queue: Queue) -> None:
    function = Recorder()
    polling = mapping(queue, function).start()
    queue.send("hello")
    deadline = time.monotonic() + 5
    while not function.events and time.monotonic() < deadline:
        time.sleep(0.02)
    polling.stop()
    assert len(function.events) == 1
    queue.send("after the end")
    time.sleep(0.3)
    assert len(function.events) == 1
