"""The buttons of an alert's card, and `/ec2 alerts`. The card changes by itself; only what went wrong is answered."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.alert_errors import AlertGoneError
from bot.errors import MalformedTextError
from bot.incidents import Incident
from bot.models import Actor, Message, Target
from bot.operations import (
    ACKNOWLEDGE_ALERT,
    LIST_ALERTS,
    PROPOSE_REBOOT,
    SILENCE_ALERT,
    UNACKNOWLEDGE_ALERT,
    UNSILENCE_ALERT,
    VIEW_ALERT,
    Operation,
)
from bot.views import alert, alert_words

if TYPE_CHECKING:
    from slack_bolt import Ack, App, BoltContext

    from bot.listeners.answering import Answering
    from bot.listeners.commands import Runner
    from bot.listeners.reboots import RebootListeners
    from bot.services.alarm_charts import AlarmCharts
    from bot.services.alert_desk import AlertDesk
    from bot.services.gate import Gate

MINE = "mine"
_SILENCE = re.compile(r"([0-9a-f]{24}\.[0-9]{1,9})\.([0-9]{3,5})\.(here|everywhere)", re.ASCII)

Done = Callable[[Incident, str], Incident]
Find = Callable[[str, str | None, str | None], Incident]


class AlertListeners:
    """Each click passes the gate under the alarm's name."""

    def __init__(
        self,
        gate: "Gate",
        answering: "Answering",
        desk: "AlertDesk",
        charts: "AlarmCharts",
        reboots: "RebootListeners",
    ) -> None:
        self._gate = gate
        self._answering = answering
        self._desk = desk
        self._charts = charts
        self._reboots = reboots
        self.runners: Mapping[str, Runner] = {"alerts": lambda actor, invocation: self._list(actor, invocation.text)}

    def register(self, app: "App") -> None:
        """The block actions of the card."""
        app.action(alert.ACKNOWLEDGE)(self.acknowledge)
        app.action(alert.UNACKNOWLEDGE)(self.unacknowledge)
        app.action(alert.SILENCE)(self.silence)
        app.action(alert.UNSILENCE)(self.unsilence)
        app.action(alert.REBOOT)(self.reboot)
        app.action(alert.CHARTS)(self.charts)
        app.action(alert.TIMELINE)(self.timeline)

    def _list(self, actor: Actor, text: str) -> Message:
        """`/ec2 alerts`, and with `mine` what this person acknowledged."""
        if text not in ("", MINE):
            raise MalformedTextError("`alerts` takes nothing after it but `mine`")
        who = _who(actor) if text else None
        found = self._gate.perform(actor, LIST_ALERTS, Target("*", {"mine": bool(text)}), lambda: self._desk.open(who))
        return alert_words.overview(found, mine=bool(text))

    def acknowledge(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """Somebody is on it."""
        ack()
        self._change(body, context, action.get("value", ""), ACKNOWLEDGE_ALERT, self._desk.acknowledge)

    def unacknowledge(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """Nobody is."""
        ack()
        self._change(body, context, action.get("value", ""), UNACKNOWLEDGE_ALERT, self._desk.unacknowledge)

    def silence(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The menu: for how long, and whether CloudWatch is asked to mute the alarm's actions too."""
        ack()
        match = _SILENCE.fullmatch((action.get("selected_option") or {}).get("value", ""))
        value, seconds, where = match.groups() if match else ("", "900", alert.HERE)
        known = int(seconds) in {length for length, _ in alert.DURATIONS}
        everywhere = where == alert.EVERYWHERE

        def silence(incident: Incident, who: str) -> Incident:
            return self._desk.silence(incident, who, int(seconds), everywhere=everywhere)

        self._change(
            body, context, value if known else "", SILENCE_ALERT, silence, {"seconds": seconds, "where": where}
        )

    def unsilence(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """Slack may speak again."""
        ack()
        find = self._desk.find_silenced
        self._change(body, context, action.get("value", ""), UNSILENCE_ALERT, self._desk.unsilence, find=find)

    def reboot(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """A machine behind the alarm: proposed in the alert's thread, and confirmed there."""
        ack()
        value = (action.get("selected_option") or action).get("value", "")
        self._answering.answer(body, context["job"], lambda actor: self._propose(actor, body, value))

    def charts(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The chart as it is now, for whoever clicks."""
        ack()
        self._look(body, context, action, lambda incident: alert.charts(incident, self._charts.of(incident)))

    def timeline(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The whole story in a modal."""
        ack()
        self._look(body, context, action, alert_words.timeline)

    def _propose(self, actor: Actor, body: dict[str, Any], value: str) -> Message | None:
        """Only what the card names: its value is looked up, and the instance is one of the incident's."""
        value, _, instance_id = value.rpartition(".")
        incident = self._found(actor, PROPOSE_REBOOT, body, value, self._desk.find)
        if not incident.open or instance_id not in incident.instance_ids:
            raise AlertGoneError
        reason = f"alarm {incident.alarm}"
        return self._reboots.propose_in(actor, instance_id, reason, body["container"]["message_ts"])

    def _look(
        self,
        body: dict[str, Any],
        context: "BoltContext",
        action: dict[str, Any],
        view: Callable[[Incident], Message],
    ) -> None:
        value = action.get("value", "")

        def work(actor: Actor) -> Message:
            incident = self._found(actor, VIEW_ALERT, body, value, self._desk.find)
            return self._gate.perform(actor, VIEW_ALERT, _target(incident), lambda: view(incident))

        self._answering.answer(body, context["job"], work, back=False)

    def _change(
        self,
        body: dict[str, Any],
        context: "BoltContext",
        value: str,
        operation: Operation,
        done: Done,
        facts: dict[str, Any] | None = None,
        find: Find | None = None,
    ) -> None:
        def work(actor: Actor) -> None:
            incident = self._found(actor, operation, body, value, find or self._desk.find)
            self._gate.perform(actor, operation, _target(incident, facts), lambda: done(incident, _who(actor)))

        self._answering.answer(body, context["job"], work)

    def _found(self, actor: Actor, operation: Operation, body: dict[str, Any], value: str, find: Find) -> Incident:
        """Of whom nothing may be asked, nothing is looked up; what is gone is on record as well."""
        self._gate.admit(actor, operation, Target("unknown"))
        container = body.get("container") or {}
        try:
            return find(value, container.get("channel_id"), container.get("message_ts"))
        except AlertGoneError as gone:
            self._gate.perform(actor, VIEW_ALERT, Target("unknown", {"asked": operation.action}), _raises(gone))
            raise


def _raises(error: Exception) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


def _target(incident: Incident, facts: dict[str, Any] | None = None) -> Target:
    name = incident.name if incident.alarm else incident.key
    return Target(name, {"incident": incident.number, **(facts or {})})


def _who(actor: Actor) -> str:
    """As cards and threads name them; no e-mail address and no `sub` looks like a Slack user's id."""
    return actor.origin.slack_user_id or actor.email or actor.user_id
