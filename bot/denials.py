"""The refusals among the errors: who asks may not, and why.

AccessDeniedError           who asks may not; `reason` is what the audit row says
├── NotAMemberError         foreign, guest, bot or deactivated in Slack
├── NotLinkedError          no Cognito identity behind the Slack user
├── AccountDisabledError    the Cognito user is disabled, or not the one that was linked
├── NoRoleError             `custom:role` is neither admin nor readonly
├── NotPermittedError       the role does not cover the operation
└── IdentityUnavailableError  Slack or Cognito did not say who this is
"""

from bot.errors import ChatOpsError


class AccessDeniedError(ChatOpsError):
    """Who asks may not; always preceded by an `ACCESS_DENIED` row that carries `reason`."""

    code = "FORBIDDEN"
    reason: str = "denied"


class NotAMemberError(AccessDeniedError):
    """Not a full, active, human member of our workspace; `reason` says which of these fails."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotLinkedError(AccessDeniedError):
    """No Cognito identity stands behind the Slack user."""

    reason = "not_linked"

    def __init__(self, slack_user_id: str) -> None:
        super().__init__(slack_user_id)
        self.slack_user_id = slack_user_id


class AccountDisabledError(AccessDeniedError):
    """The linked Cognito user is disabled, gone, or not the one that was linked; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoRoleError(AccessDeniedError):
    """The Cognito user's `custom:role` is missing or not a role."""

    reason = "no_role"


class NotPermittedError(AccessDeniedError):
    """The actor's role does not cover the operation."""

    reason = "role_insufficient"

    def __init__(self, operation: str, role: str, needed: str) -> None:
        super().__init__(operation)
        self.operation = operation
        self.role = role
        self.needed = needed


class IdentityUnavailableError(AccessDeniedError):
    """Slack, the link table or Cognito did not answer; who cannot be identified is refused."""

    reason = "identity_unavailable"

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source
