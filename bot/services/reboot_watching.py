"""What follows a claim, minute by minute: is the machine back, did a lost call happen, was a claim left behind.

It never calls RebootInstances. What nobody knows is looked up in CloudTrail for an hour, and then said to be unknown.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bot.errors import InstancesUnavailableError
from bot.models import Actor, AuditEntry, Origin, Outcome, Source
from bot.operations import REBOOT_INSTANCE
from bot.proposals import CLAIM_SECONDS, OVER, Reboot, State
from bot.reboot_watch import LOOK_SECONDS, observed

if TYPE_CHECKING:
    from bot.models import Instance
    from bot.services.audit import Audit
    from bot.services.cloudtrail import CloudTrail
    from bot.services.instance_locks import InstanceLocks
    from bot.services.instances import Instances
    from bot.services.proposals import Proposals

LOOK_UP_SECONDS = 5 * 60
LOOK_UP_LIMIT_SECONDS = 60 * 60  # CloudTrail delivers within minutes; after an hour its silence is all there is

logger = logging.getLogger("ec2-chatops")


class RebootWatching:
    """Each method answers the reboot as it stands then. `now` gives epoch seconds.

    Raises ProposalClosedError or ConditionsFailedError where another run was there first, and NotRecordedError.
    """

    def __init__(
        self,
        audit: "Audit",
        proposals: "Proposals",
        locks: "InstanceLocks",
        instances: "Instances",
        cloudtrail: "CloudTrail",
        now: Callable[[], float],
    ) -> None:
        self._audit = audit
        self._proposals = proposals
        self._locks = locks
        self._instances = instances
        self._cloudtrail = cloudtrail
        self._now = now

    def follow(self, reboot: Reboot) -> Reboot:
        """Do what is due, whatever state it is in.

        Whoever found it due may have seen it before somebody confirmed it: a claim that is young is left alone.
        """
        match reboot.state:
            case State.OPEN:
                return self._proposals.decide(reboot, State.EXPIRED, None)
            case State.CLAIMED if self._now() - (reboot.decided_at or 0) >= CLAIM_SECONDS:
                return self._close(reboot, Outcome.UNKNOWN, State.UNKNOWN, {"closedBy": "sweep"})
            case State.UNKNOWN:
                return self._look_up(reboot)
            case State.REBOOTING | State.INITIALIZING:
                return self._look(reboot)
        return reboot

    def postpone(self, reboot: Reboot, seconds: float | None) -> None:
        """Due again in so many seconds; never again without them."""
        self._proposals.move(reboot, reboot, seconds)

    def _look(self, reboot: Reboot) -> Reboot:
        after = observed(reboot, self._now_of(reboot), int(self._now()))
        moved = self._proposals.move(reboot, after, LOOK_SECONDS if after.state not in OVER else 0)
        if moved.state in OVER:
            self._release(moved)
        return moved

    def _now_of(self, reboot: Reboot) -> "Instance | None":
        try:
            return self._instances.one(reboot.proposal.region, reboot.proposal.instance_id)
        except InstancesUnavailableError as error:
            logger.warning("reboot not looked at", extra={"action": reboot.action_id, "code": error.aws_code})
            return None

    def _look_up(self, reboot: Reboot) -> Reboot:
        since = reboot.decided_at or 0
        trace = self._cloudtrail.reboot_by(reboot.proposal.region, reboot.action_id, since).value
        found = {"evidence": "CloudTrail"}
        if trace == "accepted":
            return self._close(reboot, Outcome.SUCCEEDED, State.REBOOTING, found)
        if trace == "refused":
            closed = self._close(reboot, Outcome.FAILED, State.FAILED, found)
            self._release(closed)
            return closed
        if self._now() - since < LOOK_UP_LIMIT_SECONDS:
            return self._proposals.move(reboot, reboot, LOOK_UP_SECONDS)
        logger.error("reboot not observed", extra={"action": reboot.action_id})
        return self._close(reboot, Outcome.UNKNOWN, State.NOT_OBSERVED, {"evidence": "none within an hour"})

    def _close(self, reboot: Reboot, outcome: Outcome, state: State, facts: Mapping[str, str]) -> Reboot:
        proposal = reboot.proposal
        details = {
            "proposal": reboot.action_id,
            "attempt": reboot.attempt_id,
            "requestedBy": proposal.requester.user_id,
            "decidedBy": reboot.decided_by.user_id if reboot.decided_by else None,
            **facts,
        }
        actor = Actor("system:sweep", None, None, Origin(Source.SYSTEM, reboot.action_id, channel_id=reboot.channel_id))
        entry = AuditEntry(
            actor, REBOOT_INSTANCE.action, REBOOT_INSTANCE.resource_type, proposal.instance_id, outcome, details
        )
        self._audit.record_with(entry, [self._proposals.close(reboot, state, "", entry.audit_id, 0)])
        return self._proposals.read(reboot.action_id)

    def _release(self, reboot: Reboot) -> None:
        self._locks.release(reboot.proposal.region, reboot.proposal.instance_id, reboot.action_id)
