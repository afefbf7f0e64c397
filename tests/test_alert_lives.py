"""Random lives of alerts: alarms, copies, any order, clicks, silences, deleted cards, a Slack that fails, a clock.

Whatever happens, in the end each alarm has one card for its incident, the card shows CloudWatch's newest state, every
change and every click is on record, all that was to be said was said, and the queue is empty.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from bot.alarm_events import parse
from bot.alert_errors import AlertGoneError
from bot.incident_rows import key_of
from bot.incidents import BURST, Incident
from bot.models import Actor, Origin, Role, Source, Target
from bot.operations import ACKNOWLEDGE_ALERT, SILENCE_ALERT, UNACKNOWLEDGE_ALERT, UNSILENCE_ALERT
from bot.services.gate import Gate
from bot.views import alert
from playground.slack.messages import Message
from tests.alarm_samples import change
from tests.alert_world import ACCOUNT, AlertWorld
from tests.house import House

ALARMS = ("cpu", "disk", "net")
RANK = {"OK": 0, "INSUFFICIENT_DATA": 1, "ALARM": 2}
DOTS = {
    "red": ":red_circle:",
    "amber": ":large_yellow_circle:",
    "grey": ":white_circle:",
    "green": ":large_green_circle:",
}
ADA = Actor("ada", "ada@playground.example", Role.ADMIN, Origin(Source.SLACK, "c", "T0PLAYGND", "U0ADA", "C0ALERTS"))


class Identity:
    def actor_for(self, origin: Origin, *, live: bool = False) -> Actor:
        return ADA


class Lives(RuleBasedStateMachine):
    house: House

    @initialize(alarms=st.lists(st.tuples(st.sampled_from(ALARMS), st.integers(0, 5_000)), min_size=1, max_size=4))
    def begin(self, alarms: list[tuple[str, int]]) -> None:
        self.house.fresh()
        self.world = AlertWorld(self.house)
        self.gate = Gate(self.world.audit, Identity())  # type: ignore[arg-type]
        self.sent: dict[str, tuple[float, int, str]] = {}
        self.identities: dict[str, set[str]] = {name: set() for name in ALARMS}
        self.bodies: list[str] = []
        self.clicks = 0
        for name, ago in alarms:
            self._raise(name, "ALARM", ago)

    @rule(name=st.sampled_from(ALARMS), state=st.sampled_from(sorted(RANK)), ago=st.integers(0, 5_000))
    def alarm(self, name: str, state: str, ago: int) -> None:
        self._raise(name, state, ago)

    def _raise(self, name: str, state: str, ago: int) -> None:
        body = json.dumps(change(name, state, self.world.now - ago))
        event = parse(body, ACCOUNT)
        self.sent[name] = max(self.sent.get(name, (0.0, 0, "")), (event.at, RANK[state], state))
        self.identities[name].add(event.identity)
        self.bodies.append(body)
        self.world.queue.send_message("queue", body)

    @rule(data=st.data())
    def copy(self, data: st.DataObject) -> None:
        if self.bodies:
            self.world.queue.send_message("queue", data.draw(st.sampled_from(self.bodies)))

    @rule(data=st.data(), size=st.integers(1, 5))
    def work(self, data: st.DataObject, size: int) -> None:
        order = data.draw(st.permutations(self.world.queue.visible()))
        self.world.run(order[:size])

    @rule(seconds=st.sampled_from([1, 2, 5, 61, 901, 4_000]))
    def wait(self, seconds: int) -> None:
        self.world.now += seconds

    @rule(method=st.sampled_from(["chat.postMessage", "chat.update"]), fault=st.sampled_from([429, 500, "fatal_error"]))
    def fail(self, method: str, fault: int | str) -> None:
        self.house.slack.fail_next(method, fault, retry_after=3 if fault == 429 else None)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if cards := self._cards():
            self.house.slack.board.remove(data.draw(st.sampled_from(cards)))

    @rule(name=st.sampled_from(ALARMS), kind=st.sampled_from(["ack", "unack", "silence", "unsilence"]))
    def click(self, name: str, kind: str) -> None:
        incident = self.world.incidents.load(key_of(f"us-east-1/{name}"))
        if incident is None:
            return
        operation, do = {
            "ack": (ACKNOWLEDGE_ALERT, lambda: self.world.desk.acknowledge(incident, "ada")),
            "unack": (UNACKNOWLEDGE_ALERT, lambda: self.world.desk.unacknowledge(incident, "ada")),
            "silence": (SILENCE_ALERT, lambda: self.world.desk.silence(incident, "ada", 900, everywhere=False)),
            "unsilence": (UNSILENCE_ALERT, lambda: self.world.desk.unsilence(incident, "ada")),
        }[kind]
        with suppress(AlertGoneError):
            self.gate.perform(ADA, operation, Target(incident.name), do)
        self.clicks += 1

    @rule()
    def sweep(self) -> None:
        self.world.sweep.run()

    def _cards(self) -> list[Message]:
        return self.house.cards()

    def _cards_of(self, incident: Incident) -> list[Message]:
        return [card for card in self._cards() if value(card) == alert.value_of(incident)]

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.house.slack._faults._queued.clear()
        self.world.drain()
        self.check()

    def check(self) -> None:
        rows = self.house.rows()
        for name, (at, _, state) in self.sent.items():
            told = [row for row in rows if row["action"] == "ALARM_STATE_CHANGE" and row["resourceId"].endswith(name)]
            assert len({row["auditId"] for row in told}) == len(self.identities[name]), "every change is on record"
            incident = self.world.incidents.load(key_of(f"us-east-1/{name}"))
            assert incident is not None
            assert (incident.state.value, incident.state_at) == (state, at), "the newest change wins"
            if incident.open:
                assert state != "OK"
            if incident.number and not incident.group:
                self.check_card(incident)
            elif incident.group:
                group = self.world.incidents.load(incident.group)
                assert group is not None
                assert group.kind == BURST
                self.check_card(group)
        clicks = [row for row in rows if row["source"] == "slack" and row["outcome"] == "attempted"]
        assert len(clicks) == self.clicks, "every click is on record"

    def check_card(self, incident: Incident) -> None:
        cards = self._cards_of(incident)
        thread = self.world.incidents.thread(incident)
        if incident.silenced_until is not None and not thread.ts:
            assert cards == []
            return
        if not cards:  # deleted after everything was shown: the next change posts it again
            assert thread.shown == incident.version or incident.kind == BURST
            return
        (card,) = cards
        assert (card.channel_id, card.ts) == (thread.channel_id, thread.ts), "one card, and it is the bound one"
        assert str(card.blocks[0]["text"]["text"]).startswith(DOTS[colour(incident)])
        loud = [entry for entry in incident.entries if not entry.quiet]
        assert all(entry.number <= thread.said for entry in loud), "all that was to be said was said"


def colour(incident: Incident) -> str:
    if not incident.open:
        return "green"
    if incident.silenced_until is not None:
        return "grey"
    return "amber" if incident.acknowledged_by else "red"


def value(card: Message) -> str:
    elements: Iterator[Any] = (element for block in card.blocks for element in block.get("elements", []))
    return next((element["value"] for element in elements if element.get("action_id") == alert.TIMELINE), "")


@pytest.mark.parametrize("examples", [40])
def test_Z4_Z5_L1_L3_whatever_happens_each_incident_has_one_card_that_shows_the_newest_state(
    house: House, examples: int
) -> None:
    Lives.house = house
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Lives,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.generate],  # a failing life is short enough, and shrinking it takes minutes
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
