"""Holds the audit against its digests: names what was edited, deleted, inserted or back-dated, and digests that lack.

It refuses to guess: what is not sealed yet, or has expired, is counted and not judged.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from bot.digests import Leaf, Sealed, hours_between, leaf_of, newest_due
from bot.tampering import Finding, Kind, Report, compared, told_apart

if TYPE_CHECKING:
    from bot.services.sealed_rows import Item, SealedRows
    from bot.services.seals import Seals

_READERS = 8


class Verifier:
    """`now` gives the time in UTC."""

    def __init__(self, rows: "SealedRows", seals: "Seals", now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._seals = seals
        self._now = now

    def verify(self, first: str, *, everywhere: bool = False) -> Report:
        """Everything from the hour `first` on that is sealed, and what the notary saw of rows that are not, or not yet.

        `everywhere` reads the whole table, where a row can hide from the index by a `day` that is not its own.
        Raises AuditUnavailableError.
        """
        last = newest_due(self._now())
        earliest = next(self._seals.hours(), None)
        # An alarm rings within a minute and an hour is sealed much later: what was seen is told at once.
        seen = self._seals.noted(first)
        if earliest is None or max(first, earliest) > last:
            return Report(first, last, earliest, 0, 0, 0, tuple(seen))
        began = max(first, earliest)
        hours = hours_between(began, last)
        findings, sealed = self._digests(hours, is_first=began == earliest)
        leaves = self._leaves(self._rows.all(began, last) if everywhere else self._rows.of_hours(began, last))
        expired = 0
        for hour, one in sealed.items():
            here = leaves.get(hour, {})
            found, gone = compared(one, here.values() if everywhere else self._seen_again(one, here), self._now())
            findings += found
            expired += gone
        rows = sum(len(one.leaves) for one in sealed.values())
        return Report(first, last, earliest, len(sealed), rows, expired, (*told_apart(findings), *seen))

    def _digests(self, hours: Sequence[str], *, is_first: bool) -> tuple[list[Finding], dict[str, Sealed]]:
        """The digests that can be trusted, by hour, and what is wrong with the others.

        One signature is checked, the newest: each digest vouches for the one before it by its link.
        """
        with ThreadPoolExecutor(_READERS) as pool:
            loaded = dict(zip(hours, pool.map(self._load, hours), strict=True))
        findings: list[Finding] = []
        trusted: dict[str, Sealed] = {}
        link: str | None = None
        for hour in reversed(hours):
            one = loaded[hour]
            if isinstance(one, Kind):
                findings.append(Finding(one, hour))
                link = None
                continue
            if not one.is_whole or one.digest.hour != hour or not (one.link == link or self._seals.is_genuine(one)):
                findings.append(Finding(Kind.DIGEST_ALTERED, hour))
                link = None
                continue
            if link not in (None, one.link):
                findings.append(Finding(Kind.DIGEST_ALTERED, hour, note="signed, but not what the next one follows"))
            trusted[hour] = one
            link = one.digest.previous
        if is_first and hours[0] in trusted and link is not None:
            findings.append(Finding(Kind.DIGEST_MISSING, hours[0], note="there were digests before this one"))
        return findings[::-1], dict(reversed(trusted.items()))

    def _load(self, hour: str) -> "Sealed | Kind":
        try:
            return self._seals.load(hour) or Kind.DIGEST_MISSING
        except ValueError:
            return Kind.DIGEST_ALTERED

    def _leaves(self, items: "Iterable[Item]") -> dict[str, dict[tuple[str, str], Leaf]]:
        by_hour: dict[str, dict[tuple[str, str], Leaf]] = defaultdict(dict)
        for item in items:
            leaf = leaf_of(item)
            by_hour[leaf.timestamp[:13]][leaf.key] = leaf
        return by_hour

    def _seen_again(self, sealed: Sealed, here: dict[tuple[str, str], Leaf]) -> list[Leaf]:
        """With the rows that the index does not show though they stand: their `day` was changed."""
        missing = [leaf for leaf in sealed.leaves if leaf.key not in here and leaf.ttl > self._now().timestamp()]
        again = [self._rows.one(*leaf.key) for leaf in missing]
        return [*here.values(), *(leaf_of(item) for item in again if item)]
