"""Our own signature is botocore's to the letter, and a call ends within Slack's patience."""

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import AwsCallError
from bot.services.aws_json import AwsJson, Credentials, sign
from bot.services.connections import KeptConnections
from playground.lifetimes import serving

NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)


class _Then(SigV4Auth):
    """botocore's signer at another time than now."""

    def _modify_request_before_signing(self, request: Any) -> None:
        request.context["timestamp"] = NOW.strftime("%Y%m%dT%H%M%SZ")
        super()._modify_request_before_signing(request)


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
    st.text(min_size=1),
    st.none() | st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
    st.sampled_from(["eu-west-1", "cn-north-1"]),
    st.binary(max_size=300),
)
def test_the_signature_is_the_one_botocore_makes(
    key_id: str, secret: str, token: str | None, region: str, body: bytes
) -> None:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}
    host = f"sqs.{region}.amazonaws.com"
    ours = sign(
        Credentials(key_id, secret, token), NOW, region=region, service="sqs", host=host, headers=headers, body=body
    )
    request = AWSRequest("POST", f"https://{host}/", headers=headers, data=body)
    _Then(BotocoreCredentials(key_id, secret, token), "sqs", region).add_auth(request)
    assert ours["authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
    assert ours.get("x-amz-security-token") == request.headers.get("X-Amz-Security-Token")


@contextmanager
def service(*answers: tuple[int, bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these answers in turn, the last one for ever; yields its URL and what it was sent."""
    left, seen = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            seen.append(self.rfile.read(int(self.headers["content-length"])))
            status, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)  # a kept connection must not keep the server
    server.daemon_threads, server.block_on_close = True, False
    with serving(server) as url:
        yield f"{url}/", seen


def call(url: str) -> dict[str, Any]:
    aws = AwsJson(KeptConnections(), Credentials("AKIA", "secret"), lambda: NOW)
    return aws.call(url, "us-east-1", "AmazonSQS.SendMessage", "1.0", {"MessageBody": "é"})


def test_what_is_sent_is_the_json_and_what_comes_back_is_the_answer() -> None:
    with service((200, b'{"MessageId": "1"}')) as (url, seen):
        assert call(url) == {"MessageId": "1"}
    assert [json.loads(body) for body in seen] == [{"MessageBody": "é"}]


def test_a_server_error_is_tried_once_more() -> None:
    with service((503, b"{}"), (200, b"{}")) as (url, seen):
        call(url)
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, b'{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}', "QueueDoesNotExist"),
        (400, b'{"__type": "AccessDeniedException", "Message": "arn:aws:iam::1:role/x"}', "AccessDeniedException"),
        (403, b"{}", "403"),
        (500, b'{"__type": "InternalFailure"}', "InternalFailure"),
        (200, b"<html>", "UnreadableAnswer"),
        (200, b"[]", "UnreadableAnswer"),
        (302, b"", "302"),
        (502, b"<html>Bad Gateway</html>", "502"),
    ],
)
def test_a_refusal_is_its_code_and_nothing_of_its_message(status: int, body: bytes, code: str) -> None:
    with service((status, body)) as (url, _), pytest.raises(AwsCallError) as caught:
        call(url)
    assert caught.value.aws_code == code


def test_a_service_that_is_not_there_is_an_error_and_no_wait() -> None:
    with pytest.raises(AwsCallError) as caught:
        call("http://127.0.0.1:9/")
    assert caught.value.aws_code == "ConnectionRefusedError"


class Wire:
    """A server one byte below HTTP: gives each request the next bytes; None hangs up, b"" says nothing more."""

    def __init__(self, answers: list[bytes | None]) -> None:
        self.connections = self.requests = 0
        self._answers = answers
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        while self._answers:
            received = b""
            while not received.endswith(b"}"):
                if not (piece := connection.recv(65536)):
                    return
                received += piece
            self.requests += 1
            answer = self._answers.pop(0)
            if answer is None:
                return
            connection.sendall(answer)
            if b"farewell" in answer:
                return


@pytest.fixture
def wire() -> Iterator[Callable[[list[bytes | None]], Wire]]:
    wires: list[Wire] = []

    def start(answers: list[bytes | None]) -> Wire:
        wires.append(Wire(answers))
        return wires[-1]

    yield start
    for started in wires:
        started.close()


def http(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def test_calls_share_one_connection(wire: Callable[[list[bytes | None]], Wire]) -> None:
    server = wire([http(b"{}")] * 3)
    aws = AwsJson(KeptConnections(), Credentials("AKIA", "secret"), lambda: NOW)
    for _ in range(3):
        aws.call(server.url, "us-east-1", "AmazonSQS.SendMessage", "1.0", {})
    assert (server.connections, server.requests) == (1, 3)


def test_a_connection_that_died_while_the_container_slept_costs_no_retry(
    wire: Callable[[list[bytes | None]], Wire],
) -> None:
    server = wire([http(b'{"farewell": 1}'), http(b'{"b": 2}')])
    aws = AwsJson(KeptConnections(), Credentials("AKIA", "secret"), lambda: NOW)
    aws.call(server.url, "us-east-1", "AmazonSQS.SendMessage", "1.0", {})
    (kept,) = aws._connections._kept.values()
    assert select.select([kept.sock], [], [], 5)[0]
    assert aws.call(server.url, "us-east-1", "AmazonSQS.SendMessage", "1.0", {}) == {"b": 2}
    assert server.requests == 2


@pytest.mark.parametrize("trouble", [None, b"nonsense\r\n\r\n"])
def test_a_failure_at_once_is_tried_once_more(
    trouble: bytes | None, wire: Callable[[list[bytes | None]], Wire]
) -> None:
    assert call(wire([trouble, http(b'{"b": 2}')]).url) == {"b": 2}
    with pytest.raises(AwsCallError):
        call(wire([trouble, trouble]).url)


def test_a_service_that_stays_silent_is_given_up_and_not_asked_again(
    wire: Callable[[list[bytes | None]], Wire],
) -> None:
    server = wire([b"", b""])
    with pytest.raises(AwsCallError) as caught:
        call(server.url)
    assert caught.value.aws_code == "TimeoutError"
    assert server.requests == 1
