"""Cognito's pre-token-generation trigger, version 2: access tokens say the e-mail and the role too.

It refuses nothing, changes no scope and no group, and asks nobody: Cognito waits five seconds for it at most.
"""

from typing import Any

from bot.token_claims import claims_to_add


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes and answers Cognito's event; a user without e-mail or role gets a token without them."""
    added = claims_to_add(event.get("request", {}).get("userAttributes") or {})
    event["response"] = {
        "claimsAndScopeOverrideDetails": {"accessTokenGeneration": {"claimsToAddOrOverride": added}} if added else {}
    }
    return event
