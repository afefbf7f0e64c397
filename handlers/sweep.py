"""EventBridge, every minute: does what is due by the state table.

A failure is Lambda's to report, and the next run's to mend.
"""

from typing import Any

from bot import wiring


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """How much was due, by part. Raises what failed, so that Lambda counts an error."""
    try:
        return wiring.sweep().sweep.run()
    except Exception as error:
        wiring.logger().error("sweep failed", extra=dict(wiring.failure(error)))
        raise
