"""The reboot protocol in every order of its steps, with a fault at any of them, and without each of its guards."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from bot.errors import ConditionsFailedError
from bot.proposals import Person, Proposal, State, Strength
from bot.reboot_errors import RebootRefusedError
from bot.services import instance_locks, reboot_desk, reboot_watching
from bot.services.audit import Audit
from bot.services.gate import Gate
from bot.services.instance_locks import InstanceLocks
from bot.services.reboot_desk import RebootDesk
from bot.services.reboot_watching import RebootWatching
from bot.services.reboots import Reboots
from tests import reboot_model as model
from tests import small_dynamodb
from tests.interleavings import Explored
from tests.reboot_model import (
    ADA,
    ADA_AGAIN,
    ADA_UNPROVEN,
    BOB,
    CYD,
    RAY,
    REBOOT,
    START,
    Scenario,
    altered,
    cancels,
    confirms,
    demoted,
    explore,
    passes,
    proposal,
    renamed,
    sweeps,
)
from tests.small_dynamodb import Item

STRESS = "STRESS_ROUNDS" in os.environ  # `make stress`: one fault more at a time
APPROVAL = proposal(strength=Strength.APPROVAL)
WISH = proposal(strength=Strength.APPROVAL, by=RAY, wish=True)
LONG = replace(proposal(), confirm_by=START + 3600)
LONG_OTHER = replace(proposal(2, by=BOB), confirm_by=START + 3600)
CLOCK, PEOPLE, INSTANCE = frozenset({"clock"}), frozenset({"people"}), frozenset({"instance"})

# Who does what at once, and how many faults at most go with it in each run of the tests.
SCENARIOS: dict[str, tuple[Scenario, int]] = {
    "B1_B2_D2_two_clicks": (Scenario((confirms(ADA), confirms(ADA))), 1),
    "B3_a_click_of_somebody_else": (Scenario((confirms(ADA), confirms(BOB))), 1),
    "B8_a_click_and_a_cancellation": (Scenario((confirms(ADA), cancels(BOB))), 1),
    "B4_a_click_and_the_expiry": (Scenario((confirms(ADA, again=False), sweeps(), passes(299, 1)), moving=CLOCK), 0),
    "B4_a_click_and_the_expiry_at_once": (
        Scenario((confirms(ADA, again=False), sweeps(), passes(300)), moving=CLOCK),
        1,
    ),
    "B10_two_proposals_for_one_instance": (
        Scenario((confirms(ADA), confirms(BOB, 2)), (proposal(), proposal(2, by=BOB))),
        1,
    ),
    "B10_a_lock_that_ends_before_its_reboot": (
        Scenario(
            (confirms(ADA, again=False), confirms(BOB, 2, again=False), passes(901)), (LONG, LONG_OTHER), moving=CLOCK
        ),
        0,
    ),
    "B9_an_instance_that_changes": (Scenario((confirms(ADA), renamed()), moving=INSTANCE), 1),
    "B6_A6_a_proposal_that_is_altered": (Scenario((confirms(ADA), altered())), 1),
    "A1_A2_A3_approvals_of_ones_own": (Scenario((confirms(ADA), confirms(ADA_AGAIN)), (APPROVAL,)), 1),
    "A3_an_approval_by_nobody_known": (Scenario((confirms(ADA), confirms(ADA_UNPROVEN)), (APPROVAL,)), 1),
    "A4_two_approvals": (Scenario((confirms(BOB), confirms(CYD)), (APPROVAL,)), 1),
    "A4_an_approval_and_a_cancellation": (Scenario((confirms(BOB), cancels(ADA)), (APPROVAL,)), 1),
    "A5_an_approver_who_loses_the_role": (Scenario((confirms(BOB), demoted(BOB)), (APPROVAL,), PEOPLE), 1),
    "A5_a_requester_who_loses_the_role": (Scenario((confirms(BOB), demoted(ADA)), (APPROVAL,), PEOPLE), 1),
    "A5_a_wish_taken_over_twice": (Scenario((confirms(BOB), confirms(CYD)), (WISH,)), 1),
    "A5_a_wish_taken_over_late": (Scenario((confirms(BOB), sweeps(), passes(299, 1)), (WISH,), CLOCK), 1),
    "W2_D3_a_worker_that_is_slow": (Scenario((confirms(ADA, again=False), sweeps(), passes(30, 91)), moving=CLOCK), 0),
    "W2_a_worker_with_little_time_left": (
        Scenario((confirms(ADA), passes(15)), moving=CLOCK, deadline=START + 24),
        1,
    ),
    "W2_D3_a_worker_that_stands_still": (
        Scenario((confirms(ADA, again=False), sweeps(), passes(121)), moving=CLOCK),
        1,
    ),
    "D3_a_claim_left_behind_to_two_sweeps": (Scenario((sweeps(), sweeps()), left_behind=REBOOT), 1),
    "D3_a_call_left_behind_to_two_sweeps": (
        Scenario((sweeps(), sweeps()), left_behind="transact action+succeeded"),
        1,
    ),
    "D3_two_sweeps_and_a_click_meanwhile": (
        Scenario((sweeps(), sweeps(), confirms(ADA, again=False)), left_behind=REBOOT),
        1,
    ),
}

# Nobody may there, or nobody is at it who could.
WITHOUT_A_CALL = {
    "A1_A2_A3_approvals_of_ones_own",
    "A3_an_approval_by_nobody_known",
    "A5_a_wish_taken_over_twice",
    "A5_a_wish_taken_over_late",
    "D3_a_claim_left_behind_to_two_sweeps",
    "D3_a_call_left_behind_to_two_sweeps",
    "D3_two_sweeps_and_a_click_meanwhile",
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_B1_B2_B8_B10_A4_no_order_of_steps_and_no_fault_reboots_twice_or_off_the_record(name: str) -> None:
    scenario, faults = SCENARIOS[name]
    found = explore(scenario, faults + STRESS)
    assert not found.violation, told(found)
    assert (REBOOT in found.steps) == (name not in WITHOUT_A_CALL), "a scenario that proves nothing"
    print(f"{name}: {found.schedules} schedules, {found.states} states, {found.ends} ends")


def told(found: Explored) -> str:
    return "\n".join((found.violation, *found.schedule))


def test_the_model_takes_every_step_of_the_protocol() -> None:
    found = explore(SCENARIOS["B1_B2_D2_two_clicks"][0], 1)
    assert found.steps >= {
        "get action",
        "read a person",
        "get lock",
        "transact action+lock+attempted",
        "read the instance",
        "sts.AssumeRole",
        REBOOT,
        "transact action+succeeded",
        "transact action+failed",
        "transact action+outcome_unknown",
        "update lock",
    }


Removal = Callable[[], AbstractContextManager[Any]]


def without(clause: str, applies: Callable[[Item], bool]) -> Removal:
    """Requests to which it applies are answered as if that part of their condition held."""

    def condition_of(request: Item) -> str:
        condition = original(request)
        if not condition or not applies(request):
            return condition
        return condition.replace(f"{clause} AND ", "").replace(f" AND {clause}", "").replace(clause, "")

    original = small_dynamodb.condition_of
    return replaced(small_dynamodb, "condition_of", condition_of)


def replaced(owner: Any, name: str, value: Any) -> Removal:
    return lambda: mock.patch.object(owner, name, value)


def becomes(phase: State) -> Callable[[Item], bool]:
    return lambda request: request.get("ExpressionAttributeValues", {}).get(":new0") == {"S": phase.value}


def closes(request: Item) -> bool:
    return "claimToken = :token" in request["ConditionExpression"]


def takes_over(request: Item) -> bool:
    return str(request.get("UpdateExpression")).startswith("SET proposal")


def locks(request: Item) -> bool:
    return ":revision" in request["ConditionExpression"]


def unlocks(request: Item) -> bool:
    return "lockedBy = :id" in request["ConditionExpression"]


def nothing(*_: Any, **__: Any) -> None:
    return None


def row_before_its_changes(self: Any, entry: Any, changes: Any) -> None:
    self.record(entry)
    _transact_alone(self, changes)


def row_after_its_changes(self: Any, entry: Any, changes: Any) -> None:
    _transact_alone(self, changes)
    self.record(entry)


def _transact_alone(self: Any, changes: Any) -> None:
    refused = self._transact([*changes])
    if refused:
        raise ConditionsFailedError(refused)


def lost_is_refused(self: Any, client: Any, instance_id: str) -> None:
    try:
        client.reboot_instances(InstanceIds=[instance_id])
    except Exception as error:
        raise RebootRefusedError(type(error).__name__) from None


def no_objection(self: Proposal, person: Person) -> str | None:
    return None


def no_question_of_proof(original: Any) -> Any:
    def objection(self: Proposal, person: Person) -> str | None:
        found: str | None = original(self, person)
        return None if found == "email_not_verified" else found

    return objection


def same_account(self: Person, other: Person) -> bool:
    return self.user_id == other.user_id


def leaves_claims(original: Any) -> Any:
    return lambda self, reboot: reboot if reboot.state is State.CLAIMED else original(self, reboot)


LOCK_CONDITION = "attribute_not_exists(pk) OR (revision = :revision AND lockedUntil <= :now)"

# What is taken away, and in which of the scenarios, with how many faults, that must show.
GUARDS: dict[str, tuple[tuple[Removal, ...], str, int]] = {
    "B8_claim_only_what_is_open": (
        (without("phase = :phase", becomes(State.CLAIMED)),),
        "B8_a_click_and_a_cancellation",
        0,
    ),
    "B2_claim_once_though_the_first_claim_failed": (
        (without("phase = :phase", becomes(State.CLAIMED)),),
        "B1_B2_D2_two_clicks",
        1,
    ),
    "B6_A6_claim_only_what_the_card_showed": (
        (without("digest = :digest", becomes(State.CLAIMED)),),
        "B6_A6_a_proposal_that_is_altered",
        0,
    ),
    "B4_claim_only_in_time": ((without("confirmBy > :now", becomes(State.CLAIMED)),), "B4_a_click_and_the_expiry", 0),
    "B2_D2_the_claim_counts_with_our_token_alone": (
        (replaced(model, "token", lambda _: "the same"),),
        "B1_B2_D2_two_clicks",
        0,
    ),
    "B10_one_reboot_of_an_instance_at_a_time": (
        (without(LOCK_CONDITION, locks),),
        "B10_two_proposals_for_one_instance",
        0,
    ),
    "the_attempt_is_in_the_claims_transaction_and_not_before": (
        (replaced(Audit, "record_with", row_before_its_changes),),
        "B1_B2_D2_two_clicks",
        0,
    ),
    "the_attempt_is_in_the_claims_transaction_and_not_after": (
        (replaced(Audit, "record_with", row_after_its_changes),),
        "B1_B2_D2_two_clicks",
        0,
    ),
    "B8_cancel_only_what_is_open": (
        (without("phase = :phase", becomes(State.CANCELLED)),),
        "B8_a_click_and_a_cancellation",
        0,
    ),
    "B4_expire_only_what_is_open": (
        (without("phase = :phase", becomes(State.EXPIRED)),),
        "B4_a_click_and_the_expiry",
        0,
    ),
    "B4_expire_only_what_is_late": (
        (without("confirmBy <= :now", becomes(State.EXPIRED)),),
        "A5_a_wish_taken_over_late",
        0,
    ),
    "A5_take_over_only_what_was_seen": (
        (without("digest = :digest", takes_over),),
        "A5_a_wish_taken_over_twice",
        0,
    ),
    "A5_take_over_only_in_time": (
        (without("confirmBy > :now", takes_over),),
        "A5_a_wish_taken_over_late",
        0,
    ),
    "D3_close_only_what_is_claimed": (
        (without("phase = :phase", closes),),
        "W2_D3_a_worker_that_is_slow",
        0,
    ),
    "D3_the_sweep_leaves_a_young_claim_alone": (
        (replaced(reboot_watching, "CLAIM_SECONDS", 0),),
        "B4_a_click_and_the_expiry",
        0,
    ),
    "W2_the_call_is_sent_once": ((replaced(model, "attempts", lambda: 3),), "B1_B2_D2_two_clicks", 1),
    "W2_a_lost_reply_is_no_refusal": ((replaced(Reboots, "reboot", lost_is_refused),), "B1_B2_D2_two_clicks", 1),
    "A5_the_role_is_read_again": ((replaced(Gate, "_require_still", nothing),), "A5_an_approver_who_loses_the_role", 0),
    "A5_the_requester_is_read_again": (
        (replaced(RebootDesk, "_require_requester", nothing),),
        "A5_a_requester_who_loses_the_role",
        0,
    ),
    "B9_the_instance_is_read_again": (
        (replaced(Reboots, "require_unchanged", nothing),),
        "B9_an_instance_that_changes",
        0,
    ),
    "W2_an_old_claim_is_worth_nothing": (
        (replaced(reboot_desk, "CLAIM_WORTH_SECONDS", 10**6),),
        "W2_D3_a_worker_that_is_slow",
        0,
    ),
    "A1_nobody_approves_their_own": (
        (replaced(Proposal, "objection", no_objection),),
        "A1_A2_A3_approvals_of_ones_own",
        0,
    ),
    "B3_nobody_confirms_anothers": (
        (replaced(Proposal, "objection", no_objection),),
        "B3_a_click_of_somebody_else",
        0,
    ),
    "A3_two_accounts_are_one_person": (
        (replaced(Person, "is_same_as", same_account),),
        "A1_A2_A3_approvals_of_ones_own",
        0,
    ),
    "A3_nobody_unproven_is_a_second_person": (
        (replaced(Proposal, "objection", no_question_of_proof(Proposal.objection)),),
        "A3_an_approval_by_nobody_known",
        0,
    ),
    "W2_no_call_without_the_time_to_hear_its_answer": (
        (replaced(reboot_desk, "CALL_SECONDS", -(10**6)),),
        "W2_a_worker_with_little_time_left",
        0,
    ),
    "D3_the_sweep_closes_what_was_left_behind": (
        (replaced(RebootWatching, "follow", leaves_claims(RebootWatching.follow)),),
        "B1_B2_D2_two_clicks",
        1,
    ),
    "B10_a_lock_ends_by_itself": (
        (replaced(instance_locks, "LOCK_SECONDS", 10**6),),
        "B10_two_proposals_for_one_instance",
        1,
    ),
    "B10_a_lock_is_let_go_where_nothing_was_done": (
        (replaced(InstanceLocks, "release", nothing),),
        "B9_an_instance_that_changes",
        0,
    ),
    "B10_a_lock_is_let_go_by_its_holder_alone": (
        (without("lockedBy = :id", unlocks),),
        "B10_a_lock_that_ends_before_its_reboot",
        0,
    ),
}


def without_all(removals: tuple[Removal, ...], name: str, faults: int) -> Explored:
    with ExitStack() as patches:
        for removal in removals:
            patches.enter_context(removal())
        return explore(SCENARIOS[name][0], faults)


@pytest.mark.parametrize("guard", GUARDS)
def test_B1_B2_B4_B8_B10_A1_A4_the_model_finds_what_happens_without_a_guard(guard: str) -> None:
    removals, name, faults = GUARDS[guard]
    found = without_all(removals, name, faults)
    assert found.violation
    print(f"{guard}: {found.violation}, after {found.schedules} schedules")


def test_B10_the_guards_of_the_lock_cover_for_each_other() -> None:
    looked_at = replaced(InstanceLocks, "is_held", lambda self, lock: False)
    ended = without("lockedUntil <= :now", locks)
    as_read = without("revision = :revision", locks)
    for one in (looked_at, ended, as_read):
        assert not without_all((one,), "B10_two_proposals_for_one_instance", 0).violation
    assert without_all((looked_at, ended), "B10_two_proposals_for_one_instance", 0).violation


def test_D2_a_claim_is_made_once_so_that_its_token_covers_for_what_cannot_come() -> None:
    """It stays: it costs nothing, and a proposal that could be claimed twice would need it."""
    of_any_claim = without(
        "claimToken = :token", lambda request: "claimToken = :token" in request["ConditionExpression"]
    )
    assert not without_all((of_any_claim,), "B1_B2_D2_two_clicks", 1).violation
