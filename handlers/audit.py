"""REST `/audit-logs`: payload 1.0 events with the authorizer's context.

It refuses to fail: what goes wrong is an answer too, and says nothing of what went wrong.
"""

from typing import Any

from bot import wiring
from bot.rest import unavailable


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Always answers."""
    try:
        front = wiring.audit().front
    except Exception as error:  # settings are missing, or a library: nothing can be answered
        wiring.logger().error("audit closed", extra=wiring.failure(error))
        return unavailable(event)
    return front.answer(event, context)
