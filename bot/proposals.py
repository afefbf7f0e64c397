"""What a reboot is on its way from a wish to a machine that is back: the proposal, and what has become of it.

Plain frozen data and the rules about it; nothing here reads, writes or calls.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from bot.models import Actor

ACTION_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_HANDLE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{16})", re.ASCII)
_SHORT = 16
MAX_REASON = 500
MAX_TYPED = 100


class Strength(StrEnum):
    """What it takes to confirm, weakest first: one click, typing the name, or another admin."""

    CLICK = "click"
    TYPED = "typed"
    APPROVAL = "approval"


class State(StrEnum):
    """Where a proposal stands. It leaves OPEN once, and only CLAIMED leads to a call of EC2."""

    OPEN = "open"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CLAIMED = "claimed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_OBSERVED = "not_observed"
    REBOOTING = "rebooting"
    INITIALIZING = "initializing"
    BACK = "back"
    QUIET = "quiet"
    IMPAIRED = "impaired"
    NOT_RUNNING = "not_running"


WATCHED = (State.REBOOTING, State.INITIALIZING)
OVER = (
    State.CANCELLED,
    State.EXPIRED,
    State.FAILED,
    State.NOT_OBSERVED,
    State.BACK,
    State.QUIET,
    State.IMPAIRED,
    State.NOT_RUNNING,
)


@dataclass(frozen=True)
class Person:
    """Somebody who asked or decided; `user_id` is the Cognito `sub`, `email` the one that Cognito verified."""

    user_id: str
    email: str | None
    slack_team_id: str | None = None
    slack_user_id: str | None = None

    @classmethod
    def of(cls, actor: Actor) -> "Person":
        return cls(
            actor.user_id,
            actor.email if actor.email_verified else None,
            actor.origin.slack_team_id,
            actor.origin.slack_user_id,
        )

    def is_same_as(self, other: "Person") -> bool:
        """One human, whatever accounts: the same `sub`, the same Slack user, or the same e-mail."""
        return (
            self.user_id == other.user_id
            or (self.slack_user_id is not None and self.slack_user_id == other.slack_user_id)
            or bool(self.email and other.email and self.email.casefold() == other.email.casefold())
        )


@dataclass(frozen=True)
class PastReboot:
    """One of an instance's last reboots, from the audit; `at` is ISO 8601 in UTC."""

    at: str
    who: str
    outcome: str


