"""POST /slack/events: verify, queue, acknowledge within Slack's three seconds.

It refuses all it cannot verify, and holds no right but to send to one queue and read one secret.
"""

import base64
import binascii
import json
from typing import Any

from bot import wiring
from bot.errors import ChatOpsError, RequestRejectedError
from bot.http import HttpAnswer, HttpRequest


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes API Gateway's payload 2.0 and 1.0; always answers, with 500 where nothing better is known."""
    try:
        return _response(wiring.door().intake.receive(_request(event)))
    except RequestRejectedError as error:
        wiring.logger().warning("request rejected", extra={"status": error.status, "reason": error.reason})
        return _response(HttpAnswer(error.status))
    except ChatOpsError as error:
        wiring.logger().error("front door closed", extra=wiring.failure(error))
        return _response(HttpAnswer(503))
    except Exception as error:  # the last line of defence: nothing of the request may reach the log
        wiring.logger().error("front door failed", extra=wiring.failure(error))
        return _response(HttpAnswer(500))


def _request(event: dict[str, Any]) -> HttpRequest:
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    body = event.get("body") or ""
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except (binascii.Error, ValueError):
        raise RequestRejectedError(401, "unreadable body") from None
    return HttpRequest(
        method=http.get("method") or event.get("httpMethod") or "",
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items() if isinstance(value, str)},
        body=raw,
        ip_address=http.get("sourceIp") or (context.get("identity") or {}).get("sourceIp") or "",
    )


def _response(answer: HttpAnswer) -> dict[str, Any]:
    if answer.content is None:
        return {"statusCode": answer.status, "body": ""}
    return {
        "statusCode": answer.status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(answer.content),
    }
