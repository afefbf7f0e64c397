"""The `/ec2` slash command: text to invocation, invocation through the gate, result to message."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot import command as commands
from bot.errors import UsageError
from bot.models import Actor, InstanceQuery, Message, Target
from bot.operations import VIEW_HELP
from bot.views import help as help_view
from bot.views import identity as identity_view

if TYPE_CHECKING:
    from slack_bolt import Ack, BoltContext

    from bot.listeners.answering import Answering
    from bot.listeners.instances import InstanceListeners
    from bot.listeners.own_link import OwnLinkListeners
    from bot.services.gate import Gate

Runner = Callable[[Actor, commands.Invocation], Message]


class CommandListeners:
    """One method a command; the table in `bot.command` names them."""

    def __init__(
        self, gate: "Gate", answering: "Answering", instances: "InstanceListeners", own_link: "OwnLinkListeners"
    ) -> None:
        self._gate = gate
        self._answering = answering
        self._instances = instances
        self.runners: Mapping[str, Runner] = {
            "list": self._list,
            "get": self._get,
            "whoami": self._whoami,
            "login": own_link.login,
            "logout": own_link.logout,
            "help": self._help,
        }

    def ec2(self, ack: "Ack", command: dict[str, Any], context: "BoltContext") -> None:
        """Answers the person alone."""
        ack()
        self._answering.answer(command, context["job"], lambda actor: self._run(actor, command.get("text", "")))

    def _run(self, actor: Actor, text: str) -> Message:
        try:
            invocation = commands.parse(text)
        except UsageError:
            self._gate.admit(actor, VIEW_HELP, Target(actor.user_id, {"text": text}))
            raise
        return self.runners[invocation.command.name](actor, invocation)

    def _list(self, actor: Actor, invocation: commands.Invocation) -> Message:
        return self._instances.list(actor, _query(invocation))

    def _get(self, actor: Actor, invocation: commands.Invocation) -> Message:
        return self._instances.get(actor, invocation.text)

    def _whoami(self, actor: Actor, invocation: commands.Invocation) -> Message:
        actor = self._gate.as_of_now(actor)
        target = Target(actor.user_id)
        return self._gate.perform(actor, invocation.command.operation, target, lambda: identity_view.whoami(actor))

    def _help(self, actor: Actor, invocation: commands.Invocation) -> Message:
        def view() -> Message:
            if not invocation.text:
                return help_view.overview(actor.role)
            return help_view.details(commands.command_named(invocation.text, help_view.permitted(actor.role)))

        target = Target(actor.user_id, {"about": invocation.text})
        return self._gate.perform(actor, invocation.command.operation, target, view)


def _query(invocation: commands.Invocation) -> InstanceQuery:
    options = invocation.options
    tags = [tag.partition("=") for tag in options.get("tag", ())]
    return InstanceQuery(
        text=invocation.text,
        states=options.get("state", ()),
        tags=tuple((key, value if equals else None) for key, equals, value in tags),
        regions=options.get("region", ()),
        sort=options.get("sort", ("name",))[-1],
    )
