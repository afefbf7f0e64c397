"""Local Lambda functions: each a warm child process with nothing but its own environment.

Refuses to run two events of one function at a time, and to leave a child behind.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from playground.provision import FunctionSpec

TASK_ROOT = Path(__file__).resolve().parent.parent

# Lambda gives a cold start 10 s. A laptop that compiles every module for the first time gets more.
_START_SECONDS = 30.0

Log = Callable[[str], None]


class FunctionError(Exception):
    """The handler raised, could not be loaded, or took its process down; words as Lambda reports them."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(f"{type}: {message}")
        self.type = type
        self.message = message


class FunctionTimeoutError(FunctionError):
    """The handler did not answer in its time; its process was killed."""


def to_terminal(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Function:
    """One function; its child starts with it and is started again after a crash or a timeout.

    `log` gets each line that the handler prints or logs, from another thread.
    """

    def __init__(self, spec: FunctionSpec, log: Log = to_terminal, task_root: Path = TASK_ROOT) -> None:
        self.spec = spec
        self._log = log
        self._task_root = task_root
        self._lock = threading.Lock()
        self._closed = False
        self._child = self._start()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """The handler's result after its way through JSON, as Lambda returns it.

        Raises FunctionError or FunctionTimeoutError; RuntimeError once closed.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError(f"{self.spec.logical_id} is closed")
            if not self._child.alive():
                self._child.stop()
                self._child = self._start()
            return self._invoke(event)

    def close(self) -> None:
        """Ends the child at once; waits for nothing that it may be doing."""
        self._closed = True
        self._child.stop()

    def __enter__(self) -> "Function":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_id(self) -> int:
        return self._child.process.pid

    def _invoke(self, event: Mapping[str, Any]) -> Any:
        seconds = float(self.spec.timeout_seconds)
        request = {"requestId": str(uuid.uuid4()), "seconds": seconds, "event": event}
        try:
            self._child.wait_until_ready(_START_SECONDS)
            answer = self._child.ask(request, seconds)
        except queue.Empty:
            self._child.stop()
            if not self._closed:
                self._child = self._start()
            message = f"Task timed out after {seconds:.2f} seconds"
            raise FunctionTimeoutError("Sandbox.Timedout", message) from None
        if "errorType" in answer:
            raise FunctionError(answer["errorType"], answer["errorMessage"])
        return answer["result"]

    def _start(self) -> "_Child":
        return _Child(self.spec, self._log, self._task_root)


def lambda_environment(spec: FunctionSpec, task_root: Path) -> dict[str, str]:
    """All that a child sees: the function's own variables and those that Lambda sets.

    A profile in the home directory must not reach it, so there is no HOME and boto3's files are nowhere.
    """
    name = f"ec2-chatops-{spec.logical_id}"
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONUTF8": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "LAMBDA_TASK_ROOT": str(task_root),
        "_HANDLER": spec.handler,
        **spec.environment,
    }


class _Child:
    """The process and its three pipes: events in, results out, log out."""

    def __init__(self, spec: FunctionSpec, log: Log, task_root: Path) -> None:
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._ready = False
        self.process = subprocess.Popen(
            [sys.executable, "-m", "playground._child"],
            cwd=TASK_ROOT,
            env=lambda_environment(spec, task_root),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Ctrl-C in the terminal reaches the parent alone, which then closes its children.
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read_answers, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=_read_log, args=(self.process.stderr, log), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_until_ready(self, seconds: float) -> None:
        """Raises FunctionError if the handler cannot be loaded, queue.Empty after `seconds`."""
        if self._ready:
            return
        answer = self._answers.get(timeout=seconds)
        if "errorType" in answer:
            self.process.wait()
            raise FunctionError(answer["errorType"], answer["errorMessage"])
        self._ready = True

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except OSError:
            return self._exited()
        return self._answers.get(timeout=seconds)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(timeout=1)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                # Unsent bytes of a request that nobody reads any more.
                with contextlib.suppress(OSError):
                    pipe.close()

    def _read_answers(self, results: IO[str]) -> None:
        for line in results:
            self._answers.put(json.loads(line))
        self._answers.put(self._exited())

    def _exited(self) -> dict[str, Any]:
        status = self.process.wait()
        reason = f"exit status {status}" if status >= 0 else f"signal {-status}"
        return {"errorType": "Runtime.ExitError", "errorMessage": f"Runtime exited with error: {reason}"}


def _read_log(lines: IO[str], log: Log) -> None:
    for line in lines:
        log(line.rstrip("\n"))
