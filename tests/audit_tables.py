"""Audit tables of a test's own, filled past the API where a hundred thousand rows would take minutes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from bot.audit_rows import timestamp
from playground.aws import LocalAws
from playground.gateway import ACCOUNT_ID
from playground.template import Template

REGION = "us-east-1"
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def connect(aws: LocalAws, service: str = "dynamodb") -> Any:
    session: Any = boto3.Session("AKIALOCALTESTS", "local", region_name=REGION)
    return session.client(service, endpoint_url=aws.url)


@contextmanager
def audit_table(aws: LocalAws, name: str = "audit-of-a-test") -> Iterator[str]:
    """The template's audit table, without its stream, under another name."""
    properties = Template.load().resource("AuditTable").properties
    kept = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    client = connect(aws)
    client.create_table(TableName=name, **{key: properties[key] for key in kept})
    try:
        yield name
    finally:
        client.delete_table(TableName=name)


def item(
    number: int = 0, at: datetime = NOON, keep: timedelta = timedelta(days=30), **changes: Any
) -> dict[str, dict[str, Any]]:
    """A row as DynamoDB has it; a change to None leaves the attribute out."""
    texts: dict[str, str | None] = {
        "userId": f"sub-{number % 7}",
        "timestamp": timestamp(at),
        "day": at.date().isoformat(),
        "auditId": f"audit-{number}",
        "userEmail": f"person{number % 7}@playground.example",
        "action": ("LIST_INSTANCES", "GET_INSTANCE", "REBOOT_INSTANCE")[number % 3],
        "resourceType": "EC2_INSTANCE",
        "resourceId": f"i-{number % 11:017x}",
        "outcome": ("succeeded", "succeeded", "failed", "succeeded", "attempted")[number % 5],
        "source": "slack",
        "correlationId": f"job-{number}",
        "slackUserId": "U0ADA",
        "slackTeamId": "T0PLAYGND",
        "channelId": "C0OPS",
    }
    details: dict[str, Any] = {"M": {"n": {"N": str(number)}}}
    rest = {"details": details, "ttl": {"N": str(int((at + keep).timestamp()))}}
    written = {name: {"S": value} for name, value in {**texts, **changes}.items() if value is not None}
    return {**written, **rest}


def empty(table: str) -> None:
    """Take every row out of a table of this process's AWS."""
    dynamodb_backends[ACCOUNT_ID][REGION].tables[table].items.clear()


def fill(table: str, items: Iterator[Mapping[str, Any]]) -> None:
    """Put rows into a table of this process's AWS."""
    backend: Any = dynamodb_backends[ACCOUNT_ID][REGION].tables[table]
    for row in items:
        partition, sort = DynamoType(row["userId"]), DynamoType(row["timestamp"])
        stored = Item(partition, sort, {})
        # moto measures a row anew for each of its attributes.
        dict.update(stored.attrs, {name: DynamoType(value) for name, value in row.items()})
        backend.items[partition][sort] = stored
