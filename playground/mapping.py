"""Lambda's event source mapping for SQS: receives messages, invokes the function, deletes what succeeded.

Refuses to wait on the queue: the local endpoint serves one request at a time, and a long poll would
stop everybody else's.
"""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from playground.lifetimes import Running

if TYPE_CHECKING:
    from playground.provision import FunctionSpec

Invoke = Callable[[dict[str, Any]], Any]

_IDLE_SECONDS = 0.1


class EventSourceMapping(Running):
    """Feeds one function from one queue, with the function's own credentials as Lambda does.

    `environment` is the function's: AWS_ENDPOINT_URL, AWS_REGION and its keys are taken from it.
    A message that failed stays invisible until its visibility timeout ends, then comes again.
    """

    def __init__(self, queue_url: str, environment: Mapping[str, str], invoke: Invoke, batch_size: int = 1) -> None:
        super().__init__("event-source-mapping")
        self._queue_url = queue_url
        self._environment = environment
        self._invoke = invoke
        self._batch_size = batch_size
        self._client: Any = None
        self._queue_arn = ""

    @classmethod
    def for_function(cls, spec: "FunctionSpec", invoke: Invoke) -> "EventSourceMapping":
        if spec.queue_url is None:
            raise ValueError(f"{spec.logical_id} has no queue")
        return cls(spec.queue_url, spec.environment, invoke, spec.batch_size)

    def poll_once(self) -> int:
        """One receive and at most one invocation; how many messages were handed to the function."""
        sqs = self._connected()
        messages = sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=min(self._batch_size, 10),
            WaitTimeSeconds=0,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return 0
        records = [self._record(message) for message in messages]
        try:
            result = self._invoke({"Records": records})
        except Exception as error:
            # Lambda reports it in the function's log and metrics; the messages come again by themselves.
            print(f"{self._queue_url}: the batch failed: {error}", file=sys.stderr, flush=True)
            return len(records)
        failed = failed_ids(result, {record["messageId"] for record in records})
        done = [record["receiptHandle"] for record in records if record["messageId"] not in failed]
        if done:
            entries = [{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(done)]
            sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return len(records)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                handed_over = self.poll_once()
            except Exception as error:
                # The endpoint may be restarting; Lambda's poller does not give up either.
                if not self._stopping.is_set():
                    print(f"{self._queue_url}: {error}", file=sys.stderr, flush=True)
                self._stopping.wait(1)
                continue
            if not handed_over:
                self._stopping.wait(_IDLE_SECONDS)

    def _connected(self) -> Any:
        if self._client is None:
            client = client_of(self._environment, "sqs")
            attributes = client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])
            self._queue_arn = attributes["Attributes"]["QueueArn"]
            self._client = client
        return self._client

    def _record(self, message: Mapping[str, Any]) -> dict[str, Any]:
        attributes = message.get("MessageAttributes", {})
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {name: str(value) for name, value in message.get("Attributes", {}).items()},
            "messageAttributes": {name: _attribute(value) for name, value in attributes.items()},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._queue_arn,
            "awsRegion": self._environment["AWS_REGION"],
        }


def client_of(environment: Mapping[str, str], service: str) -> Any:
    """With a function's own credentials, as Lambda reads for it."""
    import boto3

    create: Any = boto3.client
    return create(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def failed_ids(result: Any, handed_over: set[str]) -> set[str]:
    """The messages to keep, by Lambda's rules for ReportBatchItemFailures.

    Nothing reported is success; an answer that Lambda could not read, or an id it did not hand over, is
    the failure of the whole batch.
    """
    if result is None:
        return set()
    if not isinstance(result, Mapping):
        return handed_over
    failures = result.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return handed_over
    failed = {str(entry.get("itemIdentifier")) if isinstance(entry, Mapping) else "" for entry in failures}
    return failed if failed <= handed_over else handed_over


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        import base64

        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute
