"""Reboots under processes that race and die: at most one call an action, and the attempt on record before it.

`make stress` runs ten thousand rounds of the same.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot import wiring
from bot.models import Origin, Source
from bot.proposals import Facts, Person, Proposal, Strength
from bot.services.proposals import Proposals
from bot.views import reboot as view
from playground.functions import lambda_environment
from playground.people import TEAM_ID
from tests.house import ROOT, WORKER, House
from tests.racers import Click, Racers, dies
from tests.reboots import Reboots, instance_id

ROUNDS = int(os.environ.get("STRESS_ROUNDS", "200"))
WORKERS = 8


@pytest.fixture
def reboots(house: House) -> Reboots:
    return Reboots(house)


@pytest.fixture(scope="module")
def people(built_house: House) -> dict[str, Any]:
    built_house.fresh()
    with built_house.running_as(WORKER):
        identity = wiring.worker().identity
        origins = {user: Origin(Source.SLACK, f"race-{user}", TEAM_ID, user, "C0OPS") for user in ("U0ADA", "U0BOB")}
        return {user: identity.actor_for(origin) for user, origin in origins.items()}


@pytest.fixture(scope="module")
def racers(built_house: House, people: dict[str, Any]) -> Iterator[Racers]:
    with Racers(WORKERS, lambda_environment(built_house.function(WORKER), ROOT), people) as racers:
        yield racers


class Course:
    """Proposals as fast as they can be made: without their preflight and their cards.

    moto copies its tables for each transaction, so that every round begins with empty ones.
    """

    def __init__(self, house: House, people: dict[str, Any]) -> None:
        self.house = house
        self._people = people
        self._instance = instance_id(house, "web-1")
        self._number = 0
        self._proposals = Proposals(house.client("dynamodb"), house.environment["STATE_TABLE_NAME"], time.time)

    def proposal(self, strength: Strength = Strength.CLICK) -> Click:
        """Ada's; what a click on it is."""
        self._number += 1
        proposal = Proposal(
            action_id=f"{self._number:032x}",
            region="us-east-1",
            instance_id=self._instance,
            name="web-1",
            protection=Strength.CLICK,
            strength=strength,
            requester=Person.of(self._people["U0ADA"]),
            confirm_by=int(time.time()) + 300,
            facts=Facts("running", "m6i.large", "us-east-1a"),
        )
        self._proposals.bind(self._proposals.keep(proposal), "C0OPS", f"{self._number}.1")
        self.house.aws.clear_calls()
        return Click("U0ADA", proposal.handle, "C0OPS", f"{self._number}.1")

    def calls(self) -> int:
        """The calls of RebootInstances since the proposal; each had its attempt on record before it."""
        made = [call for call in self.house.aws.calls if call.action in ("PutItem", "RebootInstances")]
        audit = self.house.environment["AUDIT_TABLE_NAME"]
        for number, call in enumerate(made):
            if call.action == "RebootInstances":
                assert any(before.resource == audit for before in made[:number])
        return sum(call.action == "RebootInstances" for call in made)


@pytest.fixture
def course(house: House, people: dict[str, Any]) -> Course:
    return Course(house, people)


# What is told to who claims when AWS answers too late: the claim or the outcome may have landed, or land yet; or STS
# did not answer, or there was no time left, and then nothing happened.
NOTHING_HAPPENED = {"RebootRefusedError", "ClaimTooOldError"}
NOT_HEARD = {"NotRecordedError", "OutcomeNotRecordedError", "OutcomeUnknownError"} | NOTHING_HAPPENED


def all_heard(ended: Counter[str]) -> bool:
    """False where a busy machine kept somebody waiting for longer than they wait."""
    return not NOT_HEARD & set(ended)


def test_B2_eight_processes_claim_one_proposal_and_one_reboots(course: Course, racers: Racers) -> None:
    rebooted = 0
    for _ in range(ROUNDS):
        course.house.empty_tables()
        click = course.proposal()
        ended = Counter(racers.race(*[click] * WORKERS))
        calls = course.calls()
        rebooted += calls
        assert ended["confirm done"] <= calls <= 1, ended
        assert set(ended) <= {"confirm done", "ProposalClosedError", "InstanceLockedError"} | NOT_HEARD
        assert not calls or not NOTHING_HAPPENED & set(ended), ended
        assert ended["confirm done"] == 1 or not all_heard(ended), ended
    assert rebooted >= 0.95 * ROUNDS


def test_B8_A4_confirmations_and_cancellations_at_once_end_in_one_of_them(course: Course, racers: Racers) -> None:
    for _ in range(max(ROUNDS // 10, 10)):
        course.house.empty_tables()
        click = course.proposal(Strength.APPROVAL)
        approvals = [replace(click, user_id="U0BOB")] * 4
        cancellations = [replace(click, deed="cancel", user_id=user) for user in ("U0ADA", "U0BOB")] * 2
        ended = Counter(racers.race(*approvals, *cancellations))
        assert not (ended["confirm done"] and ended["cancel done"]), ended
        assert ended["confirm done"] or ended["cancel done"] or not all_heard(ended), ended
        calls = course.calls()
        (row,) = [row for row in Reboots(course.house).stored() if row["pk"] == f"action#{click.value[:32]}"]
        assert (calls, row["phase"]) in {(1, "rebooting"), (0, "cancelled")} or not all_heard(ended)


def test_B10_two_proposals_for_one_instance_reboot_it_once(course: Course, racers: Racers) -> None:
    for _ in range(max(ROUNDS // 10, 10)):
        course.house.empty_tables()
        first = course.proposal()
        second = course.proposal()
        ended = Counter(racers.race(*[first] * 4, *[second] * 4))
        calls = course.calls()
        assert ended["confirm done"] <= calls <= 1, ended
        assert ended["confirm done"] == 1 or not all_heard(ended), ended


POINTS = (
    "before dynamodb.TransactWriteItems 1",
    "after dynamodb.TransactWriteItems 1",
    "before sts.AssumeRole 1",
    "after sts.AssumeRole 1",
    "before ec2.RebootInstances 1",
    "after ec2.RebootInstances 1",
    "before dynamodb.TransactWriteItems 2",
    "after dynamodb.TransactWriteItems 2",
    "before slack 1",
)


@pytest.mark.parametrize("point", POINTS)
def test_Z1_a_worker_killed_at_any_point_reboots_at_most_once_and_its_attempt_is_closed(
    house: House, reboots: Reboots, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reboots.propose("web-1")
    reboots.send(view.CONFIRM)
    event = house.received()
    house.aws.clear_calls()
    assert dies(lambda_environment(house.function(WORKER), ROOT), event, point) == -9
    died_with = reboots.calls
    assert died_with == (1 if POINTS.index(point) >= POINTS.index("after ec2.RebootInstances 1") else 0)
    if reboots.calls:
        assert reboots.outcomes[0] == "attempted"

    again = event["Records"][0]
    again["attributes"]["ApproximateReceiveCount"] = "2"
    assert house.invoke(WORKER, event) == {"batchItemFailures": []}
    first = point.startswith("before dynamodb.TransactWriteItems 1")
    assert reboots.calls == (1 if first else died_with), "only a claim that was never made is made again"

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 121)
    monkeypatch.setattr(house.slack, "_clock", lambda: now + 121)
    house.sweep()
    assert reboots.outcomes.count("attempted") == 1
    known = first or point in ("after dynamodb.TransactWriteItems 2", "before slack 1")
    ends = [outcome for outcome in reboots.outcomes if outcome not in ("attempted", "failed")]
    assert ends == (["succeeded"] if known else ["outcome_unknown"])
    assert "Cancel" not in repr(reboots.card.blocks)
    assert reboots.calls <= 1
