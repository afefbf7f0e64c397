"""A shift in numbers, for whoever takes over: who did what, what was refused, which alarms went off, and the reboots.

It concludes nothing that the rows do not say.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.audit_rows import AuditRow
from bot.incidents import Effect as Change
from bot.models import Outcome
from bot.operations import (
    ACCESS_DENIED,
    ALARM_REFUSED,
    ALARM_STATE_CHANGE,
    ALERT_REMINDER,
    REBOOT_INSTANCE,
    Effect,
    operations,
)

# What nobody did: the clock and CloudWatch.
UNASKED = {ALARM_STATE_CHANGE, ALARM_REFUSED, ALERT_REMINDER}
FIRED = {Change.OPENED, Change.REOPENED, Change.CAME_AND_WENT}
OVER = {Change.RESOLVED, Change.DELETED, Change.CAME_AND_WENT}


@dataclass(frozen=True)
class Reboot:
    """One reboot; `again` is the next one of the same instance in the shift, a sign that this one did not help.

    `helped` is the end of an alarm that credits it. `asked_by` is who wanted it, if that was somebody else.
    """

    row: AuditRow
    again: AuditRow | None
    helped: AuditRow | None
    asked_by: str = ""


@dataclass(frozen=True)
class Handover:
    """A shift. `people` have their number of looks, changes and refusals; `changes` are in time order, reboots apart.

    `fired` counts the alarms that went off in the shift; `open_alerts` are the rows of those that have not ended in it.
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
    fired: int
    open_alerts: tuple[AuditRow, ...]


def handover(rows: Sequence[AuditRow], since: datetime, until: datetime, *, is_cut: bool) -> Handover:
    """The shift that `rows` (newest first) are of."""
    looks = {operation.action for operation in operations() if operation.effect is Effect.LOOK}
    told = [row for row in reversed(rows) if row.action == ALARM_STATE_CHANGE]
    oldest_first = [row for row in reversed(rows) if row.action not in UNASKED]
    changes = _changes([row for row in oldest_first if row.action not in looks | {ACCESS_DENIED}])
    denied = [row for row in reversed(rows) if row.outcome == Outcome.DENIED]
    counts = Counter(
        (_name(row), "denied" if row.outcome == Outcome.DENIED else "looks" if row.action in looks else "")
        for row in oldest_first
    )
    changed = Counter(_name(row) for row in changes)
    names = dict.fromkeys(_name(row) for row in oldest_first)
    people = ((name, counts[name, "looks"], changed[name], counts[name, "denied"]) for name in names)
    return Handover(
        since,
        until,
        len(rows),
        is_cut,
        tuple(one for one in people if any(one[1:])),
        tuple(row for row in changes if row.action != REBOOT_INSTANCE.action),
        _reboots([row for row in changes if row.action == REBOOT_INSTANCE.action], told, rows),
        tuple((*what, count) for what, count in Counter(map(_refused, denied)).most_common()),
        len({row.resource_id for row in told if row.details.get("effect") in FIRED}),
        _open_alerts(told),
    )


def _changes(oldest_first: Sequence[AuditRow]) -> list[AuditRow]:
    """One row a change: how its attempt ended last, told of whoever began it, when they did.

    What was lost on the way is closed by the sweep, which is nobody's deed and no second change.
    """
    attempts = {row.audit_id: row for row in oldest_first if row.outcome == Outcome.ATTEMPTED}
    changes: dict[str, AuditRow] = {}
    for row in oldest_first:
        number = str(row.details.get("attempt") or row.audit_id)
        begun = attempts.get(number, row)
        changes[number] = replace(begun, outcome=row.outcome, details={**begun.details, **row.details})
    return list(changes.values())


def _open_alerts(told: Sequence[AuditRow]) -> tuple[AuditRow, ...]:
    last = {row.resource_id: row for row in told if row.details.get("effect") in FIRED | OVER}
    return tuple(row for row in last.values() if row.details.get("effect") not in OVER)


def _reboots(rows: Sequence[AuditRow], told: Sequence[AuditRow], shift: Sequence[AuditRow]) -> tuple[Reboot, ...]:
    """`shift` says who the people are that its reboots name by their ids."""
    people = {row.user_id: _name(row) for row in shift}
    reboots: list[Reboot] = []
    for at, row in enumerate(rows):
        again = next((later for later in rows[at + 1 :] if later.resource_id == row.resource_id), None)
        until = again.timestamp if again else "~"  # sorts after every time
        ended = (one for one in told if row.timestamp <= one.timestamp < until)
        helped = next((one for one in ended if _credited(one) == row.resource_id), None)
        wanted_by = str(row.details.get("requestedBy") or row.user_id)
        asked_by = "" if wanted_by == row.user_id else people.get(wanted_by, "somebody else")
        reboots.append(Reboot(row, again, helped, asked_by))
    return tuple(reboots)


def _credited(row: AuditRow) -> object:
    helped = row.details.get("helped")
    return helped.get("on") if isinstance(helped, dict) and helped.get("what") == "rebooted" else None


def _name(row: AuditRow) -> str:
    return row.user_email or row.slack_user_id or row.user_id


def _refused(row: AuditRow) -> tuple[str, str]:
    wanted = str(row.details.get("operation", row.action))
    reason = str(row.details.get("reason", ""))
    return _name(row), f"{wanted} ({reason})" if reason else wanted
