"""What `handlers.login` is made of."""

from functools import cached_property
from typing import TYPE_CHECKING

from bot.sign_in_config import LoginSettings
from bot.wiring.aws import AwsClients
from bot.wiring.ground import audit, epoch, now, tokens
from bot.wiring.slack_wiring import SlackWiring

if TYPE_CHECKING:
    from bot.listeners.sign_in_pages import SignInPages
    from bot.services.cognito_users import CognitoUsers
    from bot.services.identity import Identity
    from bot.services.linking import Linking
    from bot.services.slack_api import SlackApi


class LoginWiring:
    """Built once a container, each service on first use."""

    def __init__(self, settings: LoginSettings) -> None:
        self._settings = settings
        self._aws = AwsClients(settings.region, settings.endpoint_url)

    @cached_property
    def pages(self) -> "SignInPages":
        """Answers browsers."""
        from bot.listeners.sign_in_pages import SignInPages

        return SignInPages(self.linking, self._slack, self._settings.public_url.startswith("https://"))

    @cached_property
    def linking(self) -> "Linking":
        """The protocol."""
        from bot.services.accounts import Accounts
        from bot.services.gate import Gate
        from bot.services.linking import Linking
        from bot.services.links import Links
        from bot.services.oauth import Oauth
        from bot.services.sign_ins import SignIns

        settings, dynamodb = self._settings, self._aws.get("dynamodb")
        redirect_uri = f"{settings.public_url}/auth/callback"
        return Linking(
            Gate(audit(self._aws, settings), self._identity),
            self._identity,
            SignIns(dynamodb, settings.state_table_name, epoch),
            Links(dynamodb, settings.state_table_name, now),
            Accounts(self._slack, self._users, settings.require_same_email),
            Oauth(settings.cognito_domain, settings.cognito_client_id, redirect_uri),
            tokens(settings.cognito_user_pool_id, settings.cognito_client_id, settings.cognito_jwks_url),
            epoch,
        )

    @cached_property
    def _identity(self) -> "Identity":
        from bot.services.identity import Identity
        from bot.services.slack_members import SlackMembers

        settings, dynamodb = self._settings, self._aws.get("dynamodb")
        members = SlackMembers(self._slack, dynamodb, settings.state_table_name, settings.slack_team_id)
        return Identity(members, self._users, epoch)

    @cached_property
    def _users(self) -> "CognitoUsers":
        from bot.services.cognito_users import CognitoUsers

        return CognitoUsers(self._aws.get("cognito-idp"), self._settings.cognito_user_pool_id)

    @cached_property
    def _slack(self) -> "SlackApi":
        return SlackWiring(self._settings).api
