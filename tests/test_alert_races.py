"""Two containers at work on one alert, the second between any two calls of the first; and the first dead before any.

Whatever the moment, an alert has one card that shows the newest, and all who join a burst are named and counted.
"""

import json
import re
from contextlib import suppress
from itertools import count
from typing import Any

import boto3
import pytest

from bot.incident_rows import key_of
from bot.services.bursts import ALONE
from bot.services.incidents import LEASE_SECONDS
from tests.alarm_samples import change
from tests.alert_world import CHANNEL, AlertWorld
from tests.house import House


class Interrupted:
    """A client of DynamoDB before whose call number `at` something else happens, once."""

    def __init__(self, house: House, at: int, happens: Any) -> None:
        session = boto3.Session("AKIALOCALTESTS", "local", region_name=house.environment["AWS_REGION"])
        create: Any = session.client
        self.client: Any = create("dynamodb", endpoint_url=house.aws.url)
        self.client.meta.events.register("before-call.dynamodb", self._count)
        self.calls = 0
        self._at = at
        self._happens = happens

    def _count(self, **_: Any) -> None:
        self.calls += 1
        if self.calls == self._at:
            self._happens()


class _Killed(BaseException):
    """The container is gone."""


def die() -> None:
    raise _Killed


def raised(world: AlertWorld, name: str, state: str = "ALARM", ago: int = 1) -> list[str]:
    world.queue.send_message("queue", json.dumps(change(name, state, world.now - ago)))
    return [str(world.queue.number)]


def meanwhile(world: AlertWorld, name: str, state: str = "ALARM", ago: int = 1) -> None:
    """The other container is told of this, shows what it may, and some seconds pass."""
    world.run(raised(world, name, state, ago))
    world.now += 6


CHANGES = {
    "resolved while it is posted": (("ALARM", 20), ("OK", 10)),
    "posted while it is resolved": (("OK", 10), ("ALARM", 20)),
    "twice the same": (("ALARM", 20), ("ALARM", 20)),
    "fired anew while it is posted": (("ALARM", 20), ("INSUFFICIENT_DATA", 10)),
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=list(CHANGES))
def test_Z4_Z5_two_changes_at_once_are_both_on_record_and_the_newest_is_on_the_one_card(
    house: House, changes: tuple[tuple[str, int], tuple[str, int]]
) -> None:
    (first, first_ago), (second, second_ago) = changes
    for step in count(1):
        house.fresh()
        world = AlertWorld(house)
        raised_at = world.now
        one = Interrupted(house, step, lambda world=world: meanwhile(world, "cpu", second, second_ago))
        world.run(raised(world, "cpu", first, first_ago), world.container(one.client))
        if one.calls < step:
            break
        world.drain()
        where = f"at call {step}"
        rows = [row for row in house.rows() if row["action"] == "ALARM_STATE_CHANGE"]
        assert len({row["auditId"] for row in rows}) == len(set(changes)), where
        incident = world.incidents.load(key_of("us-east-1/cpu"))
        assert incident is not None
        newest, ago = min(changes, key=lambda one: one[1])
        assert (incident.state.value, incident.state_at) == (newest, raised_at - ago), where
        shown = house.cards()
        assert len(shown) == (1 if incident.number else 0), where
        if shown:
            assert (":large_green_circle:" if newest == "OK" else ":red_circle:") in repr(shown[0].blocks[0]), where
    assert step > 3


def test_Z5_a_click_at_any_step_of_a_visit_to_slack_is_on_the_card_and_the_change_too(house: House) -> None:
    for step in count(1):
        house.fresh()
        world = AlertWorld(house)
        world.run(raised(world, "cpu"))
        world.drain()
        world.now += 10
        incident = world.incidents.load(key_of("us-east-1/cpu"))
        assert incident is not None
        click = lambda world=world, incident=incident: world.desk.acknowledge(incident, "U0ADA")  # noqa: E731
        one = Interrupted(house, step, click)
        world.run(raised(world, "cpu", "INSUFFICIENT_DATA"), world.container(one.client))
        if one.calls < step:
            break
        world.drain()
        where = f"at call {step}"
        (card,) = house.cards()
        assert "acknowledged by <@U0ADA>" in repr(card.blocks), where
        told = " ".join(house.replies(card))
        assert "<@U0ADA> acknowledged" in told, where
        assert "No data since" in told, where
    assert step > 5


