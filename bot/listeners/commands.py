"""The `/ec2` slash command: text to invocation, invocation through the gate, result to message."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot import command as commands
from bot.errors import UsageError
from bot.models import Actor, Message, Target
from bot.operations import VIEW_HELP
from bot.views import help as help_view
from bot.views import identity as identity_view

if TYPE_CHECKING:
    from slack_bolt import Ack, BoltContext

    from bot.listeners.answering import Answering
    from bot.services.gate import Gate

Runner = Callable[[Actor, commands.Invocation], Message | None]


class CommandListeners:
    """`runners` are the commands of the other listeners by name; the table in `bot.command_table` has them all."""

    def __init__(self, gate: "Gate", answering: "Answering", runners: Mapping[str, Runner]) -> None:
        self._gate = gate
        self._answering = answering
        self.runners: Mapping[str, Runner] = {**runners, "whoami": self._whoami, "help": self._help}

    def ec2(self, ack: "Ack", command: dict[str, Any], context: "BoltContext") -> None:
        """Answers the person alone."""
        ack()
        self._answering.answer(command, context["job"], lambda actor: self._run(actor, command.get("text", "")))

    def _run(self, actor: Actor, text: str) -> Message | None:
        try:
            invocation = commands.parse(text)
        except UsageError:
            self._gate.admit(actor, VIEW_HELP, Target(actor.user_id, {"text": text}))
            raise
        return self.runners[invocation.command.name](actor, invocation)

    def _whoami(self, actor: Actor, invocation: commands.Invocation) -> Message:
        actor = self._gate.as_of_now(actor)
        target = Target(actor.user_id)
        return self._gate.perform(actor, invocation.command.operation, target, lambda: identity_view.whoami(actor))

    def _help(self, actor: Actor, invocation: commands.Invocation) -> Message:
        def view() -> Message:
            if not invocation.text:
                return help_view.overview(actor.role)
            about = commands.command_named(invocation.words[0], help_view.permitted(actor.role))
            return help_view.details(about, actor.role)

        target = Target(actor.user_id, {"about": invocation.text})
        return self._gate.perform(actor, invocation.command.operation, target, view)
