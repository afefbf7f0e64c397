"""Variant (a): what the interpreter and the Lambda runtime cost by themselves.

It does nothing.
"""

from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 200, "body": ""}