def test_Z5_a_container_frozen_for_longer_than_its_lease_does_not_take_the_card_from_who_came_after(
    house: House,
) -> None:
    def thaw(world: AlertWorld) -> None:
        world.now += LEASE_SECONDS + 1
        meanwhile(world, "cpu", "OK", 10)

    for step in count(1):
        house.fresh()
        world = AlertWorld(house)
        one = Interrupted(house, step, lambda world=world: thaw(world))
        world.run(raised(world, "cpu", "ALARM", 20), world.container(one.client))
        if one.calls < step:
            break
        world.drain()
        incident = world.incidents.load(key_of("us-east-1/cpu"))
        assert incident is not None
        thread = world.incidents.thread(incident)
        assert thread.shown == incident.version, f"at call {step}"
        (bound,) = [card for card in house.cards() if card.ts == thread.ts]
        assert ":large_green_circle:" in repr(bound.blocks[0]), f"at call {step}"
    assert step > 5


def burst(house: House, shown: bool) -> AlertWorld:
    """A channel in which the next alarm joins a burst, one that Slack shows already or none yet."""
    house.fresh()
    world = AlertWorld(house)
    world.bursts.join(CHANNEL, ALONE)
    if shown:
        world.run(raised(world, "joined-0"))
        world.drain()
        world.now += 10
    return world


def check(house: House, shown: bool, where: str) -> None:
    (card,) = house.cards()
    named = sorted(re.findall(r"joined-[0-9]", " ".join(house.replies(card))))
    expected = ["joined-0", "joined-1", "joined-2"][0 if shown else 1 :]
    assert sorted(set(named)) == expected, where
    assert f"*{len(expected)}* of {len(expected)} alarms firing" in repr(card.blocks), where


@pytest.mark.parametrize("shown", [True, False])
def test_Z6_an_alarm_that_joins_at_any_step_of_a_visit_to_slack_is_named_in_the_thread_and_counted(
    house: House, shown: bool
) -> None:
    for step in count(1):
        world = burst(house, shown)
        one = Interrupted(house, step, lambda world=world: meanwhile(world, "joined-2"))
        world.run(raised(world, "joined-1"), world.container(one.client))
        if one.calls < step:
            break
        world.drain()
        check(house, shown, f"at call {step}")
    assert step > 10


def test_Z5_Z6_a_member_that_resolves_at_any_step_of_its_joining_does_not_count_as_firing(house: House) -> None:
    for step in count(1):
        world = burst(house, shown=True)
        one = Interrupted(house, step, lambda world=world: meanwhile(world, "joined-1", "OK", ago=0))
        world.run(raised(world, "joined-1", ago=1), world.container(one.client))
        if one.calls < step:
            break
        world.drain()
        (card,) = house.cards()
        assert "*1* of" in repr(card.blocks), f"at call {step}"
    assert step > 10


@pytest.mark.parametrize("shown", [True, False])
def test_Z6_none_is_lost_where_a_container_dies_at_any_step_of_its_visit(house: House, shown: bool) -> None:
    for step in count(1):
        world = burst(house, shown)
        one = Interrupted(house, step, die)
        with suppress(_Killed):
            world.run(raised(world, "joined-1"), world.container(one.client))
            break
        world.run(raised(world, "joined-2"))
        world.drain()
        named = set(re.findall(r"joined-[0-9]", repr([post.blocks for post in house.posts()])))
        assert named >= {"joined-1", "joined-2"}, f"dead before call {step}"
    assert step > 10
