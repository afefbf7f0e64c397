"""POST /auth/refresh: new tokens for a refresh token.

It refuses every bad token with one and the same answer, and logs neither tokens nor whose they are.
"""

from typing import Any

from bot import wiring
from bot.errors import ChatOpsError
from bot.fresh_tokens import MESSAGES, RefreshRequest
from bot.rest import InvalidRequestError, answer, error_answer, json_body


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes API Gateway's payload 1.0; always answers."""
    try:
        request = RefreshRequest.of(json_body(event))
        return answer(200, wiring.refresh().refreshing.refresh(request).content())
    except InvalidRequestError as error:
        return error_answer(error.code, error.reason)
    except ChatOpsError as error:
        wiring.logger().warning("no new tokens", extra=wiring.failure(error))
        return error_answer(error.code, MESSAGES[error.code])
    except Exception as error:  # the last line of defence: nothing of the request may reach the log
        wiring.logger().error("refresh failed", extra=wiring.failure(error))
        return error_answer("INTERNAL_ERROR", MESSAGES["INTERNAL_ERROR"])
