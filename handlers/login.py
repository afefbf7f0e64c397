"""GET /auth/login and /auth/callback, POST /auth/link: a browser links a Slack user to a Cognito user.

It refuses what it cannot read without looking further, and logs no query string and no form.
"""

import base64
from typing import Any
from urllib.parse import parse_qsl

from bot import wiring
from bot.browser import MAX_BODY_BYTES, BrowserAnswer, BrowserRequest

_FORM = "application/x-www-form-urlencoded"


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes API Gateway's payload 2.0; always answers."""
    try:
        return _response(wiring.login().pages.answer(_request(event)))
    except Exception as error:  # the last line of defence: nothing of the request may reach the log
        wiring.logger().error("sign-in closed", extra=wiring.failure(error))
        return _response(wiring.sign_in_closed())


def _request(event: dict[str, Any]) -> BrowserRequest:
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    method = http.get("method") or ""
    raw = _body(event) if method == "POST" else event.get("rawQueryString") or ""
    return BrowserRequest(
        method=method,
        path=event.get("rawPath") or "",
        fields=_fields(raw),
        cookies=dict(cookie.split("=", 1) for cookie in event.get("cookies") or [] if "=" in cookie),
        ip_address=http.get("sourceIp") or "",
        user_agent=http.get("userAgent") or "",
    )


def _body(event: dict[str, Any]) -> str:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    body = event.get("body") or ""
    if len(body) > 2 * MAX_BODY_BYTES or not str(headers.get("content-type", "")).startswith(_FORM):
        return ""
    try:
        return base64.b64decode(body, validate=True).decode() if event.get("isBase64Encoded") else body
    except ValueError:
        return ""


def _fields(raw: str) -> dict[str, str]:
    """Each name once; whoever sends one twice means to confuse somebody, and gets nothing for it."""
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        return {}
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}


def _response(answer: BrowserAnswer) -> dict[str, Any]:
    return {
        "statusCode": answer.status,
        "headers": dict(answer.headers),
        "cookies": list(answer.cookies),
        "body": answer.html,
    }
