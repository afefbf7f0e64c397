"""Makes Slack show what an incident is: one card, edited, and its story in the thread; in turn, at Slack's pace.

It never sleeps: what cannot be shown yet is answered with the seconds to wait. It does only what is missing, so that a
message of the queue may come as often as it likes.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bot.errors import NotPostedError
from bot.incident_clicks import counted
from bot.incidents import BURST, Entry, Incident
from bot.models import Message
from bot.views import alert, alert_words

if TYPE_CHECKING:
    from bot.services.alarm_charts import AlarmCharts
    from bot.services.bursts import Bursts
    from bot.services.channel_posts import ChannelPosts
    from bot.services.incidents import Incidents, Thread
    from bot.services.post_limiter import PostLimiter

BURST_SECONDS = 5.0  # a burst's card is counted and edited no more often
BUSY_SECONDS = 2.0  # another container speaks to Slack about the same incident
EDITS = "edits"
GONE = {"message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed"}
CLOSED = {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "channel_type_not_supported"}
REMINDERS = ("reminder", "still_firing")

logger = logging.getLogger("ec2-chatops")
Result = TypeVar("Result")


class _LaterError(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class AlertBoard:
    """`default_channel` takes what an alert's own channel refuses; `now` gives epoch seconds."""

    def __init__(
        self,
        incidents: "Incidents",
        bursts: "Bursts",
        posts: "ChannelPosts",
        limiter: "PostLimiter",
        charts: "AlarmCharts",
        default_channel: str,
        now: Callable[[], float],
    ) -> None:
        self._incidents = incidents
        self._bursts = bursts
        self._posts = posts
        self._limiter = limiter
        self._charts = charts
        self._default = default_channel
        self._now = now

    def show(self, key: str) -> float | None:
        """Bring Slack up to date; None when it is, else the seconds after which to try again.

        Raises NotPostedError for what trying again soon will not mend, and AwsCallError.
        """
        incident = self._incidents.load(key)
        if incident is None or not incident.number:
            return None
        if incident.group:
            return self.show(incident.group)
        return self._show_burst(incident) if incident.kind == BURST else self._visit(incident)

    def _show_burst(self, incident: Incident) -> float | None:
        if early := self._limiter.take(incident.key, BURST_SECONDS):
            return early
        # Before anything of it is read: whoever joins from here on has a bearer of its own, and comes again.
        self._bursts.settle(incident.key)
        wait = self._visit(incident)
        if wait:  # it was not its own pace that stopped it
            self._limiter.leave(incident.key, wait)
        return wait

    def _visit(self, incident: Incident) -> float | None:
        thread = self._incidents.lease(incident)
        return BUSY_SECONDS if thread is None else self._shown(incident, thread)

    def _shown(self, incident: Incident, thread: "Thread") -> float | None:
        visit = _Visit(self, thread)
        try:
            # Read again: whoever had the lease before may have been told of more.
            visit.bring(self._incidents.load(incident.key) or incident)
        except _LaterError as later:
            return later.seconds
        finally:
            self._incidents.remember(visit.thread, release=True)
        return None

    def draw(self, incident: Incident, thread: "Thread") -> tuple[Incident, Message]:
        """The card as it should be, and the incident that it shows."""
        belongs_to = incident.channel_id if thread.channel_id not in ("", incident.channel_id) else ""
        again = thread.shown > 0 and not thread.ts
        if incident.kind == BURST:
            return self._draw_burst(incident, belongs_to, again)
        chart = self._charts.of(incident) if incident.open else None
        return incident, alert.card(incident, chart, belongs_to, again)

    def _draw_burst(self, incident: Incident, belongs_to: str, again: bool) -> tuple[Incident, Message]:
        """Counted just before it is drawn."""
        members = self._bursts.members(incident.key)
        firing = sum(member.open for member in members)
        current = self._incidents.change(incident.key, lambda was: counted(was or incident, firing, self._now()))
        return current or incident, alert.burst(current or incident, members, belongs_to, again)

    def paced(self, lane: str, call: Callable[[], Result]) -> Result:
        """The call, if it is the lane's turn; raises _LaterError if it is not, or if Slack says so."""
        if wait := self._limiter.take(lane):
            raise _LaterError(wait)
        try:
            result = call()
        except NotPostedError as refused:
            self._limiter.leave(lane, refused.retry_after)
            if refused.retry_after is not None:
                raise _LaterError(refused.retry_after) from None
            raise
        self._limiter.leave(lane)
        return result

    def post(self, channel_id: str, message: Message, thread_ts: str = "", *, broadcast: bool = False) -> str:
        return self._posts.post(channel_id, message, thread_ts or None, broadcast=broadcast)

    def edit(self, thread: "Thread", message: Message) -> None:
        self._posts.replace(thread.channel_id, thread.ts, message)

    def keep(self, thread: "Thread") -> None:
        self._incidents.remember(thread)

    def list_members(self, incident: Incident, thread: "Thread") -> None:
        """Name in the thread whoever joined the burst and was not named yet."""
        unlisted = self._bursts.members(incident.key, unlisted=True)
        while unlisted:
            chunk, unlisted = unlisted[: alert.LISTED], unlisted[alert.LISTED :]
            self.paced(thread.channel_id, partial(self.post, thread.channel_id, alert.listing(chunk), thread.ts))
            self._bursts.listed(incident.key, chunk)

    @property
    def default_channel(self) -> str:
        return self._default


