"""What people do to alerts: acknowledge, silence, look. A click is of one incident and of the card that shows it.

It refuses a click on what is over or shown elsewhere by now; who may is the gate's to say.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.alert_errors import AlertGoneError
from bot.incident_clicks import acknowledged, silenced, unacknowledged, unsilenced
from bot.incidents import Incident

if TYPE_CHECKING:
    from bot.services.alert_requests import AlertRequests
    from bot.services.incidents import Incidents
    from bot.services.mute_rules import MuteRules

CHECK_SECONDS = 60.0  # after a click, the sweep sees to it once that Slack shows what came of it
_VALUE = re.compile(r"([0-9a-f]{24})\.([0-9]{1,9})", re.ASCII)

Click = Callable[[Incident, float], Incident]


class AlertDesk:
    """`now` gives epoch seconds."""

    def __init__(
        self,
        incidents: "Incidents",
        requests: "AlertRequests",
        mutes: "MuteRules",
        now: Callable[[], float],
    ) -> None:
        self._incidents = incidents
        self._requests = requests
        self._mutes = mutes
        self._now = now

    def find(self, value: str, channel_id: str | None, ts: str | None) -> Incident:
        """The incident that a button names, if this message is its card. Raises AlertGoneError and AwsCallError."""
        match = _VALUE.fullmatch(value)
        incident = self._incidents.load(match[1]) if match else None
        if incident is None or match is None or incident.number != int(match[2]):
            raise AlertGoneError
        thread = self._incidents.thread(incident)
        if (thread.channel_id, thread.ts) != (channel_id, ts):
            raise AlertGoneError
        return incident

    def find_silenced(self, value: str, channel_id: str | None, ts: str | None) -> Incident:
        """The same, of the button that ends a silence: a later incident that began in it has no card of its own yet."""
        match = _VALUE.fullmatch(value)
        incident = self._incidents.load(match[1]) if match else None
        if incident is None or match is None or incident.silenced_until is None or incident.number <= int(match[2]):
            return self.find(value, channel_id, ts)
        before = self._incidents.thread(replace(incident, number=int(match[2])))
        if (before.channel_id, before.ts) != (channel_id, ts) or self._incidents.thread(incident).ts:
            raise AlertGoneError
        return incident

    def acknowledge(self, incident: Incident, who: str) -> Incident:
        """Raises AlertGoneError, AlertBusyError, AwsCallError; so do the others."""
        return self._click(incident, lambda there, now: acknowledged(there, who, now))

    def unacknowledge(self, incident: Incident, who: str) -> Incident:
        return self._click(incident, lambda there, now: unacknowledged(there, who, now))

    def silence(self, incident: Incident, who: str, seconds: int, *, everywhere: bool) -> Incident:
        """Slack is silent from now on; with `everywhere`, CloudWatch mutes the alarm's actions if it can."""
        if not incident.open:
            raise AlertGoneError
        start = self._now()
        until = start + seconds
        muted = everywhere and bool(incident.alarm) and self._mutes.mute(incident, start, until)
        return self._click(incident, lambda there, now: silenced(there, who, until, muted, now))

    def unsilence(self, incident: Incident, who: str) -> Incident:
        if incident.alarm:  # a rule may be there even if nobody learned that it was written
            self._mutes.unmute(incident)
        return self._click(incident, lambda there, now: unsilenced(there, who, now))

    def open(self, who: str | None) -> list[Incident]:
        """All that is open, the oldest first; with `who`, what they acknowledged. Raises AwsCallError."""
        far = self._now() + 10 * 366 * 86_400
        found = [incident for incident in self._incidents.waiting(far) if incident.open]
        mine = [incident for incident in found if who is None or incident.acknowledged_by == who]
        return sorted(mine, key=lambda incident: incident.opened_at)

    def _click(self, incident: Incident, click: Click) -> Incident:
        now = self._now()

        def make(there: Incident | None) -> Incident:
            if there is None or there.number != incident.number:
                raise AlertGoneError
            after = click(there, now)
            return after if after == there else replace(after, check_at=now + CHECK_SECONDS)

        changed = self._incidents.change(incident.key, make)
        self._requests.show(incident.key)
        return changed or incident
