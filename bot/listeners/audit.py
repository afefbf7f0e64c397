"""Questions to the audit, from the command and its buttons: rows, one row, an export, a shift's digest, a verification.

Each is a look that is itself on record. `readonly` asks about themselves and about any instance, `admin` about all.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.audit_request import AuditRequest, AuditSearch, Form, understood
from bot.audit_rows import AuditPage, AuditRow
from bot.ec2_filters import INSTANCE_ID
from bot.errors import PageGoneError
from bot.models import Actor, Message, Role, Target
from bot.operations import VIEW_ALL_AUDIT, VIEW_AUDIT, Operation
from bot.views import audit as audit_view

if TYPE_CHECKING:
    from slack_bolt import Ack, App, BoltContext

    from bot.command import Invocation
    from bot.listeners.answering import Answering
    from bot.listeners.audit_reports import AuditReports
    from bot.listeners.commands import Runner
    from bot.services.audit_log import AuditLog
    from bot.services.audit_subjects import AuditSubjects
    from bot.services.bookmarks import Bookmarks
    from bot.services.gate import Gate

Found = tuple[AuditSearch, AuditPage]


class AuditListeners:
    """`now` gives the time in UTC."""

    def __init__(
        self,
        gate: "Gate",
        answering: "Answering",
        log: "AuditLog",
        subjects: "AuditSubjects",
        bookmarks: "Bookmarks",
        reports: "AuditReports",
        now: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._answering = answering
        self._log = log
        self._subjects = subjects
        self._bookmarks = bookmarks
        self._reports = reports
        self._now = now

    def register(self, app: "App") -> None:
        """The block actions of a page."""
        app.action(audit_view.OLDER)(self.older)
        app.action(audit_view.OPEN_ROW)(self.open_row)

    @property
    def runners(self) -> Mapping[str, "Runner"]:
        """The command that is ours."""
        return {"audit": self.audit}

    def audit(self, actor: Actor, invocation: "Invocation") -> Message:
        """The answer to the command, in the form that its first word names."""
        request = understood(invocation.text, invocation.options, self._now())
        if request.form is Form.ROWS:
            return self._rows(actor, narrowed(request, actor))
        return self._reports.report(actor, narrowed(request, actor) if request.form is Form.EXPORT else request)

    def older(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """A page's button: the page before it in time, in its place."""
        ack()
        bookmark_id = action.get("value", "")
        self._answering.answer(body, context["job"], lambda actor: self._turned(actor, bookmark_id), replace=True)

    def open_row(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """A page's menu: all that one row says, in a modal."""
        ack()
        value = (action.get("selected_option") or {}).get("value", "")
        self._answering.answer(body, context["job"], lambda actor: self._row(actor, value), back=False)

    def _rows(self, actor: Actor, request: AuditRequest) -> Message:
        operation = VIEW_AUDIT if is_own_or_an_instance(request, actor) else VIEW_ALL_AUDIT
        target = Target(request.subject, request.details)
        return self._shown(actor, *self._gate.perform(actor, operation, target, lambda: self._found(request, actor)))

    def _found(self, request: AuditRequest, actor: Actor) -> Found:
        search = self._subjects.search(request, actor)
        return search, self._log.page(search.query)

    def _turned(self, actor: Actor, bookmark_id: str) -> Message:
        self._gate.admit(actor, VIEW_AUDIT, Target("*"))
        kept = self._bookmarks.open_text(audit_view.KIND, bookmark_id, actor.origin)
        search = AuditSearch.from_json(kept)
        own = search.query.user_id == actor.user_id or search.is_of_one_instance
        target = Target("*", {"page": search.number, "query": search.details})
        operation = VIEW_AUDIT if own else VIEW_ALL_AUDIT
        page = self._gate.perform(actor, operation, target, lambda: self._log.page(search.query, search.cursor))
        return self._shown(actor, search, page)

    def _shown(self, actor: Actor, search: AuditSearch, page: AuditPage) -> Message:
        following = search.following(page.cursor) if page.cursor else None
        kept = following and self._bookmarks.keep_text(audit_view.KIND, following.to_json(), actor.origin)
        return audit_view.listing(page, search, kept or None)

    def _row(self, actor: Actor, value: str) -> Message:
        user_id, _, at = value.rpartition(" ")
        self._gate.admit(actor, VIEW_AUDIT, Target("*"))
        row = self._log.row(user_id, at) if user_id else None
        target = Target(f"row:{row.audit_id if row else 'none'}")
        self._gate.perform(actor, operation_for(actor, row), target, lambda: None)
        if row is None:
            raise PageGoneError
        return audit_view.details(row)


def narrowed(request: AuditRequest, actor: Actor) -> AuditRequest:
    """What `readonly` means who names nobody and nothing: themselves."""
    if actor.role is Role.READONLY and not request.person and not request.instance:
        return replace(request, person=actor.origin.slack_user_id)
    return request


def is_own_or_an_instance(request: AuditRequest, actor: Actor) -> bool:
    """What everybody with a role may see."""
    return request.instance is not None or request.person == actor.origin.slack_user_id


def operation_for(actor: Actor, row: AuditRow | None) -> Operation:
    """Looking at one row: one's own, an instance's, or anybody's."""
    if row is None or row.user_id == actor.user_id:
        return VIEW_AUDIT
    return VIEW_AUDIT if INSTANCE_ID.fullmatch(row.resource_id) else VIEW_ALL_AUDIT
