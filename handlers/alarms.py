"""SQS: CloudWatch's alarm state changes become alert threads; what must wait is delivered again.

It refuses what is not an alarm of the account, with a row in the audit.
"""

from typing import Any

from bot import wiring


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers `batchItemFailures`. Raises only what makes the whole batch hopeless, such as missing settings."""
    failed = wiring.alarms().batch(event["Records"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
