"""The Lambda Runtime API on this machine: the real `awslambdaric` runs one function in a fresh process.

Refuses what Lambda refuses one container: two events at a time, and life after a failed start. Linux only.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import contextlib
import json
import queue
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
_PREFIX = "/2018-06-01/runtime"
_RESULT = re.compile(_PREFIX + r"/invocation/([^/]+)/(response|error)")


class RuntimeExitError(Exception):
    """The process ended, or the handler could not be loaded; the words are the runtime's own."""


class InvocationError(Exception):
    """The handler raised."""


@dataclass(frozen=True)
class Invocation:
    """One answer. Both times end when the answer arrived, as seen by the API.

    `wall_ms` begins with the event handed over, `since_start_ms` with the process. `cpu_ms` is all the process has
    used when it asks for its next event.
    """

    result: Any
    wall_ms: float
    since_start_ms: float
    cpu_ms: float


@dataclass(frozen=True)
class _Event:
    request_id: str
    body: bytes


@dataclass(frozen=True)
class _Outcome:
    kind: str
    body: Any
    handed_over: float
    answered: float


class LambdaRuntime:
    """One container: `environment` is all that the process sees, but for the address of this API."""

    def __init__(self, handler: str, environment: Mapping[str, str], root: Path = ROOT) -> None:
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self._handler = handler
        self._environment = environment
        self._root = root
        self._events: queue.SimpleQueue[_Event | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[_Outcome | None] = queue.SimpleQueue()
        self._idle = threading.Event()
        self._ended = False
        self._max_rss_mb = 0.0

    def __enter__(self) -> "LambdaRuntime":
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", self._handler],
            cwd=self._root,
            env={**self._environment, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        pipes = ((self._process.stdout, self.stdout), (self._process.stderr, self.stderr))
        self._readers = [threading.Thread(target=_read, args=pipe, daemon=True) for pipe in pipes]
        for reader in self._readers:
            reader.start()
        threading.Thread(target=self._wait, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._max_rss_mb = self.max_rss_mb
        self._ended = True
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def max_rss_mb(self) -> float:
        """The peak so far; of the process alone, where `ru_maxrss` would remember what it was forked from."""
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                self._max_rss_mb = int(found.group(1)) / 1024
        return self._max_rss_mb

    def invoke(self, event: Mapping[str, Any], seconds: float = START_SECONDS) -> Invocation:
        """Hand over one event and wait until the runtime asks for the next.

        Raises InvocationError if the handler raised, RuntimeExitError if there is nobody to ask.
        """
        self._events.put(_Event(str(uuid.uuid4()), json.dumps(event).encode()))
        outcome = self._outcomes.get(timeout=seconds)
        if outcome is None or outcome.kind == "init":
            self._outcomes.put(None)
            said = "\n".join(self.stderr) if outcome is None else json.dumps(outcome.body)
            raise RuntimeExitError(f"{self._handler}: {said}")
        if not self._idle.wait(seconds):
            raise RuntimeExitError(f"{self._handler} does not ask for its next event")
        if outcome.kind == "error":
            raise InvocationError(f"{outcome.body['errorType']}: {outcome.body['errorMessage']}")
        return Invocation(
            result=outcome.body,
            wall_ms=(outcome.answered - outcome.handed_over) * 1000,
            since_start_ms=(outcome.answered - self._started) * 1000,
            cpu_ms=_cpu_seconds(self._process.pid) * 1000,
        )

    def next_event(self) -> _Event | None:
        """The runtime asks for work."""
        self._idle.set()
        event = self._events.get()
        self._idle.clear()
        return event

    def ends_with(self, kind: str, body: bytes, handed_over: float) -> None:
        """The runtime reports."""
        answered = time.perf_counter()
        content = json.loads(body) if body else None
        self._outcomes.put(_Outcome(kind, content, handed_over, answered))

    def _wait(self) -> None:
        self._process.wait()
        if not self._ended:
            self._outcomes.put(None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, runtime: LambdaRuntime) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runtime = runtime
        self.handed_over = 0.0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The process was killed while it was asking for its next event."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # status, headers and body in one packet: Nagle's 40 ms would be in every figure
    disable_nagle_algorithm: ClassVar[bool] = True
    server: _Server

    def do_GET(self) -> None:
        event = self.server.runtime.next_event()
        if event is None:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event.body)))
        self.send_header("Lambda-Runtime-Aws-Request-Id", event.request_id)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + START_SECONDS) * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0")
        self.end_headers()
        self.wfile.write(event.body)
        self.server.handed_over = time.perf_counter()
        self.wfile.flush()

    def do_POST(self) -> None:
        body = self._body()
        found = _RESULT.fullmatch(self.path)
        if found is None and self.path != f"{_PREFIX}/init/error":
            self.send_error(404)
            return
        self.server.runtime.ends_with(found.group(2) if found else "init", body, self.server.handed_over)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


def _cpu_seconds(process_id: int) -> float:
    """User and system time of a running process, in nanoseconds where /proc counts in hundredths of a second.

    The clock's number is what clock_getcpuclockid(3) answers for a process.
    """
    return time.clock_gettime((~process_id << 3) | 2)


def _read(pipe: Any, lines: list[str]) -> None:
    for line in pipe:
        lines.append(line.rstrip("\n"))
