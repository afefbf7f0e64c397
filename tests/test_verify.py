"""`python -m bot.verify`: what a terminal and its exit status say."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import verify
from bot.digests import hour_of, newest_due, start_of
from playground.schedule import event
from tests.audit_tables import item
from tests.faults import answers, aws_fails
from tests.house import NOTARY, House

ROOT = Path(__file__).parent.parent


@pytest.fixture
def row(house: House) -> dict[str, Any]:
    """A row in the one hour that is sealed."""
    s3, bucket = house.client("s3"), house.environment["DIGEST_BUCKET_NAME"]
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])
    sealed = item(1, start_of(newest_due(datetime.now(UTC))) + timedelta(minutes=5))
    house.client("dynamodb").put_item(TableName=house.environment["AUDIT_TABLE_NAME"], Item=sealed)
    house.invoke(NOTARY, event("us-east-1", 0))
    return sealed


def run(house: House, *arguments: str) -> int:
    with house.running_as(NOTARY):
        return verify.main(arguments)


def test_all_as_it_was_sealed_is_a_zero(house: House, row: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(house) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("The audit is as it was sealed: 1 rows of 1 sealed hours")


def test_D7_a_finding_is_a_line_of_json_and_a_one(
    house: House, row: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = {**row, "timestamp": {"S": row["timestamp"]["S"].replace(":05:", ":06:")}, "day": {"S": "2001-01-01"}}
    house.client("dynamodb").put_item(TableName=house.environment["AUDIT_TABLE_NAME"], Item=hidden)
    assert run(house, "--since", "1d") == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["kind"] == "inserted"
    assert json.loads(line)["timestamp"] == hidden["timestamp"]["S"]


def test_D7_what_the_notary_saw_in_an_unsealed_hour_is_a_one(
    house: House, row: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"kind": "deleted", "hour": hour_of(datetime.now(UTC)), "timestamp": "2026", "seen_at": "2026"}
    bucket, key = house.environment["DIGEST_BUCKET_NAME"], f"findings/{found['hour']}/1.json"
    house.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(found).encode())
    assert run(house, "--since", "1m") == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["kind"] == "deleted"
    assert told.err.startswith("Changed before it was sealed")


def test_what_cannot_be_said_is_a_two(house: House, row: dict[str, Any]) -> None:
    house.fresh_containers()
    with aws_fails("dynamodb.Scan", answers(400, "AccessDeniedException")):
        assert run(house) == 2
    house.fresh_containers()
    assert run(house, "--since", "1m") == 2
    assert verify.main([]) == 2, "without its settings"


def test_a_time_that_is_none_is_refused(house: House) -> None:
    with pytest.raises(SystemExit):
        run(house, "--since", "yesterday")


def test_it_runs_as_a_module_of_its_own(house: House, row: dict[str, Any]) -> None:
    environment = {**house.function(NOTARY).environment, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-m", "bot.verify"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
