"""`/audit-logs` through the REST API: who sees what, pages, an entry of one's own, and the same request twice."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.operations import actions
from playground.functions import Function
from tests.faults import answers, aws_fails, loses_the_reply
from tests.house import AUDIT, House
from tests.rest_client import ADA, BOB, CAROL, RestClient

INSTANCE = "i-0123456789abcdef0"
ENTRY = {
    "action": "DEPLOY",
    "resourceType": "EC2_INSTANCE",
    "resourceId": INSTANCE,
    "details": {"version": "1.4", "n": 3},
}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def entries(house: House) -> list[str]:
    return [row["outcome"] for row in house.rows() if row["action"] == "DEPLOY"]


def test_the_audit_has_the_bodies_of_the_contract_and_asking_it_is_recorded(house: House, client: RestClient) -> None:
    client.post("/audit-logs", ENTRY)
    answer = client.get("/audit-logs?action=DEPLOY")
    assert set(answer.json) == {"auditLogs", "cursor", "searchedTo"}  # type: ignore[arg-type]
    newest, oldest = answer.json["auditLogs"]  # type: ignore[index]
    assert (newest["outcome"], oldest["outcome"]) == ("succeeded", "attempted")
    assert newest["details"]["entry"] == {"version": "1.4", "n": 3}
    assert (newest["userId"], newest["userEmail"], newest["source"]) == (client.sub(ADA), ADA, "rest")
    row = house.rows()[-1]
    assert (row["action"], row["resourceId"], row["details"]["query"]) == ("VIEW_AUDIT", "*", {"action": "DEPLOY"})


def test_who_may_only_look_sees_their_own_rows_and_any_instances_and_is_refused_the_rest(
    house: House, client: RestClient
) -> None:
    client.post("/audit-logs", ENTRY)
    client.get("/instances?name=web-1", CAROL)
    own = client.get("/audit-logs", CAROL).json["auditLogs"]  # type: ignore[index]
    assert {row["userEmail"] for row in own} == {CAROL}
    history = client.get(f"/audit-logs?resourceId={INSTANCE}", CAROL).json["auditLogs"]  # type: ignore[index]
    assert {row["userEmail"] for row in history} == {ADA}
    for query in (f"userId={client.sub(ADA)}", "resourceId=*", f"userId={client.sub(ADA)}&action=DEPLOY"):
        assert code(client.get(f"/audit-logs?{query}", CAROL)) == (403, "FORBIDDEN")
        assert house.rows()[-1]["action"] == "ACCESS_DENIED"
    refused = client.get(f"/audit-logs?userId={client.sub(ADA)}&cursor={'0' * 32}", CAROL)
    assert code(refused) == (403, "FORBIDDEN"), "nobody learns whether a cursor is good before they may ask at all"
    assert house.rows()[-1]["action"] == "ACCESS_DENIED"


def test_pages_lose_and_repeat_nothing_while_rows_are_being_written(house: House, client: RestClient) -> None:
    for _ in range(7):
        client.get("/instances?name=web-1", BOB)
    path = f"/audit-logs?userId={client.sub(BOB)}&limit=3"
    stood = [row["auditId"] for row in reversed(house.rows()) if row["userEmail"] == BOB]
    seen: list[str] = []
    page = client.get(path).json
    while page is not None:
        seen += [row["auditId"] for row in page["auditLogs"]]
        client.get("/instances?name=web-1", BOB)
        page = client.get(f"{path}&cursor={page['cursor']}").json if page["cursor"] else None
    assert seen == stood


@pytest.mark.parametrize(("change", "who"), [("", BOB), ("&action=DEPLOY", ADA), ("&startDate=2026-01-01", ADA)])
def test_a_cursor_is_good_for_its_person_and_its_query_alone(client: RestClient, change: str, who: str) -> None:
    for _ in range(3):
        client.get("/instances?name=web-1")
    path = f"/audit-logs?limit=1&userId={client.sub(ADA)}"
    cursor = client.get(path).json["cursor"]  # type: ignore[index]
    assert client.get(f"{path}&cursor={cursor}").status_code == 200
    assert code(client.get(f"{path}{change}&cursor={cursor}", who)) == (404, "NOT_FOUND")


def test_days_and_times_bound_the_rows(client: RestClient) -> None:
    client.get("/instances?name=web-1")
    (row,) = client.get(f"/audit-logs?userId={client.sub(ADA)}").json["auditLogs"]  # type: ignore[index]
    day = row["timestamp"][:10]
    found = {
        query: len(client.get(f"/audit-logs?action=LIST_INSTANCES&{query}").json["auditLogs"])  # type: ignore[index]
        for query in (f"startDate={day}&endDate={day}", f"endDate={day}T00:00:00Z", "startDate=2999-01-01T00:00:00Z")
    }
    assert list(found.values()) == [1, 0, 0]


def test_all_problems_of_a_question_are_named_at_once(client: RestClient) -> None:
    answer = client.get("/audit-logs?startDate=yesterday&endDate=2026-02-30&limit=0&outcome=well&user=x&cursor=%20")
    assert code(answer) == (400, "INVALID_REQUEST")
    for name in ("startDate", "endDate", "limit", "outcome", "user", "cursor"):
        assert f"query.{name}:" in answer.json["error"]["message"]  # type: ignore[index]


def test_an_entry_is_an_admins_and_who_and_when_are_not_theirs_to_say(house: House, client: RestClient) -> None:
    answer = client.post("/audit-logs", ENTRY, User_Agent="deployer/1")
    assert answer.status_code == 201
    attempt, outcome = house.rows()
    for row in (attempt, outcome):
        assert (row["action"], row["resourceType"], row["resourceId"]) == ("DEPLOY", "EC2_INSTANCE", INSTANCE)
        assert (row["userId"], row["source"], row["userAgent"]) == (client.sub(ADA), "rest", "deployer/1")
        assert row["correlationId"] == answer.json["correlationId"]  # type: ignore[index]
        assert row["details"]["byHand"] is True
    assert (attempt["outcome"], outcome["outcome"]) == ("attempted", "succeeded")
    for name in ("userId", "userEmail", "timestamp", "auditId", "source", "outcome"):
        forged = client.post("/audit-logs", {**ENTRY, name: "forged"})
        assert code(forged) == (400, "INVALID_REQUEST")
    assert len(house.rows()) == 2


def test_nobody_without_the_role_records_an_entry(house: House, client: RestClient) -> None:
    assert code(client.post("/audit-logs", ENTRY, CAROL)) == (403, "FORBIDDEN")
    (row,) = house.rows()
    assert (row["action"], row["details"]["operation"]) == ("ACCESS_DENIED", "RECORD_ENTRY")


@pytest.mark.parametrize("action", actions())
def test_an_entry_cannot_pass_for_what_the_product_did(house: House, client: RestClient, action: str) -> None:
    assert code(client.post("/audit-logs", {**ENTRY, "action": action})) == (400, "INVALID_REQUEST")
    assert house.rows() == []


@pytest.mark.parametrize(
    "change",
    [
        {"action": "deploy"},
        {"action": "DEPLOY\n"},
        {"resourceId": "a b"},
        {"resourceType": "MOON"},
        {"details": {"": "x"}},
        {"details": {"x": [1]}},
        {"details": {"x": 10**40}},
        {"details": {"x": "y" * 513}},
        {"details": "x"},
    ],
)
def test_an_entry_of_another_form_is_refused(house: House, client: RestClient, change: dict[str, Any]) -> None:
    assert code(client.post("/audit-logs", {**ENTRY, **change})) == (400, "INVALID_REQUEST")
    assert house.rows() == []


def test_the_same_request_under_the_same_key_is_done_once_and_answered_as_the_first_time(
    house: House, client: RestClient
) -> None:
    first = client.post("/audit-logs", ENTRY, Idempotency_Key="deploy-7")
    house.fresh_containers()
    again = client.post("/audit-logs", dict(reversed(ENTRY.items())), Idempotency_Key="deploy-7")
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert entries(house) == ["attempted", "succeeded"]


def test_another_request_under_the_same_key_is_a_conflict(house: House, client: RestClient) -> None:
    client.post("/audit-logs", ENTRY, Idempotency_Key="deploy-8")
    answer = client.post("/audit-logs", {**ENTRY, "resourceId": "other"}, Idempotency_Key="deploy-8")
    assert code(answer) == (409, "CONFLICT")
    assert entries(house) == ["attempted", "succeeded"]


def test_a_key_is_its_persons_own(house: House, client: RestClient) -> None:
    client.post("/audit-logs", ENTRY, Idempotency_Key="deploy-9")
    assert client.post("/audit-logs", {**ENTRY, "resourceId": "o"}, BOB, Idempotency_Key="deploy-9").status_code == 201
    assert entries(house) == ["attempted", "succeeded"] * 2


def test_a_key_is_free_again_after_a_day(house: House, client: RestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    client.post("/audit-logs", ENTRY, Idempotency_Key="deploy-10")
    token, later = client.token(ADA), time.time() + 86_401
    with monkeypatch.context() as patched:
        patched.setattr("bot.wiring.resource_wiring.epoch", lambda: later)
        house.fresh_containers()
        answer = client.call("POST", "/audit-logs", body=ENTRY, token=token, Idempotency_Key="deploy-10")
    assert answer.status_code == 201
    assert entries(house) == ["attempted", "succeeded"] * 2


def test_a_request_that_did_nothing_leaves_its_key_free(house: House, client: RestClient) -> None:
    table = house.environment["AUDIT_TABLE_NAME"].encode()
    with aws_fails("dynamodb.PutItem", answers(400, "AccessDeniedException"), when=lambda sent: table in sent):
        house.fresh_containers()
        assert client.post("/audit-logs", ENTRY, Idempotency_Key="deploy-11").status_code == 500
    house.fresh_containers()
    assert client.post("/audit-logs", ENTRY, Idempotency_Key="deploy-11").status_code == 201
    assert entries(house) == ["attempted", "succeeded"]


def test_a_request_whose_end_nobody_knows_is_not_run_again(
    house: House, client: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("bot.services.gate.Gate._change", dies)
        assert client.post("/audit-logs", ENTRY, Idempotency_Key="deploy-12").status_code == 500
    assert code(client.post("/audit-logs", ENTRY, Idempotency_Key="deploy-12")) == (409, "CONFLICT")
    assert entries(house) == []


def test_a_claim_whose_reply_was_lost_is_known_for_ones_own(house: House, client: RestClient) -> None:
    with aws_fails("dynamodb.PutItem", loses_the_reply, times=1, when=lambda sent: b"request#" in sent):
        house.fresh_containers()
        assert client.post("/audit-logs", ENTRY, Idempotency_Key="deploy-13").status_code == 201
    assert entries(house) == ["attempted", "succeeded"]


def test_B2_the_same_request_in_eight_containers_at_once_is_done_once(house: House, client: RestClient) -> None:
    request = {
        "resource": "/audit-logs",
        "path": "/audit-logs",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json", "Idempotency-Key": "deploy-14"},
        "requestContext": {
            "requestId": "r",
            "authorizer": {"userId": client.sub(ADA), "username": client.sub(ADA)},
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": json.dumps(ENTRY),
    }
    containers = [Function(house.function(AUDIT), log=lambda line: None) for _ in range(8)]
    try:
        with ThreadPoolExecutor(len(containers)) as pool:
            list(pool.map(lambda container: container.invoke({**request, "body": "{"}), containers))
            statuses = list(pool.map(lambda container: container.invoke(request)["statusCode"], containers))
    finally:
        for container in containers:
            container.close()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert entries(house) == ["attempted", "succeeded"]


@pytest.mark.parametrize("key", ["", "a b", "é", "k" * 129])
def test_a_key_of_another_form_is_refused(house: House, client: RestClient, key: str) -> None:
    answer = client.post("/audit-logs", ENTRY, Idempotency_Key=key.encode().decode("latin-1"))
    assert code(answer) == (400, "INVALID_REQUEST")
    assert house.rows() == []


def test_an_audit_that_does_not_answer_is_an_error_and_never_an_empty_list(house: House, client: RestClient) -> None:
    with aws_fails("dynamodb.Query", answers(400, "ProvisionedThroughputExceededException")):
        house.fresh_containers()
        answer = client.get("/audit-logs")
    assert code(answer) == (500, "INTERNAL_ERROR")
    assert house.rows()[-1]["outcome"] == "failed"
