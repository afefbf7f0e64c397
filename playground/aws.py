"""AWS on this machine: moto behind a single-threaded HTTP server, with a record of who called what.

Refuses parallelism on purpose: behind moto's threaded server two writers can both win one condition.
"""

import io
import json
import re
import socket
import threading
import urllib.request
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn
from urllib.parse import parse_qs

from playground import cloudwatch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/[^/]+/([^/]+)/aws4_request")
_RPC_PATH = re.compile(r"/service/[^/]+/operation/(\w+)")
_RESOURCE_FIELDS = ("TableName", "QueueUrl", "SecretId", "UserPoolId", "TopicArn", "RoleArn", "KeyId", "StreamArn")
_S3_CALLS = {("GET", False): "ListObjectsV2", ("GET", True): "GetObject", ("PUT", True): "PutObject"}

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
_QUERIED = re.compile(r"pk = (:\w+)")
_WRITES = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}

# A demo polls all day; what a test asks for is always among the newest.
_REMEMBERED_CALLS = 20_000


class Lost(Enum):
    """What does not arrive when a line breaks: the request, or the reply to one that was carried out."""

    CALL = "call"
    REPLY = "reply"


@dataclass(frozen=True)
class AwsCall:
    """One request: `resource` is the table name, queue URL, secret id, pool id, key id, or `*` where it names none.

    An object in a bucket is `<bucket>/<first part of its key>/*`.

    A query on an index has `<table>/index/<name>`; `partition_key` is the `pk` of the item that is meant, if any.
    `service` is the signing name, "" for an unsigned call. A `dry_run` only asks whether it would be allowed.
    """

    access_key_id: str
    service: str
    action: str
    resource: str
    partition_key: str = ""
    dry_run: bool = False


def parse_calls(environ: "WSGIEnvironment", body: bytes) -> list[AwsCall]:
    """What IAM sees in a request: each part of a transaction or batch, a session and its identity, else the call."""
    call = parse_call(environ, body)
    if call.action == "AssumeRole" and b"SourceIdentity=" in body:
        return [call, replace(call, action="SetSourceIdentity")]
    if call.action == "BatchGetItem":
        tables = _json(body).get("RequestItems", {})
        return [
            replace(call, resource=table, partition_key=_partition_key({"Key": key}))
            for table, asked in tables.items()
            for key in asked["Keys"]
        ]
    if call.action != "TransactWriteItems":
        return [call]
    items = _json(body).get("TransactItems")
    writes = [write for item in items if isinstance(item, dict) for write in item.items()] if items else []
    return [
        AwsCall(call.access_key_id, call.service, _WRITES[kind], _resource(fields), _partition_key(fields))
        for kind, fields in writes
        if kind in _WRITES
    ]


def parse_call(environ: "WSGIEnvironment", body: bytes) -> AwsCall:
    """What a request asks for, read from its signature's scope and from its protocol's own place."""
    scope = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    access_key_id, service = scope.groups() if scope else ("", "")
    path = environ.get("PATH_INFO", "")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    content_type = environ.get("CONTENT_TYPE", "")
    if target:
        fields = _json(body)
        return AwsCall(access_key_id, service, target.rsplit(".", 1)[-1], _resource(fields), _partition_key(fields))
    if content_type.startswith("application/x-www-form-urlencoded"):
        form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if "Action" in form:
            dry_run = form.get("DryRun") == "true"
            return AwsCall(access_key_id, service, form["Action"], _resource(form), dry_run=dry_run)
    if service == "s3":
        bucket, _, key = path.lstrip("/").partition("/")
        method = environ.get("REQUEST_METHOD", "")
        prefix = f"/{key.partition('/')[0]}/*" if key else ""
        return AwsCall(access_key_id, service, _S3_CALLS.get((method, bool(key)), method), bucket + prefix)
    rpc = _RPC_PATH.search(path)
    action = rpc.group(1) if rpc else f"{environ.get('REQUEST_METHOD', '')} {path}"
    return AwsCall(access_key_id, service, action, "*")


def _json(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body or b"{}")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _resource(fields: dict[str, Any]) -> str:
    resource = next((str(fields[name]) for name in _RESOURCE_FIELDS if name in fields), "*")
    return f"{resource}/index/{fields['IndexName']}" if "IndexName" in fields else resource


