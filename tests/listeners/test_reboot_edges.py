"""Reboots at the edges: rows that cannot be read, names that cannot be typed, cards that are bound to nothing."""

from typing import Any

import pytest

from bot.services.cloudtrail import Trace, trace_of
from bot.views import reboot as view
from tests.faults import answers, aws_fails
from tests.house import House
from tests.listeners.test_reboots import later, reboots, wish
from tests.reboots import Reboots, instance_id, labels

__all__ = ["later", "reboots"]


def rename(house: House, name: str, new: str) -> None:
    instance = instance_id(house, name)
    house.client("ec2").create_tags(Resources=[instance], Tags=[{"Key": "Name", "Value": new}])


def test_Z1_a_row_of_another_version_keeps_the_sweep_from_no_other(house: House, reboots: Reboots, later: Any) -> None:
    reboots.propose("web-1")
    reboots.alter(phase={"S": "resting"})
    later(5)
    reboots.propose("web-2")
    later(400)
    house.sweep()
    assert sorted(row["phase"] for row in reboots.stored()) == ["expired", "resting"]
    assert house.sweep()["reboots"] == 0, "it is put off, so that it stands in nobody's way"


def test_B4_a_request_that_nobody_took_over_in_time_is_said_to_be_late(
    house: House, reboots: Reboots, later: Any
) -> None:
    wish(house, "db-primary")
    later(301)
    said = reboots.confirm("U0BOB")
    assert "It was not confirmed in time." in said
    assert reboots.calls == 0


def test_L2_a_card_that_could_not_be_bound_to_its_message_does_not_look_as_if_it_could_be_confirmed(
    house: House, reboots: Reboots
) -> None:
    house.fresh_containers()
    with aws_fails(
        "dynamodb.UpdateItem", answers(400, "AccessDeniedException"), when=lambda sent: b"channelId" in sent
    ):
        said = house.say("reboot web-1")
    house.fresh_containers()
    assert "could not be recorded" in said.text
    assert not {"Reboot now", "Cancel"} & set(labels(reboots.card))
    assert "it cannot be confirmed" in reboots.card.text


@pytest.mark.parametrize("new", ["api-1 ", " ", "n" * 120])
def test_whatever_an_instance_is_called_what_is_to_be_typed_can_be_typed(
    house: House, reboots: Reboots, new: str
) -> None:
    instance = instance_id(house, "api-1")
    rename(house, "api-1", new)
    try:
        reboots.propose(instance)
        reboots.press(view.CONFIRM_TYPED)
        reboots.type_name("api-1" if new == "api-1 " else instance)
        assert reboots.calls == 1
    finally:
        house.client("ec2").create_tags(Resources=[instance], Tags=[{"Key": "Name", "Value": "api-1"}])


@pytest.mark.parametrize(
    ("code", "trace"),
    [
        (None, Trace.ACCEPTED),
        ("Client.UnauthorizedOperation", Trace.REFUSED),
        ("Client.RequestLimitExceeded", Trace.REFUSED),
        ("AccessDenied", Trace.REFUSED),
        ("Server.InternalError", Trace.NOTHING),
        ("InternalError", Trace.NOTHING),
    ],
)
def test_W2_what_failed_on_ec2s_side_is_not_taken_for_refused(code: str | None, trace: Trace) -> None:
    event = {"eventName": "RebootInstances", **({"errorCode": code} if code else {})}
    assert trace_of(event) is trace


def test_the_last_reboots_are_those_that_were_tried_each_once_and_by_whom(house: House, reboots: Reboots) -> None:
    card = reboots.propose("web-2")
    reboots.confirm()
    for _ in range(3):
        reboots.confirm(card=card)
    shown = repr(reboots.propose("web-2").blocks)
    assert shown.count("by ada@playground.example: succeeded") == 1
    assert "failed" not in shown
