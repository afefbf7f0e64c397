"""An authorization request, read and judged.

It refuses a parameter given twice, an address that is not registered to the letter, and anything but a code with PKCE.
"""

import re
from dataclasses import dataclass
from typing import Any

from playground.hosted_ui.pool import Client, Pool
from playground.hosted_ui.refusal import PageRefusedError, RedirectRefusedError

# base64url of a SHA-256, without padding: RFC 7636, 4.2.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_LONGEST = 2048


@dataclass(frozen=True)
class AuthorizationRequest:
    """What a client asks for; `scopes` are those that it gets."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    state: str | None
    nonce: str | None


@dataclass(frozen=True)
class Destination:
    """Where an answer may go: a known client and one of its registered addresses."""

    client: Client
    redirect_uri: str
    state: str | None


def destination(pool: Pool, given: Any) -> Destination:
    """`given` is a MultiDict. Raises PageRefusedError."""
    client_id = _single(given, "client_id")
    if not client_id:
        raise PageRefusedError("Required String parameter 'client_id' is not present.")
    client = pool.client(client_id)
    if client is None:
        raise PageRefusedError("Client does not exist.")
    redirect_uri = _single(given, "redirect_uri")
    if not redirect_uri:
        raise PageRefusedError("Required String parameter 'redirect_uri' is not present.")
    if redirect_uri not in client.callback_urls:
        raise PageRefusedError("redirect_mismatch: the address to return to is not registered for this client.")
    return Destination(client, redirect_uri, _single(given, "state"))


def authorization_request(where: Destination, given: Any) -> AuthorizationRequest:
    """Raises RedirectRefusedError."""
    twice = [name for name in given if len(given.getlist(name)) > 1]
    if twice:
        raise _invalid(f"{twice[0]} was given twice")
    if any(len(value) > _LONGEST for value in given.values()):
        raise _invalid("a parameter is too long")
    if given.get("response_type") != "code":
        raise RedirectRefusedError("unsupported_response_type", "response_type must be code")
    if not where.client.allows_code_flow:
        raise RedirectRefusedError("unauthorized_client", "the client may not use this flow")
    if given.get("code_challenge_method") != "S256":
        raise _invalid("code_challenge_method must be S256")
    challenge = given.get("code_challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        raise _invalid("code_challenge is missing or malformed")
    scopes = tuple(dict.fromkeys(given.get("scope", "").split())) or tuple(sorted(where.client.scopes))
    if not where.client.scopes.issuperset(scopes):
        raise RedirectRefusedError("invalid_scope", "the client may not ask for this scope")
    if {"profile", "email", "phone"} & set(scopes) and "openid" not in scopes:
        raise RedirectRefusedError("invalid_scope", "profile, email and phone come with openid only")
    return AuthorizationRequest(
        where.client, where.redirect_uri, scopes, challenge, where.state, given.get("nonce") or None
    )


def _invalid(description: str) -> RedirectRefusedError:
    return RedirectRefusedError("invalid_request", description)


def _single(given: Any, name: str) -> str | None:
    values = given.getlist(name)
    if len(values) > 1:
        raise PageRefusedError(f"'{name}' was given twice.")
    return values[0] if values else None
