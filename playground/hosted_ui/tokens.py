"""Tokens as Cognito makes them: their claims, the trigger that may change these, and the signature.

It refuses to let a trigger touch the claims that say who signed in, for whom, and until when.
"""

import base64
import gzip
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from playground.hosted_ui.grants import Grant
from playground.hosted_ui.pool import Pool, User

Claims = dict[str, Any]
# The pool's pre-token-generation trigger: takes the event, gives it back with its response filled in.
Trigger = Callable[[dict[str, Any]], Any]

ACCESS_TOKEN_VERSION = 2
_FIXED = frozenset(
    {"acr", "amr", "at_hash", "aud", "auth_time", "azp", "client_id", "device_key", "event_id", "exp", "iat"}
    | {"identities", "iss", "jti", "nbf", "nonce", "origin_jti", "sub", "token_use", "username", "version"}
)
_FIXED_PREFIXES = ("cognito:", "dev:")
_BOOLEAN = ("email_verified", "phone_number_verified")


class TriggerError(Exception):
    """The trigger failed or answered nonsense; Cognito then issues nothing."""


def token_answer(pool: Pool, grant: Grant, user: User, now: int, trigger: Trigger | None, source: str) -> Claims:
    """The body of a successful token answer, without a refresh token. Raises TriggerError.

    `source` is the trigger's: `HostedAuth` or `RefreshTokens`.
    """
    client, scopes = grant.request.client, list(grant.request.scopes)
    groups = pool.groups(user.username)
    common = {
        "sub": user.sub,
        "iss": f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.pool_id}",
        "origin_jti": grant.sign_in.origin_jti,
        "event_id": str(uuid.uuid4()),
        "auth_time": grant.auth_time,
        "iat": now,
        **({"cognito:groups": groups} if groups else {}),
    }
    attributes = _readable(user, client.readable, scopes)
    changes = _asked(trigger, pool, grant, user, groups, source)
    access = {
        **common,
        "version": ACCESS_TOKEN_VERSION,
        "client_id": client.client_id,
        "token_use": "access",
        "scope": " ".join(_scopes(scopes, _part(changes, "accessTokenGeneration"))),
        "exp": now + client.access_validity,
        "jti": str(uuid.uuid4()),
        "username": user.username,
    }
    access_token = sign(_changed(access, _part(changes, "accessTokenGeneration")))
    answer = {"access_token": access_token, "expires_in": client.access_validity, "token_type": "Bearer"}
    if "openid" not in scopes:
        return answer
    identity = {
        **attributes,
        **common,
        "aud": client.client_id,
        "token_use": "id",
        "cognito:username": user.username,
        "at_hash": _half_hash(access_token),
        "exp": now + client.id_validity,
        "jti": str(uuid.uuid4()),
        **({"nonce": grant.request.nonce} if grant.request.nonce else {}),
    }
    return {**answer, "id_token": sign(_changed(identity, _part(changes, "idTokenGeneration")))}


def sign(claims: Claims) -> str:
    """RS256 with the key whose public half is in the pool's JWKS."""
    from joserfc import jwt  # joserfc comes with moto, and is slow to import

    key = signing_key()
    return str(jwt.encode({"kid": key.kid, "alg": "RS256"}, claims, key))


@cache
def signing_key() -> Any:
    from joserfc.jwk import RSAKey

    packed = resources.files("moto.cognitoidp") / "resources" / "jwks-private.json.gz"
    return RSAKey.import_key(json.loads(gzip.decompress(packed.read_bytes())))


def _readable(user: User, readable: frozenset[str] | None, scopes: list[str]) -> Claims:
    """The attributes that the scopes open; `openid` alone opens all that the client may read, as `profile` does."""
    names = set(user.attributes) if readable is None else set(user.attributes) & readable
    if "profile" not in scopes and {"email", "phone"} & set(scopes):
        opened = {"email": {"email", "email_verified"}, "phone": {"phone_number", "phone_number_verified"}}
        names &= set().union(*(opened.get(scope, set()) for scope in scopes))
    values = {name: user.attributes[name] for name in sorted(names - {"sub"})}
    return {name: value == "true" if name in _BOOLEAN else value for name, value in values.items()}


def _asked(
    trigger: Trigger | None, pool: Pool, grant: Grant, user: User, groups: list[str], source: str
) -> Mapping[str, Any]:
    """What the V2_0 trigger wants changed: its `claimsAndScopeOverrideDetails`."""
    if trigger is None:
        return {}
    event = {
        "version": "2",
        "triggerSource": f"TokenGeneration_{source}",
        "region": pool.region,
        "userPoolId": pool.pool_id,
        "userName": user.username,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": grant.request.client.client_id},
        "request": {
            "userAttributes": {**user.attributes, "cognito:user_status": user.status},
            "groupConfiguration": {"groupsToOverride": groups, "iamRolesToOverride": [], "preferredRole": None},
            "scopes": list(grant.request.scopes),
        },
        "response": {"claimsAndScopeOverrideDetails": None},
    }
    try:
        answer = trigger(event)
    except Exception as error:
        raise TriggerError(f"PreTokenGeneration failed with error {error}") from error
    response = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(response, dict):
        raise TriggerError("Unrecognizable lambda output")
    details = response.get("claimsAndScopeOverrideDetails") or {}
    if not isinstance(details, dict):
        raise TriggerError("Unrecognizable lambda output")
    return details


def _part(changes: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return changes.get(name) or {}


def _changed(claims: Claims, wanted: Mapping[str, Any]) -> Claims:
    changed = dict(claims)
    for name in wanted.get("claimsToSuppress") or ():
        if not _fixed(name):
            changed.pop(name, None)
    for name, value in (wanted.get("claimsToAddOrOverride") or {}).items():
        if not _fixed(name):
            changed[name] = value
    return changed


def _scopes(scopes: list[str], wanted: Mapping[str, Any]) -> list[str]:
    gone = set(wanted.get("scopesToSuppress") or ())
    return [scope for scope in [*scopes, *(wanted.get("scopesToAdd") or ())] if scope not in gone]


def _fixed(name: str) -> bool:
    return name in _FIXED or name.startswith(_FIXED_PREFIXES)


def _half_hash(access_token: str) -> str:
    """OpenID Connect's `at_hash`: the left half of the SHA-256."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
