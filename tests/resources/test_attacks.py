"""What somebody tries who means harm: each is refused in the contract's words, and nothing of it is done."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.house import House
from tests.reboots import Reboots, instance_id
from tests.rest_client import ADA, BOB, PREFIX, RestClient

ENTRY = {"action": "DEPLOY", "resourceType": "DEPLOYMENT", "resourceId": "shop"}
JSON = "application/json"


def send(client: RestClient, path: str, data: bytes | str, *headers: tuple[str, str], method: str = "POST") -> Any:
    bearer = ("Authorization", f"Bearer {client.token(ADA)}")
    return client.app.test_client().open(PREFIX + path, method=method, data=data, headers=[bearer, *headers])


def error(answer: Any) -> tuple[int, str]:
    assert answer.headers["x-request-id"]
    return answer.status_code, json.loads(answer.data)["error"]["code"]


@pytest.mark.parametrize(
    "body",
    [
        '{"reason": "a", "reason": "b"}',
        '{"reason": "\\ud800"}',
        '{"\\ud800": 1}',
        '{"reason": NaN}',
        "[" * 16_000,
        '{"reason": ' * 3_000,
        '{"reason": "' + "x" * 20_000 + '"}',
        "{}{}",
        "\ufeff{}",
        b"\xff\xfe",
        " ",
    ],
    ids=range(11),
)
def test_a_body_that_two_readers_could_read_differently_or_none_at_all_is_refused(
    house: House, client: RestClient, body: bytes | str
) -> None:
    answer = send(client, f"/instances/{instance_id(house, 'web-1')}/reboot", body, ("Content-Type", JSON))
    assert error(answer) == (400, "INVALID_REQUEST")
    assert house.rows() == []


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", "*/*"]
)
def test_a_form_of_another_site_is_refused(house: House, client: RestClient, kind: str) -> None:
    answer = send(client, f"/instances/{instance_id(house, 'web-1')}/reboot", "{}", ("Content-Type", kind))
    assert error(answer) == (400, "INVALID_REQUEST")
    assert house.rows() == []


@pytest.mark.parametrize("same", [True, False])
def test_an_idempotency_key_given_twice_is_refused(house: House, client: RestClient, same: bool) -> None:
    keys = [("Idempotency-Key", "attack-1"), ("Idempotency-Key", "attack-1" if same else "attack-2")]
    answer = send(client, "/audit-logs", json.dumps(ENTRY), ("Content-Type", JSON), *keys)
    assert error(answer) == (400, "INVALID_REQUEST")
    assert house.rows() == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&limit=100",
        "cursor=a&cursor=b",
        "Limit=1",
        "limit=1e1",
        "limit=%D9%A1",
        "userId=%00",
        "userId=a%0D%0Ax",
        "userId=%ED%A0%80",
        "resourceId=" + "a" * 257,
        "action[$ne]=x",
        "cursor=" + quote("../../audit"),
        "startDate=2026-11-01T00:00:00%2B99:99",
        "x" * 3_000 + "=1",
    ],
)
def test_a_query_that_says_something_twice_or_otherwise_is_refused(
    house: House, client: RestClient, query: str
) -> None:
    answer = client.get(f"/audit-logs?{query}")
    assert error(answer) == (400, "INVALID_REQUEST")
    assert len(answer.data) < 2_000
    assert house.rows() == []


def test_no_answer_repeats_what_was_sent_at_length(client: RestClient) -> None:
    answer = send(client, "/audit-logs", json.dumps({**ENTRY, "<script>" + "x" * 9_000: 1}), ("Content-Type", JSON))
    assert error(answer) == (400, "INVALID_REQUEST")
    assert len(answer.data) < 2_000


def test_a_cursor_is_no_good_altered_of_another_resource_or_of_another_person(house: House, client: RestClient) -> None:
    for _ in range(3):
        client.get("/instances?name=web-1")
    path = f"/audit-logs?userId={client.sub(ADA)}&limit=1"
    cursor = client.get(path).json["cursor"]  # type: ignore[index]
    altered = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for address, who in (
        (f"{path}&cursor={altered}", ADA),
        (f"{path}&cursor={cursor}", BOB),
        (f"/instances?cursor={cursor}", ADA),
        (f"/audit-logs?userId={client.sub(ADA)}&outcome=denied&limit=1&cursor={cursor}", ADA),
    ):
        assert error(client.get(address, who)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("name", ["X-Request-Id", "X-Amzn-RequestId", "X-Forwarded-For", "X-Real-Ip"])
def test_who_calls_and_from_where_is_not_the_callers_to_say(house: House, client: RestClient, name: str) -> None:
    answer = client.get("/instances?name=web-1", **{name.replace("-", "_"): "203.0.113.99"})
    assert answer.headers["x-request-id"] != "203.0.113.99"
    row = house.rows()[-1]
    assert (row["ipAddress"], row["correlationId"]) == ("127.0.0.1", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "path", ["/instances/i-0123456789abcdef0%2Freboot", "/instances/..%2Faudit-logs", "/instances/%00"]
)
def test_an_id_is_an_id_however_it_is_encoded(house: House, client: RestClient, path: str) -> None:
    status, code = error(client.get(path))
    assert (status, code) in ((400, "INVALID_REQUEST"), (404, "NOT_FOUND"))
    assert house.rows() == []


def test_a_method_that_the_door_does_not_have_does_nothing(house: House, client: RestClient) -> None:
    path = f"/instances/{instance_id(house, 'web-1')}/reboot"
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        answer = send(client, path, "", method=method)
        assert answer.status_code in (403, 404)
        assert "access-control-allow-origin" not in answer.headers
    tricked = send(client, path, "", ("X-HTTP-Method-Override", "POST"), method="GET")
    assert tricked.status_code in (403, 404)
    assert Reboots(house).calls == 0


def test_a_very_long_user_agent_is_recorded_and_hinders_nothing(house: House, client: RestClient) -> None:
    assert client.get("/instances?name=web-1", User_Agent="=cmd|'x'!A1" * 700).status_code == 200
    assert house.rows()[-1]["userAgent"].startswith("=cmd")
