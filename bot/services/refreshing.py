"""New tokens for a refresh token, in the one way that the pool's client allows.

It refuses with one and the same error whatever Cognito has against a token, and keeps no token.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.fresh_tokens import (
    FreshTokens,
    RefreshRefusedError,
    RefreshRequest,
    RefreshThrottledError,
    RefreshUnavailableError,
)
from bot.rest import InvalidRequestError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

CLIENT_SECONDS = 300
_REFUSED = {
    "NotAuthorizedException",  # expired, revoked, unknown, or the user is disabled
    "RefreshTokenReuseException",
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
    "InvalidParameterException",
    "UnsupportedTokenTypeException",
}
_THROTTLED = {"TooManyRequestsException", "LimitExceededException", "ThrottlingException", "RequestLimitExceeded"}
# The client was changed since it was read: the other way of refreshing, or another secret, may be right now.
_MAY_BE_STALE = {"InvalidParameterException", "NotAuthorizedException", "UnsupportedTokenTypeException"}


@dataclass(frozen=True)
class _Client:
    rotates: bool
    secret: str | None = field(repr=False)


class Refreshing:
    """Reads the client's description at most once in five minutes; `now` gives epoch seconds."""

    def __init__(
        self, cognito: "CognitoIdentityProviderClient", pool_id: str, client_id: str, now: Callable[[], float]
    ) -> None:
        self._cognito = cognito
        self._pool_id = pool_id
        self._client_id = client_id
        self._now = now
        self._read_at = float("-inf")
        self._known: _Client | None = None

    def refresh(self, request: RefreshRequest) -> FreshTokens:
        """New tokens.

        Raises InvalidRequestError, RefreshRefusedError, RefreshThrottledError and RefreshUnavailableError.
        """
        try:
            client = self._client()
            asked = self._rotated if client.rotates else self._same
            result = asked(client, request)
        except ClientError as error:
            raise self._translated(error.response["Error"]["Code"]) from None
        except BotoCoreError as error:
            raise RefreshUnavailableError(type(error).__name__) from None
        return FreshTokens(
            access_token=result["AccessToken"],
            id_token=result["IdToken"],
            expires_in=result["ExpiresIn"],
            token_type=result.get("TokenType", "Bearer"),
            refresh_token=result.get("RefreshToken"),
        )

    def _rotated(self, client: _Client, request: RefreshRequest) -> Mapping[str, Any]:
        secret: Any = {"ClientSecret": client.secret} if client.secret else {}
        answer = self._cognito.get_tokens_from_refresh_token(
            RefreshToken=request.token, ClientId=self._client_id, **secret
        )
        return answer["AuthenticationResult"]

    def _same(self, client: _Client, request: RefreshRequest) -> Mapping[str, Any]:
        parameters = {"REFRESH_TOKEN": request.token}
        if client.secret:
            if request.username is None:
                raise InvalidRequestError('"username" is needed: the "cognito:username" of your last ID token.')
            parameters["SECRET_HASH"] = secret_hash(client.secret, request.username, self._client_id)
        answer = self._cognito.initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters, ClientId=self._client_id
        )
        return answer["AuthenticationResult"]

    def _client(self) -> _Client:
        if self._known is not None and 0 <= self._now() - self._read_at < CLIENT_SECONDS:
            return self._known
        try:
            answer = self._cognito.describe_user_pool_client(UserPoolId=self._pool_id, ClientId=self._client_id)
        except (ClientError, BotoCoreError):
            if self._known is None:
                raise
            return self._known  # it changes rarely, and Cognito has the last word on it
        described = answer["UserPoolClient"]
        rotation: Mapping[str, Any] = described.get("RefreshTokenRotation") or {}
        self._known = _Client(rotation.get("Feature") == "ENABLED", described.get("ClientSecret"))
        self._read_at = self._now()
        return self._known

    def _translated(self, code: str) -> Exception:
        if code in _THROTTLED:
            return RefreshThrottledError()
        # Whatever goes wrong while the client is described says nothing about the token.
        if self._known is None or code not in _REFUSED:
            return RefreshUnavailableError(code)
        if code in _MAY_BE_STALE:
            self._read_at = min(self._read_at, self._now() - CLIENT_SECONDS + 30)
        return RefreshRefusedError(code)


def secret_hash(secret: str, username: str, client_id: str) -> str:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html"""
    digest = hmac.new(secret.encode(), f"{username}{client_id}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
