"""The `/ec2` slash command: text to invocation, invocation through the gate, result to message."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot import command as commands
from bot.errors import ChatOpsError, UsageError
from bot.models import Actor, Conversation, InstanceQuery, Message, Origin, Source, Target
from bot.operations import VIEW_HELP
from bot.views import help as help_view
from bot.views import identity as identity_view
from bot.views import instances as instances_view
from bot.views import problem

if TYPE_CHECKING:
    from slack_bolt import Ack, BoltContext

    from bot.job import SlackJob
    from bot.services.gate import Gate
    from bot.services.identity import Identity
    from bot.services.instances import Instances
    from bot.services.slack_api import SlackApi

Runner = Callable[[Actor, commands.Invocation], Message]


class CommandListeners:
    """One method a command; the table in `bot.command` names them."""

    def __init__(self, gate: "Gate", identity: "Identity", instances: "Instances", slack: "SlackApi") -> None:
        self._gate = gate
        self._identity = identity
        self._instances = instances
        self._slack = slack
        self.runners: Mapping[str, Runner] = {"list": self._list, "whoami": self._whoami, "help": self._help}

    def ec2(self, ack: "Ack", command: dict[str, Any], context: "BoltContext") -> None:
        """Answers the person alone; what is not a ChatOpsError fails the job."""
        ack()
        origin = _origin(command, context["job"])
        try:
            message = self._run(origin, command.get("text", ""))
        except ChatOpsError as error:
            message = problem.message(error, origin.correlation_id)
        self._slack.answer(Conversation.of(command), message)

    def _run(self, origin: Origin, text: str) -> Message:
        actor = self._identity.actor_for(origin)
        try:
            invocation = commands.parse(text)
        except UsageError:
            self._gate.admit(actor, VIEW_HELP, Target(actor.user_id, {"text": text}))
            raise
        return self.runners[invocation.command.name](actor, invocation)

    def _list(self, actor: Actor, invocation: commands.Invocation) -> Message:
        query = _query(invocation)
        target = Target("*", {"text": query.text, "states": query.states, "tags": query.tags})
        found = self._gate.perform(actor, invocation.command.operation, target, lambda: self._instances.find(query))
        return instances_view.listing(found, query)

    def _whoami(self, actor: Actor, invocation: commands.Invocation) -> Message:
        target = Target(actor.user_id)
        return self._gate.perform(actor, invocation.command.operation, target, lambda: identity_view.whoami(actor))

    def _help(self, actor: Actor, invocation: commands.Invocation) -> Message:
        def view() -> Message:
            if not invocation.text:
                return help_view.overview(actor.role)
            return help_view.details(commands.command_named(invocation.text, help_view.permitted(actor.role)))

        target = Target(actor.user_id, {"about": invocation.text})
        return self._gate.perform(actor, invocation.command.operation, target, view)


def _origin(command: Mapping[str, Any], job: "SlackJob") -> Origin:
    return Origin(
        source=Source.SLACK,
        correlation_id=job.job_id,
        slack_team_id=command.get("team_id"),
        slack_user_id=command.get("user_id"),
        channel_id=command.get("channel_id"),
        ip_address=job.ip_address,
        user_agent=job.user_agent,
    )


def _query(invocation: commands.Invocation) -> InstanceQuery:
    tags = []
    for tag in invocation.options.get("tag", ()):
        key, equals, value = tag.partition("=")
        tags.append((key, value if equals else None))
    return InstanceQuery(invocation.text, invocation.options.get("state", ()), tuple(tags))
