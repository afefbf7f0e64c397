"""One person in the Cognito pool, read at this moment.

It refuses accounts that are disabled, gone, or not the one that is meant, and answers nothing when Cognito does not.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from bot.denials import AccountDisabledError, IdentityUnavailableError
from bot.token_claims import EMAIL_CLAIM, ROLE_CLAIM

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


@dataclass(frozen=True)
class CognitoUser:
    """An enabled user; `role` is `custom:role` as it stands, and not necessarily one of our roles."""

    sub: str
    username: str
    email: str | None
    email_verified: bool
    role: str | None


class CognitoUsers:
    """Reads live; nothing is kept."""

    def __init__(self, cognito: "CognitoIdentityProviderClient", pool_id: str) -> None:
        self._cognito = cognito
        self._pool_id = pool_id

    def read(self, username: str, sub: str) -> CognitoUser:
        """The user of that name, if it is still the one with that `sub` and enabled.

        Raises AccountDisabledError and IdentityUnavailableError.
        """
        try:
            user = self._cognito.admin_get_user(UserPoolId=self._pool_id, Username=username)
        except ClientError as error:
            if error.response["Error"]["Code"] == "UserNotFoundException":
                raise AccountDisabledError("account_deleted") from None
            raise IdentityUnavailableError("cognito") from None
        except BotoCoreError:
            raise IdentityUnavailableError("cognito") from None
        attributes = {item["Name"]: item.get("Value", "") for item in user["UserAttributes"]}
        if not user["Enabled"]:
            raise AccountDisabledError("account_disabled")
        if attributes.get("sub") != sub:  # deleted and made anew under the same name
            raise AccountDisabledError("account_replaced")
        return CognitoUser(
            sub=sub,
            username=username,
            email=attributes.get(EMAIL_CLAIM) or None,
            email_verified=attributes.get("email_verified") == "true",
            role=attributes.get(ROLE_CLAIM) or None,
        )
