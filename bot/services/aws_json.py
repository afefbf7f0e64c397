"""One signed call to an AWS service that speaks JSON, over one kept connection: all the AWS the front door needs.

It refuses to be a client: no models, no paging, POST to `/` only. Importing botocore to sign and urllib3 to send would
cost the front door half of its cold start (docs/dependencies.md), so both are done with the standard library; a test
holds the signature equal to botocore's.
"""

import hashlib
import hmac
import http.client
import json
import select
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from bot.errors import AwsCallError

CONNECT_SECONDS = 0.5
READ_SECONDS = 1.0
_WORTH_A_RETRY = (500, 502, 503, 504)


@dataclass(frozen=True)
class Credentials:
    """What Lambda puts into a function's environment; constant for the life of the container."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class AwsJson:
    """A call that hangs is given up after 1.5 s, one that fails sooner is tried once more.

    So reading a secret and sending a message end within the 3 s that Slack waits for an acknowledgement.
    """

    def __init__(self, credentials: Credentials, now: Callable[[], datetime]) -> None:
        self._credentials = credentials
        self._now = now
        self._kept: dict[str, http.client.HTTPConnection] = {}

    def __del__(self) -> None:
        for connection in self._kept.values():
            connection.close()

    def call(self, url: str, region: str, target: str, version: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """POST `content` for `target` (`<prefix>.<Action>`) to the endpoint `url`; answers the service's JSON.

        Raises AwsCallError. A retried call may have been carried out twice: ask only for what bears that.
        """
        parts = urlsplit(url)
        body = json.dumps(content).encode()
        service = _SERVICES[target.split(".", 1)[0]]
        headers = sign(
            self._credentials,
            self._now(),
            region=region,
            service=service,
            host=parts.netloc,
            headers={"content-type": f"application/x-amz-json-{version}", "x-amz-target": target},
            body=body,
        )
        try:
            status, received = self._post(parts, headers, body)
        except (OSError, http.client.HTTPException) as error:
            raise AwsCallError(service, type(error).__name__) from None
        answer = _object(received)
        if status != 200:
            raise AwsCallError(service, str((answer or {}).get("__type", status)).rsplit("#", 1)[-1])
        if answer is None:
            raise AwsCallError(service, "UnreadableAnswer")
        return answer

    def _post(self, to: SplitResult, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        started = time.monotonic()
        try:
            status, received = self._attempt(to, headers, body)
        except (OSError, http.client.HTTPException):
            if time.monotonic() - started > CONNECT_SECONDS:
                raise
            return self._attempt(to, headers, body)
        return self._attempt(to, headers, body) if status in _WORTH_A_RETRY else (status, received)

    def _attempt(self, to: SplitResult, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        connection = self._connected(to)
        try:
            connection.request("POST", "/", body, dict(headers))
            response = connection.getresponse()
            received = response.read()
        except BaseException:
            connection.close()
            raise
        self._kept[to.netloc] = connection
        return response.status, received

    def _connected(self, to: SplitResult) -> http.client.HTTPConnection:
        kept = self._kept.pop(to.netloc, None)
        # What is readable before we have asked is a farewell, said while the container was frozen.
        if kept is not None and kept.sock is not None and not select.select([kept.sock], [], [], 0)[0]:
            return kept
        if kept is not None:
            kept.close()
        connection = (
            http.client.HTTPSConnection(to.netloc, timeout=CONNECT_SECONDS, context=self._tls)
            if to.scheme == "https"
            else http.client.HTTPConnection(to.netloc, timeout=CONNECT_SECONDS)
        )
        connection.connect()
        connection.sock.settimeout(READ_SECONDS)
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Kept, because it has read the whole CA bundle."""
        return ssl.create_default_context()


_SERVICES = {"AmazonSQS": "sqs", "secretsmanager": "secretsmanager"}


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(data)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def sign(
    credentials: Credentials,
    now: datetime,
    *,
    region: str,
    service: str,
    host: str,
    headers: Mapping[str, str],
    body: bytes,
) -> dict[str, str]:
    """Signature Version 4 of a POST to `/` without a query; answers all headers to send. `now` is in UTC.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    signed = {**headers, "host": host, "x-amz-date": moment}
    if credentials.session_token:
        signed["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = b"AWS4" + credentials.secret_access_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return signed
