"""What time alone does to alerts: silences run out, reminders fall due, and what Slack may have missed is shown again.

The sweep runs it. It posts nothing itself: it asks the alarms function to, through that one's queue.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from bot.alert_pace import Pace
from bot.errors import ChatOpsError
from bot.incident_clicks import ticked
from bot.incidents import Incident
from bot.models import Actor, AuditEntry, Origin, Outcome, Source
from bot.operations import ALARM, ALERT_REMINDER

if TYPE_CHECKING:
    from bot.services.alert_requests import AlertRequests
    from bot.services.audit import Audit
    from bot.services.incidents import Incidents

REMINDERS = ("reminder", "still_firing", "silence_over")

logger = logging.getLogger("ec2-chatops")


class AlertClock:
    """`now` gives epoch seconds."""

    def __init__(
        self,
        incidents: "Incidents",
        requests: "AlertRequests",
        audit: "Audit",
        pace: Pace,
        now: Callable[[], float],
    ) -> None:
        self._incidents = incidents
        self._requests = requests
        self._audit = audit
        self._pace = pace
        self._now = now

    def run(self) -> int:
        """Do all that is due; how many alerts that was. One that fails is logged, and due again next time."""
        due = list(self._incidents.waiting(self._now()))
        for incident in due:
            try:
                self.due(incident)
            except ChatOpsError as error:
                logger.error("alert not looked after", extra={"incident": incident.key, "error": type(error).__name__})
        return len(due)

    def due(self, incident: Incident) -> None:
        """Do what is due of one. Raises NotRecordedError, AwsCallError, AlertBusyError.

        It is shown before the clock moves on: whoever dies in between does the same again, which says nothing twice.
        """
        now = self._now()
        # For longer than a message may take: what Slack has not seen by then is asked for again.
        self._requests.show(incident.key)
        changed = self._incidents.change(incident.key, lambda there: ticked(there, now, self._pace) if there else None)
        if changed is not None and changed.version != incident.version:
            self._record(changed)
            self._requests.show(incident.key)

    def _record(self, incident: Incident) -> None:
        """What the system said by itself is on record as well."""
        last = incident.entries[-1] if incident.entries else None
        if last is None or last.kind not in REMINDERS:
            return
        said = str(uuid5(NAMESPACE_URL, f"reminder:{incident.key}.{incident.number}.{last.number}"))
        actor = Actor("system:sweep", None, None, Origin(Source.SYSTEM, f"{incident.key}.{incident.version}"))
        details = {"kind": last.kind, "incident": incident.number, "reminders": incident.reminders}
        name = incident.name if incident.alarm else incident.key
        self._audit.record(AuditEntry(actor, ALERT_REMINDER, ALARM, name, Outcome.SUCCEEDED, details, said))
