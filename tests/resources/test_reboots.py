"""`POST /instances/{id}/reboot` through the REST API: once, for whom it may, and never a second time by mistake."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from bot.services.reboots import Reboots as EC2Reboots
from playground.functions import Function
from tests.faults import Fault, answers, aws_fails, loses_the_reply, times_out
from tests.house import INSTANCES, House
from tests.reboots import DENIED, Reboots, in_state, instance_id, person_is, tagged
from tests.rest_client import ADA, BOB, CAROL, RestClient


@pytest.fixture
def reboots(house: House) -> Reboots:
    return Reboots(house)


def reboot(
    house: House, client: RestClient, name: str = "web-1", who: str = ADA, body: Any = None, **headers: str
) -> TestResponse:
    return client.post(f"/instances/{instance_id(house, name)}/reboot", body, who, **headers)


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]  # type: ignore[index]


def message(answer: TestResponse) -> str:
    return str(answer.json["error"]["message"])  # type: ignore[index]


@pytest.fixture
def key() -> str:
    """An Idempotency-Key that was never used: the table keeps them for a day."""
    return str(uuid4())


def real(body: bytes) -> bool:
    return b"DryRun" not in body


def event(house: House, client: RestClient, key: str | None = None, name: str = "web-1") -> dict[str, Any]:
    """As API Gateway sends it."""
    path = f"/instances/{instance_id(house, name)}/reboot"
    headers = {"Idempotency-Key": key} if key else {}
    return {
        "resource": "/instances/{instance_id}/reboot",
        "path": path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {header: [value] for header, value in headers.items()},
        "requestContext": {
            "requestId": "r",
            "authorizer": {"userId": client.sub(ADA), "username": client.sub(ADA)},
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": None,
    }


def test_an_admin_reboots_once_and_the_audit_says_who_and_from_where(
    house: House, client: RestClient, reboots: Reboots
) -> None:
    answer = reboot(house, client, body={"reason": "it hangs"}, User_Agent="deployer/1.2")
    identifier = instance_id(house, "web-1")
    assert answer.status_code == 200
    assert answer.json == {"message": "The reboot was sent to EC2.", "instanceId": identifier}
    assert reboots.calls == 1
    assert reboots.outcomes == ["attempted", "succeeded"]
    for row in reboots.rows():
        assert (row["userId"], row["userEmail"], row["resourceId"]) == (client.sub(ADA), ADA, identifier)
        assert (row["source"], row["ipAddress"], row["userAgent"]) == ("rest", "127.0.0.1", "deployer/1.2")
        assert row["correlationId"] == answer.headers["x-request-id"]
        assert row["details"]["reason"] == "it hangs"
    assert reboots.cards == []


@pytest.mark.parametrize("body", [None, {}, {"reason": ""}])
def test_a_reason_need_not_be_given(house: House, client: RestClient, reboots: Reboots, body: Any) -> None:
    assert reboot(house, client, body=body).status_code == 200
    assert reboots.calls == 1


@pytest.mark.parametrize(
    "body",
    [{"reason": "x" * 501}, {"reason": 1}, {"why": "x"}, {"reason": "a\nb"}, [], "reboot", {"dryRun": True}],
)
def test_a_body_of_another_form_is_refused_and_nothing_is_recorded(
    house: House, client: RestClient, reboots: Reboots, body: Any
) -> None:
    assert code(reboot(house, client, body=body)) == (400, "INVALID_REQUEST")
    assert (reboots.calls, house.rows()) == (0, [])


def test_C1_somebody_who_may_only_look_is_refused_on_record(house: House, client: RestClient, reboots: Reboots) -> None:
    answer = reboot(house, client, who=CAROL)
    assert code(answer) == (403, "FORBIDDEN")
    assert reboots.calls == 0
    (row,) = house.rows()
    assert (row["action"], row["outcome"], row["userEmail"]) == (DENIED, "denied", CAROL)
    assert (row["resourceId"], row["ipAddress"]) == (instance_id(house, "web-1"), "127.0.0.1")
    assert row["details"]["operation"] == "REBOOT_INSTANCE"


def test_C1_a_token_is_worth_no_more_than_the_role_its_person_has_now(
    house: House, client: RestClient, reboots: Reboots
) -> None:
    token = client.token(BOB)
    with person_is(house, BOB, role="readonly"):
        answer = client.call("POST", f"/instances/{instance_id(house, 'web-1')}/reboot", token=token)
    assert code(answer) == (403, "FORBIDDEN")
    assert reboots.calls == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("api-1", "its name must be typed"),
        ("db-primary", "a second administrator must approve"),
        ("search-1", "its name must be typed"),
        ("vpn-gateway", "chatops:managed=true"),
        ("load-test", "The instance is stopped"),
    ],
)
def test_what_one_click_could_not_reboot_is_a_conflict_and_on_record(
    house: House, client: RestClient, reboots: Reboots, name: str, words: str
) -> None:
    answer = reboot(house, client, name)
    assert code(answer) == (409, "CONFLICT")
    assert words in message(answer)
    assert ("in Slack" in message(answer)) == ("must" in words)
    assert reboots.calls == 0
    assert reboots.outcomes == ["failed"]
    assert reboots.stored() == []


@pytest.mark.parametrize("protection", ["nonsense", "CLICK", ""])
def test_a_protection_that_is_no_such_word_is_the_strongest(
    house: House, client: RestClient, reboots: Reboots, protection: str
) -> None:
    with tagged(house, "web-1", protection=protection):
        assert code(reboot(house, client)) == (409, "CONFLICT")
    assert reboots.calls == 0


def test_the_kill_switch_is_a_conflict(house: House, client: RestClient, reboots: Reboots) -> None:
    answer = house.invoke(INSTANCES, event(house, client), {"REBOOTS_ENABLED": "false"})
    assert answer["statusCode"] == 409
    assert "switched off" in json.loads(answer["body"])["error"]["message"]
    assert (reboots.calls, reboots.outcomes) == (0, ["failed"])


def test_an_instance_that_is_not_there_is_404_and_on_record(house: House, client: RestClient, reboots: Reboots) -> None:
    assert code(client.post("/instances/i-0123456789abcdef0/reboot", None)) == (404, "NOT_FOUND")
    assert [(row["resourceId"], row["outcome"]) for row in reboots.rows()] == [("i-0123456789abcdef0", "failed")]


def test_B10_a_second_reboot_waits_for_the_first(house: House, client: RestClient, reboots: Reboots) -> None:
    assert reboot(house, client).status_code == 200
    answer = reboot(house, client, who=BOB)
    assert code(answer) == (409, "CONFLICT")
    assert "under way" in message(answer)
    assert reboots.calls == 1
    assert sorted(row["phase"] for row in reboots.stored()) == ["cancelled", "rebooting"], "nothing stays open"


def test_two_reboots_make_the_third_one_a_matter_for_slack(
    house: House, client: RestClient, reboots: Reboots, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_time = time.time
    for minutes in (0, 10):
        monkeypatch.setattr("time.time", lambda: real_time() + minutes * 60)  # noqa: B023
        assert reboot(house, client).status_code == 200
        for row in reboots.stored("lock#"):
            reboots.alter(row["pk"], lockedUntil={"N": "0"})
    answer = reboot(house, client)
    assert code(answer) == (409, "CONFLICT")
    assert "second administrator" in message(answer)
    assert reboots.calls == 2
    assert sorted(row["phase"] for row in reboots.stored()) == ["cancelled", "rebooting", "rebooting"]


@pytest.mark.parametrize("fault", [loses_the_reply, answers(500, "InternalError"), answers(503, "Unavailable")])
def test_W2_a_call_whose_end_nobody_knows_is_sent_once_and_says_not_to_repeat_it(
    house: House, client: RestClient, reboots: Reboots, fault: Fault, key: str
) -> None:
    with aws_fails("ec2.RebootInstances", fault, when=real) as sent:
        house.fresh_containers()
        answers_given = [reboot(house, client, Idempotency_Key=key) for _ in range(2)]
    assert [code(answer) for answer in answers_given] == [(500, "INTERNAL_ERROR")] * 2
    assert {"Do not repeat it before you have looked" in message(answer) for answer in answers_given} == {True}
    assert len(sent) == 1
    assert reboots.outcomes == ["attempted", "outcome_unknown"]


def test_W2_what_nobody_foresaw_says_not_to_repeat_it_and_keeps_its_key(
    house: House, client: RestClient, reboots: Reboots, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    def breaks(*_: object) -> None:
        raise ValueError("s3cret")

    with monkeypatch.context() as patched:
        patched.setattr("bot.services.reboots.Reboots.reboot", breaks)
        answer = reboot(house, client, Idempotency_Key=key)
    assert code(answer) == (500, "INTERNAL_ERROR")
    assert "do not repeat it before you have looked" in message(answer)
    assert "s3cret" not in answer.text
    assert code(reboot(house, client, Idempotency_Key=key)) == (409, "CONFLICT")
    assert reboots.outcomes == ["attempted", "outcome_unknown"]
    assert reboots.calls == 0


@pytest.mark.parametrize("fault", [answers(403, "UnauthorizedOperation"), answers(503, "RequestLimitExceeded")])
def test_W4_a_call_that_ec2_did_not_take_failed_and_may_be_asked_for_again(
    house: House, client: RestClient, reboots: Reboots, fault: Fault
) -> None:
    with aws_fails("ec2.RebootInstances", fault, when=real):
        house.fresh_containers()
        answer = reboot(house, client)
    assert code(answer) == (500, "INTERNAL_ERROR")
    assert "did not happen" in message(answer)
    assert "arn:" not in answer.text
    assert reboots.outcomes == ["attempted", "failed"]
    house.fresh_containers()
    assert reboot(house, client).status_code == 200


@pytest.mark.parametrize("fault", [answers(403, "AccessDenied"), times_out])
def test_a_reboot_role_that_cannot_be_assumed_reboots_nothing(
    house: House, client: RestClient, reboots: Reboots, fault: Fault
) -> None:
    with aws_fails("sts.AssumeRole", fault):
        house.fresh_containers()
        assert code(reboot(house, client)) == (500, "INTERNAL_ERROR")
    assert reboots.calls == 0


@pytest.mark.parametrize("fault", [answers(400, "AccessDeniedException"), times_out])
def test_D1_a_reboot_that_cannot_be_recorded_is_not_done_and_leaves_its_key_free(
    house: House, client: RestClient, reboots: Reboots, fault: Fault, key: str
) -> None:
    with aws_fails("dynamodb.TransactWriteItems", fault):
        house.fresh_containers()
        answer = reboot(house, client, Idempotency_Key=key)
    assert code(answer) == (500, "INTERNAL_ERROR")
    assert "Not done" in message(answer)
    assert reboots.calls == 0
    house.fresh_containers()
    assert reboot(house, client, Idempotency_Key=key).status_code == 200
    assert reboots.calls == 1


@pytest.mark.parametrize("fault", [answers(503, "RequestLimitExceeded"), answers(403, "UnauthorizedOperation")])
def test_W1_a_fleet_that_cannot_be_looked_at_leaves_the_key_free(
    house: House, client: RestClient, reboots: Reboots, fault: Fault, key: str
) -> None:
    path, token = f"/instances/{instance_id(house, 'web-1')}/reboot", client.token(ADA)
    with aws_fails("ec2.DescribeInstances", fault):
        house.fresh_containers()
        answer = client.call("POST", path, token=token, Idempotency_Key=key)
    assert "Ask again in a moment" in message(answer)
    assert reboots.calls == 0
    house.fresh_containers()
    assert client.call("POST", path, token=token, Idempotency_Key=key).status_code == 200
    assert reboots.calls == 1


def test_D2_what_was_done_is_never_said_not_to_be_done_when_the_table_fails_afterwards(
    house: House, client: RestClient, reboots: Reboots, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """From the moment of the call on DynamoDB answers nothing."""
    fails: list[bool] = []
    before = EC2Reboots.reboot

    def then_dark(*given: Any) -> None:
        before(*given)
        fails.append(True)

    monkeypatch.setattr(EC2Reboots, "reboot", then_dark)
    dark = answers(400, "AccessDeniedException")
    with (
        aws_fails("dynamodb.TransactWriteItems", dark, when=lambda _: bool(fails)),
        aws_fails("dynamodb.GetItem", dark, when=lambda _: bool(fails)),
        aws_fails("dynamodb.PutItem", dark, when=lambda _: bool(fails)),
    ):
        house.fresh_containers()
        answer = reboot(house, client, Idempotency_Key=key)
    assert code(answer) == (500, "INTERNAL_ERROR")
    assert "may have been done. Do not repeat it" in message(answer)
    house.fresh_containers()
    assert code(reboot(house, client, Idempotency_Key=key)) == (409, "CONFLICT")
    assert reboots.calls == 1


def test_B2_a_key_answers_as_the_first_time_for_its_person_and_its_instance(
    house: House, client: RestClient, reboots: Reboots, key: str
) -> None:
    first = reboot(house, client, Idempotency_Key=key)
    again = reboot(house, client, Idempotency_Key=key)
    assert (first.status_code, again.status_code, again.json) == (200, 200, first.json)
    assert reboots.calls == 1
    assert code(reboot(house, client, "web-2", Idempotency_Key=key)) == (409, "CONFLICT")
    assert code(reboot(house, client, body={"reason": "x"}, Idempotency_Key=key)) == (409, "CONFLICT")
    assert reboots.calls == 1
    assert reboot(house, client, "web-2", BOB, Idempotency_Key=key).status_code == 200
    assert reboots.calls == 2


def test_C1_a_first_answer_is_not_repeated_to_somebody_demoted_since(
    house: House, client: RestClient, reboots: Reboots, key: str
) -> None:
    assert reboot(house, client, who=BOB, Idempotency_Key=key).status_code == 200
    token = client.token(BOB)
    with person_is(house, BOB, role="readonly"):
        path = f"/instances/{instance_id(house, 'web-1')}/reboot"
        again = client.call("POST", path, token=token, Idempotency_Key=key)
    assert code(again) == (403, "FORBIDDEN")
    assert house.rows()[-1]["action"] == DENIED


def test_a_body_that_names_something_twice_is_refused(house: House, client: RestClient, reboots: Reboots) -> None:
    answer = client.app.test_client().post(
        f"/rest/v1/instances/{instance_id(house, 'web-1')}/reboot",
        data='{"reason": "shown", "reason": "meant"}',
        headers={"Authorization": f"Bearer {client.token(ADA)}", "Content-Type": "application/json"},
    )
    assert code(answer) == (400, "INVALID_REQUEST")
    assert (reboots.calls, house.rows()) == (0, [])


@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "not-keyed"])
def test_B2_the_same_request_in_eight_containers_at_once_reboots_once(
    house: House, client: RestClient, reboots: Reboots, key: str, keyed: bool
) -> None:
    request = event(house, client, key if keyed else None)
    containers = [Function(house.function(INSTANCES), log=lambda line: None) for _ in range(8)]
    try:
        with ThreadPoolExecutor(len(containers)) as pool:
            statuses = list(pool.map(lambda container: container.invoke(request)["statusCode"], containers))
    finally:
        for container in containers:
            container.close()
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    assert reboots.calls == 1


def test_a_function_with_too_little_time_left_to_hear_the_answer_does_not_ask(
    house: House, client: RestClient, reboots: Reboots
) -> None:
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 9_000)
    answer = house.invoke(INSTANCES, event(house, client), context=context)
    assert answer["statusCode"] == 500
    assert "nothing was done" in json.loads(answer["body"])["error"]["message"]
    assert reboots.calls == 0
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 24_000)
    assert house.invoke(INSTANCES, event(house, client), context=context)["statusCode"] == 200


def test_a_reboot_without_a_card_is_followed_until_the_machine_is_back(
    house: House, client: RestClient, reboots: Reboots, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reboot(house, client).status_code == 200
    assert reboots.phase == "rebooting"
    real_time = time.time
    for minutes in range(1, 30):
        monkeypatch.setattr("time.time", lambda: real_time() + minutes * 60)  # noqa: B023
        house.fresh_containers()
        house.sweep()
    assert reboots.phase in ("back", "quiet")
    assert house.sweep()["reboots"] == 0
    assert reboots.news == []
    assert reboots.stored("lock#")[0]["lockedUntil"] <= time.time()


def test_a_reboot_that_stays_down_is_followed_to_that_end(
    house: House, client: RestClient, reboots: Reboots, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reboot(house, client).status_code == 200
    real_time = time.time
    with in_state(house, "web-1", "stopped", 80):
        for minutes in range(1, 30):
            monkeypatch.setattr("time.time", lambda: real_time() + minutes * 60)  # noqa: B023
            house.fresh_containers()
            house.sweep()
    assert reboots.phase == "not_running"
