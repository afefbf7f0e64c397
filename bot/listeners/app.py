"""The Bolt app of the worker: who listens to what, and nothing swallowed on the way."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NoReturn, Protocol

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult

if TYPE_CHECKING:
    from logging import Logger

    from slack_sdk import WebClient

    from bot.listeners.commands import CommandListeners

COMMAND = "/ec2"


class Registers(Protocol):
    """Listeners that know which block actions, views and shortcuts are theirs."""

    def register(self, app: App) -> None: ...


def build(
    client: "WebClient",
    commands: "CommandListeners",
    listeners: Iterable[Registers],
    bot_token: Callable[[], str],
    logger: "Logger",
) -> App:
    """The front door has verified each request; Bolt is handed the bot token as it is now, without auth.test."""

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=bot_token())

    app = App(
        name="ec2-chatops.bolt",  # Bolt gives the logger of that name its own level
        client=client,
        authorize=authorize,
        logger=logger,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        token_verification_enabled=False,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
    )
    app.error(_fail)
    app.command(COMMAND)(commands.ec2)
    for listener in listeners:
        listener.register(app)
    return app


def _fail(error: Exception) -> NoReturn:
    raise error
