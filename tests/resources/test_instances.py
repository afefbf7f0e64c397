"""`/instances` through the REST API: filters, pages, refusals, and what is recorded of each."""

import json
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import quote

import pytest

from bot.metric_series import GROUPS, RANGES
from bot.resources.metrics import Group, Range
from bot.rest import MAX_BODY
from tests.faults import answers, aws_fails, times_out
from tests.house import INSTANCES, House
from tests.rest_client import ADA, BOB, CAROL, RestClient

WEB = "/instances?name=web-1"


@pytest.fixture
def many(house: House) -> Iterator[None]:
    """A hundred more instances: three pages and a bit."""
    ec2 = house.client("ec2")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Paged", "Value": "yes"}]}]
    made = ec2.run_instances(ImageId="ami-12345678", MinCount=230, MaxCount=230, TagSpecifications=tags)
    yield
    house.unlaunch(made["ReservationId"])


def body(answer: Any) -> dict[str, Any]:
    assert answer.headers["x-request-id"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    content: dict[str, Any] = answer.json
    return content


def test_a_listing_has_the_bodies_of_the_contract_and_is_recorded_with_its_origin(
    house: House, client: RestClient
) -> None:
    answer = client.get("/instances?state=running&tag=Env=prod&sort=launched", User_Agent="deployer/1.2")
    found = body(answer)
    assert answer.status_code == 200
    assert set(found) == {"instances", "cursor", "failures"}
    assert found["cursor"] is None
    assert found["failures"] == []
    assert found["instances"]
    assert {(one["state"], one["tags"]["Env"]) for one in found["instances"]} == {("running", "prod")}
    times = [one["launchTime"] for one in found["instances"]]
    assert times == sorted(times, reverse=True)
    (row,) = house.rows()
    assert (row["action"], row["outcome"], row["source"]) == ("LIST_INSTANCES", "succeeded", "rest")
    assert (row["userId"], row["userEmail"], row["resourceId"]) == (client.sub(ADA), ADA, "*")
    assert (row["ipAddress"], row["userAgent"]) == ("127.0.0.1", "deployer/1.2")
    assert row["correlationId"] == answer.headers["x-request-id"] == answer.headers["x-amzn-RequestId"]
    assert row["details"]["tags"] == [["Env", "prod"]]


def test_one_instance_is_the_one_of_the_listing(house: House, client: RestClient) -> None:
    (web,) = body(client.get(WEB, CAROL))["instances"]
    answer = client.get(f"/instances/{web['instanceId']}", CAROL)
    assert body(answer) == {"instance": web}
    assert house.rows()[-1]["action"] == "GET_INSTANCE"
    assert house.rows()[-1]["resourceId"] == web["instanceId"]


def test_an_instance_that_is_not_there_is_404_and_recorded(house: House, client: RestClient) -> None:
    answer = client.get("/instances/i-0123456789abcdef0")
    assert answer.status_code == 404
    assert body(answer)["error"]["code"] == "NOT_FOUND"
    assert [row["resourceId"] for row in house.rows()] == ["i-0123456789abcdef0"]


def test_all_problems_of_a_request_are_named_at_once_and_nothing_is_recorded(house: House, client: RestClient) -> None:
    answer = client.get("/instances?stat=running&state=up&sort=size&region=moon&cursor=%2F&cursor=x&tag=%3Dprod")
    message = body(answer)["error"]["message"]
    assert answer.status_code == 400
    for name in ("query.stat:", "query.state.0:", "query.sort:", "query.region.0:", "query.cursor:", "query.tag.0:"):
        assert name in message
    assert house.rows() == []


@pytest.mark.parametrize(
    "instance_id",
    ["i-123", "i-0123456789ABCDEF0", "i-0123456789abcdef0%0a", "web-1", "i-0123456789abcdef٣", "..%2Finstances", "i-"],
)
def test_N3_an_id_that_is_none_is_refused(house: House, client: RestClient, instance_id: str) -> None:
    assert client.get(f"/instances/{quote(instance_id, safe='%')}").status_code in (400, 404)
    assert house.rows() == []


def test_a_region_that_is_not_looked_at_is_named(client: RestClient) -> None:
    answer = client.get("/instances?region=eu-north-1")
    assert answer.status_code == 400
    assert "us-east-1" in body(answer)["error"]["message"]


@pytest.mark.usefixtures("many")
def test_paging_loses_and_repeats_nothing(client: RestClient) -> None:
    path, seen, pages = "/instances?tag=Paged", [], 0
    answer = body(client.get(path))
    while True:
        pages += 1
        seen += [one["instanceId"] for one in answer["instances"]]
        if answer["cursor"] is None:
            break
        answer = body(client.get(f"{path}&cursor={answer['cursor']}"))
    assert pages == 3
    assert len(seen) == len(set(seen)) == 230


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("path", "who"), [("/instances?tag=Paged", BOB), ("/instances?tag=Env", ADA)])
def test_a_cursor_is_good_for_its_person_and_its_query_alone(client: RestClient, path: str, who: str) -> None:
    cursor = body(client.get("/instances?tag=Paged"))["cursor"]
    assert client.get(f"/instances?tag=Paged&cursor={cursor}").status_code == 200
    answer = client.get(f"{path}&cursor={cursor}", who)
    assert answer.status_code == 404
    assert body(answer)["error"]["code"] == "NOT_FOUND"


