"""What API Gateway says by itself: its gateway responses, and those that the template puts in their place.

It evaluates no mapping template but the variables that gateway responses have.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HttpAnswer = tuple[int, dict[str, list[str]], bytes]
_VARIABLE = re.compile(r"\$(context\.[A-Za-z.]+[A-Za-z])")


@dataclass(frozen=True)
class Problem:
    """Why the gateway answers by itself; `kind` is the gateway response's type, `message` its default words."""

    kind: str
    status: int
    message: str | None


class ProblemError(Exception):
    """The request never reached its function, or did so in vain."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


UNAUTHORIZED = Problem("UNAUTHORIZED", 401, "Unauthorized")
ACCESS_DENIED = Problem("ACCESS_DENIED", 403, "User is not authorized to access this resource")
EXPLICITLY_DENIED = Problem("ACCESS_DENIED", 403, f"{ACCESS_DENIED.message} with an explicit deny")
NO_SUCH_ROUTE = Problem("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token")
AUTHORIZER_FAILED = Problem("AUTHORIZER_FAILURE", 500, None)
AUTHORIZER_MISCONFIGURED = Problem("AUTHORIZER_CONFIGURATION_ERROR", 500, None)
BAD_INTEGRATION = Problem("INTEGRATION_FAILURE", 502, "Internal server error")
INTEGRATION_TIMEOUT = Problem("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out")


def gateway_response(problem: Problem, declared: Mapping[str, Any], request_id: str) -> HttpAnswer:
    """`declared` is the template's `GatewayResponses`; DEFAULT_4XX and DEFAULT_5XX stand in for their kinds."""
    default = f"DEFAULT_{problem.status // 100}XX"
    own = declared.get(problem.kind) or declared.get(default) or {}
    words = {
        "context.error.message": problem.message or "",
        "context.error.messageString": json.dumps(problem.message),
        "context.error.responseType": problem.kind,
        "context.requestId": request_id,
    }
    template = own.get("ResponseTemplates", {}).get("application/json", '{"message":$context.error.messageString}')
    body = _VARIABLE.sub(lambda found: words.get(found[1], ""), template)
    headers = {
        "Content-Type": ["application/json"],
        "x-amzn-ErrorType": [problem.kind],
        "x-amzn-RequestId": [request_id],
    }
    for name, value in own.get("ResponseParameters", {}).get("Headers", {}).items():
        headers[name] = [str(value).strip("'")]
    return int(own.get("StatusCode", problem.status)), headers, body.encode()
