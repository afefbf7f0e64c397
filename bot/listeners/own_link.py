"""`/ec2 login` and `/ec2 logout`: the way to a link of one's own, and the end of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.command import Invocation
from bot.denials import NotLinkedError
from bot.models import Actor, Message, Origin, Target
from bot.operations import REQUEST_LINK, UNLINK_IDENTITY
from bot.sign_in import Link
from bot.views import login

if TYPE_CHECKING:
    from slack_bolt import Ack, App

    from bot.listeners.commands import Runner
    from bot.services.gate import Gate
    from bot.services.identity import Identity
    from bot.services.links import Links
    from bot.services.sign_ins import SignIns


class OwnLinkListeners:
    """`public_url` is where the browser reaches us."""

    def __init__(
        self, gate: "Gate", identity: "Identity", sign_ins: "SignIns", links: "Links", public_url: str
    ) -> None:
        self._gate = gate
        self._identity = identity
        self._sign_ins = sign_ins
        self._links = links
        self._public_url = public_url

    @property
    def runners(self) -> Mapping[str, "Runner"]:
        """`/ec2 login` and `/ec2 logout`."""
        return {"login": self.login, "logout": self.logout}

    def register(self, app: "App") -> None:
        """The button that leads to the browser."""
        app.action(login.SIGN_IN)(self.sign_in)

    def login(self, actor: Actor, invocation: Invocation) -> Message:
        """A button of their own for a member without a link; who is linked learns to whom."""
        return self._gate.perform(actor, REQUEST_LINK, Target(actor.user_id), lambda: self._offer(actor.origin))

    def logout(self, actor: Actor, invocation: Invocation) -> Message:
        """Ends the link of whoever asks, whatever their account is worth. Raises NotLinkedError."""
        if isinstance(actor.refusal, NotLinkedError):
            self._gate.refuse(actor, UNLINK_IDENTITY, Target(actor.user_id), actor.refusal)
        target = Target(actor.user_id, {"email": actor.email} if actor.email else {})
        return login.unlinked(self._gate.perform(actor, UNLINK_IDENTITY, target, lambda: self._end(actor.origin)))

    def sign_in(self, ack: "Ack") -> None:
        """Slack opens the link by itself and wants to hear that we know."""
        ack()

    def _offer(self, origin: Origin) -> Message:
        link = self._links.of(*_slack_user(origin))
        if link:
            return login.already(link)
        return login.invitation(f"{self._public_url}/auth/login?ticket={self._sign_ins.issue(origin)}")

    def _end(self, origin: Origin) -> Link:
        team_id, user_id = _slack_user(origin)
        link = self._links.of(team_id, user_id)
        if link is None:
            raise NotLinkedError(user_id)
        self._links.unlink(link)
        self._identity.forget(origin)
        return link


def _slack_user(origin: Origin) -> tuple[str, str]:
    return origin.slack_team_id or "", origin.slack_user_id or ""