def _partition_key(fields: dict[str, Any]) -> str:
    item = fields.get("Item") or fields.get("Key") or {}
    key = item.get("pk") if isinstance(item, dict) else None
    if asked := _QUERIED.match(str(fields.get("KeyConditionExpression", ""))):
        key = fields["ExpressionAttributeValues"][asked[1]]
    return str(key.get("S", "")) if isinstance(key, dict) else ""


class LocalAws:
    """A local AWS endpoint with an empty account; port 0 takes any free port.

    moto keeps one account per process: a second endpoint started beside a running one shares it.
    """

    _running: ClassVar[set["LocalAws"]] = set()

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._address = (host, port)
        self._calls: deque[AwsCall] = deque(maxlen=_REMEMBERED_CALLS)
        self._watchers: list[Callable[[AwsCall], None]] = []
        self._losing: tuple[str, Lost] | None = None
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self.url = ""

    @property
    def calls(self) -> list[AwsCall]:
        """The newest requests, oldest first."""
        return list(self._calls)

    def watch(self, watcher: Callable[[AwsCall], None]) -> None:
        """Calls `watcher` after each request, in the server's one thread: it must not wait for another request."""
        self._watchers.append(watcher)

    @property
    def losing(self) -> "Lost | None":
        """What is still to be lost."""
        return self._losing[1] if self._losing else None

    def lose(self, action: str, what: "Lost | None") -> None:
        """The line breaks at the next request for `action`, dry runs not counted, on the way there or back."""
        self._losing = (action, what) if what else None

    def clear_calls(self) -> None:
        self._calls.clear()

    def start(self) -> "LocalAws":
        # moto's dispatcher imports a service at its first call; `moto.server` would not be cheaper.
        from moto.moto_api._internal.models import moto_api_backend
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server

        class QuietRequestHandler(MotoRequestHandler):
            # One thread serves all: a client that connects and stays silent must not stop the others.
            timeout = 10

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        cloudwatch.install()
        if not self._running:
            moto_api_backend.reset()
        application = self._recording(DomainDispatcherApplication(create_backend_app))
        host, port = self._address
        self._server = make_server(host, port, application, threaded=False, request_handler=QuietRequestHandler)
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="local-aws", daemon=True)
        self._thread.start()
        self._running.add(self)
        return self

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None
        self._running.discard(self)

    def reset(self) -> None:
        """Empty the account and the record, in the server's own thread: no request sees half of it."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")
        with urllib.request.urlopen(request, timeout=10):
            self.clear_calls()

    def back_date(self, region: str, tag: str, launched: Callable[[str, datetime], datetime]) -> None:
        """Give instances with that tag another LaunchTime, made of its value and the time now; no call of EC2 can."""
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.ec2.models import ec2_backends

        now = datetime.now(UTC).replace(tzinfo=None)  # as moto keeps it
        for reservation in ec2_backends[DEFAULT_ACCOUNT_ID][region].reservations.values():
            for instance in reservation.instances:
                for value in (item["value"] for item in instance.get_tags() if item["key"] == tag):
                    instance.launch_time = launched(value, now)

    def __enter__(self) -> "LocalAws":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _recording(self, application: "WSGIApplication") -> "WSGIApplication":
        def recorded(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            if environ.get("PATH_INFO", "").startswith("/moto-api"):
                return application(environ, start_response)
            calls = parse_calls(environ, body)
            lost = self._lost(calls)
            if lost is Lost.CALL:
                _hang_up(environ)
            self._calls.extend(calls)
            answer = application(environ, start_response)
            if lost is Lost.REPLY:
                _hang_up(environ)
            for watcher in self._watchers:
                for call in calls:
                    watcher(call)
            return answer

        return recorded

    def _lost(self, calls: list[AwsCall]) -> "Lost | None":
        if self._losing is None or not any(call.action == self._losing[0] and not call.dry_run for call in calls):
            return None
        lost, self._losing = self._losing[1], None
        return lost


def _hang_up(environ: "WSGIEnvironment") -> NoReturn:
    """Ends the connection without a word; the server takes the error for a client that has gone."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError
