"""What every listener does around its own work: who asks, what goes wrong in words, and the answer back to them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.errors import ChatOpsError
from bot.models import Actor, Conversation, Message, Origin, Source
from bot.views import problem

if TYPE_CHECKING:
    from bot.job import SlackJob
    from bot.services.identity import Identity
    from bot.services.slack_api import SlackApi

Work = Callable[[Actor], Message]


class Answering:
    """Answers the person alone; what is not a ChatOpsError fails the job."""

    def __init__(self, identity: "Identity", slack: "SlackApi") -> None:
        self._identity = identity
        self._slack = slack

    def answer(self, body: Mapping[str, Any], job: "SlackJob", work: Work, *, replace: bool = False) -> None:
        """Send what `work` makes, or the words for what it raises; `replace` edits the message that was clicked."""
        origin = origin_of(body, job)
        try:
            message = work(self._identity.actor_for(origin))
        except ChatOpsError as error:
            message, replace = problem.message(error, origin.correlation_id), False
        self._slack.answer(Conversation.of(body), message, replace=replace)


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
