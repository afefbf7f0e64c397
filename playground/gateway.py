"""API Gateway's HTTP API: an HTTP request as the payload 2.0 event it becomes, a function's result as HTTP.

Refuses nothing; routes and limits are the caller's business.
"""

import base64
import json
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

ACCOUNT_ID = "123456789012"
API_ID = "playground"
DOMAIN = f"{API_ID}.execute-api.us-east-1.amazonaws.com"
_TEXT_TYPES = ("application/json", "application/xml", "application/javascript")

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


def http_api_event(
    method: str,
    path: str,
    headers: Headers,
    body: bytes,
    source_ip: str = "203.0.113.7",
    *,
    route: str | None = None,
    now: float | None = None,
) -> dict[str, Any]:
    """The event for one request; `path` may carry a query string, repeated headers are joined by commas.

    Bodies other than text and JSON arrive base64-encoded, so Slack's form posts do.
    """
    raw_path, _, query = path.partition("?")
    joined, cookies = _joined(headers)
    moment = time.time() if now is None else now
    trace = uuid.uuid4().hex[:24]
    joined |= {
        "content-length": str(len(body)),
        "host": DOMAIN,
        "x-amzn-trace-id": f"Root=1-{int(moment):08x}-{trace}",
        "x-forwarded-for": source_ip,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    route_key = route or f"{method} {raw_path}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": joined,
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": API_ID,
            "domainName": DOMAIN,
            "domainPrefix": API_ID,
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": joined.get("user-agent", ""),
            },
            "requestId": base64.urlsafe_b64encode(uuid.uuid4().bytes[:11]).decode(),
            "routeKey": route_key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(moment)),
            "timeEpoch": int(moment * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _joined_query(query)
    if body:
        encoded = not _is_text(joined.get("content-type", "text/plain"))
        event["body"] = base64.b64encode(body).decode() if encoded else body.decode("utf-8", "replace")
        event["isBase64Encoded"] = encoded
    return event


def http_response(result: Any) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body for what a function returned; without a `statusCode` it is a JSON body.

    Cookies become one `set-cookie` header, its values separated by newlines. A result that API Gateway
    could not use is its 500.
    """
    if not isinstance(result, Mapping) or "statusCode" not in result:
        return 200, {"content-type": "application/json"}, json.dumps(result).encode()
    try:
        status = int(result["statusCode"])
        body = result.get("body") or ""
        if not isinstance(body, str):
            return internal_error()
        content = base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body.encode()
    except (TypeError, ValueError):
        return internal_error()
    headers = {"content-type": "text/plain; charset=utf-8"}
    headers |= {str(name).lower(): str(value) for name, value in (result.get("headers") or {}).items()}
    if result.get("cookies"):
        headers["set-cookie"] = "\n".join(result["cookies"])
    return status, headers, content


def internal_error() -> tuple[int, dict[str, str], bytes]:
    """What a caller sees when the function raised, timed out or answered nonsense."""
    return 500, {"content-type": "application/json"}, b'{"message":"Internal Server Error"}'


def not_found() -> tuple[int, dict[str, str], bytes]:
    """What a caller sees when no route matches."""
    return 404, {"content-type": "application/json"}, b'{"message":"Not Found"}'


def _joined(headers: Headers) -> tuple[dict[str, str], list[str]]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    joined: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in pairs:
        key = name.lower()
        if key == "cookie":
            cookies += [cookie.strip() for cookie in value.split(";")]
        else:
            joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined, cookies


def _joined_query(query: str) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _is_text(content_type: str) -> bool:
    media_type = content_type.split(";")[0].strip().lower()
    return media_type.startswith("text/") or media_type in _TEXT_TYPES
