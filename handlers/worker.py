"""SQS: runs each queued Slack request through the Bolt app; what fails is delivered again, then kept.

It refuses messages that the front door cannot have written.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bot import wiring
from bot.errors import JobElsewhereError
from bot.job import SlackJob
from bot.models import Delivery


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers `batchItemFailures`; never raises, so that one bad message fails alone."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event=event, record_handler=_run, processor=processor, context=context))


def _run(record: SQSRecord, lambda_context: Any = None) -> None:
    seconds_left = lambda_context.get_remaining_time_in_millis() / 1000 if lambda_context else None
    delivery = Delivery(record.message_id, int(record.attributes.approximate_receive_count))
    try:
        wiring.worker().jobs.run(SlackJob.from_message(record.body), delivery, seconds_left)
    except JobElsewhereError:
        raise
    except Exception as error:
        facts = {"message_id": delivery.message_id, "receives": delivery.receive_count}
        wiring.logger().error("request failed", extra={**facts, **wiring.failure(error)})
        raise
