"""The two audit rows of a reboot, each in one transaction with what it decides: the claim, and the end of the claim.

It never calls EC2. Whoever does must have come back from `begin` without an error.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bot.errors import ConditionsFailedError, NotRecordedError
from bot.models import AuditEntry, Outcome
from bot.proposals import Person, Reboot, State, strength_within
from bot.reboot_errors import (
    InstanceLockedError,
    ProposalChangedError,
    ProposalClosedError,
    SecondPersonNeededError,
    refusal_for,
)

if TYPE_CHECKING:
    from bot.services.audit import Audit
    from bot.services.instance_locks import InstanceLocks
    from bot.services.proposals import Proposals

FIRST_LOOK_SECONDS = 10
STATES = {Outcome.SUCCEEDED: State.REBOOTING, Outcome.FAILED: State.FAILED, Outcome.UNKNOWN: State.UNKNOWN}


class RebootRecords:
    """For the gate: the rows of one confirmation of `reboot`, by whoever the attempt says. `now` gives epoch seconds.

    After `begin`, `claimed` is the reboot as it stands claimed, by us.
    """

    def __init__(
        self,
        audit: "Audit",
        proposals: "Proposals",
        locks: "InstanceLocks",
        now: Callable[[], float],
        reboot: Reboot,
        reason: str,
    ) -> None:
        self._audit = audit
        self._proposals = proposals
        self._locks = locks
        self._now = now
        self._reason = reason
        self.claimed = reboot

    def begin(self, attempt: AuditEntry) -> None:
        """Claim the proposal and the instance's lock, with the attempt's row.

        Raises AccessDeniedError for who may not confirm it, ProposalClosedError, ProposalChangedError,
        InstanceLockedError, SecondPersonNeededError and NotRecordedError; nothing may be done then. What becomes of a
        reply that was lost is read back: the claim counts only with our token in it.
        """
        reboot = self.claimed
        proposal, by = reboot.proposal, Person.of(attempt.actor)
        if objection := proposal.objection(by):
            raise refusal_for(objection, proposal)
        if reboot.state is not State.OPEN:
            raise ProposalClosedError.of(reboot)
        lock = self._locks.read(proposal.region, proposal.instance_id)
        if self._locks.is_held(lock):
            raise InstanceLockedError(lock.until)
        if strength_within(proposal.strength, lock.reboots, self._now()) is not proposal.strength:
            raise SecondPersonNeededError
        token = str(uuid4())
        changes = [
            self._proposals.claim(reboot, by, self._reason, token, attempt.audit_id),
            self._locks.take(lock, reboot.action_id),
        ]
        failure: ConditionsFailedError | NotRecordedError | None = None
        try:
            self._audit.record_with(attempt, changes)
        except (ConditionsFailedError, NotRecordedError) as error:
            failure = error
        current = self._proposals.read(reboot.action_id)
        if current.claim_token != token:
            raise self._refusal(current, failure)
        self.claimed = current

    def end(self, outcome: AuditEntry) -> None:
        """Close the claim, with the outcome's row. Raises NotRecordedError.

        Where the sweep has given the claim up meanwhile, the outcome is added to what it wrote.
        """
        state, note = STATES[outcome.outcome], _note(outcome.details)
        try:
            self._close(outcome, state, note)
        except (ConditionsFailedError, NotRecordedError) as error:
            current = self._proposals.read(self.claimed.action_id)
            if current.outcome_id != outcome.audit_id:
                if current.state is not State.UNKNOWN or state is State.UNKNOWN:
                    raise NotRecordedError(*error.args) from None
                self.claimed = current
                self._end_late(outcome, state, note)
        if state is State.FAILED:
            proposal = self.claimed.proposal
            self._locks.release(proposal.region, proposal.instance_id, self.claimed.action_id, uncount=True)

    def _end_late(self, outcome: AuditEntry, state: State, note: str) -> None:
        try:
            self._close(outcome, state, note)
        except ConditionsFailedError as error:
            raise NotRecordedError(*error.args) from None

    def _close(self, outcome: AuditEntry, state: State, note: str) -> None:
        change = self._proposals.close(self.claimed, state, note, outcome.audit_id, FIRST_LOOK_SECONDS)
        self._audit.record_with(outcome, [change])

    def _refusal(self, current: Reboot, failure: Exception | None) -> Exception:
        if current.state is not State.OPEN:
            return ProposalClosedError.of(current)
        if current.proposal.digest != self.claimed.proposal.digest:
            return ProposalChangedError()
        if current.proposal.confirm_by <= self._now():
            return ProposalClosedError(State.EXPIRED.value)
        lock = self._locks.read(current.proposal.region, current.proposal.instance_id)
        if isinstance(failure, ConditionsFailedError) and self._locks.is_held(lock):
            return InstanceLockedError(lock.until)
        return NotRecordedError(*(failure.args if failure else ()))


def _note(details: Mapping[str, Any]) -> str:
    return next((str(details[name]) for name in ("code", "reason", "error") if details.get(name)), "")
