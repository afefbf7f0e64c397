"""`/audit-logs`: what is on record, in pages, and an administrator's own entry.

It refuses an entry under one of the product's own actions: what it did is for it alone to record. `readonly` sees what
they did themselves and what was done to any instance.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from bot.audit_rows import AuditPage, AuditQuery
from bot.ec2_filters import INSTANCE_ID
from bot.models import Actor, Outcome, Role, Target
from bot.operations import RECORD_ENTRY, VIEW_ALL_AUDIT, VIEW_AUDIT, Operation, actions
from bot.resources.bodies import AuditLog, AuditLogsBody, NewEntry, RecordedBody
from bot.resources.errors import refusals
from bot.resources.keyed import Answer, IdempotencyKey
from bot.resources.moments import End, Start
from bot.resources.paging import Cursor, kept
from bot.rest import InvalidRequestError

if TYPE_CHECKING:
    from bot.resources.callers import Callers
    from bot.resources.keyed import Keyed
    from bot.services.audit_log import AuditLog as Log
    from bot.services.bookmarks import Bookmarks
    from bot.services.gate import Gate

KIND = "rest-audit"
Text = Annotated[str | None, Query(pattern="^[!-~]{1,256}$")]


class AuditResource:
    """Answers for the audit."""

    def __init__(self, gate: "Gate", callers: "Callers", log: "Log", bookmarks: "Bookmarks", keyed: "Keyed") -> None:
        self._gate = gate
        self._callers = callers
        self._log = log
        self._bookmarks = bookmarks
        self._keyed = keyed

    def routes(self, app: APIGatewayRestResolver) -> None:
        """Put the methods where they are found."""
        self._app = app
        app.get(
            "/audit-logs",
            summary="Ask the audit",
            description="Newest first. With the role readonly: your own rows, and those of any instance.",
            operation_id="listAuditLogs",
            responses=refusals(AuditLogsBody, 404),
        )(self.list)
        app.post(
            "/audit-logs",
            summary="Record an entry of your own",
            description="For administrators: a deployment, say. Who and when are not the sender's to say.",
            operation_id="recordEntry",
            responses=refusals(RecordedBody, 409, status=201),
        )(self.record)

    def list(
        self,
        userId: Text = None,  # noqa: N803
        action: Text = None,
        resourceId: Text = None,  # noqa: N803
        outcome: Annotated[Outcome | None, Query()] = None,
        startDate: Start = None,  # noqa: N803
        endDate: End = None,  # noqa: N803
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        cursor: Cursor = None,
    ) -> AuditLogsBody:
        """The page of `query` at `cursor`."""
        actor = self._callers.actor(self._app.current_event.raw_event)
        query = _narrowed(AuditQuery(userId, resourceId, action, outcome, startDate, endDate), actor)
        operation = _operation(query, actor)
        target = Target(_subject(query), {"limit": limit, "query": _details(query), "paged": cursor is not None})
        self._gate.admit(actor, operation, target)
        start = self._bookmarks.open_text(KIND, cursor, actor.origin) if cursor else None
        page = self._gate.perform(actor, operation, target, lambda: self._log.page(query, start, limit))
        return AuditLogsBody(
            auditLogs=[AuditLog.of(row) for row in page.rows],
            cursor=self._following(actor, page),
            searchedTo=page.searched_to,
        )

    def record(self, entry: Annotated[NewEntry, Body()], key: IdempotencyKey = None) -> Response[Any]:
        """Two rows, as every change has, under the sender's own action."""
        _require_own(entry)
        # Read live: a first answer is repeated to nobody who may not ask now.
        actor = self._gate.as_of_now(self._callers.actor(self._app.current_event.raw_event))
        self._gate.admit(actor, RECORD_ENTRY, Target(entry.resourceId, {"action": entry.action}))
        operation = replace(RECORD_ENTRY, action=entry.action, resource_type=entry.resourceType)
        target = Target(entry.resourceId, {"byHand": True, "entry": entry.details})

        def run() -> Answer:
            self._gate.perform(actor, operation, target, lambda: None)
            return 201, {"message": "Recorded.", "correlationId": actor.origin.correlation_id}

        return self._keyed.once(actor, self._app, key, entry.model_dump(), run)

    def _following(self, actor: Actor, page: AuditPage) -> str | None:
        if page.cursor is None:
            return None
        return kept(self._bookmarks.keep_text(KIND, page.cursor, actor.origin))


def _narrowed(query: AuditQuery, actor: Actor) -> AuditQuery:
    """What `readonly` means who names nobody and nothing: themselves."""
    if actor.role is Role.READONLY and query.user_id is None and query.resource_id is None:
        return replace(query, user_id=actor.user_id)
    return query


def _operation(query: AuditQuery, actor: Actor) -> Operation:
    """Everybody with a role may see what is their own, and an instance's history."""
    of_an_instance = query.resource_id is not None and INSTANCE_ID.fullmatch(query.resource_id)
    return VIEW_AUDIT if of_an_instance or query.user_id == actor.user_id else VIEW_ALL_AUDIT


def _subject(query: AuditQuery) -> str:
    """What the audit's own row says was looked at: nothing that an instance could be called."""
    if query.user_id:
        return f"user:{query.user_id}"
    return f"instance:{query.resource_id}" if query.resource_id else "*"


def _details(query: AuditQuery) -> dict[str, str]:
    given = {
        "userId": query.user_id,
        "resourceId": query.resource_id,
        "action": query.action,
        "outcome": query.outcome,
        "startDate": query.since and query.since.isoformat(),
        "endDate": query.until and query.until.isoformat(),
    }
    return {name: str(value) for name, value in given.items() if value is not None}


def _require_own(entry: NewEntry) -> None:
    """Raises InvalidRequestError."""
    if entry.action in actions():
        raise InvalidRequestError(
            f"body.action: {entry.action} is what ec2-chatops itself records; choose another word."
        )
