"""What the front door may cost, as exact counts: connections, AWS calls, loaded modules; and that importing is free.

It refuses to look at a clock: times are `make bench`'s business.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.runtime_api import ROOT, LambdaRuntime
from benchmarks.sqs_stub import AwsStub
from benchmarks.variants import DOOR, DOOR_ENVIRONMENT, SIGNING_SECRET, signed_command, signed_shortcut
from playground.template import Template

NEVER_LOADED = {
    "aws_xray_sdk",
    "boto3",
    "botocore",
    "jwt",
    "matplotlib",
    "pydantic",
    "requests",
    "resvg_py",
    "slack_bolt",
    "slack_sdk",
}

ALMOST_NOTHING = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}

ACKNOWLEDGES_ONCE = """
import json, sys
from handlers.slack import handler
answer = handler(json.load(sys.stdin), None)
json.dump({"answer": answer, "modules": sorted(sys.modules)}, sys.stdout)
"""

IMPORTS_EVERYTHING = """
import gc, importlib, json, os, pkgutil, sys

packages = json.load(sys.stdin)
asked, reads = [], []
standard = os.path.dirname(os.__file__)
outside = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}
kinds = {"BaseClient", "ServiceResource", "Session", "PoolManager", "HTTPConnection", "WebClient", "App", "SSLContext"}
sys.addaudithook(lambda event, arguments: asked.append(event) if event in outside else None)


def reader():
    frame = sys._getframe(2)
    while (file := frame.f_code.co_filename).startswith(("<frozen", standard)) and "site-packages" not in file:
        frame = frame.f_back
    return f"{file}:{frame.f_lineno}"


class Watched(type(os.environ)):
    def __getitem__(self, name):
        reads.append([name, reader()])
        return super().__getitem__(name)

    def __iter__(self):
        reads.append(["*", reader()])
        return super().__iter__()


os.environ.__class__ = Watched
imported = []
for package in packages:
    found = pkgutil.walk_packages(importlib.import_module(package).__path__, package + ".")
    imported += [package, *(module.name for module in found)]
for name in imported:
    importlib.import_module(name)
os.environ.__class__ = Watched.__base__

its_own = getattr(sys.modules.get("urllib3"), "_DEFAULT_POOL", None)
made = [type(thing) for thing in gc.get_objects() if thing is not its_own]
clients = [kind.__name__ for kind in made if {base.__name__ for base in kind.__mro__} & kinds]
ours = [read for read in reads if read[1].startswith(tuple(os.path.join(os.getcwd(), name) for name in packages))]
json.dump({"imported": imported, "asked": asked, "reads": ours, "clients": clients}, sys.stdout)
"""

GUILTY = """
import os, pathlib, socket, boto3, urllib3
home = pathlib.Path.home()
table = os.environ.get("TABLE")
client = boto3.client("sqs", region_name="us-east-1")
pool = urllib3.PoolManager()
socket.socket().connect_ex(("127.0.0.1", 9))
"""


def in_a_fresh_process(program: str, environment: Mapping[str, str], given: object, folder: Path = ROOT) -> Any:
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def stub() -> Iterator[AwsStub]:
    with AwsStub({"SLACK_SIGNING_SECRET": SIGNING_SECRET, "SLACK_BOT_TOKEN": "xoxb-benchmark"}) as running:
        yield running


@pytest.fixture(scope="module")
def imported() -> dict[str, Any]:
    return dict(in_a_fresh_process(IMPORTS_EVERYTHING, ALMOST_NOTHING, ["bot", "handlers"]))


def test_thirty_one_acknowledgements_are_one_connection_to_the_queue_and_one_reading_of_the_secret(
    stub: AwsStub,
) -> None:
    pytest.importorskip("awslambdaric")
    stub.clear()
    with LambdaRuntime(DOOR.handler, DOOR.process_environment(stub)) as runtime:
        for _ in range(31):
            assert runtime.invoke(signed_command()).result == {"statusCode": 200, "body": ""}

    assert stub.actions() == ["GetSecretValue"] + ["SendMessage"] * 31
    assert stub.connections_for("SendMessage") == 1


def test_a_shortcut_is_one_call_of_slack_more(stub: AwsStub) -> None:
    pytest.importorskip("awslambdaric")
    stub.clear()
    with LambdaRuntime(DOOR.handler, DOOR.process_environment(stub)) as runtime:
        for _ in range(3):
            assert runtime.invoke(signed_shortcut()).result == {"statusCode": 200, "body": ""}

    assert stub.actions() == ["GetSecretValue"] + ["views.open", "SendMessage"] * 3
    assert stub.connections_for("views.open") == 1


@pytest.mark.parametrize("request_of", [signed_command, signed_shortcut])
def test_an_acknowledgement_loads_none_of_the_heavy_libraries(
    stub: AwsStub, request_of: Callable[[], dict[str, Any]]
) -> None:
    seen = in_a_fresh_process(ACKNOWLEDGES_ONCE, DOOR.process_environment(stub), request_of())

    assert seen["answer"] == {"statusCode": 200, "body": ""}
    assert {name.partition(".")[0] for name in seen["modules"]} & NEVER_LOADED == set()


def test_what_is_measured_has_the_environment_of_the_template() -> None:
    functions = Template.load(ROOT / "template.yaml").resources("AWS::Serverless::Function")
    door = functions["SlackFunction"].properties
    assert set(DOOR_ENVIRONMENT) == set(door["Environment"]["Variables"])
    assert DOOR.handler == door["Handler"]


def test_importing_covers_every_module(imported: dict[str, Any]) -> None:
    files = {*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").rglob("*.py")}
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files}
    assert set(imported["imported"]) == names


def test_importing_any_module_asks_nobody(imported: dict[str, Any]) -> None:
    assert imported["asked"] == []


def test_importing_any_module_reads_no_environment_variable(imported: dict[str, Any]) -> None:
    assert imported["reads"] == []


def test_importing_any_module_creates_no_client(imported: dict[str, Any]) -> None:
    assert imported["clients"] == []


def test_a_module_that_does_any_of_this_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "guilty").mkdir()
    (tmp_path / "guilty" / "__init__.py").write_text(GUILTY)

    seen = in_a_fresh_process(IMPORTS_EVERYTHING, ALMOST_NOTHING, ["guilty"], tmp_path)

    assert "socket.connect" in seen["asked"]
    assert {name for name, _ in seen["reads"]} == {"HOME", "TABLE"}
    assert {"SQS", "Session", "PoolManager"} <= set(seen["clients"])
