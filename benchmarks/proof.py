"""`make bench`: what proving the audit costs: sealing and verifying 100,000 rows, beside hashing them at all.

It measures no network: rows, digests and the key are in memory. Exits with 1 when a goal is missed.
"""

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time
from typing import Any

from bot.audit_rows import timestamp
from bot.digests import Digest, Leaf, Sealed
from bot.services.notary import Notary
from bot.services.verifier import Verifier

ROWS, CHANGED = 100_000, 1_000
STEP = timedelta(seconds=6)  # 167 hours
NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
FIRST = NOW - STEP * ROWS


def row(number: int) -> dict[str, Any]:
    """As the worker writes one."""
    at = FIRST + STEP * number
    texts = {
        "userId": f"11111111-2222-4333-8444-{number % 40:012d}",
        "timestamp": timestamp(at),
        "day": at.date().isoformat(),
        "auditId": f"00000000-0000-4000-8000-{number:012d}",
        "userEmail": f"person-{number % 40}@example.com",
        "action": "GET_INSTANCE",
        "resourceType": "EC2_INSTANCE",
        "resourceId": f"i-{number % 500:017x}",
        "outcome": "succeeded",
        "source": "slack",
        "correlationId": f"{number:032x}",
        "slackUserId": "U0123ABCD",
        "slackTeamId": "T0123ABCD",
        "channelId": "C0123ABCD",
        "ipAddress": "198.51.100.7",
        "userAgent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    }
    item: dict[str, Any] = {name: {"S": text} for name, text in texts.items()}
    return {**item, "details": {"M": {"wanted": {"S": "web-1"}}}, "ttl": {"N": str(int(at.timestamp()) + 2_592_000)}}


@dataclass
class Memory:
    """Rows and digests; the key signs with a hash."""

    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    by_hour: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)

    def put(self, item: dict[str, Any]) -> None:
        self.rows[item["userId"]["S"], item["timestamp"]["S"]] = item
        self.by_hour.setdefault(item["timestamp"]["S"][:13], []).append(item)

    def of_hours(self, first: str, last: str) -> Iterator[dict[str, Any]]:
        yield from self.by_hour.get(first, [])

    def all(self, first: str, last: str) -> Iterator[dict[str, Any]]:
        yield from (item for key, item in self.rows.items() if first <= key[1][:13] <= last)

    def hours(self) -> Iterator[str]:
        return iter(sorted(self.stored))

    def load(self, hour: str) -> Sealed | None:
        return Sealed.from_json(self.stored[hour]) if hour in self.stored else None

    def seal(self, digest: Digest, leaves: tuple[Leaf, ...]) -> Sealed:
        sealed = Sealed(digest, hashlib.sha256(digest.signed).digest(), leaves)
        self.stored[digest.hour] = sealed.to_json()
        return sealed

    def is_genuine(self, sealed: Sealed) -> bool:
        return sealed.signature == hashlib.sha256(sealed.digest.signed).digest()

    def noted(self, first: str, last: str) -> list[Any]:
        return []


def run() -> tuple[float, float, float, int]:
    """CPU seconds of hashing every row as JSON, of sealing, of verifying; and how many changes were named."""
    memory: Any = Memory()
    for number in range(ROWS):
        memory.put(row(number))
    began = process_time()
    for item in memory.rows.values():
        hashlib.sha256(json.dumps(item, sort_keys=True).encode()).digest()
    hashed = process_time() - began
    began = process_time()
    Notary(memory, memory, lambda: FIRST).seal()
    Notary(memory, memory, lambda: NOW).seal()
    sealed = process_time() - began
    whole = [key for key in memory.rows if key[1][:13] in memory.stored]
    for at, key in enumerate(random.Random(1).sample(whole, CHANGED)):
        if at % 2:
            del memory.rows[key]
        else:
            memory.rows[key] = {**memory.rows[key], "outcome": {"S": "failed"}}
    began = process_time()
    report = Verifier(memory, memory, lambda: NOW).verify("2020-01-01T00", everywhere=True)
    return hashed, sealed, process_time() - began, len(report.findings)


def main() -> int:
    """Prints the figures and whether each meets its goal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = [run() for _ in range(parser.parse_args().rounds)]
    hashed, sealed, verified = (median(one[at] for one in rounds) for at in range(3))
    figures = (
        (f"{CHANGED:,} changes in {ROWS:,} rows, not named", max(CHANGED - one[3] for one in rounds), 0),
        (f"sealing {ROWS:,} rows, CPU s", sealed, 10),
        (f"verifying {ROWS:,} rows, CPU s", verified, 10),
        ("sealing, x hashing each row as JSON", sealed / hashed, 4),
        ("verifying, x hashing each row as JSON", verified / hashed, 5),
    )
    for text, figure, limit in figures:
        print(f"{text:52} {figure:8.2f}   goal {limit:>5}   {'met' if figure <= limit else 'MISSED'}")
    return int(any(figure > limit for _, figure, limit in figures))


if __name__ == "__main__":
    sys.exit(main())
