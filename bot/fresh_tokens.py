"""What `POST /auth/refresh` is asked and answers, and why it gives nothing.

It refuses a request that two readers could read differently. None of these words helps to find out whose token it was.

ChatOpsError
├── RefreshRefusedError         Cognito takes the refresh token no longer, or never did; `reason` is for the log
├── RefreshThrottledError       Cognito has too many requests
└── RefreshUnavailableError     Cognito did not answer, or failed
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import ChatOpsError
from bot.rest import InvalidRequestError

# What Cognito's own model allows; its tokens are some 1,800 characters long.
TOKEN = r"[A-Za-z0-9_=.+/-]{1,8192}"
# Cognito takes any letter, mark, symbol, digit or punctuation; JSON Schema has no such classes, and this is close.
USERNAME = r"[!-~\u00a1-\ud7ff\uf900-\ufffd]{1,128}"


class RefreshRefusedError(ChatOpsError):
    """Expired, revoked, used before, unknown, or of a disabled user; `reason` is Cognito's code."""

    code = "UNAUTHORIZED"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RefreshThrottledError(ChatOpsError):
    """Cognito has too many requests just now."""

    code = "THROTTLED"


class RefreshUnavailableError(ChatOpsError):
    """Cognito did not answer, or could not; `aws_code` is its error code, or the transport error's name."""

    def __init__(self, aws_code: str) -> None:
        super().__init__(aws_code)
        self.aws_code = aws_code


MESSAGES = {
    "UNAUTHORIZED": "This refresh token is not good for new tokens. Sign in again.",
    "THROTTLED": "Too many requests just now. Wait a moment, then ask again.",
    "INTERNAL_ERROR": "New tokens could not be had just now. Ask again; if this lasts, tell an administrator.",
}


@dataclass(frozen=True)
class RefreshRequest:
    """`username` is `cognito:username` of the last ID token; only a client with a secret needs it."""

    token: str = field(repr=False)
    username: str | None = None

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "RefreshRequest":
        """Raises InvalidRequestError. OAuth's spelling is taken too, but not two tokens at once."""
        given = [body[name] for name in ("refreshToken", "refresh_token") if name in body]
        username = body.get("username")
        if len(given) != 1 or not _is(TOKEN, given[0]):
            raise InvalidRequestError('The body must have one "refreshToken", as it was given to you.')
        if username is not None and not _is(USERNAME, username):
            raise InvalidRequestError('"username" must be the "cognito:username" of your last ID token.')
        return cls(given[0], username)


def _is(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


@dataclass(frozen=True)
class FreshTokens:
    """New tokens; `refresh_token` is there when the old one is good no longer. `expires_in` is in seconds."""

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    expires_in: int
    token_type: str
    refresh_token: str | None = field(default=None, repr=False)

    def content(self) -> dict[str, Any]:
        """The contract's body."""
        content: dict[str, Any] = {
            "accessToken": self.access_token,
            "idToken": self.id_token,
            "expiresIn": self.expires_in,
            "tokenType": self.token_type,
        }
        return content | ({"refreshToken": self.refresh_token} if self.refresh_token else {})
