"""What is made of many rows of the audit: an export, the digest of a shift, a verification."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from bot.audit_request import DAY, SHIFT, AuditRequest, Form
from bot.audit_rows import AuditQuery, AuditRow
from bot.digests import hour_of
from bot.errors import MalformedTextError
from bot.handover import handover
from bot.models import Actor, Message, Target
from bot.operations import EXPORT_ALL_AUDIT, EXPORT_AUDIT, VERIFY_AUDIT, VIEW_ALL_AUDIT
from bot.views import audit_csv, audit_reports

if TYPE_CHECKING:
    from bot.services.audit_log import AuditLog
    from bot.services.audit_subjects import AuditSubjects
    from bot.services.direct_files import DirectFiles
    from bot.services.gate import Gate
    from bot.services.verifier import Verifier

MAX_EXPORTED = 5_000
MAX_DIGESTED = 10_000  # a storm of a thousand alarms is some thousands of rows, and must not hide what people did
MAX_SECONDS = 10  # of reading; the worker has 30, and an upload comes after
MAX_VERIFIED = 7 * DAY


class AuditReports:
    """`now` gives the time in UTC, `clock` is monotonic in seconds."""

    def __init__(
        self,
        gate: "Gate",
        log: "AuditLog",
        subjects: "AuditSubjects",
        verifier: "Verifier",
        files: "DirectFiles",
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._gate = gate
        self._log = log
        self._subjects = subjects
        self._verifier = verifier
        self._files = files
        self._now = now
        self._clock = clock

    def report(self, actor: Actor, request: AuditRequest) -> Message:
        """The answer to a request of any form but rows."""
        if request.form is Form.EXPORT:
            return self._export(actor, request)
        if request.person or request.instance or request.action or request.outcome:
            raise MalformedTextError(f"`audit {request.form}` takes `since:` alone")
        return self._handover(actor, request) if request.form is Form.HANDOVER else self._verify(actor, request)

    def _export(self, actor: Actor, request: AuditRequest) -> Message:
        own = request.instance is not None or request.person == actor.origin.slack_user_id
        operation = EXPORT_AUDIT if own else EXPORT_ALL_AUDIT
        target = Target(request.subject, request.details)
        rows, cut = self._gate.perform(actor, operation, target, lambda: self._exported(request, actor))
        name = f"audit-{self._now():%Y-%m-%d-%H%M}.csv"
        self._files.send(actor.origin.slack_user_id or "", name, audit_csv.text(rows).encode())
        return audit_csv.sent(len(rows), cut)

    def _exported(self, request: AuditRequest, actor: Actor) -> tuple[list[AuditRow], bool]:
        return self._collected(self._subjects.search(request, actor).query, MAX_EXPORTED)

    def _handover(self, actor: Actor, request: AuditRequest) -> Message:
        until = request.until or self._now()
        query = AuditQuery(since=request.since or until - SHIFT, until=until)
        target = Target("*", replace(request, since=query.since, until=until).details)
        rows, cut = self._gate.perform(actor, VIEW_ALL_AUDIT, target, lambda: self._collected(query, MAX_DIGESTED))
        return audit_reports.handover(handover(rows, query.since or until, until, is_cut=cut))

    def _verify(self, actor: Actor, request: AuditRequest) -> Message:
        since = request.since or self._now() - DAY
        if request.until or self._now() - since > MAX_VERIFIED + DAY / 24:
            raise MalformedTextError("here the last 7 days at most are verified, up to now; `make verify` does all")
        target = Target("*", {**request.details, "since": since.isoformat()})
        report = self._gate.perform(actor, VERIFY_AUDIT, target, lambda: self._verifier.verify(hour_of(since)))
        return audit_reports.verification(report)

    def _collected(self, query: AuditQuery, limit: int) -> tuple[list[AuditRow], bool]:
        deadline = self._clock() + MAX_SECONDS
        return self._log.collect(query, limit, lambda: self._clock() >= deadline)
