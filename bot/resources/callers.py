"""Who calls: the bearer that the authorizer vouches for, and where the request came from.

It believes nothing of the request itself but its address and its user agent, which are only recorded.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bot.models import Actor, Origin, Source

if TYPE_CHECKING:
    from bot.services.identity import Identity


class Callers:
    """Knows people by what `handlers.authorizer` put into the request's context."""

    def __init__(self, identity: "Identity") -> None:
        self.identity = identity

    def actor(self, event: Mapping[str, Any]) -> Actor:
        """Who sent the request; somebody without a context may do nothing."""
        return self.identity.actor_for(origin_of(event))


def origin_of(event: Mapping[str, Any]) -> Origin:
    """Of a payload 1.0 event."""
    context = event.get("requestContext") or {}
    bearer = context.get("authorizer") or {}
    identity = context.get("identity") or {}
    return Origin(
        source=Source.REST,
        correlation_id=request_id(event),
        ip_address=identity.get("sourceIp") or None,
        user_agent=identity.get("userAgent") or None,
        cognito_username=bearer.get("username") or None,
        cognito_sub=bearer.get("userId") or None,
    )


def request_id(event: Mapping[str, Any]) -> str:
    """API Gateway's id of the request, which its log has too."""
    return str((event.get("requestContext") or {}).get("requestId") or uuid4())
