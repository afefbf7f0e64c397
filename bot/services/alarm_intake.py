"""Takes an alarm's change of state in: on record first, then one conditional write, whatever copies and orders come.

It refuses what is not a genuine change of an alarm of ours; a row says so, and nothing else happens.
"""

import hashlib
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from bot.alarm_events import AlarmEvent, parse
from bot.alert_errors import InvalidAlarmError
from bot.errors import ChatOpsError, NotRecordedError
from bot.incident_changes import blank, changed
from bot.incident_clicks import burst
from bot.incident_rows import key_of
from bot.incidents import Effect, Incident
from bot.models import Actor, AuditEntry, Origin, Outcome, Source
from bot.operations import ALARM, ALARM_REFUSED, ALARM_STATE_CHANGE

if TYPE_CHECKING:
    from bot.services.alert_history import AlertHistory
    from bot.services.alert_routing import AlertRouting
    from bot.services.audit import Audit
    from bot.services.bursts import Bursts
    from bot.services.incidents import Incidents

FUTURE_SECONDS = 600  # a change that far ahead of our clock would outdo all real ones that follow
# What `alert_requests` sends: it changes nothing by itself.
_SHOW = re.compile(r'\{"show":"([0-9a-f]{24})"\}', re.ASCII)

logger = logging.getLogger("ec2-chatops")


