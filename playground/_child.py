"""The Lambda runtime of one local function: imports its handler, then answers one event a line.

Refuses to outlive its parent: it exits when its standard input ends, also in the middle of an event.
"""

import importlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

Answer = dict[str, Any]


def main() -> None:
    # Handlers print. Their output goes to stderr, so that nothing but results is on the result pipe.
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    events_in = os.fdopen(os.dup(0), "r", encoding="utf-8")
    os.dup2(2, 1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]

    events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(events_in, events), daemon=True).start()
    # /var/task in Lambda; `python -m` put this repository first, which need not be the same.
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])

    handler, failure = _load(os.environ["_HANDLER"])
    _write(results, failure or {"ready": True})
    if handler is None:
        return
    while True:
        request = events.get()
        answer = _answer(handler, request["event"], _context(request))
        sys.stdout.flush()
        _write(results, answer)


def _read(events_in: Any, events: "queue.SimpleQueue[dict[str, Any]]") -> None:
    for line in events_in:
        events.put(json.loads(line))
    os._exit(0)


def _write(results: Any, answer: Answer) -> None:
    results.write(json.dumps(answer) + "\n")
    results.flush()


def _load(path: str) -> tuple[Callable[[Any, Any], Any] | None, Answer | None]:
    module_name, _, name = path.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        return None, {"errorType": "Runtime.ImportModuleError", "errorMessage": message}
    except Exception as error:
        return None, _failure(error)
    handler = getattr(module, name, None)
    if handler is None:
        message = f"Handler '{name}' missing on module '{module_name}'"
        return None, {"errorType": "Runtime.HandlerNotFound", "errorMessage": message}
    return handler, None


def _answer(handler: Callable[[Any, Any], Any], event: Any, context: Any) -> Answer:
    try:
        result = handler(event, context)
    except Exception as error:
        return _failure(error)
    try:
        return {"result": json.loads(json.dumps(result))}
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return {"errorType": "Runtime.MarshalError", "errorMessage": message}


def _failure(error: Exception) -> Answer:
    import traceback

    # Lambda puts the traceback into the function's log too.
    traceback.print_exception(error, file=sys.stderr)
    return {"errorType": type(error).__name__, "errorMessage": str(error)}


def _context(request: dict[str, Any]) -> SimpleNamespace:
    environment = os.environ
    region = environment.get("AWS_REGION", "us-east-1")
    name = environment["AWS_LAMBDA_FUNCTION_NAME"]
    deadline = time.monotonic() + request["seconds"]
    return SimpleNamespace(
        function_name=name,
        function_version="$LATEST",
        invoked_function_arn=f"arn:aws:lambda:{region}:123456789012:function:{name}",
        memory_limit_in_mb=environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        aws_request_id=request["requestId"],
        log_group_name=environment["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=environment["AWS_LAMBDA_LOG_STREAM_NAME"],
        identity=None,
        client_context=None,
        get_remaining_time_in_millis=lambda: max(0, int((deadline - time.monotonic()) * 1000)),
    )


if __name__ == "__main__":
    main()
