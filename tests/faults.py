"""AWS that fails: a hook in botocore, below our clients and above the wire, so that retries are real."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import botocore.handlers
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

Fault = Callable[[AWSRequest], AWSResponse]


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def answers(status: int, code: str) -> Fault:
    """The service refuses with an error code, in DynamoDB's and Cognito's JSON or EC2's XML."""
    json_body = (
        f'{{"__type": "com.amazonaws#{code}", "message": "arn:aws:iam::123456789012:role/secret is not allowed"}}'
    )
    xml = f"<Response><Errors><Error><Code>{code}</Code><Message>m</Message></Error></Errors></Response>"

    def fault(request: AWSRequest) -> AWSResponse:
        body = xml if "Action=" in str(request.body) else json_body
        return AWSResponse(request.url, status, {}, _Body(body.encode()))

    return fault


def times_out(request: AWSRequest) -> AWSResponse:
    raise ConnectTimeoutError(endpoint_url=request.url)


def loses_the_reply(request: AWSRequest) -> AWSResponse:
    """The service does what it was asked; nobody learns."""
    URLLib3Session().send(request)
    raise ReadTimeoutError(endpoint_url=request.url)


@contextmanager
def aws_fails(
    operation: str, fault: Fault, *, times: int | None = None, when: Callable[[bytes], bool] = lambda body: True
) -> Iterator[list[str]]:
    """Each call of `operation` (`dynamodb.PutItem`) fails, or the first `times`; yields the requests that failed.

    Reaches clients that are made inside the block.
    """
    failed: list[str] = []

    def hook(request: Any, **_: Any) -> AWSResponse | None:
        body = request.body or b""
        body = body if isinstance(body, bytes) else body.encode()
        if (times is not None and len(failed) >= times) or not when(body):
            return None
        failed.append(body.decode())
        return fault(request)

    entry = (f"before-send.{operation}", hook)
    botocore.handlers.BUILTIN_HANDLERS.append(entry)
    try:
        yield failed
    finally:
        botocore.handlers.BUILTIN_HANDLERS.remove(entry)
