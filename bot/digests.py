"""What proves an hour of the audit: a hash for each row, the Merkle root over them, and a signed digest that names the
digest before it.

Nothing is signed or stored here. It refuses a stored digest that it cannot read whole (ValueError).
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

VERSION = 1
HOUR = timedelta(hours=1)
# Whoever writes a row has done so this long after the time it carries: no function runs for longer, and an index
# follows its table within moments.
SETTLE = timedelta(minutes=9)


@dataclass(frozen=True)
class Leaf:
    """One row as a digest keeps it; `ttl` is when it may vanish (epoch seconds), `sha256` is of the whole row."""

    user_id: str
    timestamp: str
    audit_id: str
    ttl: int
    sha256: str

    @property
    def key(self) -> tuple[str, str]:
        """The row's key in the table."""
        return self.user_id, self.timestamp


@dataclass(frozen=True)
class Digest:
    """What is signed of an hour, an empty one too. `previous` is the link of the digest before; the first has none."""

    hour: str
    sealed_at: str
    rows: int
    root: str
    previous: str | None
    version: int = VERSION

    @property
    def signed(self) -> bytes:
        """The bytes whose SHA-256 is signed."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Sealed:
    """A digest with its signature, and the leaves that make its root."""

    digest: Digest
    signature: bytes = field(repr=False)
    leaves: tuple[Leaf, ...] = field(repr=False)

    @property
    def link(self) -> str:
        """What the next digest says of this one: it binds the signature too."""
        return hashlib.sha256(self.digest.signed + b"\n" + self.signature).hexdigest()

    @property
    def is_whole(self) -> bool:
        """Whether the leaves are those that the digest was made of."""
        return len(self.leaves) == self.digest.rows and root_of(self.leaves) == self.digest.root

    def to_json(self) -> bytes:
        """As it is stored."""
        signature = base64.b64encode(self.signature).decode()
        rows = [list(asdict(leaf).values()) for leaf in self.leaves]
        return json.dumps({"digest": asdict(self.digest), "signature": signature, "rows": rows}).encode()

    @classmethod
    def from_json(cls, stored: bytes) -> "Sealed":
        """Raises ValueError for what `to_json` cannot have written."""
        try:
            content = json.loads(stored)
            digest = Digest(**content["digest"])
            leaves = tuple(Leaf(*row) for row in content["rows"])
            signature = base64.b64decode(content["signature"], validate=True)
        except (TypeError, KeyError, RecursionError) as error:
            raise ValueError from error
        if not _well_typed(digest, leaves):
            raise ValueError
        return cls(digest, signature, leaves)


def leaf_of(item: Mapping[str, Any]) -> Leaf:
    """The leaf of a row in DynamoDB's own form (`{"userId": {"S": ...}, ...}`)."""
    whole = json.dumps(_canonical(item), sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")
    ttl = item.get("ttl", {}).get("N", "0")
    return Leaf(
        _text(item, "userId"),
        _text(item, "timestamp"),
        _text(item, "auditId"),
        int(ttl) if ttl.isdigit() else 0,
        hashlib.sha256(whole).hexdigest(),
    )


def sorted_leaves(items: Iterable[Mapping[str, Any]]) -> tuple[Leaf, ...]:
    """The leaves of an hour in the order of its tree."""
    return tuple(sorted(map(leaf_of, items), key=lambda leaf: (leaf.timestamp, leaf.user_id)))


def root_of(leaves: Sequence[Leaf]) -> str:
    """The Merkle tree hash of RFC 6962, 2.1: leaves and nodes are told apart by their first byte."""
    level = [
        hashlib.sha256(b"\x00" + json.dumps(list(vars(leaf).values()), separators=(",", ":")).encode()).digest()
        for leaf in leaves
    ]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0].hex()


def hour_of(moment: datetime) -> str:
    """The hour that a moment falls into, as digests are named: `2026-11-22T18`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H")


def start_of(hour: str) -> datetime:
    """When an hour begins. Raises ValueError."""
    return datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)


def hours_between(first: str, last: str) -> list[str]:
    """Each hour from `first` to `last`, both included."""
    start, count = start_of(first), int((start_of(last) - start_of(first)) / HOUR) + 1
    return [hour_of(start + HOUR * number) for number in range(count)]


def newest_due(now: datetime) -> str:
    """The newest hour that can be sealed at `now`: nobody writes into it any more."""
    return hour_of(now - SETTLE - HOUR)


def _well_typed(digest: Digest, leaves: Sequence[Leaf]) -> bool:
    texts = (digest.hour, digest.sealed_at, digest.root, digest.previous or "")
    kinds = {item.name: int if item.name == "ttl" else str for item in fields(Leaf)}
    return (
        all(isinstance(text, str) for text in texts)
        and type(digest.rows) is int
        and digest.version == VERSION
        and all(type(getattr(leaf, name)) is kind for leaf in leaves for name, kind in kinds.items())
    )


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _canonical(value: Any) -> Any:
    """Sets have no order, and bytes no place in JSON."""
    if isinstance(value, Mapping):
        return {key: _sorted(item) if key in {"SS", "NS", "BS"} else _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _sorted(items: Iterable[Any]) -> Any:
    return sorted(map(_canonical, items)) if isinstance(items, list | tuple) else _canonical(items)
