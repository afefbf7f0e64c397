"""The audit's notary: watches the table's stream, and seals each past hour when its schedule says so.

It can change nothing that it watches: no right to write a row, and none to replace a digest.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from bot import wiring


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes DynamoDB stream records (answers `batchItemFailures`), and EventBridge's scheduled event.

    Raises what keeps an hour from being sealed: Lambda counts it, and the alarm NotaryFailed rings.
    """
    if "Records" not in event:
        return _seal()
    processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event=event, record_handler=_watch, processor=processor, context=context))


def _seal() -> dict[str, Any]:
    try:
        return {"sealed": wiring.notary().notary.seal()}
    except Exception as error:
        wiring.logger().error("hours not sealed", extra=wiring.failure(error))
        raise


def _watch(record: Any) -> None:
    try:
        wiring.notary().notary.watch(record.raw_event)
    except Exception as error:
        wiring.logger().error("record not judged", extra=wiring.failure(error))
        raise
