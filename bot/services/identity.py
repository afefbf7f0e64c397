"""Who somebody is to us: an enabled Cognito user with a role, found by a Slack user's link or by a verified token.

It fails closed: whoever cannot be identified completely is refused. No Slack field grants a role, and no token does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.denials import AccessDeniedError, IdentityUnavailableError, NoRoleError, NotAMemberError
from bot.models import Actor, Origin, Role, Source

if TYPE_CHECKING:
    from bot.services.cognito_users import CognitoUsers
    from bot.services.slack_members import SlackMembers

CACHE_SECONDS = 60
MAX_CACHED = 1000


@dataclass(frozen=True)
class _Account:
    user_id: str
    email: str | None
    role: Role | None = None
    refusal: AccessDeniedError | None = None
    email_verified: bool = False


class Identity:
    """Reads Slack and the link, or believes the token that was verified, and then reads Cognito.

    `members` is None where no Slack user can ask. `now` gives epoch seconds: a monotonic clock may stand still while
    Lambda freezes a container, and a cached role would outlive its minute.
    """

    def __init__(self, members: "SlackMembers | None", users: "CognitoUsers", now: Callable[[], float]) -> None:
        self._members = members
        self._users = users
        self._now = now
        self._cache: dict[str, tuple[float, _Account]] = {}

    def actor_for(self, origin: Origin, *, live: bool = False) -> Actor:
        """The person behind `origin`, or an actor whose `refusal` says why they may do nothing.

        Without `live` an answer of the last 60 seconds may serve; refusals are never kept, so that somebody who was
        just linked can go on at once.
        """
        key = _key(origin)
        account = None if live else self._cached(key)
        if account is None:
            account = self._of_token(origin) if origin.source is Source.REST else self._of_slack(origin)
            self._keep(key, account)
        return Actor(account.user_id, account.email, account.role, origin, account.refusal, account.email_verified)

    def forget(self, origin: Origin) -> None:
        """Whatever is kept of who is behind `origin` is out of date."""
        self._cache.pop(_key(origin), None)

    def _cached(self, key: str) -> _Account | None:
        expires, account = self._cache.get(key, (0.0, None))
        return account if self._now() < expires else None

    def _keep(self, key: str, account: _Account) -> None:
        self._cache.pop(key, None)
        if account.refusal is None:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            self._cache[key] = (self._now() + CACHE_SECONDS, account)

    def _of_slack(self, origin: Origin) -> _Account:
        user_id = origin.slack_user_id or ""
        unlinked = f"slack:{origin.slack_team_id}:{user_id}"
        if self._members is None or origin.slack_team_id != self._members.team_id:
            return _Account(unlinked, None, refusal=NotAMemberError("foreign"))
        try:
            link = self._members.link(user_id)
        except AccessDeniedError as refusal:
            return _Account(unlinked, None, refusal=refusal)
        return self._of_cognito(link["username"], link["sub"], link.get("email"))

    def _of_token(self, origin: Origin) -> _Account:
        if not origin.cognito_username or not origin.cognito_sub:
            return _Account("system:rest", None, refusal=IdentityUnavailableError("token"))
        return self._of_cognito(origin.cognito_username, origin.cognito_sub, None)

    def _of_cognito(self, username: str, sub: str, email: str | None) -> _Account:
        """`email` is what is on record when Cognito says nothing."""
        try:
            user = self._users.read(username, sub)
        except AccessDeniedError as refusal:
            return _Account(sub, email, refusal=refusal)
        if user.role not in set(Role):
            return _Account(sub, user.email, refusal=NoRoleError())
        return _Account(sub, user.email, Role(user.role), email_verified=user.email_verified)


def _key(origin: Origin) -> str:
    if origin.source is Source.REST:
        return f"rest {origin.cognito_sub} {origin.cognito_username}"
    return f"slack {origin.slack_team_id} {origin.slack_user_id}"
