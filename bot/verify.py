"""`python -m bot.verify`: holds the whole audit table against its digests, from a terminal, with one's own rights.

Needs AUDIT_TABLE_NAME, DIGEST_BUCKET_NAME and DIGEST_KEY_ID, and rights to scan the table, read the bucket and verify
by the key. Exits with 0 where all is as it was sealed, 1 where it is not, 2 where that cannot be said.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from bot import wiring
from bot.audit_rows import bound, is_bound
from bot.digests import hour_of
from bot.errors import AuditUnavailableError, ConfigurationError
from bot.tampering import Report


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one JSON line a finding, and a sentence about the whole on stderr; answers the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bot.verify", description=__doc__)
    parser.add_argument("--since", default="3650d", help="an age (8h, 7d), a day or a minute in UTC; default: all")
    since = parser.parse_args(arguments).since
    if not is_bound(since):
        parser.error(f"--since takes an age such as 8h, or a day such as 2026-11-01, and not {since!r}")
    try:
        report = wiring.notary().verifier.verify(hour_of(bound(since, wiring.now())), everywhere=True)
    except ConfigurationError as error:
        print(f"Not set: {error}", file=sys.stderr)
        return 2
    except AuditUnavailableError as error:
        print(f"The audit or its digests cannot be read: {error}", file=sys.stderr)
        return 2
    return _told(report)


def _told(report: Report) -> int:
    for found in report.findings:
        print(json.dumps(found.to_dict()))
    if not report.hours and not report.findings:
        print("Nothing of that time is sealed yet, so nothing can be verified.", file=sys.stderr)
        return 2
    if not report.hours and all(found.seen_at for found in report.findings):
        print(f"Changed before it was sealed: {len(report.findings)} findings of the notary's.", file=sys.stderr)
        return 1
    state = f"{len(report.findings)} findings" if report.findings else "as it was sealed"
    print(
        f"The audit is {state}: {report.rows} rows of {report.hours} sealed hours up to {report.last}:59 UTC, "
        f"{report.expired} of them expired since. Sealing began at {report.began}:00 UTC.",
        file=sys.stderr,
    )
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
