"""The alarms function, what people click and what the sweep does, on one clock and one queue that a test turns."""

import time
from datetime import UTC, datetime
from typing import Any

from slack_sdk import WebClient

from bot.alert_pace import Pace
from bot.listeners.alarm_batch import AlarmBatch, AlarmMessage
from bot.listeners.alert_board import AlertBoard
from bot.services.alarm_charts import AlarmCharts
from bot.services.alarm_intake import AlarmIntake, AlarmSource
from bot.services.alert_clock import AlertClock
from bot.services.alert_desk import AlertDesk
from bot.services.alert_history import AlertHistory
from bot.services.alert_requests import AlertRequests
from bot.services.alert_routing import AlertRouting
from bot.services.audit import Audit
from bot.services.bursts import Bursts
from bot.services.channel_posts import ChannelPosts
from bot.services.incidents import Incidents
from bot.services.mute_rules import MuteRules
from bot.services.post_limiter import PostLimiter
from bot.services.slack_secret import SlackSecret
from tests.house import House

ACCOUNT = "123456789012"
CHANNEL = "C0ALERTS"


class Queue:
    """SQS as far as it matters here: messages with the time from which they are visible."""

    def __init__(self, world: "AlertWorld") -> None:
        self.world = world
        self.messages: dict[str, tuple[float, str, int]] = {}
        self.number = 0

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        self.number += 1
        self.messages[str(self.number)] = (self.world.now, MessageBody, 0)

    def change_message_visibility(self, **given: Any) -> None:
        name = given["ReceiptHandle"]
        _, body, receives = self.messages[name]
        self.messages[name] = (self.world.now + given["VisibilityTimeout"], body, receives)

    def visible(self) -> list[str]:
        return [name for name, (at, _, _) in self.messages.items() if at <= self.world.now]


class AlertWorld:
    """`now` is epoch seconds, and nothing but a test moves it."""

    def __init__(self, house: House) -> None:
        self.now = float(int(time.time()))
        self.queue = Queue(self)
        self.house = house
        dynamodb, environment = house.client("dynamodb"), house.environment
        self.state = environment["STATE_TABLE_NAME"]
        self.audit = Audit(dynamodb, environment["AUDIT_TABLE_NAME"], 30, lambda: datetime.fromtimestamp(self.now, UTC))
        self.incidents = Incidents(dynamodb, self.state, Pace(), self.clock)
        self.bursts = Bursts(dynamodb, self.state, self.clock)
        requests = AlertRequests(self.queue, "queue")
        self.desk = AlertDesk(self.incidents, requests, MuteRules(self._cloudwatch), self.clock)
        self.sweep = AlertClock(self.incidents, requests, self.audit, Pace(), self.clock)
        self.batch = self.container(dynamodb)

    def clock(self) -> float:
        return self.now

    def container(self, dynamodb: Any) -> AlarmBatch:
        """One of the alarms function, with this client."""
        environment = self.house.environment
        incidents, bursts = (
            Incidents(dynamodb, self.state, Pace(), self.clock),
            Bursts(dynamodb, self.state, self.clock),
        )
        history = AlertHistory(dynamodb, environment["AUDIT_TABLE_NAME"], self.clock)
        routing = AlertRouting((), CHANNEL, self._cloudwatch)
        source = AlarmSource(ACCOUNT)
        intake = AlarmIntake(source, self.audit, incidents, bursts, history, routing, 1_800.0, self.clock)
        secret = SlackSecret(lambda: {"SLACK_BOT_TOKEN": environment["SLACK_BOT_TOKEN"]}, time.time)
        posts = ChannelPosts(WebClient(base_url=environment["SLACK_API_URL"], retry_handlers=[]), secret)
        limiter, charts = PostLimiter(dynamodb, self.state, self.clock), AlarmCharts(self._cloudwatch, self.clock)
        board = AlertBoard(incidents, bursts, posts, limiter, charts, CHANNEL, self.clock)
        return AlarmBatch(intake, board, self.queue, "queue", time.monotonic, lambda error: {"error": repr(error)})

    def _cloudwatch(self, region: str) -> Any:
        return self.house.client("cloudwatch")

    def run(self, names: list[str], batch: AlarmBatch | None = None) -> None:
        """Hand these messages to a container; those that it does not report are gone."""
        messages = []
        for name in names:
            at, body, receives = self.queue.messages[name]
            self.queue.messages[name] = (at + 90, body, receives + 1)
            messages.append(AlarmMessage(name, name, body, receives + 1))
        failed = (batch or self.batch).run(messages)
        for name in set(names) - set(failed):
            del self.queue.messages[name]

    def drain(self) -> None:
        """Let time pass until nothing waits."""
        for _ in range(400):
            if not self.queue.messages:
                break
            self.now += 3
            self.run(self.queue.visible()[:10])
        assert self.queue.messages == {}, "the queue drains by itself"
