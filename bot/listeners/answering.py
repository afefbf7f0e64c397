"""What every listener does around its own work: who asks, what goes wrong in words, and the answer back to them."""

from collections.abc import Callable, Mapping
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from bot.errors import ChatOpsError
from bot.job import modal_trigger
from bot.models import Actor, Conversation, Message, Modal, Origin, Source
from bot.views import modal, problem

if TYPE_CHECKING:
    from bot.job import SlackJob
    from bot.services.identity import Identity
    from bot.services.slack_api import SlackApi

View = dict[str, Any]
Work = Callable[[Actor], Message | View | None]


class Answering:
    """Answers the person alone; what is not a ChatOpsError fails the job."""

    def __init__(self, identity: "Identity", slack: "SlackApi") -> None:
        self._identity = identity
        self._slack = slack

    def answer(
        self, body: Mapping[str, Any], job: "SlackJob", work: Work, *, replace: bool = False, back: bool = True
    ) -> None:
        """Send what `work` makes, or the words for what it raises; `replace` edits the message that was clicked.

        A view takes a whole modal. Nothing is sent where `work` has told everybody already.
        In a modal it takes the place of what is there; `back` leaves a way to the list, as does what goes wrong.
        """
        origin = origin_of(body, job)
        try:
            message: Message | View | None = work(self._identity.actor_for(origin))
        except ChatOpsError as error:
            message, replace, back = problem.message(error, origin.correlation_id), False, "view" in body
        if message is not None:
            send(self._slack, conversation_of(job), message, replace=replace, back=back)


def send(
    slack: "SlackApi",
    conversation: Conversation,
    message: Message | View,
    *,
    replace: bool = False,
    back: bool = False,
) -> None:
    """To where the conversation is: into its modal, or to the person alone. Raises AnswerNotDeliveredError."""
    if conversation.modal:
        slack.show(conversation.modal, message if isinstance(message, dict) else modal.view(message, back=back))
    else:
        slack.answer(conversation, modal.closed() if isinstance(message, dict) else message, replace=replace)


def conversation_of(job: "SlackJob") -> Conversation:
    """Where a job is answered: in the modal that was opened for it, or else where the person was.

    Who is nowhere but in a modal whose id Slack did not say is found by the job's id, which it was opened with.
    """
    payload = job.payload
    found = Conversation.of(payload)
    if job.view_id:
        return changed(found, modal=Modal(view_id=job.view_id))
    if modal_trigger(payload) and not (found.modal or found.channel_id):
        return changed(found, modal=Modal(external_id=job.job_id))
    return found


def origin_of(body: Mapping[str, Any], job: "SlackJob") -> Origin:
    """Where a command or an interaction came from; of a person, their own workspace (Slack Connect)."""
    user = body.get("user") or {}
    team = body.get("team") or {}
    return Origin(
        source=Source.SLACK,
        correlation_id=job.job_id,
        slack_team_id=user.get("team_id") or team.get("id") or body.get("team_id"),
        slack_user_id=body.get("user_id") or user.get("id"),
        channel_id=Conversation.of(body).channel_id,
        ip_address=job.ip_address,
        user_agent=job.user_agent,
    )
