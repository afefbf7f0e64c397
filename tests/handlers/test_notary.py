"""The notary through its door: the table's real stream, and the schedule."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.tampering import suspicion
from playground.functions import Function
from playground.schedule import Schedule, event, seconds_until
from playground.stream import StreamMapping
from playground.template import TemplateError
from tests.audit_tables import item
from tests.faults import answers, aws_fails
from tests.house import NOTARY, House

HOURLY = event("us-east-1", 0)


@pytest.fixture
def stream(house: House) -> StreamMapping:
    """What the notary is fed from now on: what earlier tests did to the table has passed by."""
    passing = StreamMapping(house.function(NOTARY), lambda event: {"batchItemFailures": []})
    while passing.poll_once():
        pass
    forget(house, "findings/")
    passing._invoke = lambda event: house.invoke(NOTARY, event)
    return passing


def forget(house: House, prefix: str) -> None:
    s3, bucket = house.client("s3"), house.environment["DIGEST_BUCKET_NAME"]
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])


def findings(house: House) -> list[dict[str, Any]]:
    s3, bucket = house.client("s3"), house.environment["DIGEST_BUCKET_NAME"]
    entries = s3.list_objects_v2(Bucket=bucket, Prefix="findings/").get("Contents", [])
    return [json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()) for entry in entries]


def table_of(house: House) -> tuple[Any, str]:
    return house.client("dynamodb"), house.environment["AUDIT_TABLE_NAME"]


def key_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("userId", "timestamp")}


def now() -> datetime:
    return datetime.now(UTC)


def test_what_people_do_all_day_is_no_finding(house: House, stream: StreamMapping, log: Callable[[], str]) -> None:
    house.say("list")
    house.say("list", "U0DAVE")
    assert stream.poll_once() == 2
    assert findings(house) == []
    assert "tampered" not in log()


def test_D7_an_edited_row_is_reported_within_its_hour(
    house: House, stream: StreamMapping, log: Callable[[], str]
) -> None:
    house.say("list", "U0DAVE")
    (row,) = house.rows()
    dynamodb, table = table_of(house)
    dynamodb.update_item(
        TableName=table,
        Key={"userId": {"S": row["userId"]}, "timestamp": {"S": row["timestamp"]}},
        UpdateExpression="SET outcome = :is",
        ExpressionAttributeValues={":is": {"S": "succeeded"}},
    )
    stream.poll_once()
    (found,) = findings(house)
    assert (found["kind"], found["audit_id"], found["note"]) == ("edited", row["auditId"], "changed: outcome")
    assert '"message":"audit tampered with"' in log()
    assert "not_linked" not in log(), "what the row says stays in the table"


def test_D7_a_put_over_a_row_is_an_edit(house: House, stream: StreamMapping) -> None:
    dynamodb, table = table_of(house)
    row = item(1, now())
    dynamodb.put_item(TableName=table, Item=row)
    dynamodb.put_item(TableName=table, Item={**row, "auditId": {"S": "another"}})
    stream.poll_once()
    assert [found["kind"] for found in findings(house)] == ["edited"]


def test_D7_a_deleted_row_is_reported(house: House, stream: StreamMapping) -> None:
    dynamodb, table = table_of(house)
    row = item(1, now())
    dynamodb.put_item(TableName=table, Item=row)
    dynamodb.delete_item(TableName=table, Key=key_of(row))
    stream.poll_once()
    (found,) = findings(house)
    assert (found["kind"], found["audit_id"], found["timestamp"]) == ("deleted", "audit-1", row["timestamp"]["S"])


@pytest.mark.parametrize("moved", [timedelta(minutes=-20), timedelta(hours=3)])
def test_D7_a_row_that_comes_with_another_time_is_reported_as_back_dated(
    house: House, stream: StreamMapping, moved: timedelta
) -> None:
    dynamodb, table = table_of(house)
    dynamodb.put_item(TableName=table, Item=item(1, now() + moved))
    stream.poll_once()
    (found,) = findings(house)
    assert found["kind"] == "back-dated"
    assert found["note"].startswith("it was written at ")


@pytest.mark.parametrize("changes", [{"day": "2020-01-01"}, {"day": None}])
def test_D7_a_row_that_hides_from_the_days_is_reported(
    house: House, stream: StreamMapping, changes: dict[str, Any]
) -> None:
    dynamodb, table = table_of(house)
    dynamodb.put_item(TableName=table, Item=item(1, now(), **changes))
    stream.poll_once()
    assert [found["note"] for found in findings(house)] == ["its day is not that of its time"]


def removal(by: dict[str, str] | None, keep: timedelta) -> dict[str, Any]:
    at = now()
    row = item(1, at - timedelta(days=30), keep)
    change = {"Keys": key_of(row), "OldImage": row, "ApproximateCreationDateTime": at.timestamp()}
    identity = {"userIdentity": by} if by else {}
    return {"eventID": "1", "eventName": "REMOVE", "dynamodb": change, **identity}


TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


@pytest.mark.parametrize("ttl", ["1.5", "1E+125", "-3"])
def test_D7_no_time_to_live_keeps_a_removal_from_being_judged(ttl: str) -> None:
    record = removal(None, timedelta(days=29))
    record["dynamodb"]["OldImage"]["ttl"] = {"N": ttl}
    found = suspicion(record)
    assert found
    assert found.kind.value == "deleted"


def test_what_dynamodb_removes_after_its_time_is_no_finding() -> None:
    assert suspicion(removal(TTL, timedelta(days=29))) is None


@pytest.mark.parametrize("by", [None, {}, {"type": "Service", "principalId": "other"}, {**TTL, "type": "AssumedRole"}])
def test_D7_who_else_removes_a_row_is_reported_though_it_had_expired(by: dict[str, str] | None) -> None:
    found = suspicion(removal(by, timedelta(days=29)))
    assert found is not None
    assert found.kind == "deleted"


def test_D7_a_row_removed_before_its_time_is_reported_whoever_did_it() -> None:
    assert suspicion(removal(TTL, timedelta(days=31))) is not None


def test_a_record_that_cannot_be_kept_comes_again_and_the_finding_is_one(house: House, stream: StreamMapping) -> None:
    dynamodb, table = table_of(house)
    row = item(1, now())
    dynamodb.put_item(TableName=table, Item=row)
    dynamodb.delete_item(TableName=table, Key=key_of(row))
    house.fresh_containers()
    with aws_fails("s3.PutObject", answers(500, "InternalError")):
        assert stream.poll_once() == 0
    house.fresh_containers()
    assert stream.poll_once() == 2
    assert len(findings(house)) == 1


def test_a_finding_is_part_of_what_verification_says(house: House, stream: StreamMapping) -> None:
    forget(house, "digests/")
    dynamodb, table = table_of(house)
    dynamodb.put_item(TableName=table, Item=item(1, now() - timedelta(hours=1, minutes=10)))
    stream.poll_once()
    house.invoke(NOTARY, HOURLY)
    answer = house.say("audit verify")
    assert "1 finding in" in answer.text
    assert "seen as it happened" in json.dumps(answer.blocks)
    forget(house, "digests/")
    forget(house, "findings/")


def test_an_hour_that_cannot_be_sealed_fails_the_function_and_is_logged(house: House, log: Callable[[], str]) -> None:
    forget(house, "digests/")
    house.fresh_containers()
    with aws_fails("kms.Sign", answers(400, "KMSInternalException")), pytest.raises(Exception, match="KMSInternal"):
        house.invoke(NOTARY, HOURLY)
    house.fresh_containers()
    assert '"message":"hours not sealed"' in log()
    assert '"message":"hour sealed"' not in log()
    assert house.invoke(NOTARY, HOURLY) == {"sealed": 1}
    assert '"message":"hour sealed"' in log()  # what the alarm NotaryStopped counts
    forget(house, "digests/")


def test_the_notary_works_in_a_process_with_nothing_but_its_own_environment(house: House) -> None:
    forget(house, "digests/")
    with Function(house.function(NOTARY)) as notary:
        assert notary.invoke(HOURLY) == {"sealed": 1}
        assert notary.invoke(HOURLY) == {"sealed": 0}
    forget(house, "digests/")


@pytest.fixture
def called() -> list[dict[str, Any]]:
    return []


def test_a_schedule_calls_at_the_start_and_stops(house: House, called: list[dict[str, Any]]) -> None:
    def invoke(event: dict[str, Any]) -> None:
        called.append(event)

    spec = replace(house.function(NOTARY))
    (expression,) = spec.schedules
    schedule = Schedule(expression, spec, invoke).start()
    deadline = time.monotonic() + 10
    while not called:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    schedule.stop()
    assert called[0]["detail-type"] == "Scheduled Event"


@pytest.mark.parametrize(
    ("expression", "now", "seconds"),
    [
        ("cron(10 * * * ? *)", 0, 600),
        ("cron(10 * * * ? *)", 600, 3600),
        ("cron(10 * * * ? *)", 7200 + 601, 3599),
        ("rate(1 minute)", 5, 60),
        ("rate(2 hours)", 5, 7200),
    ],
)
def test_the_next_call_is_at_the_next_time_of_the_expression(expression: str, now: float, seconds: float) -> None:
    assert seconds_until(expression, now) == seconds


def test_a_rate_may_run_in_shorter_minutes_and_an_hours_minute_may_not() -> None:
    assert seconds_until("rate(2 minutes)", 5, minute=3) == 6
    assert seconds_until("cron(10 * * * ? *)", 0, minute=3) == 600


@pytest.mark.parametrize("expression", ["cron(0 12 * * ? *)", "rate(1 day)", "at(2026-01-01)", ""])
def test_a_schedule_that_cannot_be_kept_is_refused(expression: str) -> None:
    with pytest.raises(TemplateError):
        seconds_until(expression, 0)
