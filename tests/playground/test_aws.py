"""The local AWS endpoint: one request at a time, each recorded."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from playground.aws import AwsCall, LocalAws, parse_call, parse_calls


@pytest.fixture
def client(aws: LocalAws) -> Callable[..., Any]:
    aws.clear_calls()

    def make(service: str, access_key_id: str = "AKIATEST") -> Any:
        session: Any = boto3.Session(
            aws_access_key_id=access_key_id, aws_secret_access_key="x", region_name="us-east-1"
        )
        return session.client(service, endpoint_url=aws.url)

    return make


@pytest.fixture
def table(client: Callable[..., Any], aws: LocalAws) -> str:
    name = f"table-{uuid.uuid4().hex}"
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    aws.clear_calls()
    return name


def test_a_json_call_is_recorded_with_who_what_and_which_table(
    aws: LocalAws, client: Callable[..., Any], table: str
) -> None:
    client("dynamodb", "AKIAWORKER").put_item(TableName=table, Item={"pk": {"S": "1"}})
    assert aws.calls == [AwsCall("AKIAWORKER", "dynamodb", "PutItem", table, "1")]


def test_a_queue_call_is_recorded_with_its_url_and_a_form_call_with_its_action(
    aws: LocalAws, client: Callable[..., Any]
) -> None:
    url = client("sqs").create_queue(QueueName=f"queue-{uuid.uuid4().hex}")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    client("ec2", "AKIALOOK").describe_instances()
    assert aws.calls[-2:] == [
        AwsCall("AKIATEST", "sqs", "SendMessage", url),
        AwsCall("AKIALOOK", "ec2", "DescribeInstances", "*"),
    ]


def test_a_query_on_an_index_names_the_index() -> None:
    environ = {"HTTP_X_AMZ_TARGET": "DynamoDB_20120810.Query", "CONTENT_TYPE": "application/x-amz-json-1.0"}
    call = parse_call(environ, b'{"TableName": "audit", "IndexName": "day-index"}')
    assert call == AwsCall("", "", "Query", "audit/index/day-index")


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b"\xff"])
def test_an_unreadable_body_is_recorded_without_a_resource(body: bytes) -> None:
    assert parse_call({"HTTP_X_AMZ_TARGET": "DynamoDB_20120810.PutItem"}, body).resource == "*"


def test_an_rpc_path_names_its_action() -> None:
    path = "/service/GraniteServiceVersion20100801/operation/GetMetricData"
    assert parse_call({"PATH_INFO": path, "REQUEST_METHOD": "POST"}, b"").action == "GetMetricData"


def test_of_many_conditional_writers_exactly_one_wins(client: Callable[..., Any], table: str) -> None:
    clients = [client("dynamodb", f"AKIA{number}") for number in range(8)]
    barrier = threading.Barrier(len(clients))
    won: list[int] = []

    def write(number: int) -> None:
        barrier.wait()
        try:
            clients[number].put_item(
                TableName=table,
                Item={"pk": {"S": "claim"}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except clients[number].exceptions.ConditionalCheckFailedException:
            return
        won.append(number)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(len(clients))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(won) == 1


def test_a_stopped_endpoint_frees_its_port() -> None:
    first = LocalAws().start()
    port = int(first.url.rsplit(":", 1)[1])
    first.stop()
    first.stop()
    with LocalAws(port=port) as second:
        assert second.url == first.url


def test_a_transaction_is_each_of_its_writes_as_iam_sees_it() -> None:
    body = (
        b'{"TransactItems": [{"Put": {"TableName": "state", "Item": {"pk": {"S": "a"}}}},'
        b' {"Update": {"TableName": "state", "Key": {"pk": {"S": "b"}}}}, {"Delete": {"TableName": "audit"}}]}'
    )
    calls = parse_calls({"HTTP_X_AMZ_TARGET": "DynamoDB_20120810.TransactWriteItems"}, body)
    assert [(call.action, call.resource, call.partition_key) for call in calls] == [
        ("PutItem", "state", "a"),
        ("UpdateItem", "state", "b"),
        ("DeleteItem", "audit", ""),
    ]
    assert parse_calls({"HTTP_X_AMZ_TARGET": "DynamoDB_20120810.TransactWriteItems"}, b"nonsense") == []
