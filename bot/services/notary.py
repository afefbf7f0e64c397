"""The notary: seals each hour of the audit with a signed digest, and reports what nobody may do to its rows.

It can write no row, and refuses to seal an hour twice or while somebody may still write into it.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.audit_rows import timestamp
from bot.digests import Digest, Sealed, hours_between, newest_due, root_of, sorted_leaves
from bot.tampering import suspicion

if TYPE_CHECKING:
    from bot.services.sealed_rows import SealedRows
    from bot.services.seals import Seals

MAX_HOURS = 200  # of one run: what a longer outage left is sealed by the next ones

logger = logging.getLogger("ec2-chatops")


class Notary:
    """`now` gives the time in UTC."""

    def __init__(self, rows: "SealedRows", seals: "Seals", now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._seals = seals
        self._now = now

    def seal(self) -> int:
        """Seal every hour that is due and has no digest, oldest first; how many were.

        The very first run begins with the newest hour. Raises AuditUnavailableError; ValueError where the newest
        digest cannot be read, for nothing can follow on it.
        """
        due = newest_due(self._now())
        before = [hour for hour in self._seals.hours() if hour <= due]
        last = self._seals.load(before[-1]) if before else None
        waiting = hours_between(before[-1], due)[1:] if before else [due]
        for count, hour in enumerate(waiting[:MAX_HOURS]):
            last = self._seal(hour, last)
            if last is None:  # another run was faster, and goes on from here
                return count
        return len(waiting[:MAX_HOURS])

    def watch(self, record: Mapping[str, Any]) -> None:
        """Report one record of the stream if it is anything but a new row or one that expired.

        The report is kept beside the digests, and is a line in the log that rings. Raises AuditUnavailableError.
        """
        finding = suspicion(record)
        if finding:
            logger.error("audit tampered with", extra={"finding": finding.to_dict()})
            self._seals.note(finding, str(record.get("eventID", "unknown")))

    def _seal(self, hour: str, last: Sealed | None) -> Sealed | None:
        leaves = sorted_leaves(self._rows.of_hours(hour, hour))
        previous = last.link if last else None
        digest = Digest(hour, timestamp(self._now()), len(leaves), root_of(leaves), previous)
        sealed = self._seals.seal(digest, leaves)
        if sealed:
            logger.info("hour sealed", extra={"hour": hour, "rows": len(leaves)})
        return sealed
