"""Whether a request was signed by Slack, in the last five minutes, with our signing secret.

The rule is https://docs.slack.dev/authentication/verifying-requests-from-slack; unlike Slack's SDK it takes nothing
but ASCII digits for a timestamp and the exact form of a signature, so that no input raises. (The SDK's verifier would
also import its whole web client into the front door.)
"""

import hashlib
import hmac
import re

MAX_AGE_SECONDS = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def is_plausible(timestamp: str, signature: str, now: float) -> bool:
    """Whether these could be Slack's, by their form and age alone: what is not needs no secret to be refused."""
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        return False
    return abs(now - int(timestamp)) <= MAX_AGE_SECONDS


def is_genuine(secret: str, timestamp: str, signature: str, body: bytes) -> bool:
    """Whether a plausible `signature` is the one that `secret` makes for `body` at `timestamp` (epoch seconds)."""
    base = b"v0:" + timestamp.encode() + b":" + body
    expected = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected, signature)
