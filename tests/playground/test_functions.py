"""Functions as child processes: their environment, their errors, their end."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from playground.functions import TASK_ROOT, Function, FunctionError, FunctionTimeoutError
from playground.provision import FunctionSpec

HANDLER = """
import os, sys, threading, time

print("imported")

def handler(event, context):
    what = event.get("do")
    if what == "print":
        print('{"result": "forged"}')
        os.write(1, b'{"result": "forged too"}\\n')
        sys.stderr.write("to the log\\n")
    if what == "raise":
        raise KeyError("boom")
    if what == "sleep":
        time.sleep(60)
    if what == "exit":
        os._exit(3)
    if what == "set":
        return {1}
    if what == "read":
        return sys.stdin.read()
    if what == "context":
        return [context.aws_request_id, context.function_name, context.memory_limit_in_mb,
                context.get_remaining_time_in_millis()]
    return {"pid": os.getpid(), "environment": dict(os.environ), "big": event.get("big")}
"""

SPEC = FunctionSpec("Example", "example.main.handler", {"ONLY": "this"}, 5, 256, None, 0)


@pytest.fixture
def task_root(tmp_path: Path) -> Path:
    (tmp_path / "example").mkdir()
    (tmp_path / "example" / "main.py").write_text(HANDLER, encoding="utf-8")
    return tmp_path


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def start(task_root: Path, log: list[str]) -> Iterator[Callable[..., Function]]:
    started: list[Function] = []

    def function(handler: str = SPEC.handler, timeout_seconds: int = 5) -> Function:
        spec = FunctionSpec("Example", handler, SPEC.environment, timeout_seconds, 256, None, 0)
        started.append(Function(spec, log.append, task_root))
        return started[-1]

    yield function
    for each in started:
        each.close()


def test_a_handler_sees_its_own_environment_and_lambdas_but_not_ours(
    start: Callable[..., Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "the developer's")
    environment = start().invoke({})["environment"]
    assert environment["ONLY"] == "this"
    assert environment["_HANDLER"] == SPEC.handler
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert environment["TZ"] == ":UTC"
    assert not {"SLACK_BOT_TOKEN", "HOME", "PYTHONPATH", "AWS_PROFILE"} & set(environment)


def test_a_warm_function_keeps_its_process(start: Callable[..., Function]) -> None:
    function = start()
    assert function.invoke({})["pid"] == function.invoke({})["pid"] != os.getpid()


def test_prints_go_to_the_log_and_never_into_a_result(start: Callable[..., Function], log: list[str]) -> None:
    function = start()
    assert function.invoke({"do": "print"})["environment"]["ONLY"] == "this"
    assert function.invoke({"do": "read"}) == ""
    function.close()
    assert log == ["imported", '{"result": "forged"}', '{"result": "forged too"}', "to the log"]


def test_a_context_says_who_runs_and_how_long_it_may(start: Callable[..., Function]) -> None:
    request_id, name, memory, left = start().invoke({"do": "context"})
    assert len(request_id) == 36
    assert name.endswith("Example")
    assert memory == "256"
    assert 4000 < left <= 5000


def test_an_exception_comes_back_with_type_and_message_and_the_process_lives_on(
    start: Callable[..., Function], log: list[str]
) -> None:
    function = start()
    process_id = function.invoke({})["pid"]
    with pytest.raises(FunctionError) as failure:
        function.invoke({"do": "raise"})
    assert (failure.value.type, failure.value.message) == ("KeyError", "'boom'")
    assert function.invoke({})["pid"] == process_id
    function.close()
    assert any("KeyError: 'boom'" in line for line in log)


@pytest.mark.parametrize(("do", "kind"), [("exit", "Runtime.ExitError"), ("set", "Runtime.MarshalError")])
def test_other_failures_carry_lambdas_names(start: Callable[..., Function], do: str, kind: str) -> None:
    function = start()
    with pytest.raises(FunctionError) as failure:
        function.invoke({"do": do})
    assert failure.value.type == kind
    assert function.invoke({})["environment"]["ONLY"] == "this"


@pytest.mark.parametrize(
    ("handler", "kind"),
    [("nowhere.main.handler", "Runtime.ImportModuleError"), ("example.main.no", "Runtime.HandlerNotFound")],
)
def test_a_handler_that_cannot_be_loaded_says_so_at_every_call(
    start: Callable[..., Function], handler: str, kind: str
) -> None:
    function = start(handler)
    for _ in range(2):
        with pytest.raises(FunctionError) as failure:
            function.invoke({})
        assert failure.value.type == kind


def test_at_its_timeout_a_function_is_killed_and_started_again(start: Callable[..., Function]) -> None:
    function = start(timeout_seconds=1)
    process_id = function.invoke({})["pid"]
    began = time.monotonic()
    with pytest.raises(FunctionTimeoutError):
        function.invoke({"do": "sleep"})
    assert time.monotonic() - began < 3
    assert not is_alive(process_id)
    assert function.invoke({})["pid"] != process_id


def test_an_event_larger_than_a_pipe_arrives_whole(start: Callable[..., Function]) -> None:
    assert start().invoke({"big": "é" * 500_000})["big"] == "é" * 500_000


def test_concurrent_calls_take_turns(start: Callable[..., Function]) -> None:
    function = start()
    results: list[Any] = []
    callers = [
        threading.Thread(target=lambda number=number: results.append(function.invoke({"big": number})["big"]))
        for number in range(8)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(results) == list(range(8))


def test_a_closed_function_is_gone_and_stays_so(start: Callable[..., Function]) -> None:
    function = start()
    process_id = function.invoke({})["pid"]
    function.close()
    assert not is_alive(process_id)
    with pytest.raises(RuntimeError):
        function.invoke({})


@pytest.mark.parametrize("event", ["{}", '{"do": "sleep"}'])
def test_a_child_does_not_outlive_a_killed_parent(task_root: Path, event: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(task_root), event],
        stdout=subprocess.PIPE,
        text=True,
        cwd=TASK_ROOT,
    )
    assert parent.stdout is not None
    process_id = int(parent.stdout.readline())
    assert is_alive(process_id)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while is_alive(process_id) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(process_id)


PARENT = """
import json, sys, threading
from pathlib import Path
from playground.functions import Function
from playground.provision import FunctionSpec
spec = FunctionSpec("Example", "example.main.handler", {}, 60, 128, None, 0)
function = Function(spec, lambda line: None, Path(sys.argv[1]))
function.invoke({})
threading.Thread(target=function.invoke, args=(json.loads(sys.argv[2]),), daemon=True).start()
print(function.process_id, flush=True)
threading.Event().wait()
"""


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody has reaped yet has ended all the same.
    status = Path(f"/proc/{process_id}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")
