"""The settings of the functions of signing in and of tokens, read once from an environment mapping.

Refuses to start half-configured: one error names everything that is missing or malformed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.settings import (
    AUDIT_RETENTION_DAYS,
    AUDIT_TABLE_NAME,
    AWS_ENDPOINT_URL,
    COGNITO_CLIENT_ID,
    COGNITO_DOMAIN,
    COGNITO_JWKS_URL,
    PUBLIC_URL,
    REQUIRE_SAME_EMAIL,
    SLACK_API_URL,
    SLACK_BOT_TOKEN,
    SLACK_SECRET_ARN,
    SLACK_TEAM_ID,
    STATE_TABLE_NAME,
    Reader,
)


@dataclass(frozen=True)
class LoginSettings:
    """What `handlers.login` uses."""

    region: str
    endpoint_url: str | None
    audit_table_name: str
    audit_retention_days: int
    state_table_name: str
    cognito_user_pool_id: str
    cognito_client_id: str
    cognito_domain: str
    cognito_jwks_url: str | None
    public_url: str
    require_same_email: bool
    slack_team_id: str
    slack_api_url: str
    slack_secret_arn: str | None
    slack_bot_token: str | None = field(repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "LoginSettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(
            region=read.region(),
            endpoint_url=read.optional(AWS_ENDPOINT_URL),
            audit_table_name=read.text(AUDIT_TABLE_NAME),
            audit_retention_days=read.number(AUDIT_RETENTION_DAYS),
            state_table_name=read.text(STATE_TABLE_NAME),
            cognito_user_pool_id=read.pool_id(),
            cognito_client_id=read.text(COGNITO_CLIENT_ID),
            cognito_domain=read.address(COGNITO_DOMAIN),
            cognito_jwks_url=read.optional(COGNITO_JWKS_URL),
            public_url=read.address(PUBLIC_URL),
            require_same_email=read.flag(REQUIRE_SAME_EMAIL),
            slack_team_id=read.text(SLACK_TEAM_ID),
            slack_api_url=read.text(SLACK_API_URL),
            slack_secret_arn=read.optional(SLACK_SECRET_ARN),
            slack_bot_token=read.secret(SLACK_BOT_TOKEN),
        )
        read.finish()
        return settings


@dataclass(frozen=True)
class AuthorizerSettings:
    """What `handlers.authorizer` uses; without `cognito_jwks_url` the pool's own keys are meant."""

    region: str
    endpoint_url: str | None
    cognito_user_pool_id: str
    cognito_client_id: str
    cognito_jwks_url: str | None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "AuthorizerSettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(
            region=read.region(),
            endpoint_url=read.optional(AWS_ENDPOINT_URL),
            cognito_user_pool_id=read.pool_id(),
            cognito_client_id=read.text(COGNITO_CLIENT_ID),
            cognito_jwks_url=read.optional(COGNITO_JWKS_URL),
        )
        read.finish()
        return settings


@dataclass(frozen=True)
class RefreshSettings:
    """What `handlers.refresh` uses."""

    region: str
    endpoint_url: str | None
    cognito_user_pool_id: str
    cognito_client_id: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "RefreshSettings":
        """Raises ConfigurationError naming all that is missing or malformed."""
        read = Reader(environ)
        settings = cls(
            region=read.region(),
            endpoint_url=read.optional(AWS_ENDPOINT_URL),
            cognito_user_pool_id=read.pool_id(),
            cognito_client_id=read.text(COGNITO_CLIENT_ID),
        )
        read.finish()
        return settings