@pytest.mark.usefixtures("many")
def test_a_page_whose_cursor_cannot_be_kept_is_not_taken_for_the_last_one(house: House, client: RestClient) -> None:
    with aws_fails("dynamodb.PutItem", answers(400, "AccessDeniedException"), when=lambda sent: b"page#" in sent):
        house.fresh_containers()
        answer = client.get("/instances?tag=Paged")
    assert answer.status_code == 500


def test_D1_a_listing_that_cannot_be_recorded_is_not_shown(house: House, client: RestClient) -> None:
    with aws_fails("dynamodb.PutItem", answers(400, "AccessDeniedException")):
        house.fresh_containers()
        answer = client.get(WEB)
    assert answer.status_code == 500
    assert body(answer) == {
        "error": {
            "code": "INTERNAL_ERROR",
            "message": "Not done: it could not be recorded. Ask again in a moment.",
        }
    }


@pytest.mark.parametrize("fault", [answers(503, "Unavailable"), times_out])
def test_W3_a_fleet_that_does_not_answer_is_an_error_and_never_an_empty_list(
    house: House, client: RestClient, fault: Any
) -> None:
    with aws_fails("ec2.DescribeInstances", fault):
        house.fresh_containers()
        answer = client.get("/instances")
    assert answer.status_code == 500
    assert "us-east-1" in body(answer)["error"]["message"]
    assert house.rows()[-1]["outcome"] == "failed"


def test_what_nobody_foresaw_is_told_by_the_requests_id_and_nothing_else(
    house: House, client: RestClient, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("s3cret of somebody")

    monkeypatch.setattr("bot.services.instances.filters_of", broken)
    answer = client.get("/instances")
    error = body(answer)["error"]
    assert (answer.status_code, error["code"]) == (500, "INTERNAL_ERROR")
    assert error["message"].endswith(f"Reference: {answer.headers['x-request-id']}")
    assert "s3cret" not in answer.text + log()
    assert "ValueError" in log()


def test_settings_that_are_missing_close_the_function(house: House, log: Any) -> None:
    event = {"httpMethod": "GET", "path": "/instances", "requestContext": {"requestId": "r-1"}}
    answer = house.invoke(INSTANCES, event, {"AUDIT_TABLE_NAME": None})
    assert answer["statusCode"] == 500
    assert "r-1" in answer["body"]
    assert "AUDIT_TABLE_NAME" not in answer["body"]
    assert "AUDIT_TABLE_NAME" in log()


@pytest.mark.parametrize("context", [{}, {"authorizer": {}}, {"authorizer": {"userId": "", "username": ""}}])
def test_J20_without_an_authorizers_context_nobody_is_anybody(house: House, context: dict[str, Any]) -> None:
    event = {"httpMethod": "GET", "path": "/instances", "headers": {}, "requestContext": {"requestId": "r", **context}}
    answer = house.invoke(INSTANCES, event)
    assert answer["statusCode"] == 403
    (row,) = house.rows()
    assert (row["action"], row["outcome"]) == ("ACCESS_DENIED", "denied")


@pytest.mark.parametrize("path", ["/", "/instances/", "/instance", "/instances/i-0123456789abcdef0/stop", "/audit"])
def test_what_is_not_there_is_404_in_our_shape(client: RestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "NOT_FOUND"  # type: ignore[index]


def test_a_listing_takes_no_body_that_cannot_be_read(client: RestClient) -> None:
    for sent, kind in (("{", "application/json"), ('"x"' * MAX_BODY, "application/json"), ("a=b", "text/plain")):
        answer = client.app.test_client().get(
            "/rest/v1/instances",
            data=sent,
            headers={"Authorization": f"Bearer {client.token(ADA)}", "Content-Type": kind},
        )
        assert (answer.status_code, json.loads(answer.data)["error"]["code"]) == (400, "INVALID_REQUEST")


def test_metrics_are_the_numbers_of_the_chart_and_looking_is_recorded(house: House, client: RestClient) -> None:
    (web,) = body(client.get(WEB))["instances"]
    answer = client.get(f"/instances/{web['instanceId']}/metrics?group=cpu&range=3h", CAROL)
    assert answer.status_code == 200
    found = body(answer)
    assert {(one["metric"], one["statistic"], one["unit"]) for one in found["metrics"]} == {
        ("CPUUtilization", "Average", "Percent"),
        ("CPUUtilization", "Maximum", "Percent"),
    }
    for one in found["metrics"]:
        times = [point["timestamp"] for point in one["points"]]
        assert times == sorted(times)
        assert times
    row = house.rows()[-1]
    assert (row["action"], row["resourceId"], row["userEmail"]) == ("VIEW_METRICS", web["instanceId"], CAROL)
    assert row["details"] == {"group": "cpu", "range": "3h"}


def test_metrics_of_an_instance_that_is_not_there_are_404_and_recorded(house: House, client: RestClient) -> None:
    assert client.get("/instances/i-0123456789abcdef0/metrics").status_code == 404
    assert [(row["action"], row["outcome"]) for row in house.rows()] == [("VIEW_METRICS", "failed")]


def test_the_words_for_metrics_are_those_of_the_command() -> None:
    assert get_args(Group) == tuple(GROUPS)
    assert get_args(Range) == tuple(RANGES)


def test_a_cloudwatch_that_does_not_answer_is_named(house: House, client: RestClient) -> None:
    (web,) = body(client.get(WEB))["instances"]
    with aws_fails("cloudwatch.GetMetricData", answers(503, "InternalServiceFault")):
        house.fresh_containers()
        answer = client.get(f"/instances/{web['instanceId']}/metrics")
    assert answer.status_code == 500
    assert "CloudWatch does not answer in us-east-1" in body(answer)["error"]["message"]
