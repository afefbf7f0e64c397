"""The messages of the workspace, who may see each, and who is told when one changes.

It refuses to show an ephemeral message to anybody but its one reader.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """One message; `visible_to` is the only reader of an ephemeral one, None for everybody."""

    ts: str
    channel_id: str
    user_id: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    visible_to: str | None = None
    thread_ts: str | None = None
    app_id: str | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    broadcast: bool = False

    @property
    def ephemeral(self) -> bool:
        return self.visible_to is not None

    def as_json(self) -> dict[str, Any]:
        """The page's own form of a message."""
        return {
            "ts": self.ts,
            "channel": self.channel_id,
            "user": self.user_id,
            "text": self.text,
            "blocks": self.blocks,
            "attachments": self.attachments,
            "ephemeral": self.ephemeral,
            "threadTs": self.thread_ts,
            "app": self.app_id is not None,
            "files": self.files,
            "broadcast": self.broadcast,
        }


class Subscription:
    """What one open page is still to be told, in order."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def put(self, event: Event) -> None:
        self._events.put(event)

    def get(self, timeout: float) -> Event | None:
        """The next event, or None when nothing happened for `timeout` seconds."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return None


class Board:
    """Every message of every channel, oldest first; safe to use from many threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.lock = threading.RLock()
        self._messages: dict[tuple[str, str], Message] = {}
        self._last = 0
        self._subscriptions: list[Subscription] = []
        self._readers: dict[str, str] = {}

    def reserve(self, channel_id: str, user_id: str) -> None:
        """From now on this person alone reads the channel."""
        with self.lock:
            self._readers[channel_id] = user_id

    def next_ts(self) -> str:
        """Unique and rising even when the clock stands still, for `ts` is a message's id."""
        with self.lock:
            self._last = max(self._last + 1, int(self._clock() * 1_000_000))
            return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def post(self, channel_id: str, user_id: str, text: str, ts: str | None = None, **fields: Any) -> Message:
        """`ts` is one that `next_ts` gave, for whoever has to know it before."""
        with self.lock:
            message = Message(ts or self.next_ts(), channel_id, user_id, text, **fields)
            self._keep(message)
            return message

    def change(
        self,
        message: Message,
        text: str,
        blocks: Sequence[dict[str, Any]],
        attachments: Sequence[Any] = (),
        files: Sequence[dict[str, Any]] | None = None,
    ) -> Message:
        """The message with new content in its old place; who sees it never changes, and files stay unless given."""
        with self.lock:
            kept = message.files if files is None else list(files)
            changed = replace(message, text=text, blocks=list(blocks), attachments=list(attachments), files=kept)
            self._keep(changed)
            return changed

    def remove(self, message: Message) -> None:
        with self.lock:
            del self._messages[message.channel_id, message.ts]
            self._publish({"type": "remove", "channel": message.channel_id, "ts": message.ts}, self._reader(message))

    def find(self, channel_id: str, ts: str) -> Message | None:
        with self.lock:
            return self._messages.get((channel_id, ts))

    def thread(self, channel_id: str, ts: str) -> list[Message]:
        """A message that everybody sees and the replies to it that everybody sees; empty without the first."""
        found = [m for m in self.all() if m.channel_id == channel_id and not m.ephemeral]
        parent = [message for message in found if message.ts == ts]
        return parent + [m for m in found if m.thread_ts == ts and m.ts != ts] if parent else []

    def all(self) -> list[Message]:
        with self.lock:
            return list(self._messages.values())

    def seen_by(self, user_id: str) -> list[Message]:
        return [message for message in self.all() if self.sees(user_id, message)]

    def sees(self, user_id: str, message: Message) -> bool:
        return self._reader(message) in (None, user_id)

    def subscribe(self, user_id: str, snapshot: Callable[[], Event]) -> Subscription:
        """The snapshot comes first and what happens afterwards follows it; nothing falls in between."""
        subscription = Subscription(user_id)
        with self.lock:
            subscription.put(snapshot())
            self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        with self.lock:
            self._subscriptions.remove(subscription)

    def tell(self, user_id: str, event: Event) -> None:
        with self.lock:
            self._publish(event, user_id)

    def tell_all(self, event: Event) -> None:
        with self.lock:
            self._publish(event, None)

    def _keep(self, message: Message) -> None:
        self._messages[message.channel_id, message.ts] = message
        self._publish({"type": "message", "message": message.as_json()}, self._reader(message))

    def _reader(self, message: Message) -> str | None:
        return message.visible_to or self._readers.get(message.channel_id)

    def _publish(self, event: Event, only: str | None) -> None:
        for subscription in self._subscriptions:
            if only in (None, subscription.user_id):
                subscription.put(event)
