"""The gate: what each effect leaves in the audit, and what happens when the audit does not take it.

`list` is the only look so far that can fail on its own; no command changes the world yet, so the change path is
entered through the gate itself.
"""

from collections.abc import Callable
from typing import Any

import pytest

from bot import wiring
from bot.denials import NotPermittedError
from bot.errors import InstancesUnavailableError, NotRecordedError, OutcomeNotRecordedError, OutcomeUnknownError
from bot.models import Actor, AuditEntry, Origin, Outcome, Source, Target
from bot.operations import Effect, Operation
from bot.services.gate import Records
from playground.people import TEAM_ID
from tests.faults import answers, aws_fails
from tests.house import WORKER, House

RESTART = Operation("ec2:instance:restart", "REBOOT_INSTANCE", "EC2_INSTANCE", Effect.CHANGE)
TARGET = Target("i-0123456789abcdef0")


def perform(house: House, run: Callable[[], Any], user_id: str = "U0ADA", records: Records | None = None) -> Any:
    with house.running_as(WORKER):
        services = wiring.worker()
        origin = Origin(Source.SLACK, "correlation", TEAM_ID, user_id, "C0OPS")
        actor = services.identity.actor_for(origin)
        return services.gate.perform(actor, RESTART, TARGET, run, records=records)


def outcomes(house: House) -> list[str]:
    return [row["outcome"] for row in house.rows()]


def fails(error: Exception) -> Callable[[], None]:
    def run() -> None:
        raise error

    return run


def test_a_look_that_fails_is_recorded_as_failed_with_its_code(house: House) -> None:
    with aws_fails("ec2.DescribeInstances", answers(503, "RequestLimitExceeded")):
        answer = house.say("list")
    assert "throttling" in answer.text
    (row,) = house.rows()
    assert (row["action"], row["outcome"]) == ("LIST_INSTANCES", "failed")
    assert row["details"]["code"] == "RequestLimitExceeded"


def test_a_refusal_of_ec2_shows_no_arn(house: House) -> None:
    with aws_fails("ec2.DescribeInstances", answers(403, "UnauthorizedOperation")):
        answer = house.say("list")
    assert "lacks the permission" in answer.text
    assert "arn:" not in answer.text + repr(answer.blocks)


def test_a_change_writes_its_attempt_before_it_runs_and_its_outcome_after(house: House) -> None:
    before: list[str] = []
    assert perform(house, lambda: before.extend(outcomes(house)) or "done") == "done"
    assert before == ["attempted"]
    attempt, outcome = house.rows()
    assert (attempt["outcome"], outcome["outcome"]) == ("attempted", "succeeded")
    assert outcome["details"]["attempt"] == attempt["auditId"]
    assert attempt["resourceId"] == outcome["resourceId"] == "i-0123456789abcdef0"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InstancesUnavailableError("us-east-1", "IncorrectInstanceState"), "failed"),
        (OutcomeUnknownError(), "outcome_unknown"),
        (KeyError("unforeseen"), "outcome_unknown"),
    ],
)
def test_a_change_that_fails_says_how_far_it_is_known(house: House, error: Exception, expected: str) -> None:
    with pytest.raises(type(error)):
        perform(house, fails(error))
    assert outcomes(house) == ["attempted", expected]


def test_D1_a_change_whose_attempt_cannot_be_written_does_not_run(house: House) -> None:
    ran: list[bool] = []
    for code in ("ThrottlingException", "AccessDeniedException"):
        with aws_fails("dynamodb.PutItem", answers(400, code)):
            house.fresh()
            with pytest.raises(NotRecordedError):
                perform(house, lambda: ran.append(True))
    assert ran == []
    assert house.rows() == []


def test_a_change_whose_outcome_cannot_be_written_says_that_it_was_done(house: House) -> None:
    with (
        aws_fails("dynamodb.PutItem", answers(400, "ThrottlingException"), when=lambda body: b"succeeded" in body),
        pytest.raises(OutcomeNotRecordedError),
    ):
        perform(house, lambda: None)
    assert outcomes(house) == ["attempted"]


def test_a_readonly_person_may_not_change_anything(house: House) -> None:
    ran: list[bool] = []
    with pytest.raises(NotPermittedError) as caught:
        perform(house, lambda: ran.append(True), "U0CAROL")
    assert (caught.value.role, caught.value.needed) == ("readonly", "admin")
    assert ran == []
    (row,) = house.rows()
    assert (row["action"], row["outcome"]) == ("ACCESS_DENIED", "denied")
    assert (row["details"]["reason"], row["details"]["operation"]) == ("role_insufficient", "REBOOT_INSTANCE")


def test_the_role_for_a_change_is_read_live(house: House) -> None:
    perform(house, lambda: None)
    become(house, "readonly")
    try:
        with pytest.raises(NotPermittedError):
            perform(house, lambda: None)
    finally:
        become(house, "admin")


def test_the_actor_of_a_row_is_the_person_as_read_live(house: House) -> None:
    stale = Actor("slack:somebody", None, None, Origin(Source.SLACK, "c", TEAM_ID, "U0ADA", "C0OPS"))
    with house.running_as(WORKER):
        wiring.worker().gate.perform(stale, RESTART, TARGET, lambda: None)
    assert {row["userEmail"] for row in house.rows()} == {"ada@playground.example"}


class Kept:
    """Records that only remember; `at_begin` happens while the attempt is written."""

    def __init__(self, at_begin: Callable[[], None] = lambda: None) -> None:
        self.entries: list[AuditEntry] = []
        self._at_begin = at_begin

    def begin(self, attempt: AuditEntry) -> None:
        self._at_begin()
        self.entries.append(attempt)

    def end(self, outcome: AuditEntry) -> None:
        self.entries.append(outcome)

    @property
    def outcomes(self) -> list[Outcome]:
        return [entry.outcome for entry in self.entries]


def test_a_change_may_bring_its_own_records_and_they_get_the_same_two_rows(house: House) -> None:
    kept = Kept()
    assert perform(house, lambda: "done", records=kept) == "done"
    assert kept.outcomes == [Outcome.ATTEMPTED, Outcome.SUCCEEDED]
    attempt, outcome = kept.entries
    assert outcome.details["attempt"] == attempt.audit_id
    assert house.rows() == []


def test_a_change_whose_own_records_take_no_attempt_does_not_run(house: House) -> None:
    ran: list[bool] = []
    with pytest.raises(NotRecordedError):
        perform(house, lambda: ran.append(True), records=Kept(fails(NotRecordedError())))
    assert ran == []


def test_C2_somebody_demoted_while_the_attempt_is_written_changes_nothing(house: House) -> None:
    ran: list[bool] = []
    kept = Kept(lambda: become(house, "readonly"))
    try:
        with pytest.raises(NotPermittedError):
            perform(house, lambda: ran.append(True), records=kept)
    finally:
        become(house, "admin")
    assert ran == []
    assert kept.outcomes == [Outcome.ATTEMPTED, Outcome.FAILED]
    assert kept.entries[-1].details["reason"] == "role_insufficient"


def become(house: House, role: str) -> None:
    house.client("cognito-idp").admin_update_user_attributes(
        UserPoolId=house.environment["COGNITO_USER_POOL_ID"],
        Username="ada@playground.example",
        UserAttributes=[{"Name": "custom:role", "Value": role}],
    )
