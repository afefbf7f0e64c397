"""One signed call to an AWS service that speaks JSON, over kept connections: all the AWS the front door needs.

It refuses to be a client: no models, no paging, POST to `/` only. Importing botocore to sign and urllib3 to send would
cost the front door half of its cold start (docs/dependencies.md), so both are done with the standard library; a test
holds the signature equal to botocore's.
"""

import hashlib
import hmac
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.errors import AwsCallError

if TYPE_CHECKING:
    from bot.services.connections import KeptConnections

_WORTH_A_RETRY = (500, 502, 503, 504)


@dataclass(frozen=True)
class Credentials:
    """What Lambda puts into a function's environment; constant for the life of the container."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class AwsJson:
    """A call that hangs is given up, one that fails at once or is a service's own trouble is tried once more."""

    def __init__(self, connections: "KeptConnections", credentials: Credentials, now: Callable[[], datetime]) -> None:
        self._connections = connections
        self._credentials = credentials
        self._now = now

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
            status, received = self._post(f"{parts.scheme}://{parts.netloc}/", headers, body)
        except (OSError, http.client.HTTPException) as error:
            raise AwsCallError(service, type(error).__name__) from None
        answer = _object(received)
        if status != 200:
            raise AwsCallError(service, str((answer or {}).get("__type", status)).rsplit("#", 1)[-1])
        if answer is None:
            raise AwsCallError(service, "UnreadableAnswer")
        return answer

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        status, received = self._connections.post(url, headers, body)
        return self._connections.post(url, headers, body) if status in _WORTH_A_RETRY else (status, received)


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
