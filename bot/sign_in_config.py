"""The settings of the functions of signing in and of tokens."""

from dataclasses import dataclass

from bot.config import PoolSettings, TableSettings
from bot.environment import address, flag, optional, text
from bot.settings import (
    COGNITO_CLIENT_ID,
    COGNITO_DOMAIN,
    COGNITO_JWKS_URL,
    PUBLIC_URL,
    REQUIRE_SAME_EMAIL,
    SLACK_TEAM_ID,
)
from bot.slack_config import SlackSettings


@dataclass(frozen=True)
class RefreshSettings(PoolSettings):
    """What `handlers.refresh` uses."""

    cognito_client_id: str = text(COGNITO_CLIENT_ID)


@dataclass(frozen=True)
class AuthorizerSettings(RefreshSettings):
    """What `handlers.authorizer` uses; without `cognito_jwks_url` the pool's own keys are meant."""

    cognito_jwks_url: str | None = optional(COGNITO_JWKS_URL)


@dataclass(frozen=True)
class LoginSettings(AuthorizerSettings, TableSettings, SlackSettings):
    """What `handlers.login` uses."""

    cognito_domain: str = text(COGNITO_DOMAIN, address)
    public_url: str = text(PUBLIC_URL, address)
    require_same_email: bool = text(REQUIRE_SAME_EMAIL, flag)
    slack_team_id: str = text(SLACK_TEAM_ID)
