"""A reboot in an AWS that fails: nothing is sent twice, nothing happens unrecorded, and what nobody knows is said."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from tests.faults import Fault, answers, aws_fails, loses_the_reply, times_out
from tests.house import House
from tests.reboots import Reboots, instance_id


@pytest.fixture
def reboots(house: House) -> Reboots:
    return Reboots(house)


def real(body: bytes) -> bool:
    """The reboot itself, and not the question whether it would be allowed."""
    return b"DryRun" not in body


def breaks_off(request: AWSRequest) -> AWSResponse:
    raise ConnectionClosedError(endpoint_url=request.url)


def never_answers(request: AWSRequest) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


def is_not_reached(request: AWSRequest) -> AWSResponse:
    raise EndpointConnectionError(endpoint_url=request.url)


def confirm(house: House, reboots: Reboots, operation: str, fault: Fault, **options: Any) -> tuple[str, list[str]]:
    """Propose and confirm while AWS fails; what the person is told, and the requests that failed."""
    reboots.propose("web-1")
    house.fresh_containers()
    with aws_fails(operation, fault, **options) as failed:
        told = reboots.confirm()
    house.fresh_containers()
    return told, failed


@pytest.mark.parametrize(
    "fault", [loses_the_reply, never_answers, breaks_off, answers(500, "InternalError"), answers(503, "Unavailable")]
)
def test_W2_a_call_whose_end_nobody_knows_is_sent_once(house: House, reboots: Reboots, fault: Fault) -> None:
    told, sent = confirm(house, reboots, "ec2.RebootInstances", fault, when=real)
    assert len(sent) == 1
    assert "It is not known whether that happened." in told
    assert reboots.outcomes == ["attempted", "outcome_unknown"]
    assert "It is not known whether *web-1* was rebooted." in reboots.card.text
    house.work()
    house.sweep()
    assert len(sent) == 1
    assert reboots.calls <= 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (answers(400, "InvalidInstanceID.NotFound"), "InvalidInstanceID.NotFound"),
        (answers(400, "IncorrectInstanceState"), "IncorrectInstanceState"),
        (answers(503, "RequestLimitExceeded"), "RequestLimitExceeded"),
        (times_out, "ConnectTimeoutError"),
        (is_not_reached, "EndpointConnectionError"),
    ],
)
def test_W4_a_call_that_ec2_did_not_take_failed(house: House, reboots: Reboots, fault: Fault, code: str) -> None:
    told, sent = confirm(house, reboots, "ec2.RebootInstances", fault, when=real)
    assert len(sent) == 1
    assert "EC2 did not take it." in told
    assert reboots.outcomes == ["attempted", "failed"]
    assert reboots.rows()[-1]["details"]["code"] == code
    assert "*web-1* was not rebooted." in reboots.card.text


def test_W5_a_refusal_of_aws_is_recorded_and_shows_no_arn(house: House, reboots: Reboots) -> None:
    told, _ = confirm(house, reboots, "ec2.RebootInstances", answers(403, "UnauthorizedOperation"), when=real)
    assert "AWS does not allow it to the reboot role." in told
    assert reboots.rows()[-1]["details"]["code"] == "UnauthorizedOperation"
    assert "arn:" not in told + reboots.card.text + repr(reboots.card.blocks) + repr(house.said())


@pytest.mark.parametrize("fault", [answers(403, "AccessDenied"), times_out, answers(500, "InternalFailure")])
def test_a_reboot_role_that_cannot_be_assumed_reboots_nothing(house: House, reboots: Reboots, fault: Fault) -> None:
    told, _ = confirm(house, reboots, "sts.AssumeRole", fault)
    assert "EC2 did not take it." in told
    assert reboots.outcomes == ["attempted", "failed"]
    assert reboots.calls == 0


def test_the_dry_run_refuses_before_anything_is_proposed(house: House, reboots: Reboots) -> None:
    house.fresh_containers()
    with aws_fails("ec2.RebootInstances", answers(403, "UnauthorizedOperation")):
        assert "AWS does not allow it to the reboot role." in house.say("reboot web-1").text
    house.fresh_containers()
    assert reboots.cards == []
    assert [row["outcome"] for row in reboots.rows("PROPOSE_REBOOT")] == ["failed"]


def test_the_session_is_named_by_the_action_carries_the_person_and_is_narrowed_to_the_one_instance(
    house: House, reboots: Reboots
) -> None:
    seen: list[dict[str, list[str]]] = []

    def note(body: bytes) -> bool:
        seen.append(parse_qs(body.decode()))
        return False

    confirm(house, reboots, "sts.AssumeRole", times_out, when=note)
    (asked,) = seen
    (row,) = reboots.stored()
    assert asked["RoleSessionName"] == [row["pk"].removeprefix("action#")]
    assert asked["SourceIdentity"] == [reboots.rows()[0]["userId"]]
    identifier = instance_id(house, "web-1")
    assert asked["Policy"] == [
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:RebootInstances", '
        f'"Resource": "arn:aws:ec2:us-east-1:123456789012:instance/{identifier}"}}]}}'
    ]
    assert asked["DurationSeconds"] == ["900"]


@pytest.mark.parametrize(
    "fault",
    [
        answers(400, "ThrottlingException"),
        answers(400, "AccessDeniedException"),
        answers(500, "InternalServerError"),
        times_out,
    ],
)
def test_D1_a_claim_that_cannot_be_written_reboots_nothing(house: House, reboots: Reboots, fault: Fault) -> None:
    told, _ = confirm(house, reboots, "dynamodb.TransactWriteItems", fault)
    assert "Not done: it could not be recorded." in told
    assert reboots.calls == 0
    assert (reboots.phase, reboots.outcomes) == ("open", [])
    assert reboots.confirm() == ""
    assert reboots.calls == 1


@pytest.mark.parametrize("times", [1, None])
def test_D2_a_claim_whose_answer_is_lost_is_read_back_and_counts(
    house: House, reboots: Reboots, times: int | None
) -> None:
    told, _ = confirm(
        house,
        reboots,
        "dynamodb.TransactWriteItems",
        loses_the_reply,
        times=times,
        when=lambda body: b"lockedUntil" in body,
    )
    assert told == ""
    assert reboots.calls == 1
    assert reboots.outcomes == ["attempted", "succeeded"]


def test_D2_a_claim_that_is_lost_and_cannot_be_read_back_reboots_nothing(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1")
    house.fresh_containers()
    claimed: list[bool] = []

    def after_the_claim(body: bytes) -> bool:
        return bool(claimed) and b"action#" in body

    def lose(request: AWSRequest) -> AWSResponse:
        claimed.append(True)
        return loses_the_reply(request)

    with (
        aws_fails("dynamodb.TransactWriteItems", lose),
        aws_fails("dynamodb.GetItem", answers(400, "ThrottlingException"), when=after_the_claim),
    ):
        assert "Not done" in reboots.confirm()
    house.fresh_containers()
    assert reboots.calls == 0
    assert reboots.phase == "claimed", "the sweep closes it"


def test_D2_an_outcome_whose_answer_is_lost_is_one_outcome(house: House, reboots: Reboots) -> None:
    told, _ = confirm(
        house, reboots, "dynamodb.TransactWriteItems", loses_the_reply, when=lambda body: b"outcomeId" in body
    )
    assert told == ""
    assert reboots.outcomes == ["attempted", "succeeded"]


@pytest.mark.parametrize(
    "operation", ["dynamodb.GetItem", "cognito-idp.AdminGetUser", "ec2.DescribeInstances", "ec2.DescribeInstanceStatus"]
)
def test_whatever_else_cannot_be_read_reboots_nothing(house: House, reboots: Reboots, operation: str) -> None:
    told, _ = confirm(house, reboots, operation, answers(400, "ThrottlingException"))
    assert told
    assert reboots.calls == 0


def test_a_history_that_cannot_be_read_keeps_nobody_from_proposing(house: House, reboots: Reboots) -> None:
    house.fresh_containers()
    with aws_fails("dynamodb.Query", answers(400, "ThrottlingException")):
        assert "No reboot on record" in repr(reboots.propose("web-1").blocks)
    house.fresh_containers()


def test_a_worker_that_was_frozen_after_its_claim_does_not_act(
    house: House, reboots: Reboots, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    reboots.propose("web-1")

    def frozen(body: bytes) -> bool:
        thawed = time.time() + 31
        monkeypatch.setattr(time, "time", lambda: thawed)
        return False

    house.fresh_containers()
    with aws_fails("sts.AssumeRole", times_out, when=frozen):
        assert "It took too long." in reboots.confirm()
    monkeypatch.undo()
    house.fresh_containers()
    assert reboots.calls == 0
    assert reboots.outcomes == ["attempted", "failed"]


def test_a_worker_with_too_little_time_left_to_hear_the_answer_does_not_ask(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1")
    house.context = SimpleNamespace(get_remaining_time_in_millis=lambda: 9_500)
    try:
        assert "It took too long." in reboots.confirm()
    finally:
        house.context = None
    assert reboots.calls == 0
    assert reboots.outcomes == ["attempted", "failed"]
