"""The one way to operate: who may, is it on record, and only then the answer.

It refuses an actor without the role, and everything while the audit cannot be written (fail closed).
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from bot.denials import (
    AccessDeniedError,
    AccountDisabledError,
    NoRoleError,
    NotLinkedError,
    NotPermittedError,
)
from bot.errors import (
    ChatOpsError,
    NotRecordedError,
    OutcomeNotRecordedError,
    OutcomeUnknownError,
)
from bot.models import Actor, AuditEntry, Outcome, Target
from bot.operations import ACCESS_DENIED, Effect, Operation

if TYPE_CHECKING:
    from bot.services.audit import Audit
    from bot.services.identity import Identity

Result = TypeVar("Result")

# Identity finds these only in a full member of the workspace, and a member may always link or unlink themselves.
_OF_THE_ACCOUNT = (NotLinkedError, AccountDisabledError, NoRoleError)


class Records(Protocol):
    """Where the two rows of a change go. Without another one each is written by itself."""

    def begin(self, attempt: AuditEntry) -> None:
        """Record the attempt, and whatever must become true in the same moment; if it raises, nothing is run.

        What it raises is recorded in the attempt's place.
        """

    def end(self, outcome: AuditEntry) -> None:
        """The same for what became of it. Raises NotRecordedError."""


class Gate:
    """Every door leads through here."""

    def __init__(self, audit: "Audit", identity: "Identity") -> None:
        self._audit = audit
        self._identity = identity

    def perform(
        self,
        actor: Actor,
        operation: Operation,
        target: Target,
        run: Callable[[], Result],
        settled: Callable[[Result], Target] | None = None,
        *,
        records: Records | None = None,
    ) -> Result:
        """Run `run` for `actor` and answer its result, with rows as the operation's effect demands.

        A look leaves one row, written once it is known how it went; `settled` may then name its target better. A
        change leaves an attempt row first and an outcome row after, and who asks is read live for it. Where `records`
        writes the two, they are read once more after the attempt, the last thing before `run`.

        Raises AccessDeniedError (recorded), NotRecordedError (nothing was done, or nothing may be shown),
        OutcomeNotRecordedError (done, but only the attempt is on record), and whatever `run` raises.
        """
        if operation.effect is Effect.CHANGE or operation.own:
            actor = self._identity.actor_for(actor.origin, live=True)
        self.admit(actor, operation, target)
        if operation.effect is Effect.CHANGE:
            return self._change(actor, operation, target, run, records)
        return self._look(actor, operation, target, run, settled)

    def as_of_now(self, actor: Actor) -> Actor:
        """The same person, read live: for an answer that is about nothing but who they are."""
        return self._identity.actor_for(actor.origin, live=True)

    def admit(self, actor: Actor, operation: Operation, target: Target) -> None:
        """Return for somebody who may; otherwise record the refusal and raise it (AccessDeniedError)."""
        refusal = _refusal(actor, operation)
        if refusal is not None:
            self.refuse(actor, operation, target, refusal)

    def refuse(self, actor: Actor, operation: Operation, target: Target, refusal: AccessDeniedError) -> NoReturn:
        """Record why this is refused, and raise it."""
        denied = {"operation": operation.action, "reason": refusal.reason}
        self._audit.record(_entry(actor, operation, target, Outcome.DENIED, denied, ACCESS_DENIED))
        raise refusal

    def fail(self, actor: Actor, operation: Operation, target: Target, error: Exception) -> NoReturn:
        """Record why nothing was done, and raise it."""
        self._audit.record(_entry(actor, operation, target, Outcome.FAILED, _failure(error)))
        raise error

    def _look(
        self,
        actor: Actor,
        operation: Operation,
        target: Target,
        run: Callable[[], Result],
        settled: Callable[[Result], Target] | None,
    ) -> Result:
        try:
            result = run()
        except Exception as error:
            self.fail(actor, operation, target, error)
        about = settled(result) if settled else target
        self._audit.record(_entry(actor, operation, about, Outcome.SUCCEEDED))
        return result

    def _change(
        self, actor: Actor, operation: Operation, target: Target, run: Callable[[], Result], records: Records | None
    ) -> Result:
        attempt = _entry(actor, operation, target, Outcome.ATTEMPTED)
        begin, end = (records.begin, records.end) if records else (self._audit.record, self._audit.record)
        try:
            begin(attempt)
        except NotRecordedError:
            raise
        except AccessDeniedError as refusal:
            self.refuse(actor, operation, target, refusal)
        except ChatOpsError as error:
            self.fail(actor, operation, target, error)

        def close(outcome: Outcome, facts: Mapping[str, Any]) -> None:
            facts = {**facts, "attempt": attempt.audit_id}
            try:
                end(_entry(actor, operation, target, outcome, facts))
            except NotRecordedError:
                raise OutcomeNotRecordedError(attempt.audit_id) from None

        try:
            if records:
                self._require_still(actor, operation)
            result = run()
        except OutcomeUnknownError:
            close(Outcome.UNKNOWN, {})
            raise
        except ChatOpsError as error:
            close(Outcome.FAILED, _failure(error))
            raise
        except Exception as error:  # unforeseen: nobody knows how far it came
            close(Outcome.UNKNOWN, _failure(error))
            raise
        close(Outcome.SUCCEEDED, {})
        return result

    def _require_still(self, actor: Actor, operation: Operation) -> None:
        refusal = _refusal(self._identity.actor_for(actor.origin, live=True), operation)
        if refusal is not None:
            raise refusal


def _refusal(actor: Actor, operation: Operation) -> AccessDeniedError | None:
    if operation.own and isinstance(actor.refusal, _OF_THE_ACCOUNT):
        return None
    if actor.refusal is None and not operation.permits(actor.role):
        return NotPermittedError(operation.name, actor.role or "none", operation.roles[0].value)
    return actor.refusal


def _entry(
    actor: Actor,
    operation: Operation,
    target: Target,
    outcome: Outcome,
    facts: Mapping[str, Any] | None = None,
    action: str | None = None,
) -> AuditEntry:
    return AuditEntry(
        actor=actor,
        action=action or operation.action,
        resource_type=operation.resource_type,
        resource_id=target.resource_id,
        outcome=outcome,
        details={**target.details, **(facts or {})},
    )


def _failure(error: Exception) -> dict[str, str]:
    """Its kind, AWS's error code and our reason where it has them; never what AWS said besides."""
    facts = {"error": type(error).__name__}
    if isinstance(error, ChatOpsError):
        known = {"code": getattr(error, "aws_code", None), "reason": getattr(error, "reason", None)}
        facts |= {name: value for name, value in known.items() if isinstance(value, str)}
    return facts
