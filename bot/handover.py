"""A shift in numbers, for whoever takes over: who did what, what was refused, and each reboot with what came of it.

It concludes nothing that the rows do not say.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.audit_rows import AuditRow
from bot.models import Outcome
from bot.operations import ACCESS_DENIED, Effect, operations

REBOOT = "REBOOT_INSTANCE"


@dataclass(frozen=True)
class Reboot:
    """One reboot; `again` is the next one of the same instance in the shift, a sign that this one did not help."""

    row: AuditRow
    again: AuditRow | None


@dataclass(frozen=True)
class Handover:
    """A shift. `people` have their number of looks, changes and refusals; `changes` are in time order, reboots apart.

    `is_cut` says that only its newest rows were read.
    """

    since: datetime
    until: datetime
    rows: int
    is_cut: bool
    people: tuple[tuple[str, int, int, int], ...]
    changes: tuple[AuditRow, ...]
    reboots: tuple[Reboot, ...]
    denials: tuple[tuple[str, str, int], ...]


def handover(rows: Sequence[AuditRow], since: datetime, until: datetime, *, is_cut: bool) -> Handover:
    """The shift that `rows` (newest first) are of."""
    looks = {operation.action for operation in operations() if operation.effect is Effect.LOOK}
    oldest_first = list(reversed(rows))
    closed = {str(row.details.get("attempt")) for row in rows}
    changes = [
        row
        for row in oldest_first
        if row.action not in looks | {ACCESS_DENIED}
        and not (row.outcome == Outcome.ATTEMPTED and row.audit_id in closed)
    ]
    denied = [row for row in oldest_first if row.outcome == Outcome.DENIED]
    counts = Counter(
        (_name(row), "denied" if row.outcome == Outcome.DENIED else "looks" if row.action in looks else "")
        for row in rows
    )
    changed = Counter(_name(row) for row in changes)
    names = dict.fromkeys(_name(row) for row in oldest_first)
    return Handover(
        since,
        until,
        len(rows),
        is_cut,
        tuple((name, counts[name, "looks"], changed[name], counts[name, "denied"]) for name in names),
        tuple(row for row in changes if row.action != REBOOT),
        _reboots([row for row in changes if row.action == REBOOT]),
        tuple((*what, count) for what, count in Counter(map(_refused, denied)).most_common()),
    )


def _reboots(rows: Sequence[AuditRow]) -> tuple[Reboot, ...]:
    return tuple(
        Reboot(row, next((later for later in rows[at + 1 :] if later.resource_id == row.resource_id), None))
        for at, row in enumerate(rows)
    )


def _name(row: AuditRow) -> str:
    return row.user_email or row.slack_user_id or row.user_id


def _refused(row: AuditRow) -> tuple[str, str]:
    wanted = str(row.details.get("operation", row.action))
    reason = str(row.details.get("reason", ""))
    return _name(row), f"{wanted} ({reason})" if reason else wanted
