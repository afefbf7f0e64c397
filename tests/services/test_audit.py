"""The audit store: nothing lost, nothing overwritten, nothing half said."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer

from bot.errors import ConditionsFailedError, NotRecordedError
from bot.models import Actor, AuditEntry, Origin, Outcome, Role, Source
from bot.services.audit import Audit, timestamp
from playground.aws import LocalAws
from tests.faults import answers, aws_fails, loses_the_reply, times_out

INSTANT = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ADA = Actor("sub-ada", "ada@playground.example", Role.ADMIN, Origin(Source.SLACK, "correlation"))


def connect(url: str) -> Any:
    session = boto3.Session("AKIALOCALTESTS", "local", region_name="us-east-1")  # of its own: faults reach new ones
    return session.client("dynamodb", endpoint_url=url)


def entry(**changes: Any) -> AuditEntry:
    fields = {"actor": ADA, "action": "LIST_INSTANCES", "resource_type": "EC2_INSTANCE", "resource_id": "*"}
    return AuditEntry(**{**fields, "outcome": Outcome.SUCCEEDED, "details": {}, **changes})


@pytest.fixture
def table(aws: LocalAws) -> Iterator[str]:
    dynamodb = connect(aws.url)
    name = "audit-alone"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "userId", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "userId", "AttributeType": "S"},
            {"AttributeName": "timestamp", "AttributeType": "S"},
        ],
    )
    yield name
    dynamodb.delete_table(TableName=name)


def rows(aws: LocalAws, table: str) -> list[dict[str, Any]]:
    read = TypeDeserializer().deserialize
    pages = connect(aws.url).get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"]]
    found = [{name: read(value) for name, value in item.items()} for item in items]
    return sorted(found, key=lambda row: row["timestamp"])


def at_the_same_instant(url: str, table: str, count: int) -> list[str]:
    audit = Audit(connect(url), table, 30, lambda: INSTANT)
    written = []
    for _ in range(count):
        row = entry()
        audit.record(row)
        written.append(row.audit_id)
    return written


def test_D4_a_thousand_rows_in_one_instant_are_a_thousand_rows(aws: LocalAws, table: str) -> None:
    with ProcessPoolExecutor(8, mp_context=get_context("spawn")) as pool:
        writers = [pool.submit(at_the_same_instant, aws.url, table, 125) for _ in range(8)]
        written = {audit_id for writer in writers for audit_id in writer.result()}
    kept = rows(aws, table)
    assert len(written) == len(kept) == 1000
    assert {row["auditId"] for row in kept} == written
    assert all(row["timestamp"].startswith("2026-11-22T12:00:00.") for row in kept)


def test_D4_two_rows_of_one_instant_are_a_microsecond_apart(aws: LocalAws, table: str) -> None:
    for _ in range(2):
        Audit(connect(aws.url), table, 30, lambda: INSTANT).record(entry())
    assert [row["timestamp"] for row in rows(aws, table)] == [
        "2026-11-22T12:00:00.000000Z",
        "2026-11-22T12:00:00.000001Z",
    ]


def test_D5_the_same_entry_twice_is_one_row(aws: LocalAws, table: str) -> None:
    row = entry()
    for _ in range(2):
        Audit(connect(aws.url), table, 30, lambda: INSTANT).record(row)
    assert len(rows(aws, table)) == 1


def test_D5_another_entry_under_the_same_key_is_kept_as_well(aws: LocalAws, table: str) -> None:
    for detail in ("one", "two"):
        Audit(connect(aws.url), table, 30, lambda: INSTANT).record(entry(details={"detail": detail}))
    assert [row["details"]["detail"] for row in rows(aws, table)] == ["one", "two"]


def test_D5_a_put_whose_reply_was_lost_is_one_row(aws: LocalAws, table: str) -> None:
    with aws_fails("dynamodb.PutItem", loses_the_reply, times=1) as lost:
        Audit(connect(aws.url), table, 30, lambda: INSTANT).record(entry())
    assert len(lost) == 1
    assert len(rows(aws, table)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        answers(400, "ProvisionedThroughputExceededException"),
        answers(400, "AccessDeniedException"),
        answers(400, "ResourceNotFoundException"),
        answers(500, "InternalServerError"),
        times_out,
    ],
)
def test_D1_a_row_that_cannot_be_written_is_said_and_not_swallowed(aws: LocalAws, table: str, fault: Any) -> None:
    with aws_fails("dynamodb.PutItem", fault):
        audit = Audit(connect(aws.url), table, 30, lambda: INSTANT)
        with pytest.raises(NotRecordedError):
            audit.record(entry())
    assert rows(aws, table) == []


def test_D6_a_throttled_partition_is_tried_again_before_giving_up(aws: LocalAws, table: str) -> None:
    throttled = answers(400, "ThrottlingException")
    with aws_fails("dynamodb.PutItem", throttled, times=1) as failed:
        Audit(connect(aws.url), table, 30, lambda: INSTANT).record(entry())
    assert len(failed) == len(rows(aws, table)) == 1


def test_D6_half_a_megabyte_of_details_is_cut_and_its_hash_kept(aws: LocalAws, table: str) -> None:
    details = {"text": "ж" * 250_000, "n": 1}
    whole = json.dumps(details, ensure_ascii=False, sort_keys=True).encode()
    Audit(connect(aws.url), table, 30, lambda: INSTANT).record(entry(details=details))
    (row,) = rows(aws, table)
    kept = row["details"]
    assert kept["truncated"] is True
    assert (kept["bytes"], kept["sha256"]) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert whole.decode().startswith(kept["head"])


def test_D6_every_other_field_is_bounded_too(aws: LocalAws, table: str) -> None:
    long = "i-" + "f" * 100_000
    origin = Origin(Source.SLACK, "correlation", user_agent=long)
    actor = Actor("sub-ada", None, Role.ADMIN, origin)
    Audit(connect(aws.url), table, 30, lambda: INSTANT).record(entry(actor=actor, resource_id=long))
    (row,) = rows(aws, table)
    for name in ("resourceId", "userAgent"):
        assert len(row[name].encode()) < 2048  # a key of an index
        assert row[name].endswith(hashlib.sha256(long.encode()).hexdigest())


def test_details_of_any_json_shape_are_kept_and_lone_surrogates_do_no_harm(aws: LocalAws, table: str) -> None:
    details = {"list": [1, 2.5, None, True, {"deep": ["x"]}], "text": "a\ud800b", "empty": ""}
    Audit(connect(aws.url), table, 30, lambda: INSTANT).record(entry(details=details))
    (row,) = rows(aws, table)
    assert row["details"]["text"] == "a?b"
    assert [str(value) for value in row["details"]["list"][:3]] == ["1", "2.5", "None"]


def test_retention_is_a_time_to_live_in_epoch_seconds(aws: LocalAws, table: str) -> None:
    Audit(connect(aws.url), table, 7, lambda: INSTANT).record(entry())
    (row,) = rows(aws, table)
    assert row["ttl"] == int((INSTANT + timedelta(days=7)).timestamp())


def test_the_sort_key_always_has_six_digits_so_that_text_order_is_time_order() -> None:
    moments = [INSTANT + timedelta(microseconds=step) for step in (0, 1, 10, 499_999, 500_000, 1_000_000)]
    keys = [timestamp(moment) for moment in moments]
    assert keys == sorted(keys)
    assert {len(key) for key in keys} == {27}


def beside(table: str, key: str, condition: str = "attribute_not_exists(userId)") -> dict[str, Any]:
    """A change that is to happen together with a row; it lives in the same table to need no second one."""
    item = {"userId": {"S": key}, "timestamp": {"S": "beside"}}
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": condition}}


def test_a_row_and_a_change_are_both_there(aws: LocalAws, table: str) -> None:
    Audit(connect(aws.url), table, 30, lambda: INSTANT).record_with(entry(), [beside(table, "claim")])
    assert {row["userId"] for row in rows(aws, table)} == {"sub-ada", "claim"}


def test_a_change_whose_condition_fails_takes_the_row_with_it(aws: LocalAws, table: str) -> None:
    audit = Audit(connect(aws.url), table, 30, lambda: INSTANT)
    changes = [beside(table, "free"), beside(table, "taken", "attribute_exists(userId)")]
    with pytest.raises(ConditionsFailedError) as caught:
        audit.record_with(entry(), changes)
    assert caught.value.codes == ("None", "ConditionalCheckFailed")
    assert rows(aws, table) == []


def test_D5_a_row_with_a_change_moves_on_where_another_has_its_key(aws: LocalAws, table: str) -> None:
    Audit(connect(aws.url), table, 30, lambda: INSTANT).record(entry())
    Audit(connect(aws.url), table, 30, lambda: INSTANT).record_with(entry(), [beside(table, "claim")])
    first, second = [row["timestamp"] for row in rows(aws, table) if row["userId"] == "sub-ada"]
    assert first < second


@pytest.mark.parametrize("fault", [answers(400, "ThrottlingException"), answers(500, "InternalServerError"), times_out])
def test_a_transaction_that_dynamodb_does_not_take_writes_nothing(aws: LocalAws, table: str, fault: Any) -> None:
    with aws_fails("dynamodb.TransactWriteItems", fault):
        audit = Audit(connect(aws.url), table, 30, lambda: INSTANT)
        with pytest.raises(NotRecordedError):
            audit.record_with(entry(), [beside(table, "claim")])
    assert rows(aws, table) == []


def test_D2_a_transaction_whose_reply_is_lost_is_there_once_and_is_not_called_done(aws: LocalAws, table: str) -> None:
    with aws_fails("dynamodb.TransactWriteItems", loses_the_reply, times=1):
        audit = Audit(connect(aws.url), table, 30, lambda: INSTANT)
        with pytest.raises((ConditionsFailedError, NotRecordedError)):
            audit.record_with(entry(), [beside(table, "claim")])
    assert sorted(row["userId"] for row in rows(aws, table)) == ["claim", "sub-ada"]
