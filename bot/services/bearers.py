"""Who bears an access token: what the token says, or Cognito itself where the token does not say it.

It refuses nobody for a missing role: what a role covers is the gate's business, which records its refusals.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.models import Role
from bot.rest import Bearer

if TYPE_CHECKING:
    from bot.services.cognito_users import CognitoUsers
    from bot.services.tokens import Tokens


class Bearers:
    """Verifies a token, and completes it; `users` is asked for only when Cognito must be."""

    def __init__(self, tokens: "Tokens", users: "Callable[[], CognitoUsers]") -> None:
        self._tokens = tokens
        self._users = users

    def bearer(self, token: str) -> Bearer:
        """Whose token it is.

        Raises InvalidTokenError, AccountDisabledError (a disabled, deleted or replaced user), KeysUnavailableError
        and IdentityUnavailableError.
        """
        claims = self._tokens.verify_access(token)
        email, role = claims.email, claims.role
        if email is None or role is None:  # no trigger has added them, or there is nothing to add
            user = self._users().read(claims.username, claims.sub)
            email, role = user.email, user.role
        return Bearer(claims.sub, claims.username, email or "", role if role in set(Role) else "")
