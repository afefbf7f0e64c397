"""The real Lambda runtime (`awslambdaric`, in a fresh process) runs both functions, each with only its environment.

It refuses to take our in-process invocations for proof that Lambda can load and run the same code.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.runtime_api import InvocationError, LambdaRuntime, RuntimeExitError
from playground.functions import lambda_environment
from playground.gateway import http_api_event
from playground.slack.signing import signed_headers
from tests.house import DOOR, ROOT, WORKER, House

pytest.importorskip("awslambdaric")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Lambda runtime client is made for Linux")


def container(house: House, logical_id: str) -> LambdaRuntime:
    """The function as it is deployed: LogFormat JSON in the template becomes these two variables."""
    spec = house.function(logical_id)
    logging = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
    return LambdaRuntime(spec.handler, {**lambda_environment(spec, ROOT), **logging})


@pytest.fixture(scope="module")
def door(built_house: House) -> Iterator[LambdaRuntime]:
    with container(built_house, DOOR) as runtime:
        yield runtime


def command(house: House, text: str = "list", secret: str | None = None) -> dict[str, Any]:
    body = house.slack.command_body("U0ADA", "C0OPS", text)
    headers = house.slack.sign(body) if secret is None else signed_headers(secret, int(time.time()), body)
    return http_api_event("POST", "/slack/events", headers, body)


def log_lines(runtime: LambdaRuntime) -> list[dict[str, Any]]:
    """All that an ended container has printed: one JSON object a line, and nothing on stderr."""
    assert runtime.stderr == []
    lines = [json.loads(line) for line in runtime.stdout]
    assert all(isinstance(line, dict) for line in lines)
    return lines


def test_the_door_acknowledges_and_queues_a_signed_command_inside_the_real_runtime(
    house: House, door: LambdaRuntime
) -> None:
    assert door.invoke(command(house, "list state:running")).result == {"statusCode": 200, "body": ""}

    job = json.loads(house.received()["Records"][0]["body"])
    assert "text=list+state%3Arunning" in job["body"]


def test_the_door_refuses_a_bad_signature_and_lives_on_inside_the_real_runtime(
    house: House, door: LambdaRuntime
) -> None:
    before = door.process_id

    assert door.invoke(command(house, secret="wrong-secret")).result["statusCode"] == 401
    assert door.invoke(command(house)).result["statusCode"] == 200
    assert door.process_id == before


def test_the_door_prints_one_json_line_for_a_rejection_and_none_for_a_success(house: House) -> None:
    with container(house, DOOR) as runtime:
        runtime.invoke(command(house))
        runtime.invoke(command(house, secret="wrong-secret"))

    (rejected,) = log_lines(runtime)
    assert (rejected["message"], rejected["level"], rejected["reason"]) == ("request rejected", "WARNING", "signature")


def test_the_worker_answers_a_queued_command_on_its_response_url_inside_the_real_runtime(house: House) -> None:
    queued = house.queued("list state:running")

    with container(house, WORKER) as worker:
        assert worker.invoke(queued).result == {"batchItemFailures": []}
        (answer,) = house.said()
        assert "running" in json.dumps(answer.blocks)
        assert [row["action"] for row in house.rows()] == ["LIST_INSTANCES"]
    log_lines(worker)


def test_a_handler_that_raises_is_told_from_one_that_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def handler(event, context):\n    raise ValueError('no')\n")
    environment = {"PATH": "/usr/bin:/bin"}

    with (
        LambdaRuntime("broken.handler", environment, tmp_path) as runtime,
        pytest.raises(InvocationError, match="ValueError: no"),
    ):
        runtime.invoke({})
    with (
        LambdaRuntime("absent.handler", environment, tmp_path) as runtime,
        pytest.raises(RuntimeExitError, match="No module named 'absent'"),
    ):
        runtime.invoke({})
