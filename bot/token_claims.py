"""What Cognito's tokens say once they are verified, what a trigger adds to them, and why one is refused.

Nothing is verified here: `bot.services.tokens` makes these, and nobody else does. The errors have no words for Slack:
whoever sends a token is told that it does not count, and the reason stays in the log.

ChatOpsError
├── InvalidTokenError           the token does not count; `reason` is for the log
└── KeysUnavailableError        the pool's keys were never read, so no token can be checked
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import ChatOpsError

EMAIL_CLAIM = "email"
ROLE_CLAIM = "custom:role"


class InvalidTokenError(ChatOpsError):
    """The token does not count; `reason` names the rule, never a value of the token."""

    code = "UNAUTHORIZED"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeysUnavailableError(ChatOpsError):
    """The pool's keys could not be read since this container started, so no token can be checked."""


@dataclass(frozen=True)
class AccessClaims:
    """A verified access token; times are epoch seconds.

    `role` is `custom:role` as it was when the token was made, and not necessarily one of our roles. It and `email`
    are None where no trigger adds them.
    """

    sub: str
    username: str
    client_id: str
    scopes: frozenset[str]
    email: str | None
    role: str | None
    issued_at: int
    expires_at: int


@dataclass(frozen=True)
class IdClaims:
    """A verified ID token; `username` is `cognito:username`, and `role` is `custom:role` as it was when it was made."""

    sub: str
    username: str
    email: str
    email_verified: bool
    role: str | None


def claims_to_add(attributes: Mapping[str, object]) -> dict[str, str]:
    """What a user's attributes add to an access token: only what is there."""
    found = {name: attributes.get(name) for name in (EMAIL_CLAIM, ROLE_CLAIM)}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}
