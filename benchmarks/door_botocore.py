"""Our front door with botocore making its signatures: what our own `sign` saves.

It changes nothing else, and is no part of the product.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from bot.services import aws_json
from handlers import slack


def _sign(
    credentials: aws_json.Credentials,
    now: datetime,
    *,
    region: str,
    service: str,
    host: str,
    headers: Mapping[str, str],
    body: bytes,
) -> dict[str, str]:
    keys = botocore.credentials.Credentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    request = botocore.awsrequest.AWSRequest("POST", f"https://{host}/", headers=dict(headers), data=body)
    botocore.auth.SigV4Auth(keys, service, region).add_auth(request)
    return dict(request.headers.items())


aws_json.sign = _sign


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return slack.handler(event, context)
