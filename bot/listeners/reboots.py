"""Reboots from a command, a card or a modal: look the instance up, hand over to the desk, show the card."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.denials import NotPermittedError
from bot.ec2_filters import INSTANCE_ID
from bot.errors import InstanceNotFoundError, MalformedTextError
from bot.models import Actor, Instance, Match, Message, Target
from bot.operations import GET_INSTANCE
from bot.proposals import MAX_REASON, Reboot, Strength
from bot.reboot_errors import WrongNameError
from bot.views import instances as instances_view
from bot.views import problem, reboot_form
from bot.views import reboot as reboot_view

if TYPE_CHECKING:
    from slack_bolt import Ack, App, BoltContext

    from bot.listeners.answering import Answering, View
    from bot.listeners.commands import Runner
    from bot.listeners.instances import InstanceListeners
    from bot.listeners.reboot_cards import RebootCards
    from bot.services.gate import Gate
    from bot.services.instances import Instances
    from bot.services.reboot_desk import RebootDesk


class RebootListeners:
    """Every answer but the card is for the person alone."""

    def __init__(
        self,
        gate: "Gate",
        answering: "Answering",
        instances: "Instances",
        desk: "RebootDesk",
        cards: "RebootCards",
        looking: "InstanceListeners",
    ) -> None:
        self._gate = gate
        self._answering = answering
        self._instances = instances
        self._desk = desk
        self._cards = cards
        self._looking = looking

    def register(self, app: "App") -> None:
        """The block actions of the cards, and the form."""
        app.action(reboot_view.PROPOSE)(self.again)
        app.action(reboot_view.REQUEST)(self.request)
        app.action(reboot_view.CONFIRM)(self.confirm)
        app.action(reboot_view.CONFIRM_TYPED)(self.ask_for_name)
        app.action(reboot_view.CANCEL)(self.cancel)
        app.action(reboot_view.SHOW)(self.show)
        app.view(reboot_form.CALLBACK)(self.submit)

    @property
    def runners(self) -> Mapping[str, "Runner"]:
        """`/ec2 reboot <name or id> [reason]`."""
        return {"reboot": lambda actor, invocation: self.propose(actor, invocation.words)}

    def propose(self, actor: Actor, words: tuple[str, ...]) -> Message | None:
        """One card in the channel, or words for the person."""
        if not words:
            raise MalformedTextError("`reboot` needs the name or the id of an instance, as in `/ec2 reboot web-1`")
        return self._propose(actor, words[0], " ".join(words[1:]))

    def propose_in(self, actor: Actor, instance_id: str, reason: str, thread_ts: str | None) -> Message | None:
        """The same from an alert, with its card in the alert's thread."""
        return self._propose(actor, instance_id, reason, thread_ts)

    def again(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The button of an instance's card, or of a proposal that came to nothing."""
        ack()
        wanted, _, reason, _ = reboot_view.offered(action.get("value", ""))
        self._answering.answer(
            body,
            context["job"],
            lambda actor: self._propose(actor, _instance_id(wanted), reason[:MAX_REASON], _thread(body)),
        )

    def request(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The same proposal for an admin to confirm; the refusal that offered it then says so in its place."""
        ack()
        wanted, thread_ts, reason, offered = reboot_view.offered(action.get("value", ""))
        self._answering.answer(
            body,
            context["job"],
            lambda actor: self._wish(actor, _instance_id(wanted), reason, thread_ts, answered=offered),
            replace=offered,
        )

    def confirm(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The card's button: one click, or another admin's approval."""
        ack()
        value = action.get("value", "")
        self._answering.answer(
            body, context["job"], lambda actor: self._confirm(actor, value, body, context["deadline"])
        )

    def ask_for_name(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The card's button that opens the form."""
        ack()
        value = action.get("value", "")
        self._answering.answer(body, context["job"], lambda actor: self._form(actor, value, body), back=False)

    def submit(self, ack: "Ack", body: dict[str, Any], view: dict[str, Any], context: "BoltContext") -> None:
        """The form: what was typed confirms, or is asked for once more."""
        ack()
        self._answering.answer(
            body, context["job"], lambda actor: self._typed(actor, view, context["deadline"]), back=False
        )

    def cancel(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The card's other button."""
        ack()
        value = action.get("value", "")
        self._answering.answer(body, context["job"], lambda actor: self._cancel(actor, value, body))

    def show(self, ack: "Ack", body: dict[str, Any], action: dict[str, Any], context: "BoltContext") -> None:
        """The instance's own card, beside this one."""
        ack()
        wanted = _instance_id(action.get("value", ""))
        self._answering.answer(body, context["job"], lambda actor: self._looking.get(actor, wanted))

    def _propose(self, actor: Actor, wanted: str, reason: str, thread_ts: str | None = None) -> Message | None:
        found = self._found(actor, wanted)
        if isinstance(found, Message):
            return found
        try:
            reboot = self._desk.propose(actor, found, reason)
        except NotPermittedError as refusal:
            words = problem.message(refusal, actor.origin.correlation_id)
            value = reboot_view.offer_value(instances_view.key(found), thread_ts, reason[:MAX_REASON])
            return reboot_view.offer(words, None if actor.origin.is_direct else value, in_thread=bool(thread_ts))
        self._cards.post(reboot, actor.origin.channel_id, thread_ts)
        return None

    def _wish(self, actor: Actor, wanted: str, reason: str, thread_ts: str | None, *, answered: bool) -> Message | None:
        found = self._found(actor, wanted)
        if isinstance(found, Message):
            return found
        reboot = self._desk.propose(actor, found, reason, wish=True)
        self._cards.post(reboot, actor.origin.channel_id, thread_ts)
        return reboot_view.asked(reboot, in_thread=bool(thread_ts)) if answered else None

    def _found(self, actor: Actor, wanted: str) -> Instance | Message:
        target = Target(wanted, {"for": "reboot"})
        match: Match = self._gate.perform(actor, GET_INSTANCE, target, lambda: self._instances.match(wanted), _settled)
        if len(match.instances) == 1:
            return match.instances[0]
        if match.instances:
            return instances_view.several(match.wanted, match.instances)
        raise InstanceNotFoundError(match.wanted, match.nearest)

    def _confirm(self, actor: Actor, value: str, body: dict[str, Any], deadline: float | None) -> None:
        reboot = self._desk.open(actor, value, _place(body))
        if reboot.proposal.strength is Strength.TYPED:
            raise WrongNameError("", reboot.proposal.label)
        self._decide(lambda: self._desk.confirm(actor, reboot, deadline=deadline), reboot)

    def _form(self, actor: Actor, value: str, body: dict[str, Any]) -> "View":
        reboot = self._desk.open(actor, value, _place(body))
        self._desk.require_open(reboot)
        self._desk.require_allowed(actor, reboot)
        return reboot_form.form(reboot)

    def _typed(self, actor: Actor, view: dict[str, Any], deadline: float | None) -> "Message | View":
        reboot = self._desk.open(actor, view["private_metadata"], None)
        # A modal is nowhere; what it decides stands in a channel.
        actor = replace(actor, origin=replace(actor.origin, channel_id=reboot.channel_id))
        name, reason = reboot_form.typed(view)
        try:
            self._decide(lambda: self._desk.confirm(actor, reboot, name, reason, deadline=deadline), reboot)
        except WrongNameError as error:
            return reboot_form.form(reboot, error.typed, reason)
        return reboot_form.sent(reboot)

    def _cancel(self, actor: Actor, value: str, body: dict[str, Any]) -> None:
        reboot = self._desk.open(actor, value, _place(body))
        self._decide(lambda: self._desk.cancel(actor, reboot), reboot)

    def _decide(self, decision: Any, reboot: Reboot) -> None:
        """However it ends, the card says how things are."""
        try:
            decision()
        finally:
            self._cards.refresh(reboot.action_id)


def _settled(match: Match) -> Target:
    found = match.instances[0].instance_id if len(match.instances) == 1 else match.wanted
    return Target(found, {"wanted": match.wanted, "for": "reboot"})


def _place(body: dict[str, Any]) -> tuple[str | None, str | None]:
    container = body.get("container") or {}
    return container.get("channel_id"), container.get("message_ts")


def _thread(body: dict[str, Any]) -> str | None:
    """Whose thread the clicked message is in; a card that has only a thread of its own is in none."""
    container = body.get("container") or {}
    thread_ts: str | None = container.get("thread_ts")
    return None if thread_ts == container.get("message_ts") else thread_ts


def _instance_id(value: str) -> str:
    instance_id = value.rpartition("/")[2]
    return instance_id if INSTANCE_ID.fullmatch(instance_id) else "no instance"
