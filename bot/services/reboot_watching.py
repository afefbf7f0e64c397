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
SHOW_LIMIT_SECONDS = 24 * 60 * 60  # long enough to renew a token that was revoked at night

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

    def tell(self, reboot: Reboot) -> None:
        """Those who wait for it were told how it stands."""
        self._proposals.tell(reboot)

    def is_given_up(self, reboot: Reboot) -> bool:
        """Whether it has been over for so long that its card is not tried again."""
        ended = reboot.ended_at or reboot.decided_at or reboot.proposal.confirm_by
        return reboot.state in OVER and self._now() - ended >= SHOW_LIMIT_SECONDS

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
        seen = self._cloudtrail.reboot_by(reboot.proposal.region, reboot.action_id, since)
        found = {"evidence": "CloudTrail"}
        if seen.trace.value == "accepted":
            now = int(self._now())
            rebooted_at = now if seen.at is None else min(max(seen.at, since), now)
            return self._close(reboot, Outcome.SUCCEEDED, State.REBOOTING, found, rebooted_at=rebooted_at)
        if seen.trace.value == "refused":
            closed = self._close(reboot, Outcome.FAILED, State.FAILED, {**found, "code": seen.code}, note=seen.code)
            self._release(closed, uncount=True)
            return closed
        if self._now() - since < LOOK_UP_LIMIT_SECONDS:
            return self._proposals.move(reboot, reboot, LOOK_UP_SECONDS)
        logger.error("reboot not observed", extra={"action": reboot.action_id})
        return self._close(reboot, Outcome.UNKNOWN, State.NOT_OBSERVED, {"evidence": "none within an hour"})

    def _close(
        self,
        reboot: Reboot,
        outcome: Outcome,
        state: State,
        facts: Mapping[str, str],
        *,
        note: str = "",
        rebooted_at: int | None = None,
    ) -> Reboot:
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
        change = self._proposals.close(reboot, state, note, entry.audit_id, 0, rebooted_at)
        self._audit.record_with(entry, [change])
        return self._proposals.read(reboot.action_id)

    def _release(self, reboot: Reboot, *, uncount: bool = False) -> None:
        self._locks.release(reboot.proposal.region, reboot.proposal.instance_id, reboot.action_id, uncount=uncount)
