"""What can be found wrong with the audit, and how it is found: by the digests, and in the table's stream.

It compares and judges, and reads nothing. That DynamoDB deletes rows whose time to live has passed is no finding.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.audit_rows import moment_of
from bot.digests import Leaf, Sealed

MAX_DRIFT = timedelta(minutes=5)  # between the time that a row carries and its arrival in the table
TTL_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class Kind(StrEnum):
    """What was done."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    BACKDATED = "back-dated"
    DIGEST_MISSING = "digest missing"
    DIGEST_ALTERED = "digest altered"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; a digest has no row. `seen_at` is when the notary saw it happen, if it did."""

    kind: Kind
    hour: str
    user_id: str = ""
    timestamp: str = ""
    audit_id: str = ""
    note: str = ""
    seen_at: str = ""

    def to_dict(self) -> dict[str, str]:
        """For JSON and the log."""
        return {name: str(value) for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Report:
    """What a verification found. `first` and `last` are the hours asked about; those before `began` have no digest yet.

    `rows` were compared, `expired` ones are gone as they should be; nothing after `last` is sealed yet.
    """

    first: str
    last: str
    began: str | None
    hours: int
    rows: int
    expired: int
    findings: tuple[Finding, ...]


def compared(sealed: Sealed, leaves: Iterable[Leaf], now: datetime) -> tuple[list[Finding], int]:
    """What is wrong with an hour whose rows are now `leaves`, and how many of its rows have expired."""
    hour = sealed.digest.hour
    here = {leaf.key: leaf for leaf in leaves}
    findings: list[Finding] = []
    expired = 0
    for then in sealed.leaves:
        row = here.pop(then.key, None)
        if row is None and then.ttl <= now.timestamp():
            expired += 1
        elif row is None:
            findings.append(_finding(Kind.DELETED, hour, then))
        elif row != then:
            findings.append(_finding(Kind.EDITED, hour, then))
    findings += [_finding(Kind.INSERTED, hour, leaf) for leaf in here.values()]
    return findings, expired


def told_apart(findings: Sequence[Finding]) -> list[Finding]:
    """The same with each row that was deleted in one place and inserted in another named as what it is: back-dated."""
    deleted = {found.audit_id: found for found in findings if found.kind is Kind.DELETED and found.audit_id}
    moved = {found.audit_id: found for found in findings if found.kind is Kind.INSERTED and found.audit_id in deleted}
    told: list[Finding] = []
    for found in findings:
        if found.kind is Kind.INSERTED and moved.get(found.audit_id) is found:
            was = deleted[found.audit_id]
            told.append(replace(found, kind=Kind.BACKDATED, note=f"it stood at {was.timestamp} under {was.user_id}"))
        elif not (found.kind is Kind.DELETED and found.audit_id in moved):
            told.append(found)
    return told


def suspicion(record: Mapping[str, Any]) -> Finding | None:
    """What is wrong with one record of the table's stream, as Lambda hands it over; None for what is right.

    Right are new rows that carry about the time they come at, and what DynamoDB itself removes after its time.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
    """
    change = record.get("dynamodb", {})
    at = datetime.fromtimestamp(float(change.get("ApproximateCreationDateTime", 0)), UTC)
    event = record.get("eventName")
    if event == "INSERT":
        image = change.get("NewImage", {})
        wrong = _wrongly_dated(image, at)
        return _seen(Kind.BACKDATED, change, image, at, wrong) if wrong else None
    image = change.get("OldImage", {})
    if event == "REMOVE":
        by_dynamodb = dict(record.get("userIdentity") or {}).items() >= TTL_SERVICE.items()
        # Whatever number somebody wrote: a record that cannot be judged would hold up all that come after it.
        early = float(image.get("ttl", {}).get("N", "0")) > at.timestamp()
        return None if by_dynamodb and not early else _seen(Kind.DELETED, change, image, at, "")
    names = {*image, *change.get("NewImage", {})}
    changed = sorted(name for name in names if image.get(name) != change.get("NewImage", {}).get(name))
    return _seen(Kind.EDITED, change, image, at, "changed: " + ", ".join(changed))


def _wrongly_dated(image: Mapping[str, Any], at: datetime) -> str:
    timestamp = str(image.get("timestamp", {}).get("S", ""))
    moment = moment_of(timestamp)
    if moment is None:
        return "its time is none"
    if abs(moment - at) > MAX_DRIFT:
        return f"it was written at {at:%Y-%m-%d %H:%M} UTC"
    if image.get("day") != {"S": timestamp[:10]}:
        return "its day is not that of its time"
    return ""


def _seen(kind: Kind, change: Mapping[str, Any], image: Mapping[str, Any], at: datetime, note: str) -> Finding:
    keys = change.get("Keys", {})
    timestamp = str(keys.get("timestamp", {}).get("S", ""))
    return Finding(
        kind,
        hour=timestamp[:13],
        user_id=str(keys.get("userId", {}).get("S", "")),
        timestamp=timestamp,
        audit_id=str(image.get("auditId", {}).get("S", "")),
        note=note,
        seen_at=at.isoformat(timespec="seconds"),
    )


def _finding(kind: Kind, hour: str, leaf: Leaf) -> Finding:
    return Finding(kind, hour, leaf.user_id, leaf.timestamp, leaf.audit_id)
