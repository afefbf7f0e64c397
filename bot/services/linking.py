"""The protocol that makes a Slack user a Cognito user: sign in, see both names, say yes, and only then be linked.

It trusts no step to remember another one: which browser asks, whether both accounts are still what they were and share
one verified e-mail address is looked up each time. docs/security.md has the whole exchange.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from bot.denials import AccessDeniedError
from bot.models import Actor, Target
from bot.operations import LINK_IDENTITY
from bot.sign_in import (
    TOKEN,
    Consent,
    Flow,
    LinkRefusedError,
    Question,
    Sides,
    SignInUnavailableError,
    Started,
    Step,
    Visitor,
    digest,
)
from bot.token_claims import IdClaims, InvalidTokenError, KeysUnavailableError

if TYPE_CHECKING:
    from bot.services.accounts import Accounts
    from bot.services.gate import Gate
    from bot.services.identity import Identity
    from bot.services.links import Links
    from bot.services.oauth import Oauth
    from bot.services.sign_ins import SignIns
    from bot.services.tokens import Tokens

MAX_CODE = 2048
AnyStep = TypeVar("AnyStep", bound=Step)


class Linking:
    """One method for each request of the browser; `now` gives epoch seconds.

    Each raises LinkRefusedError or another AccessDeniedError, recorded once it is known whom they are about, and what
    the gate raises.
    """

    def __init__(
        self,
        gate: "Gate",
        identity: "Identity",
        sign_ins: "SignIns",
        links: "Links",
        accounts: "Accounts",
        oauth: "Oauth",
        tokens: "Tokens",
        now: Callable[[], float],
    ) -> None:
        self._gate = gate
        self._identity = identity
        self._sign_ins = sign_ins
        self._links = links
        self._accounts = accounts
        self._oauth = oauth
        self._tokens = tokens
        self._now = now

    def start(self, token: str, visitor: Visitor) -> Started:
        """Somebody opened the link of `/ec2 login`, or something that previews links did.

        The ticket stays good: what nobody signed in by has done nothing.
        """
        ticket = _known(self._sign_ins.ticket(token))
        actor = self._admitted(ticket, visitor)
        # One secret for all that a browser has open, so that a second tab does not lock the first one out.
        secret = visitor.secret if visitor.secret and TOKEN.fullmatch(visitor.secret) else secrets.token_urlsafe(32)
        with self._recorded(actor, ticket):
            self._require_open(ticket)
            self._require_unlinked(ticket)
            flow, state = self._sign_ins.start(ticket, secret)
        return Started(self._oauth.authorize_url(state, flow.nonce, flow.verifier), secret)

    def ask(self, state: str, code: str, visitor: Visitor) -> Question:
        """The browser came back from signing in; an empty `code` means that nobody did."""
        flow = _known(self._sign_ins.flow(state))
        actor = self._admitted(flow, visitor)
        with self._recorded(actor, flow):
            _require_same_browser(flow, visitor)
            self._sign_ins.use(flow)
            claims = self._claims(flow, code)
            sides = self._accounts.sides(flow.slack_user_id, claims.sub, claims.username)
            self._require_free(flow, claims.sub)
            return Question(sides, self._sign_ins.ask(flow, sides))

    def confirm(self, token: str, visitor: Visitor) -> tuple[Sides, bool]:
        """They said yes: link both sides, unless anything has changed since they saw them.

        False for the second click of one consent: it has made its link already.
        """
        consent = _known(self._sign_ins.consent(token))
        actor = self._admitted(consent, visitor)
        with self._recorded(actor, consent):
            _require_same_browser(consent, visitor)
            sides = self._accounts.sides(consent.slack_user_id, consent.sub, consent.username)
            try:
                self._require_open(consent)
                self._require_free(consent, consent.sub)
            except LinkRefusedError:
                if not self._links.made_by(consent):
                    raise
                return sides, False
        try:
            self._gate.perform(actor, LINK_IDENTITY, _target(sides), lambda: self._link(consent, sides))
        except LinkRefusedError:
            if not self._links.made_by(consent):
                raise
            return sides, False
        return sides, True

    def _link(self, consent: Consent, sides: Sides) -> None:
        self._links.link(consent, sides, int(self._now()))

    def _admitted(self, step: Step, visitor: Visitor) -> Actor:
        actor = self._identity.actor_for(step.origin(visitor), live=True)
        self._gate.admit(actor, LINK_IDENTITY, Target(step.person))
        return actor

    @contextmanager
    def _recorded(self, actor: Actor, step: Step) -> Iterator[None]:
        try:
            yield
        except AccessDeniedError as refusal:
            self._gate.refuse(actor, LINK_IDENTITY, Target(step.person), refusal)

    def _require_open(self, step: Step) -> None:
        if step.used:
            raise LinkRefusedError("link_reused")
        if step.expires_at <= self._now():
            raise LinkRefusedError("link_expired")

    def _require_unlinked(self, step: Step) -> None:
        if self._links.of(step.slack_team_id, step.slack_user_id) is not None:
            raise LinkRefusedError("already_linked")

    def _require_free(self, step: Step, sub: str) -> None:
        self._require_unlinked(step)
        if self._links.holder(sub, step.slack_team_id) not in (None, step.slack_user_id):
            raise LinkRefusedError("account_taken")

    def _claims(self, flow: Flow, code: str) -> IdClaims:
        if not code or len(code) > MAX_CODE:
            raise LinkRefusedError("sign_in_refused")
        token = self._oauth.id_token(code, flow.verifier)
        try:
            claims = self._tokens.verify_id(token, flow.nonce)
        except InvalidTokenError:
            raise LinkRefusedError("token_refused") from None
        except KeysUnavailableError:
            raise SignInUnavailableError("keys") from None
        if not claims.email_verified:
            raise LinkRefusedError("email_unverified")
        return claims


def _known(step: AnyStep | None) -> AnyStep:
    if step is None:
        raise LinkRefusedError("link_unknown")
    return step


def _require_same_browser(step: Flow | Consent, visitor: Visitor) -> None:
    if not visitor.secret or not secrets.compare_digest(digest(visitor.secret), step.browser):
        raise LinkRefusedError("state_mismatch")


def _target(sides: Sides) -> Target:
    details = {"slackUserId": sides.slack_user_id, "slackEmail": sides.slack_email, "email": sides.email}
    return Target(sides.sub, details)
