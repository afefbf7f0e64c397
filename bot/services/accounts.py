"""The two accounts of a link, as Slack and Cognito have them at this moment.

It refuses two that do not share one e-mail address which both services have verified (a setting lets the addresses
differ), and an account that is disabled, gone, or another one than signed in.
"""

from typing import TYPE_CHECKING

from bot.models import Role
from bot.sign_in import LinkRefusedError, Sides

if TYPE_CHECKING:
    from bot.services.cognito_users import CognitoUsers
    from bot.services.slack_api import SlackApi


class Accounts:
    """Reads live; nothing is kept."""

    def __init__(self, slack: "SlackApi", users: "CognitoUsers", require_same_email: bool) -> None:
        self._slack = slack
        self._users = users
        self._require_same_email = require_same_email

    def sides(self, slack_user_id: str, sub: str, username: str) -> Sides:
        """Both accounts, fit to be linked.

        Raises LinkRefusedError, AccountDisabledError and IdentityUnavailableError.
        """
        account = self._users.read(username, sub)
        if not account.email or not account.email_verified:
            raise LinkRefusedError("email_unverified")
        user = self._slack.user(slack_user_id)
        profile = user.get("profile") or {}
        email = profile.get("email")
        if self._require_same_email:
            if not email or user.get("is_email_confirmed") is False:
                raise LinkRefusedError("slack_email_unconfirmed")
            if not _same(str(email), account.email):
                raise LinkRefusedError("email_mismatch")
        return Sides(
            slack_name=str(profile.get("real_name") or user.get("name") or slack_user_id),
            slack_user_id=slack_user_id,
            slack_email=str(email) if email else None,
            workspace=self._slack.workspace_name(),
            sub=sub,
            username=username,
            email=account.email,
            role=Role(account.role) if account.role in set(Role) else None,
        )


def _same(one: str, other: str) -> bool:
    """Letter for letter, case aside; folding more than ASCII would make one of two different addresses."""
    if one.isascii() and other.isascii():
        return one.lower() == other.lower()
    return one == other