@dataclass(frozen=True)
class AlarmSource:
    """Whose alarms are taken: one account's; of SNS, only from these topics if any are named."""

    account_id: str
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What became of a message: the `key` of what Slack is to be shown, nothing, or why it must come again."""

    key: str | None = None
    error: Exception | None = None


class AlarmIntake:
    """`flapping`: seconds for which a resolved incident is taken up again. `now` gives epoch seconds."""

    def __init__(
        self,
        source: AlarmSource,
        audit: "Audit",
        incidents: "Incidents",
        bursts: "Bursts",
        history: "AlertHistory",
        routing: "AlertRouting",
        flapping: float,
        now: Callable[[], float],
    ) -> None:
        self.source = source
        self.audit = audit
        self.incidents = incidents
        self.bursts = bursts
        self.history = history
        self.routing = routing
        self.flapping = flapping
        self.now = now
        self._begun: set[str] = set()

    def begin_burst(self, group: str, channel_id: str) -> None:
        """See to it that the burst is there; asked once a container. Raises AwsCallError and AlertBusyError."""
        if group not in self._begun:
            self.incidents.change(group, lambda there: there or burst(group, channel_id, self.now()))
            self._begun.add(group)

    def take(self, messages: Sequence[tuple[str, str]]) -> dict[str, "Taken"]:
        """What became of each message, given as its id and body.

        What they have in common is done once for all of them: reading what is known, counting what fires together, and
        the duty to show a burst. One that fails does not take the others down.
        """
        taken: dict[str, Taken] = {}
        turns = [turn for message_id, body in messages if (turn := self._turn(message_id, body, taken))]
        known = self._together(turns) if turns else {}
        grouped: defaultdict[str, list[_Turn]] = defaultdict(list)
        for turn in turns:
            taken[turn.message_id] = self._take(turn, known, grouped)
        for group, bearers in grouped.items():
            taken |= self._bear(group, bearers)
        return taken

    def _turn(self, message_id: str, body: str, taken: dict[str, "Taken"]) -> "_Turn | None":
        if match := _SHOW.fullmatch(body):
            taken[message_id] = Taken(match[1])
            return None
        try:
            event = parse(body, self.source.account_id, self.source.topics)
            if event.at > self.now() + FUTURE_SECONDS:
                raise InvalidAlarmError("in_the_future")
        except InvalidAlarmError as refused:
            taken[message_id] = self._refuse(body, refused.reason, message_id)
            return None
        return _Turn(self, event, message_id)

    def _together(self, turns: Sequence["_Turn"]) -> dict[str, Incident | None]:
        """The incidents as they are; nothing where that fails, and then each message finds out for itself."""
        try:
            known = self.incidents.load_all(list(dict.fromkeys(turn.key for turn in turns)))
            self._place(turns, known)
        except Exception as error:
            logger.warning("alarms not taken in together", extra={"error": type(error).__name__})
            return {}
        return known

    def _place(self, turns: Sequence["_Turn"], known: Mapping[str, Incident | None]) -> None:
        """Where what begins with these messages is shown: counted together, a channel at a time."""
        beginning: defaultdict[str, list[_Turn]] = defaultdict(list)
        for turn in {turn.key: turn for turn in reversed(turns)}.values():
            if turn.begins(known[turn.key]):
                beginning[self.routing.channel(turn.event)].append(turn)
        for channel_id, together in beginning.items():
            together.sort(key=lambda turn: (turn.event.at, turn.event.name))
            for turn, group in zip(together, self.bursts.join(channel_id, len(together)), strict=True):
                turn.place(channel_id, group)

    def _take(
        self, turn: "_Turn", known: dict[str, Incident | None], grouped: defaultdict[str, list["_Turn"]]
    ) -> "Taken":
        try:
            incident = self.incidents.change(turn.key, turn.make, known)
            if incident is None or not incident.group:
                return Taken(incident.key if incident else None)
            self.bursts.keep(incident)
        except Exception as error:
            return Taken(error=error)
        grouped[incident.group].append(turn)
        return Taken()

    def _bear(self, group: str, bearers: Sequence["_Turn"]) -> dict[str, "Taken"]:
        try:
            claimed = self.bursts.claim(group, [turn.token for turn in bearers])
        except ChatOpsError as error:
            return {turn.message_id: Taken(error=error) for turn in bearers}
        return {bearers[0].message_id: Taken(group)} if claimed else {}

    def _refuse(self, body: str, reason: str, message_id: str) -> "Taken":
        raw = body.encode("utf-8", "replace")
        digest = hashlib.sha256(raw).hexdigest()
        logger.warning("alarm refused", extra={"reason": reason, "bytes": len(raw), "sha256": digest})
        details = {"reason": reason, "bytes": len(raw), "sha256": digest}
        try:
            self.record(ALARM_REFUSED, "unknown", Outcome.DENIED, details, message_id, f"{message_id}|{digest}")
        except NotRecordedError as error:
            return Taken(error=error)
        return Taken()

    def record(
        self, action: str, resource_id: str, outcome: Outcome, details: Mapping[str, Any], message_id: str, what: str
    ) -> None:
        """One row under an id made of `what`: the same told twice can be told from two. Raises NotRecordedError."""
        actor = Actor("system:alarms", None, None, Origin(Source.ALARM, message_id))
        audit_id = str(uuid5(NAMESPACE_URL, f"alarm:{what}"))
        self.audit.record(AuditEntry(actor, action, ALARM, resource_id, outcome, details, audit_id))


class _Turn:
    """What one event makes of its incident; asked again when others were faster, it asks and records nothing twice."""

    def __init__(self, intake: AlarmIntake, event: AlarmEvent, message_id: str) -> None:
        self._intake = intake
        self.event = event
        self.message_id = message_id
        self.key = key_of(event.name)
        self._recorded = False
        self._placed: tuple[str, str, Mapping[str, Any]] | None = None
        self._did: list[dict[str, Any]] | None = None

    @property
    def token(self) -> str:
        """Of this message, however often it comes."""
        return hashlib.sha256(self.event.identity.encode("utf-8", "replace")).hexdigest()

    def begins(self, before: Incident | None) -> bool:
        """Whether this makes a new incident that is to be shown."""
        was = before or blank(self.key, self.event)
        after, _ = changed(was, self.event, self._intake.now(), self._intake.flapping)
        return after.number > was.number and not after.silenced_until

    def place(self, channel_id: str, group: str) -> None:
        """Where that one is shown: alone with what is known of its alarm, or in a burst."""
        intake = self._intake
        if group:
            intake.begin_burst(group, channel_id)
        known = {} if group else intake.history.known(self.event.name)
        self._placed = (channel_id, group, known)

    def make(self, before: Incident | None) -> Incident:
        intake, event = self._intake, self.event
        was = before or blank(self.key, event)
        incident, effect = changed(was, event, intake.now(), intake.flapping)
        if effect is Effect.DUPLICATE:
            return was
        if incident.number > was.number:
            incident = self._place(incident)
        if incident.resolved_at is not None and incident.resolved_at != was.resolved_at and not event.deleted:
            incident = self._sum_up(incident)
        if not self._recorded:
            self._record(incident, effect)
        return incident

    def _place(self, incident: Incident) -> Incident:
        if self._placed is None:
            channel_id = self._intake.routing.channel(self.event)
            (group,) = [""] if incident.silenced_until else self._intake.bursts.join(channel_id)
            self.place(channel_id, group)
        assert self._placed is not None
        channel_id, group, known = self._placed
        return replace(incident, channel_id=channel_id, group=group, known=known)

    def _sum_up(self, incident: Incident) -> Incident:
        """The last entry says that it is over; now also what people did, and what of it helped."""
        end = incident.resolved_at or 0.0
        if self._did is None:
            self._did = self._intake.history.deeds(incident.instance_ids, incident.opened_at, end)
        did = [{**deed, "after": end - deed["at"]} for deed in self._did]
        last = replace(incident.entries[-1], facts={**incident.entries[-1].facts, "did": did})
        return replace(incident, entries=(*incident.entries[:-1], last))

    def _record(self, incident: Incident, effect: Effect) -> None:
        event, facts = self.event, incident.entries[-1].facts if incident.entries else {}
        details: dict[str, Any] = {
            "state": event.state.value,
            "previous": event.previous.value if event.previous else None,
            "at": f"{event.at:.3f}",
            "kind": event.kind.value,
            "effect": effect.value,
            "incident": incident.number,
            "reason": event.reason,
            "contributor": event.contributor or None,
            "instances": list(event.instance_ids),
            "channel": incident.channel_id,
        }
        if event.comparison:
            details |= {"value": str(event.comparison.value), "threshold": str(event.comparison.threshold)}
        if event.deleted:
            details |= {"deleted": True}
        if effect in (Effect.RESOLVED, Effect.CAME_AND_WENT):
            helped = next((deed for deed in facts.get("did", []) if deed["helped"]), None)
            details |= {"seconds": str(facts.get("seconds", 0))}
            if helped:
                details["helped"] = {name: str(helped[name]) for name in ("who", "what", "on", "after")}
        known = {name: value for name, value in details.items() if value is not None}
        self._intake.record(ALARM_STATE_CHANGE, event.name, Outcome.SUCCEEDED, known, self.message_id, event.identity)
        self._recorded = True
