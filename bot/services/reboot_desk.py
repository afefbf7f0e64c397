"""Takes a reboot from a wish to the call, each step through the gate: propose, take over, confirm, cancel.

It refuses what the card does not show, what somebody else must decide, and everything while reboots are switched off.
What happens after the call is `reboot_watching`'s.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from bot.errors import ChatOpsError, NotRecordedError
from bot.models import Actor, Instance, Origin, Source, Target
from bot.operations import CANCEL_REBOOT, PROPOSE_REBOOT, REBOOT_INSTANCE
from bot.proposals import (
    MAX_REASON,
    Facts,
    Person,
    Proposal,
    Reboot,
    RebootPolicy,
    State,
    Strength,
    parse_handle,
    strength_within,
)
from bot.reboot_errors import (
    ClaimTooOldError,
    NeedsSlackError,
    NotProposedError,
    NotYoursError,
    ProposalChangedError,
    ProposalClosedError,
    RequesterGoneError,
    SecondPersonNeededError,
    WrongCardError,
    WrongNameError,
    refusal_for,
)

if TYPE_CHECKING:
    from bot.services.alarms import Alarms
    from bot.services.gate import Gate
    from bot.services.identity import Identity
    from bot.services.instance_locks import InstanceLocks
    from bot.services.proposals import Proposals
    from bot.services.reboot_history import RebootHistory
    from bot.services.reboot_records import RebootRecords
    from bot.services.reboots import Reboots

CLAIM_WORTH_SECONDS = 30
CALL_SECONDS = 10  # what EC2 may take to answer: it is not asked with less time left to hear it


class RebootDesk:
    """`records_for` gives the rows of one confirmation; `now` gives epoch seconds.

    Without `history` and `alarms`, which a card only shows, a proposal tells nothing of them: for doors without a card.
    """

    def __init__(
        self,
        gate: "Gate",
        identity: "Identity",
        proposals: "Proposals",
        reboots: "Reboots",
        locks: "InstanceLocks",
        history: "RebootHistory | None",
        alarms: "Alarms | None",
        records_for: "Callable[[Reboot, str], RebootRecords]",
        policy: RebootPolicy,
        now: Callable[[], float],
    ) -> None:
        self._gate = gate
        self._identity = identity
        self._proposals = proposals
        self._reboots = reboots
        self._locks = locks
        self._history = history
        self._alarms = alarms
        self._records_for = records_for
        self._policy = policy
        self._now = now

    def propose(self, actor: Actor, instance: Instance, reason: str, *, wish: bool = False) -> Reboot:
        """A new proposal, without a card yet; a `wish` is one of somebody without the role, for an admin to confirm.

        Raises NotPermittedError, and what the preflight says: RebootsDisabledError, NotRebootableError,
        RebootRefusedError; and NotProposedError for what somebody else must decide who would not see it.
        """
        reason = reason[:MAX_REASON]
        if not wish:
            self._gate.admit(actor, REBOOT_INSTANCE, Target(instance.instance_id, {"reason": reason}))

        def prepare() -> Reboot:
            self._reboots.preflight(instance, actor.user_id)
            proposal = self._proposal(Person.of(actor), instance, reason, wish)
            if proposal.needs_another and actor.origin.is_direct:
                raise NotProposedError("direct_message")
            return self._proposals.keep(proposal)

        target = Target(instance.instance_id, {"reason": reason, "wish": wish})
        return self._gate.perform(actor, PROPOSE_REBOOT, target, prepare, _target)

    def open(self, actor: Actor, handle: str, place: tuple[str | None, str | None] | None) -> Reboot:
        """What a button's value stands for; `place` is the (channel, ts) that it was clicked in, None in a modal.

        Raises WrongCardError (recorded) and ProposalChangedError.
        """
        action_id, digest = parse_handle(handle) or ("", "")
        target = Target(action_id or "unknown")
        self._gate.admit(actor, PROPOSE_REBOOT, target)
        try:
            reboot = self._proposals.read(action_id)
        except WrongCardError as refusal:
            self._gate.refuse(actor, REBOOT_INSTANCE, target, refusal)
        if place is not None and place != (reboot.channel_id, reboot.ts):
            self._gate.refuse(actor, REBOOT_INSTANCE, _target(reboot), WrongCardError("other_message"))
        if not reboot.proposal.digest.startswith(digest):
            self._gate.fail(actor, REBOOT_INSTANCE, _target(reboot), ProposalChangedError())
        return reboot

    def require_open(self, reboot: Reboot) -> None:
        """Raises ProposalClosedError."""
        if reboot.state is not State.OPEN:
            raise ProposalClosedError.of(reboot)
        if reboot.proposal.confirm_by <= self._now():
            raise ProposalClosedError(State.EXPIRED.value)

    def require_allowed(self, actor: Actor, reboot: Reboot) -> None:
        """Whether this person could confirm it, before they type anything. Raises AccessDeniedError (recorded)."""
        self._gate.admit(actor, REBOOT_INSTANCE, _target(reboot))
        objection = reboot.proposal.objection(Person.of(actor))
        if objection:
            self._gate.refuse(actor, REBOOT_INSTANCE, _target(reboot), refusal_for(objection, reboot.proposal))

    def confirm(
        self, actor: Actor, reboot: Reboot, name: str | None = None, reason: str = "", *, deadline: float | None = None
    ) -> None:
        """Act, at most once; a wish for an instance that needs two admins only gets its first one.

        `name` is what was typed, `deadline` (epoch seconds) when Lambda ends the function. Raises AccessDeniedError
        (recorded), WrongNameError, what `RebootRecords.begin` and `Reboots.require_unchanged` raise, ClaimTooOldError,
        RebootRefusedError, OutcomeUnknownError and OutcomeNotRecordedError.
        """
        proposal = reboot.proposal
        if proposal.is_wish and proposal.strength is Strength.APPROVAL:
            self._take_over(actor, reboot)
            return
        if proposal.strength is Strength.TYPED and name not in (proposal.label, proposal.instance_id):
            raise WrongNameError(name or "", proposal.label)
        records = self._records_for(reboot, reason[:MAX_REASON])

        def act() -> None:
            self._reboots.require_unchanged(proposal)
            self._require_requester(actor, proposal)
            client = self._reboots.client(proposal, actor.user_id)
            now = self._now()
            if now - (records.claimed.decided_at or 0) >= CLAIM_WORTH_SECONDS:
                raise ClaimTooOldError
            if deadline is not None and deadline - now < CALL_SECONDS:
                raise ClaimTooOldError
            self._reboots.reboot(client, proposal.instance_id)

        target = _target(reboot, reason=reason[:MAX_REASON] or proposal.reason)
        self._gate.perform(actor, REBOOT_INSTANCE, target, act, records=records)

    def cancel(self, actor: Actor, reboot: Reboot) -> Reboot:
        """By whoever asked, or by an admin. Raises NotYoursError (recorded) and ProposalClosedError."""
        proposal, person = reboot.proposal, Person.of(actor)
        own = person.user_id in {one.user_id for one in (proposal.requester, proposal.wanted_by) if one}
        if not own and not REBOOT_INSTANCE.permits(actor.role):
            refusal = NotYoursError(proposal.requester.slack_user_id)
            self._gate.refuse(actor, CANCEL_REBOOT, _target(reboot), refusal)
        return self._gate.perform(
            actor, CANCEL_REBOOT, _target(reboot), lambda: self._proposals.decide(reboot, State.CANCELLED, person)
        )

    def at_once(self, actor: Actor, instance: Instance, reason: str = "", *, deadline: float | None = None) -> Reboot:
        """Propose and confirm in one step, for doors without a card; the reboot as it was proposed.

        Raises NeedsSlackError for an instance that a click cannot confirm, SecondPersonNeededError where the budget is
        used up, and what the two steps raise. After the call nothing is read that could fail.
        """
        target = Target(instance.instance_id, {"reason": reason[:MAX_REASON]})
        self._gate.admit(actor, REBOOT_INSTANCE, target)
        try:
            self._reboots.require_rebootable(instance)
            self._require_click(instance)
        except ChatOpsError as error:
            self._gate.fail(actor, REBOOT_INSTANCE, target, error)
        reboot = self.propose(actor, instance, reason)
        if reboot.proposal.strength is not Strength.CLICK:
            self._proposals.decide(reboot, State.CANCELLED, None)
            self._gate.fail(actor, REBOOT_INSTANCE, _target(reboot), SecondPersonNeededError())
        try:
            self.confirm(actor, reboot, deadline=deadline)
        except ChatOpsError:
            self._withdraw(reboot)
            raise
        return reboot

    def _withdraw(self, reboot: Reboot) -> None:
        """What was refused before it was claimed is open, and nobody has a card of it; what was claimed stays."""
        with suppress(ProposalClosedError, NotRecordedError):
            self._proposals.decide(reboot, State.CANCELLED, None)

    def _require_click(self, instance: Instance) -> None:
        protection = self._policy.protection_of(instance.tags)
        if protection is not Strength.CLICK:
            raise NeedsSlackError(protection.value)

    def _take_over(self, actor: Actor, reboot: Reboot) -> None:
        self._gate.admit(actor, REBOOT_INSTANCE, _target(reboot))
        confirm_by = int(self._now()) + self._policy.confirm_seconds
        proposal = replace(reboot.proposal, requester=Person.of(actor), confirm_by=confirm_by)
        self._gate.perform(
            actor, PROPOSE_REBOOT, _target(reboot), lambda: self._proposals.take_over(reboot, proposal), _target
        )

    def _proposal(self, person: Person, instance: Instance, reason: str, wish: bool) -> Proposal:
        now = int(self._now())
        lock = self._locks.read(instance.region, instance.instance_id)
        protection = self._policy.protection_of(instance.tags)
        return Proposal(
            action_id=uuid4().hex,
            region=instance.region,
            instance_id=instance.instance_id,
            name=instance.name,
            protection=protection,
            strength=strength_within(protection, lock.reboots, now),
            requester=person,
            confirm_by=now + self._policy.confirm_seconds,
            facts=self._facts(instance),
            reason=reason,
            wanted_by=person if wish else None,
        )

    def _facts(self, instance: Instance) -> Facts:
        return Facts(
            state=instance.state,
            instance_type=instance.instance_type,
            zone=instance.zone,
            launched=int(instance.launched.timestamp()) if instance.launched else None,
            system_status=instance.system_status,
            instance_status=instance.instance_status,
            open_alarms=self._alarms.open_on(instance) if self._alarms else None,
            tags=tuple(pair for pair in instance.tags if pair[0] in SHOWN_TAGS),
            past=self._history.last(instance.instance_id) if self._history else (),
        )

    def _require_requester(self, actor: Actor, proposal: Proposal) -> None:
        """Whoever proposed it must still be somebody who could; raises RequesterGoneError."""
        requester = proposal.requester
        if requester.slack_user_id is None or requester.user_id == actor.user_id:
            return
        origin = Origin(Source.SLACK, proposal.action_id, requester.slack_team_id, requester.slack_user_id)
        now = self._identity.actor_for(origin, live=True)
        if now.refusal is not None:
            raise RequesterGoneError(now.refusal.reason)
        if not proposal.is_wish and not REBOOT_INSTANCE.permits(now.role):
            raise RequesterGoneError("role_insufficient")


SHOWN_TAGS = ("Env", "Environment", "Team", "Service", "Owner")


def _target(reboot: Reboot, **facts: str) -> Target:
    proposal = reboot.proposal
    details = {
        "proposal": proposal.action_id,
        "region": proposal.region,
        "name": proposal.name,
        "strength": proposal.strength.value,
        "requestedBy": (proposal.wanted_by or proposal.requester).user_id,
        "proposedBy": proposal.requester.user_id,
        "reason": proposal.reason,
        **facts,
    }
    return Target(proposal.instance_id, details)