class _Visit:
    """One visit to Slack about one incident; `thread` is what Slack shows by now."""

    def __init__(self, board: AlertBoard, thread: "Thread") -> None:
        self._board = board
        self.thread = thread

    def bring(self, incident: Incident) -> None:
        if incident.number != self.thread.number:
            raise _LaterError(1.0)
        if self.thread.ts:
            incident = self._refresh(incident)
        if not self.thread.ts and incident.silenced_until is None:
            incident = self._post(incident)
            self._list(incident)
        if self.thread.ts:
            self._say(incident)

    def _refresh(self, incident: Incident) -> Incident:
        self._list(incident)
        stale = self.thread.shown < incident.version or incident.kind == BURST
        return self._edit(incident) if stale else incident

    def _list(self, incident: Incident) -> None:
        if incident.kind == BURST:
            self._board.list_members(incident, self.thread)

    def _post(self, incident: Incident) -> Incident:
        channel_id = self.thread.channel_id or incident.channel_id
        try:
            return self._post_in(incident, channel_id)
        except NotPostedError as refused:
            if refused.slack_error not in CLOSED or channel_id == self._board.default_channel:
                raise
            logger.warning("alert redirected", extra={"channel": channel_id, "error": refused.slack_error})
        return self._post_in(incident, self._board.default_channel)

    def _post_in(self, incident: Incident, channel_id: str) -> Incident:
        placed = replace(self.thread, channel_id=channel_id)

        def post() -> tuple[Incident, str]:
            drawn, message = self._board.draw(incident, placed)
            return drawn, self._board.post(channel_id, message)

        drawn, ts = self._board.paced(channel_id, post)
        # The card says all that has happened; of an old story only what is new to a card posted again is told.
        said = self.thread.said or (drawn.entries[-1].number if drawn.entries else 0)
        self._remember(replace(placed, ts=ts, shown=drawn.version, said=said))
        return drawn

    def _edit(self, incident: Incident) -> Incident:
        def edit() -> Incident:
            drawn, message = self._board.draw(incident, self.thread)
            self._board.edit(self.thread, message)
            return drawn

        try:
            incident = self._board.paced(EDITS, edit)
        except NotPostedError as refused:
            self._lost(refused)
        else:
            self._remember(replace(self.thread, shown=incident.version))
        return incident

    def _say(self, incident: Incident) -> None:
        """All lines since the last, in one reply; a first reminder is broadcast to the channel."""
        new = [entry for entry in incident.entries if entry.number > self.thread.said]
        loud = [entry for entry in new if not entry.quiet]
        if loud:
            self._reply(loud)
        if new:
            self._remember(replace(self.thread, said=new[-1].number))

    def _reply(self, entries: list[Entry]) -> None:
        message = alert_words.lines(entries)
        broadcast = any(entry.kind in REMINDERS and entry.facts.get("first") for entry in entries)
        thread = self.thread
        try:
            self._board.paced(
                thread.channel_id, lambda: self._board.post(thread.channel_id, message, thread.ts, broadcast=broadcast)
            )
        except NotPostedError as refused:
            self._lost(refused)
            raise _LaterError(1.0) from None

    def _lost(self, refused: NotPostedError) -> None:
        """The card is gone, or its channel closed: it is posted anew, elsewhere if need be. Else raises."""
        if refused.slack_error not in GONE | CLOSED:
            raise refused
        logger.warning("card lost", extra={"channel": self.thread.channel_id, "error": refused.slack_error})
        self._remember(replace(self.thread, ts=""))

    def _remember(self, thread: "Thread") -> None:
        self.thread = thread
        self._board.keep(thread)
