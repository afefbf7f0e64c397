"""Lambda's event source mapping for DynamoDB streams: reads the table's changes in order and invokes the function.

Refuses to skip: a batch that failed comes again, and nothing after it comes before.
"""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from playground.lifetimes import Running
from playground.mapping import client_of, failed_ids

if TYPE_CHECKING:
    from playground.provision import FunctionSpec

Invoke = Callable[[dict[str, Any]], Any]

_IDLE_SECONDS = 1.0
_BATCH = 100


class StreamMapping(Running):
    """Feeds one function from one stream, with the function's own credentials as Lambda does.

    It begins with what comes next: what provisioning wrote into the table is not the function's business.
    """

    def __init__(self, spec: "FunctionSpec", invoke: Invoke) -> None:
        super().__init__("stream-mapping")
        if spec.stream_arn is None:
            raise ValueError(f"{spec.logical_id} has no stream")
        self._stream_arn = spec.stream_arn
        self._environment = spec.environment
        self._invoke = invoke
        self._client: Any = None
        self._iterators: dict[str, str] = {}

    def poll_once(self) -> int:
        """One read and at most one invocation a shard; how many records were handed to the function."""
        count = 0
        for shard_id, iterator in self._shards().items():
            answer = self._client.get_records(ShardIterator=iterator, Limit=_BATCH)
            records = [_record(record, self._stream_arn) for record in answer["Records"]]
            if records and failed_ids(self._invoke({"Records": records}), {_number(record) for record in records}):
                continue  # the same iterator reads them again
            self._iterators[shard_id] = answer["NextShardIterator"]
            count += len(records)
        return count

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.poll_once()
            except Exception as error:
                # The endpoint may be restarting; Lambda's poller does not give up either.
                if not self._stopping.is_set():
                    print(f"{self._stream_arn}: {error}", file=sys.stderr, flush=True)
            self._stopping.wait(_IDLE_SECONDS)

    def _shards(self) -> dict[str, str]:
        if self._client is None:
            self._client = client_of(self._environment, "dynamodbstreams")
        if not self._iterators:
            stream = self._client.describe_stream(StreamArn=self._stream_arn)["StreamDescription"]
            for shard in stream["Shards"]:
                asked = {"StreamArn": self._stream_arn, "ShardId": shard["ShardId"]}
                answer = self._client.get_shard_iterator(**asked, ShardIteratorType="LATEST")
                self._iterators[shard["ShardId"]] = answer["ShardIterator"]
        return dict(self._iterators)


def _record(record: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """As Lambda hands it over: the time in epoch seconds, and where it came from."""
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    return {**record, "dynamodb": change, "eventSourceARN": stream_arn}


def _number(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])
