"""The local user pool as the hosted UI needs it: its clients, its users, and whether a password is right.

It keeps no copy of anything: every question goes to the endpoint, so that a change there counts at once.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from playground.hosted_ui.refusal import SignInRefusedError

_UNIT_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_DEFAULT_VALIDITY = 60 * 60
WRONG = "Incorrect username or password."
DISABLED = "User is disabled."
# An empty or endless name never leaves boto3.
_REFUSED = (ClientError, ParamValidationError)


@dataclass(frozen=True)
class Client:
    """An app client; `secret` is None for a public one, validities are in seconds."""

    client_id: str
    callback_urls: frozenset[str]
    logout_urls: frozenset[str]
    scopes: frozenset[str]
    allows_code_flow: bool
    readable: frozenset[str] | None
    access_validity: int
    id_validity: int
    secret: str | None = None


@dataclass(frozen=True)
class User:
    """`username` is what Cognito calls the user, here the `sub`."""

    username: str
    attributes: Mapping[str, str]
    enabled: bool
    status: str

    @property
    def sub(self) -> str:
        return self.attributes["sub"]


@dataclass(frozen=True)
class SignIn:
    """A password that was right; `origin_jti` is in every token that comes of it."""

    username: str
    refresh_token: str
    origin_jti: str


class Pool:
    """`cognito` is a boto3 client of the local endpoint."""

    def __init__(self, cognito: Any, pool_id: str) -> None:
        self._cognito = cognito
        self.pool_id = pool_id
        self.region = pool_id.split("_")[0]

    def client(self, client_id: str) -> Client | None:
        try:
            answer = self._cognito.describe_user_pool_client(UserPoolId=self.pool_id, ClientId=client_id)
        except _REFUSED:
            return None
        found = answer["UserPoolClient"]
        return Client(
            client_id=found["ClientId"],
            callback_urls=frozenset(found.get("CallbackURLs", ())),
            logout_urls=frozenset(found.get("LogoutURLs", ())),
            scopes=frozenset(found.get("AllowedOAuthScopes", ())),
            allows_code_flow=bool(found.get("AllowedOAuthFlowsUserPoolClient"))
            and "code" in found.get("AllowedOAuthFlows", ()),
            readable=frozenset(found["ReadAttributes"]) if "ReadAttributes" in found else None,
            access_validity=_validity(found, "AccessToken"),
            id_validity=_validity(found, "IdToken"),
            secret=found.get("ClientSecret"),
        )

    def user(self, username: str) -> User | None:
        try:
            found = self._cognito.admin_get_user(UserPoolId=self.pool_id, Username=username)
        except _REFUSED:
            return None
        attributes = {entry["Name"]: entry["Value"] for entry in found["UserAttributes"]}
        return User(found["Username"], attributes, found["Enabled"], found["UserStatus"])

    def groups(self, username: str) -> list[str]:
        answer = self._cognito.admin_list_groups_for_user(UserPoolId=self.pool_id, Username=username)
        return [group["GroupName"] for group in answer["Groups"]]

    def sign_in(self, client: Client, username: str, password: str) -> SignIn:
        """Raises SignInRefusedError; the words are the same for a wrong password and for somebody unknown."""
        user = self.user(username)
        if user is None:
            raise SignInRefusedError(WRONG)
        parameters = {"USERNAME": user.username, "PASSWORD": password}
        if client.secret:
            parameters["SECRET_HASH"] = _secret_hash(client, user.username)
        try:
            answer = self._cognito.admin_initiate_auth(
                UserPoolId=self.pool_id,
                ClientId=client.client_id,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters=parameters,
            )
        except ClientError as error:
            said = error.response["Error"].get("Message", "")
            raise SignInRefusedError(DISABLED if said == DISABLED else WRONG) from None
        if "AuthenticationResult" not in answer:
            raise SignInRefusedError(f"{answer['ChallengeName']} has to be answered first; the playground cannot.")
        result = answer["AuthenticationResult"]
        claims = _claims(result["AccessToken"])
        return SignIn(claims["username"], result["RefreshToken"], claims["origin_jti"])

    def still_good(self, client: Client, refresh_token: str, username: str) -> bool:
        """Whether the pool would still refresh with it: a sign-out everywhere takes it away."""
        parameters = {"REFRESH_TOKEN": refresh_token}
        if client.secret:
            parameters["SECRET_HASH"] = _secret_hash(client, username)
        try:
            self._cognito.initiate_auth(
                ClientId=client.client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters=parameters,
            )
        except _REFUSED:
            return False
        return True


def _validity(client: Mapping[str, Any], token: str) -> int:
    amount = client.get(f"{token}Validity")
    unit = client.get("TokenValidityUnits", {}).get(token, "hours")
    return int(amount) * _UNIT_SECONDS[unit] if amount else _DEFAULT_VALIDITY


def _secret_hash(client: Client, username: str) -> str:
    assert client.secret is not None
    digest = hmac.digest(client.secret.encode(), (username + client.client_id).encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims
