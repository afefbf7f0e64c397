"""The local Slack workspace: what people do in it, and how the app hears of it.

It refuses to wait for the app: what a person does is sent from a thread of its own and given up after 3 s.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from playground.people import BOT_USER_ID, Channel, Person
from playground.slack.answers import payload_of, say
from playground.slack.delivery import PATIENCE_SECONDS, Answer, Deliver, DeliveryError, delivered
from playground.slack.escaping import escape, link
from playground.slack.faults import Fault, Faults
from playground.slack.files import Files
from playground.slack.interactivity import Interactivity, background
from playground.slack.members import SLACKBOT, Members
from playground.slack.messages import Board, Message, Subscription
from playground.slack.payloads import Shortcut, SlashCommand, Who, command_form, in_message, interaction_form
from playground.slack.rates import Rates
from playground.slack.refusal import RefusedError
from playground.slack.response_urls import Hook, ResponseUrls
from playground.slack.signing import FORM, signed_headers
from playground.slack.snapshot import shown_channel, snapshot
from playground.slack.triggers import Triggers
from playground.slack.view_state import state_of
from playground.slack.views import Views

COMMANDS: tuple[Mapping[str, Any], ...] = ({"command": "/ec2", "should_escape": True},)


class Workspace:
    """An in-memory Slack workspace with one installed app; every method may be called from any thread.

    `deliver` carries a request to the app. `scopes`, `slash_commands`, `shortcuts`, `bot_events` and `home_tab` are
    the manifest's, see `manifest.settings`. `base_url` is where `create_app` is served; it may be set later.
    `file_delay` is how many seconds an uploaded file takes to become usable.
    """

    def __init__(
        self,
        team_id: str,
        app_id: str,
        people: Iterable[Person],
        channels: Iterable[Channel],
        bot_token: str,
        signing_secret: str,
        scopes: Iterable[str],
        base_url: str,
        deliver: Deliver,
        clock: Callable[[], float] = time.time,
        slash_commands: Sequence[Mapping[str, Any]] = COMMANDS,
        patience: float = PATIENCE_SECONDS,
        shortcuts: Sequence[Mapping[str, Any]] = (),
        bot_events: Iterable[str] = (),
        home_tab: bool = False,
        file_delay: float = 0.5,
    ) -> None:
        self.team_id = team_id
        self.app_id = app_id
        self.bot_token = bot_token
        self.scopes = frozenset(scopes)
        self.base_url = base_url
        self.members = Members(team_id, app_id, people)
        self.channels = {channel.channel_id: channel for channel in channels}
        self.commands = {entry.command: entry for entry in map(SlashCommand.of_manifest, slash_commands)}
        self.shortcuts = {
            entry["callback_id"]: Shortcut(entry["callback_id"], entry["name"], entry.get("description", ""))
            for entry in shortcuts
            if entry.get("type") == "global"
        }
        self.bot_events = frozenset(bot_events)
        self.home_tab = home_tab
        self.administered = False
        self.has_api = False
        self.board = Board(clock)
        self.views = Views(self.board, clock, team_id, app_id)
        self.files = Files(clock, file_delay)
        self.triggers = Triggers(clock)
        self.rates = Rates(clock)
        self.response_urls = ResponseUrls(team_id, clock)
        self.api_calls: list[tuple[str, dict[str, Any]]] = []
        self._signing_secret = signing_secret
        self._verification_token = secrets.token_hex(12)
        self._deliver = deliver
        self._clock = clock
        self._patience = patience
        self._faults = Faults()
        self._read: dict[tuple[str, str], str] = {}
        doings = Interactivity(self)
        self.run_shortcut = doings.run_shortcut
        self.act = doings.act
        self.submit = doings.submit
        self.close_view = doings.close
        self.open_home = doings.open_home
        self.suggest = doings.suggest

    def enter(self, user_id: str, channel_id: str, text: str, thread_ts: str | None = None) -> threading.Thread | None:
        """What Enter in the composer does: a command goes to the app, anything else into the channel or thread."""
        if text.startswith("/") and thread_ts is not None:
            told = f"{text.split(maxsplit=1)[0]} is not supported in threads. Sorry!"
            self.board.post(channel_id, SLACKBOT, escape(told), visible_to=user_id, thread_ts=thread_ts)
        elif text.startswith("/"):
            return self.run_command(user_id, channel_id, text)
        elif text.strip():
            posted = self.board.post(channel_id, user_id, self._linked(text.strip()), thread_ts=thread_ts)
            self.mark_read(user_id, channel_id, posted.ts)
        return None

    def run_command(self, user_id: str, channel_id: str, text: str) -> threading.Thread:
        """Sends `text` (`list` or `/ec2 list`) and returns the sending thread, for those who want to wait."""
        return background(lambda: self._run_command(user_id, channel_id, text))

    def click(
        self, user_id: str, channel_id: str, ts: str, action: Mapping[str, Any], values: Any = None
    ) -> threading.Thread | None:
        """A click on an element; `action` as in the payload (`type`, `block_id`, `action_id`, `value`…).

        None when the message is gone or isn't this person's to see.
        """
        message = self.seen_message(user_id, channel_id, ts)
        if message is None:
            return None
        body = interaction_form(
            self.who(user_id),
            "block_actions",
            **in_message(message, self.channels[channel_id], self.team_id, self.app_id),
            trigger_id=self.triggers.issue(user_id),
            state={"values": state_of(message.blocks, values)},
            response_url=self._response_url(user_id, channel_id, ts),
            actions=[{**action, "action_ts": self.now()}],
        )

        def send() -> None:
            try:
                self.send(body)
            except DeliveryError as failure:
                event = {"type": "click_failed", "channel": channel_id, "ts": ts, "error": str(failure)}
                self.board.tell(user_id, event)

        return background(send)

    def command_body(self, user_id: str, channel_id: str, text: str) -> bytes:
        """The form Slack would post for `text`, with a response_url that works."""
        command, _, rest = text.partition(" ") if text.startswith("/") else (next(iter(self.commands)), "", text)
        typed = self._linked(rest.strip()) if self._escapes(command) else escape(rest.strip())
        trigger = self.triggers.issue(user_id)
        url = self._response_url(user_id, channel_id)
        return command_form(self.who(user_id), self.channels[channel_id], command, typed, url, trigger)

    def sign(self, body: bytes, timestamp: int | None = None, content_type: str = FORM) -> dict[str, str]:
        """All headers of a request with this body, signed now or at `timestamp`."""
        at = int(self._clock()) if timestamp is None else timestamp
        return signed_headers(self._signing_secret, at, body, content_type)

    def send(self, body: bytes, content_type: str = FORM) -> Answer:
        """One signed request to the app; raises DeliveryError."""
        return delivered(self._deliver, self.sign(body, content_type=content_type), body, self._patience)

    def respond(self, path: str, payload: Mapping[str, Any]) -> Message | None:
        """A message for a response_url; raises RefusedError."""
        return say(self.board, self.files, self.app_id, self.response_urls.use(path), payload)

    def messages(self, channel_id: str) -> list[Message]:
        """What everybody in the channel sees."""
        return [m for m in self.board.all() if m.channel_id == channel_id and not m.ephemeral]

    def ephemerals(self, user_id: str) -> list[Message]:
        """What only this person sees."""
        return [message for message in self.board.all() if message.visible_to == user_id]

    def set_user(self, user_id: str, **fields: Any) -> None:
        """Overrides fields of the user object: `deleted=True`, `team_id=...`, `is_stranger=True`…"""
        self.members.change(user_id, **fields)

    def fail_next(self, method: str, failure: str | int, retry_after: int | None = None) -> None:
        """Makes the next call of `method` (or `response_url`) fail with an error word or an HTTP status."""
        self._faults.add(method, failure, retry_after)

    def fault(self, method: str) -> Fault | None:
        return self._faults.take(method)

    def limit_rates(self, limited: bool) -> None:
        """Whether too many calls are answered with 429, as at Slack; a workspace begins without."""
        self.rates.limited = limited

    def seen_message(self, user_id: str, channel_id: str, ts: str) -> Message | None:
        message = self.board.find(channel_id, ts)
        return message if message is not None and self.board.sees(user_id, message) else None

    def last_read(self, user_id: str, channel_id: str) -> str:
        return self._read.get((user_id, channel_id), "")

    def mark_read(self, user_id: str, channel_id: str, ts: str) -> None:
        self._read[user_id, channel_id] = max(ts, self.last_read(user_id, channel_id))

    def open_direct_message(self, user_id: str) -> tuple[Channel, bool]:
        """The conversation between a person and the app, and whether it was there before."""
        channel_id = f"D{user_id[1:]}"
        with self.board.lock:
            if channel_id in self.channels:
                return self.channels[channel_id], True
            members = (user_id, BOT_USER_ID)
            channel = Channel(channel_id, "directmessage", "", members, direct_to=user_id)
            self.board.reserve(channel_id, user_id)
            # A new dict, for others may be reading the old one.
            self.channels = {**self.channels, channel_id: channel}
            self.board.tell(user_id, {"type": "channel", "channel": shown_channel(self, channel, user_id)})
        return channel, False

    def subscribe(self, user_id: str) -> Subscription:
        """What this person's page shows now, followed by every change to it."""
        return self.board.subscribe(user_id, lambda: snapshot(self, user_id))

    def unsubscribe(self, subscription: Subscription) -> None:
        self.board.unsubscribe(subscription)

    def avatar_url(self, user_id: str) -> str:
        return f"{self.base_url.rstrip('/')}/avatar/{user_id}.svg"

    def _run_command(self, user_id: str, channel_id: str, text: str) -> None:
        typed = text if text.startswith("/") else f"{next(iter(self.commands))} {text}"
        command = typed.split(maxsplit=1)[0]
        if command not in self.commands:
            self._slackbot(user_id, channel_id, _unknown_command(command))
            return
        try:
            answer = self.send(self.command_body(user_id, channel_id, typed))
            payload = payload_of(answer)
            if payload is None:
                return
            if payload.get("response_type") == "in_channel":
                self.board.post(channel_id, user_id, escape(typed))
            say(self.board, self.files, self.app_id, Hook(user_id, channel_id, self._clock()), payload)
        except (DeliveryError, RefusedError) as failure:
            self._slackbot(user_id, channel_id, f'{command} failed with the error "{failure}"')

    def _slackbot(self, user_id: str, channel_id: str, text: str) -> None:
        self.board.post(channel_id, SLACKBOT, escape(text), visible_to=user_id)

    def who(self, user_id: str) -> Who:
        team_id = self.members.team_of(user_id)
        return Who(self.team_id, self.app_id, self._verification_token, self.members.people[user_id], team_id)

    def now(self) -> str:
        return f"{self._clock():.6f}"

    def _response_url(self, user_id: str, channel_id: str, source_ts: str | None = None) -> str:
        path = self.response_urls.issue(user_id, channel_id, source_ts)
        return f"{self.base_url.rstrip('/')}/response/{path}"

    def _escapes(self, command: str) -> bool:
        entry = self.commands.get(command)
        return entry is not None and entry.should_escape

    def _linked(self, text: str) -> str:
        channels = {channel.name: channel.channel_id for channel in self.channels.values() if not channel.direct_to}
        return link(text, self.members.names(), channels)


def _unknown_command(command: str) -> str:
    return (
        f"{command} is not a valid command. In Slack, all messages that start with the “/” character are "
        "interpreted as commands. If you are trying to send a message and not run a command, try preceding "
        "the “/” with an empty space."
    )
