"""What the functions of the REST API are made of."""

from functools import cached_property
from typing import TYPE_CHECKING

from bot.sign_in_config import AuthorizerSettings, RefreshSettings
from bot.wiring.aws import AwsClients
from bot.wiring.ground import epoch, tokens

if TYPE_CHECKING:
    from bot.services.bearers import Bearers
    from bot.services.cognito_users import CognitoUsers
    from bot.services.refreshing import Refreshing


class AuthorizerWiring:
    """Built once a container; with it live the pool's keys."""

    def __init__(self, settings: AuthorizerSettings) -> None:
        self._settings = settings
        self._aws = AwsClients(settings.region, settings.endpoint_url)

    @cached_property
    def bearers(self) -> "Bearers":
        """Whose token it is."""
        from bot.services.bearers import Bearers

        settings = self._settings
        verified = tokens(settings.cognito_user_pool_id, settings.cognito_client_id, settings.cognito_jwks_url)
        return Bearers(verified, lambda: self._users)

    @cached_property
    def _users(self) -> "CognitoUsers":
        from bot.services.cognito_users import CognitoUsers

        return CognitoUsers(self._aws.get("cognito-idp"), self._settings.cognito_user_pool_id)


class RefreshWiring:
    """Built once a container."""

    def __init__(self, settings: RefreshSettings) -> None:
        self._settings = settings
        self._aws = AwsClients(settings.region, settings.endpoint_url)

    @cached_property
    def refreshing(self) -> "Refreshing":
        """New tokens for a refresh token."""
        from bot.services.refreshing import Refreshing

        settings = self._settings
        cognito = self._aws.get("cognito-idp")
        return Refreshing(cognito, settings.cognito_user_pool_id, settings.cognito_client_id, epoch)
