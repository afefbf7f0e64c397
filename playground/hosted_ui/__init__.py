"""A stand-in for Cognito's hosted UI, which moto lacks: sign-in page, authorization codes and tokens.

It refuses what Cognito refuses, and a request without PKCE besides; the users, their passwords and the signing key
are those of the local user pool.
"""

from playground.hosted_ui.endpoints import create_hosted_ui
from playground.hosted_ui.pool import Pool

__all__ = ["Pool", "create_hosted_ui"]
