"""Cognito's tokens, verified to the letter: RS256 by a key of our pool, for our client, of the right use, in time.

It refuses everything that Cognito itself would not write, whatever a lenient reader could make of it. PyJWT checks the
signature, over the very bytes that are read here: with one reader there are no two readings of a token.
"""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from jwt.algorithms import RSAAlgorithm

from bot.token_claims import EMAIL_CLAIM, ROLE_CLAIM, AccessClaims, IdClaims, InvalidTokenError

if TYPE_CHECKING:
    from bot.services.signing_keys import SigningKeys

# API Gateway takes 10,240 bytes of headers; an ID token comes by another way and may be longer.
MAX_LENGTH = 16_384
MAX_LIFETIME_SECONDS = 24 * 3600
# Our clock may be this much behind Cognito's. A token's end is not stretched.
LEEWAY_SECONDS = 10
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# Cognito's key ids are base64.
_KEY_ID = re.compile(r"[A-Za-z0-9+/=_-]{1,128}")
_HEADERS = {"alg", "kid", "typ"}
_MAX_NAME = 128
_MAX_TEXT = 2048


class Tokens:
    """Verifies tokens of one pool and one client; `now` gives epoch seconds."""

    def __init__(self, keys: "SigningKeys", pool_id: str, client_id: str, now: Callable[[], float]) -> None:
        self._keys = keys
        self._issuer = issuer(pool_id)
        self._client_id = client_id
        self._now = now
        self._rs256 = RSAAlgorithm(RSAAlgorithm.SHA256)

    def verify_access(self, token: str) -> AccessClaims:
        """What an access token says. Raises InvalidTokenError, KeysUnavailableError."""
        claims = self._verified(token, "access", "client_id")
        return AccessClaims(
            sub=_name(claims, "sub"),
            username=_name(claims, "username"),
            client_id=self._client_id,
            scopes=frozenset((_optional(claims, "scope") or "").split()),
            email=_optional(claims, EMAIL_CLAIM),
            role=_optional(claims, ROLE_CLAIM),
            issued_at=claims["iat"],
            expires_at=claims["exp"],
        )

    def verify_id(self, token: str, nonce: str) -> IdClaims:
        """What an ID token says, if it answers the sign-in with that nonce.

        Raises InvalidTokenError, KeysUnavailableError.
        """
        claims = self._verified(token, "id", "aud")
        said = _optional(claims, "nonce") or ""
        if not nonce or not hmac.compare_digest(said.encode(), nonce.encode(errors="replace")):
            _refuse("nonce")
        return IdClaims(
            sub=_name(claims, "sub"),
            username=_name(claims, "cognito:username"),
            email=_optional(claims, EMAIL_CLAIM) or _refuse(EMAIL_CLAIM),
            email_verified=claims.get("email_verified") is True,
            role=_optional(claims, ROLE_CLAIM),
        )

    def _verified(self, token: str, use: str, audience: str) -> Mapping[str, Any]:
        if not isinstance(token, str) or len(token) > MAX_LENGTH or not _COMPACT.fullmatch(token):
            _refuse("form")
        header, payload, signature = (_decoded(part) for part in token.split("."))
        key_id = _key_id(_object(header))
        claims = _object(payload)
        self._check(claims, use, audience)
        key = self._keys.key(key_id)
        if key is None:
            _refuse("unknown_key")
        if not self._rs256.verify(token.rpartition(".")[0].encode(), key, signature):
            _refuse("signature")
        return claims

    def _check(self, claims: Mapping[str, Any], use: str, audience: str) -> None:
        if claims.get("iss") != self._issuer:
            _refuse("issuer")
        if claims.get("token_use") != use:
            _refuse("token_use")
        if claims.get(audience) != self._client_id:
            _refuse(audience)
        now = self._now()
        issued, expires, earliest = _time(claims, "iat"), _time(claims, "exp"), claims.get("nbf")
        if expires <= now:
            _refuse("expired")
        if issued > now + LEEWAY_SECONDS or not 0 < expires - issued <= MAX_LIFETIME_SECONDS:
            _refuse("iat")
        if earliest is not None and _time(claims, "nbf") > now + LEEWAY_SECONDS:
            _refuse("nbf")


def issuer(pool_id: str) -> str:
    """The `iss` of a pool's tokens, and where its own keys are."""
    return f"https://cognito-idp.{pool_id.split('_')[0]}.amazonaws.com/{pool_id}"


def _refuse(reason: str) -> NoReturn:
    raise InvalidTokenError(reason)


def _decoded(part: str) -> bytes:
    """One part of a token. Refuses all but the one way in which its bytes are written."""
    try:
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        _refuse("base64")
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode():
        _refuse("base64")
    return decoded


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object in which every name stands once and every number is one."""
    try:
        found = _JSON.decode(text.decode("utf-8"))
    except (ValueError, RecursionError):
        _refuse("json")
    if not isinstance(found, dict):
        _refuse("json")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError


_JSON = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)


def _key_id(header: Mapping[str, Any]) -> str:
    """The key id. Every other header could only tell us to trust something else than our pool's keys."""
    if header.get("alg") != "RS256" or header.get("typ", "JWT") != "JWT" or not header.keys() <= _HEADERS:
        _refuse("header")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
        _refuse("kid")
    return key_id


def _time(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or value < 0:  # JSON's true is an int to Python
        _refuse(name)
    return value


def _name(claims: Mapping[str, Any], name: str) -> str:
    value = _optional(claims, name)
    if not value or len(value) > _MAX_NAME or " " in value:
        _refuse(name)
    return value


def _optional(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isprintable()):
        _refuse(name)
    return value