@dataclass(frozen=True)
class Facts:
    """What the card shows of the instance, as it was when the reboot was proposed.

    `launched` is epoch seconds; `open_alarms` is None where CloudWatch did not say.
    """

    state: str
    instance_type: str
    zone: str
    launched: int | None = None
    system_status: str | None = None
    instance_status: str | None = None
    open_alarms: int | None = None
    tags: tuple[tuple[str, str], ...] = ()
    past: tuple[PastReboot, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """What is proposed; its digest covers all of it. `confirm_by` is epoch seconds.

    `protection` is what the instance's tag asks for, `strength` what is asked here: more where the budget is used up.
    `wanted_by` asked without the role for it; until an admin has taken it over, `requester` is the same person.
    """

    action_id: str
    region: str
    instance_id: str
    name: str
    protection: Strength
    strength: Strength
    requester: Person
    confirm_by: int
    facts: Facts
    reason: str = ""
    wanted_by: Person | None = None

    @property
    def digest(self) -> str:
        """The hash of the whole, in hexadecimal."""
        return hashlib.sha256(self.to_text().encode("utf-8", "replace")).hexdigest()

    @property
    def handle(self) -> str:
        """What a button carries: the id and the start of the digest, so that it confirms what its card shows."""
        return f"{self.action_id}.{self.digest[:_SHORT]}"

    @property
    def is_wish(self) -> bool:
        """Whether no admin stands behind it yet."""
        return self.wanted_by is not None and self.wanted_by == self.requester

    @property
    def needs_another(self) -> bool:
        """Whether somebody else than its requester must decide it."""
        return self.is_wish or self.strength is Strength.APPROVAL

    def objection(self, person: Person) -> str | None:
        """Why this admin may not confirm it: `not_requester`, `self_approval`, `email_not_verified`, or None.

        A wish is confirmed by any admin, as themselves. Two people are told apart by what Cognito verified of them.
        """
        if self.strength is Strength.APPROVAL:
            asked = [self.requester, *([self.wanted_by] if self.wanted_by else [])]
            if any(person.is_same_as(one) for one in asked):
                return "self_approval"
            return None if all(one.email for one in (person, *asked)) else "email_not_verified"
        if self.is_wish or person.user_id == self.requester.user_id:
            return None
        return "not_requester"

    @property
    def label(self) -> str:
        """What has to be typed: the name, or the id of an instance without one that can be read and typed."""
        name = self.name.strip()
        return name if name.isprintable() and 0 < len(name) <= MAX_TYPED else self.instance_id

    def to_text(self) -> str:
        """As it is stored; the same proposal is always the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Proposal":
        """Raises ValueError, KeyError or TypeError for what `to_text` did not write."""
        content: dict[str, Any] = json.loads(text)
        wanted_by, facts = content.pop("wanted_by"), content.pop("facts")
        return cls(
            **{
                **content,
                "protection": Strength(content["protection"]),
                "strength": Strength(content["strength"]),
                "requester": Person(**content["requester"]),
            },
            wanted_by=Person(**wanted_by) if wanted_by else None,
            facts=Facts(
                **{
                    **facts,
                    "tags": tuple((key, value) for key, value in facts["tags"]),
                    "past": tuple(PastReboot(**past) for past in facts["past"]),
                }
            ),
        )


@dataclass(frozen=True)
class Reboot:
    """A proposal and what has become of it. Times are epoch seconds; what has not happened is None.

    `channel_id` and `ts` are its card, `thread_ts` whose thread it is in, if it is in one. `note` is an error code, or
    a state that EC2 named. `left_ok` is whether a status check was seen in another state than `ok` after the call.
    `watched_at` is when the watch began, where that was not at the call. `told` is the last state that those who wait
    were told of while it went on. `is_due` is whether the sweep has to look at it.
    """

    proposal: Proposal
    state: State = State.OPEN
    channel_id: str | None = None
    ts: str | None = None
    thread_ts: str | None = None
    decided_by: Person | None = None
    decided_at: int | None = None
    claim_token: str | None = field(default=None, repr=False)
    attempt_id: str | None = None
    outcome_id: str | None = None
    rebooted_at: int | None = None
    watched_at: int | None = None
    ended_at: int | None = None
    left_ok: bool = False
    note: str = ""
    reason: str = ""
    told: str = ""
    is_due: bool = True

    @property
    def action_id(self) -> str:
        return self.proposal.action_id

    @property
    def waiting(self) -> tuple[Person, ...]:
        """Who waits for its end; whoever decided it stands last."""
        return tuple(one for one in (self.proposal.wanted_by, self.proposal.requester, self.decided_by) if one)


def parse_handle(value: str) -> tuple[str, str] | None:
    """The id and the digest's start of a button's value; None for anything else."""
    match = _HANDLE.fullmatch(value)
    return (match[1], match[2]) if match else None


def strongest(*strengths: Strength) -> Strength:
    """The one that takes most."""
    return max(strengths, key=list(Strength).index)


@dataclass(frozen=True)
class RebootPolicy:
    """What the settings say about reboots. `protection` counts for instances without the tag."""

    enabled: bool
    confirm_seconds: int
    protection: Strength

    def protection_of(self, tags: Sequence[tuple[str, str]]) -> Strength:
        """What the tags ask for; a word that is none of ours asks for the most."""
        wanted = dict(tags).get(PROTECTION_TAG)
        if wanted is None:
            return self.protection
        return Strength(wanted) if wanted in set(Strength) else Strength.APPROVAL


PROTECTION_TAG = "chatops:protection"
OPT_IN_TAG = "chatops:managed"  # the reboot role's policy in template.yaml asks for the same
OPT_IN_VALUE = "true"

CLAIM_SECONDS = 120  # whoever holds a claim for longer than that has died: four times the worker's timeout
BUDGET_SECONDS = 30 * 60
BUDGET = 2  # reboots of one instance in that time; the next one needs a second person


def is_opted_in(tags: Sequence[tuple[str, str]]) -> bool:
    """Whether the reboot role may touch it at all."""
    return dict(tags).get(OPT_IN_TAG) == OPT_IN_VALUE


def strength_within(protection: Strength, recent: Sequence[int], now: float) -> Strength:
    """What is asked for when these reboots (epoch seconds) went before."""
    used = [moment for moment in recent if moment > now - BUDGET_SECONDS]
    return Strength.APPROVAL if len(used) >= BUDGET else protection
