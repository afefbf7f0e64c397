"""`make bench`: what a large fleet costs, from EC2's answer to the table, beside plain boto3 and plain json.

Each figure is compared with one of the same round; the client is the worker's own. It measures no network: EC2 is a
stub on this machine that answers at once. Exits with 1 when a goal is missed.
"""

import argparse
import gc
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from time import perf_counter, thread_time
from typing import Any, TypeVar

import boto3

from benchmarks.ec2_stub import Ec2Stub
from bot import wiring
from bot.models import Instance, InstanceQuery, Listing
from bot.views.instances import COLUMNS, listing

REGION, SMALL_REGION = "us-east-1", "eu-west-1"
FLEET, PARSED, TABLES, TURNS = 10_000, 1_000, 10, 10
Measured = TypeVar("Measured")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORKER_ENVIRONMENT = {
    "AUDIT_TABLE_NAME": "audit",
    "STATE_TABLE_NAME": "state",
    "COGNITO_USER_POOL_ID": "us-east-1_bench",
    "DIGEST_BUCKET_NAME": "digests",
    "DIGEST_KEY_ID": "bench",
    "REBOOT_ROLE_ARN": "arn:aws:iam::123456789012:role/reboot",
    "PUBLIC_URL": "https://ops.example",
    "ALARMS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/alarms",
    "SLACK_TEAM_ID": "T0BENCH",
    "SLACK_APP_ID": "A0BENCH",
    "SLACK_BOT_TOKEN": "xoxb-bench",
    "JOBS_MAX_RECEIVES": "3",
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "AKIABENCHMARK",
    "AWS_SECRET_ACCESS_KEY": "local",
}


@dataclass(frozen=True)
class Round:
    """Milliseconds: by the wall for the whole fleet, of CPU for the rest; and the EC2 calls of the first screen."""

    first_screen: float
    first_screen_calls: int
    everything: float
    parsed: float
    parsed_by_boto3: float
    table: float
    table_by_hand: float


@dataclass(frozen=True)
class Goal:
    """`figure` must not be above `limit`: in the median, or in every round where it is exact."""

    text: str
    figure: Callable[[Round], float]
    limit: float
    exact: bool = False

    def judge(self, rounds: Sequence[Round]) -> tuple[float, bool]:
        """The figure, and whether it meets the goal."""
        figures = [self.figure(one) for one in rounds]
        figure = max(figures) if self.exact else median(figures)
        return figure, figure <= self.limit


GOALS = (
    Goal(f"EC2 calls for the first screen of {FLEET:,}", lambda one: one.first_screen_calls, 2, exact=True),
    Goal(f"first screen of {FLEET:,}, x listing all", lambda one: one.first_screen / one.everything, 0.02),
    Goal(f"{PARSED:,} instances parsed, x boto3's default", lambda one: one.parsed / one.parsed_by_boto3, 0.70),
    Goal("table of 100 as JSON, x dict + json.dumps", lambda one: one.table / one.table_by_hand, 1.3),
)


def by_hand(instances: Sequence[Instance]) -> str:
    """The same message from literals alone: nobody's text is made safe, and no limit is kept."""
    rows = [[{"type": "raw_text", "text": column} for column in COLUMNS]]
    for one in instances:
        days = (NOW - one.launched).total_seconds() / 86_400 if one.launched else 0
        texts = (one.name, one.instance_id, one.state, one.instance_type, one.zone, one.private_ip, f"{days:.1f}")
        rows.append([{"type": "raw_text", "text": text or ""} for text in (*texts, one.status)])
    labels = [(f"{one.name} · {one.instance_id} · {one.state}", f"{one.region}/{one.instance_id}") for one in instances]
    options = [{"text": {"type": "plain_text", "text": label}, "value": value} for label, value in labels]
    menu = {"type": "actions", "elements": [{"type": "static_select", "action_id": "open", "options": options}]}
    lines = [f"{one.name} ({one.instance_id}): {one.state}, {one.instance_type}, {one.zone}" for one in instances]
    table = {"type": "data_table", "caption": "instances", "page_size": 15, "rows": rows}
    return json.dumps({"text": "\n".join(lines), "blocks": [table, menu]})


def by_us(found: Listing) -> str:
    """The message as it goes to Slack."""
    message = listing(found, InstanceQuery(), NOW)
    return json.dumps({"text": message.text, "blocks": message.blocks})


def run(rounds: int) -> list[Round]:
    """A round before the first fills caches and loads what is loaded once."""
    measured: list[Round] = []
    with Ec2Stub({REGION: FLEET, SMALL_REGION: PARSED}) as stub:
        os.environ.update({**WORKER_ENVIRONMENT, "AWS_ENDPOINT_URL": stub.url})
        for number in range(rounds + 1):
            one = _round(stub)
            measured += [one] if number else []
            print(f"\rround {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return measured


def _round(stub: Ec2Stub) -> Round:
    worker = wiring.worker()
    create: Any = boto3.Session().client
    plain = create("ec2", region_name=SMALL_REGION)
    first_screen, found = _timed(lambda: worker._instances.find(InstanceQuery()), perf_counter)
    calls = len(stub.calls)
    everything, _ = _timed(lambda: _all(worker._aws.get("ec2", REGION)), perf_counter)
    _all(plain)  # its connection and its parser's first time are not compared
    by_boto3, _ = _timed(lambda: _all(plain))
    parsed, _ = _timed(lambda: _all(worker._aws.get("ec2", SMALL_REGION)))
    table, table_by_hand = _in_turns(lambda: by_us(found), lambda: by_hand(found.instances))
    stub.calls.clear()
    return Round(first_screen, calls, everything, parsed, by_boto3, table, table_by_hand)


def _in_turns(*works: Callable[[], Any]) -> tuple[float, ...]:
    """One of each, in the median of some turns: what else the machine does for a moment meets them all alike."""
    turns = [[_timed(lambda work=work: [work() for _ in range(TABLES)])[0] for work in works] for _ in range(TURNS)]
    return tuple(median(times) / TABLES for times in zip(*turns, strict=True))


def _all(ec2: Any) -> int:
    pages = ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 1000})
    return sum(len(reservation["Instances"]) for page in pages for reservation in page["Reservations"])


def _timed(work: Callable[[], Measured], clock: Callable[[], float] = thread_time) -> tuple[float, Measured]:
    """In the CPU time of this thread, unless others do the work: the stub's is not ours, and the machine is shared."""
    gc.collect()  # what was left before is not this one's
    started = clock()
    done = work()
    return (clock() - started) * 1000, done


def table(rounds: Sequence[Round]) -> str:
    """Medians."""
    names = {
        "first_screen": f"first screen of {FLEET:,}: {rounds[0].first_screen_calls} calls",
        "everything": f"listing all {FLEET:,}",
        "parsed": f"{PARSED:,} parsed by our client",
        "parsed_by_boto3": f"{PARSED:,} parsed by boto3 as it comes",
        "table": "message of 100: our view, and JSON",
        "table_by_hand": "message of 100: literals, and JSON",
    }
    lines = ["| listing | ms |", "| --- | ---: |"]
    lines += [f"| {text} | {median(getattr(one, name) for one in rounds):.3g} |" for name, text in names.items()]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = run(parser.parse_args().rounds)
    print(table(rounds), end="\n\n")
    missed = 0
    for goal in GOALS:
        figure, met = goal.judge(rounds)
        missed += not met
        print(f"{'met' if met else 'MISSED':10} {goal.text}: {figure:.3g} (goal <= {goal.limit})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
