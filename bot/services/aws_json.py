"""One signed call to an AWS service that speaks JSON, over one kept connection: all the AWS the front door needs.

It refuses to be a client: no models, no paging, POST to `/` only. Importing botocore to sign costs the front door more
than half of its cold start (docs/dependencies.md), so the signature is made here and a test holds it equal to
botocore's. Retries, pooling and TLS are urllib3's.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3

from bot.errors import AwsCallError


@dataclass(frozen=True)
class Credentials:
    """What Lambda puts into a function's environment; constant for the life of the container."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class AwsJson:
    """Calls within 3 s in total (Slack's limit for an acknowledgement), one retry included."""

    def __init__(self, credentials: Credentials, now: Callable[[], datetime]) -> None:
        self._credentials = credentials
        self._now = now
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=0.5, read=1.0),
            retries=urllib3.Retry(
                total=1,
                status_forcelist=(500, 502, 503, 504),
                allowed_methods=None,
                redirect=False,
                raise_on_status=False,
            ),
        )

    def call(self, url: str, region: str, target: str, version: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """POST `content` for `target` (`<prefix>.<Action>`) to the endpoint `url`; answers the service's JSON.

        Raises AwsCallError. A retried call may have been carried out twice: ask only for what bears that.
        """
        body = json.dumps(content).encode()
        service = _SERVICES[target.split(".", 1)[0]]
        headers = sign(
            self._credentials,
            self._now(),
            region=region,
            service=service,
            host=urlsplit(url).netloc,
            headers={"content-type": f"application/x-amz-json-{version}", "x-amz-target": target},
            body=body,
        )
        try:
            response = self._pool.request("POST", url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise AwsCallError(service, type(error).__name__) from None
        answer = _object(response.data)
        if response.status != 200:
            raise AwsCallError(service, str((answer or {}).get("__type", response.status)).rsplit("#", 1)[-1])
        if answer is None:
            raise AwsCallError(service, "UnreadableAnswer")
        return answer


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
