"""The nouns of linking: the link itself, and the three single-use steps on the way to it.

A *ticket* is what `/ec2 login` hands out, a *flow* one start of the sign-in in one browser, a *consent* the question
"link these two?". Each is a random token whose digest alone is kept; all end when their ticket does.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.denials import AccessDeniedError
from bot.models import Origin, Role, Source

LIFE_SECONDS = 600
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 random bytes
Item = dict[str, dict[str, str]]


class LinkRefusedError(AccessDeniedError):
    """The sign-in does not lead to a link; `reason` is the audit's word for why.

    `link_unknown` alone is on no record: there is nobody to name, and strangers must not fill the table.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignInUnavailableError(AccessDeniedError):
    """The state table or the sign-in service did not answer; nothing was linked or unlinked."""

    reason = "sign_in_unavailable"

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.source = source


@dataclass(frozen=True)
class Link:
    """One Slack user and the Cognito user behind them; `linked_at` is ISO 8601 in UTC."""

    slack_team_id: str
    slack_user_id: str
    sub: str
    username: str
    email: str
    linked_at: str


@dataclass(frozen=True)
class Visitor:
    """A browser at our door: the secret of its cookie, if it has one, and where it came from."""

    secret: str | None = field(repr=False)
    ip_address: str
    user_agent: str


@dataclass(frozen=True)
class Step:
    """What ticket, flow and consent have in common; `key` is the digest of the token, `expires_at` epoch seconds."""

    key: str
    slack_team_id: str
    slack_user_id: str
    correlation_id: str
    expires_at: int
    used: bool = False

    @property
    def person(self) -> str:
        """As the audit names somebody without a link."""
        return f"slack:{self.slack_team_id}:{self.slack_user_id}"

    def origin(self, visitor: Visitor) -> Origin:
        """The Slack user for whom the link was asked, at this browser; one correlation id from the command on."""
        return Origin(
            source=Source.SLACK,
            correlation_id=self.correlation_id,
            slack_team_id=self.slack_team_id,
            slack_user_id=self.slack_user_id,
            ip_address=visitor.ip_address[:64] or None,
            user_agent=visitor.user_agent[:256] or None,
        )


@dataclass(frozen=True)
class Ticket(Step):
    """May be opened often, since whatever previews links opens them; leads to one question."""


@dataclass(frozen=True)
class Flow(Step):
    """One authorization request; `browser` is the digest of the secret that its browser holds."""

    ticket: str = ""
    browser: str = ""
    nonce: str = field(default="", repr=False)
    verifier: str = field(default="", repr=False)


@dataclass(frozen=True)
class Consent(Step):
    """Who signed in, and for which Slack user; nothing is linked before it is used."""

    browser: str = ""
    sub: str = ""
    username: str = ""


@dataclass(frozen=True)
class Started:
    """Where the browser goes to sign in, and the secret it is to hold."""

    location: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Sides:
    """The two accounts in question; `role` is Cognito's now, None for neither of the two."""

    slack_name: str
    slack_user_id: str
    slack_email: str | None
    workspace: str
    sub: str
    username: str
    email: str
    role: Role | None


@dataclass(frozen=True)
class Question:
    """Both sides, and the token with which to say yes."""

    sides: Sides
    token: str = field(repr=False)


def digest(token: str) -> str:
    """What is kept of a token: who reads the table can use none."""
    return hashlib.sha256(token.encode()).hexdigest()


def step_key(kind: str, key: str) -> Item:
    """The primary key of a `ticket`, `flow` or `consent`."""
    return {"pk": {"S": f"login#{key}"}, "sk": {"S": kind}}


def slack_key(team_id: str, user_id: str) -> Item:
    """The primary key of the link as seen from Slack: it says who somebody is."""
    return {"pk": {"S": f"slack#{team_id}#{user_id}"}, "sk": {"S": "link"}}


def cognito_key(sub: str, team_id: str) -> Item:
    """The primary key of the link as seen from Cognito: it keeps a second Slack user of a workspace out."""
    return {"pk": {"S": f"cognito#{sub}"}, "sk": {"S": f"slack#{team_id}"}}


def common(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `Step` in a row."""
    return {
        "key": item["pk"]["S"].removeprefix("login#"),
        "slack_team_id": item["team"]["S"],
        "slack_user_id": item["user"]["S"],
        "correlation_id": item["correlationId"]["S"],
        "expires_at": int(item["expiresAt"]["N"]),
        "used": "usedAt" in item,
    }
