"""An alarm joins a burst at any moment of another container's work on it: it is named all the same, and counted."""

import json
import re
from contextlib import suppress
from typing import Any

import boto3
import pytest

from bot.services.bursts import ALONE
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


def raised(world: AlertWorld, name: str) -> list[str]:
    world.queue.send_message("queue", json.dumps(change(name, "ALARM", world.now - 1)))
    return [str(world.queue.number)]


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
    step, steps = 0, 1
    while step < steps:
        step += 1
        world = burst(house, shown)
        one = Interrupted(house, step, lambda world=world: world.run(raised(world, "joined-2")))
        world.run(raised(world, "joined-1"), world.container(one.client))
        steps = one.calls
        world.drain()
        check(house, shown, f"at call {step} of {steps}")
    assert steps > 10


@pytest.mark.parametrize("shown", [True, False])
def test_Z6_none_is_lost_where_a_container_dies_at_any_step_of_its_visit(house: House, shown: bool) -> None:
    step, dies = 0, True
    while dies:
        step += 1
        world = burst(house, shown)
        one = Interrupted(house, step, die)
        with suppress(_Killed):
            world.run(raised(world, "joined-1"), world.container(one.client))
            dies = False
        world.run(raised(world, "joined-2"))
        world.drain()
        named = set(re.findall(r"joined-[0-9]", repr([post.blocks for post in house.posts()])))
        assert named >= {"joined-1", "joined-2"}, f"dead before call {step}"
    assert step > 10
