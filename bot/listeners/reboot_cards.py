"""The card of a reboot in its channel: posted once, rewritten until it says how it ended, and then said in its thread.

A card that is gone does not take the outcome with it: whoever asked is told directly.
"""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.errors import AnswerNotDeliveredError, NotPostedError, NotRecordedError
from bot.proposals import OVER, Reboot, State
from bot.reboot_errors import NotProposedError, ProposalClosedError
from bot.views import reboot as reboot_view

if TYPE_CHECKING:
    from bot.services.channel_posts import ChannelPosts
    from bot.services.proposals import Proposals
    from bot.services.reboot_watching import RebootWatching
    from bot.services.slack_api import SlackApi

RATE_LIMITED = "ratelimited"
RETRY_SECONDS = 30.0
UNBOUND = "NotRecordedError"

logger = logging.getLogger("ec2-chatops")


class RebootCards:
    """Shows; it decides nothing."""

    def __init__(
        self, posts: "ChannelPosts", slack: "SlackApi", proposals: "Proposals", watching: "RebootWatching"
    ) -> None:
        self._posts = posts
        self._slack = slack
        self._proposals = proposals
        self._watching = watching

    def post(self, reboot: Reboot, channel_id: str | None, thread_ts: str | None = None) -> None:
        """The new card, bound to its message; in a thread if it is to be there.

        Raises NotProposedError: the proposal is then withdrawn.
        """
        try:
            if channel_id is None:
                raise NotPostedError("no_channel")
            ts = self._posts.post(channel_id, reboot_view.card(reboot), thread_ts)
        except NotPostedError as error:
            self._proposals.decide(reboot, State.CANCELLED, None)
            raise NotProposedError(error.slack_error) from None
        try:
            self._proposals.bind(reboot, channel_id, ts, thread_ts)
        except (NotRecordedError, ProposalClosedError):
            # What is bound to no message, nobody can confirm: the card must not look as if.
            self._posts.edit(channel_id, ts, reboot_view.card(replace(reboot, state=State.FAILED, note=UNBOUND)))
            raise

    def refresh(self, action_id: str) -> None:
        """The card as things are now; what Slack does not take now is due for the sweep anyway.

        Whoever decided it is answered besides, so the thread is for those who wait with them.
        """
        try:
            reboot = self._proposals.read(action_id)
            self._show(reboot, any(not one.is_same_as(reboot.waiting[-1]) for one in reboot.waiting))
        except (NotRecordedError, ProposalClosedError) as error:
            logger.warning("card not shown", extra={"action": action_id, "error": type(error).__name__})

    def show(self, reboot: Reboot) -> None:
        """Rewrite the card, and tell those who wait what is new, once. What is over is due until its card says so.

        Raises ProposalClosedError where somebody else has moved it on, and NotRecordedError.
        """
        self._show(reboot, True)

    def _show(self, reboot: Reboot, tell: bool) -> None:
        tell = tell and reboot.is_due and reboot.ts is not None and _is_news(reboot) and reboot.told != reboot.state
        wait = self._wait(reboot, tell)
        if reboot.is_due and wait is not None and self._watching.is_given_up(reboot):
            logger.error("card given up", extra={"action": reboot.action_id})
            self._directly(reboot)
            wait = None
        if reboot.is_due and (reboot.state in OVER or wait is not None):
            self._watching.postpone(reboot, wait)
        elif tell:
            self._watching.tell(reboot)

    def _wait(self, reboot: Reboot, tell: bool) -> float | None:
        """The seconds after which to try again, if Slack did not take it."""
        if reboot.channel_id is None or reboot.ts is None:
            return None
        written = self._posts.rewrite(reboot.channel_id, reboot.ts, reboot_view.card(reboot))
        if written.done:
            return self._told(reboot, reboot.channel_id, reboot.ts) if tell else None
        if written.gone:
            if tell or (reboot.is_due and reboot.state in OVER):
                self._directly(reboot)
            return None
        return written.retry_after

    def _told(self, reboot: Reboot, channel_id: str, ts: str) -> float | None:
        try:
            self._posts.post(channel_id, reboot_view.news(reboot), thread_ts=reboot.thread_ts or ts)
        except NotPostedError as error:
            logger.warning("news not posted", extra={"action": reboot.action_id, "error": error.slack_error})
            return RETRY_SECONDS if error.slack_error == RATE_LIMITED else None
        return None

    def _directly(self, reboot: Reboot) -> None:
        for user_id in sorted({one.slack_user_id for one in reboot.waiting if one.slack_user_id}):
            try:
                self._slack.direct(user_id, reboot_view.news(reboot))
            except AnswerNotDeliveredError as error:
                logger.error("outcome not told", extra={"action": reboot.action_id, "error": error.slack_error})


def _is_news(reboot: Reboot) -> bool:
    """Whether somebody waits for what the card says now: that it is rewritten notifies nobody.

    What its requester cancelled, or left alone though it was theirs to confirm, is news to no one.
    """
    match reboot.state:
        case State.EXPIRED:
            return reboot.proposal.needs_another
        case State.CANCELLED:
            by = reboot.decided_by
            return by is not None and any(not one.is_same_as(by) for one in reboot.waiting)
    return reboot.state is State.UNKNOWN or reboot.state in OVER
