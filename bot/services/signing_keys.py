"""The pool's public keys: read over HTTP when they are needed, and kept for the life of the container.

It refuses keys that are not for RS256 signatures, two keys of one name, and to ask more often than it must: strangers
choose the key ids that arrive here. PyJWT's own client is not used: it follows redirects, reads without a limit, and
forgets good keys as soon as the endpoint is down for longer than it keeps them.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.token_claims import KeysUnavailableError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

FRESH_SECONDS = 300
# A pool's keys change rarely. A new one counts after at most this long; strangers can make us ask this often.
PAUSE_SECONDS = 15
# Without any key nothing can be checked, so the next try comes sooner.
COLD_PAUSE_SECONDS = 2
TIMEOUT_SECONDS = 2.0
MAX_BYTES = 65_536
MIN_BITS = 2048

_Keys = Mapping[str, "RSAPublicKey"]


class SigningKeys:
    """The keys by id; `now` gives epoch seconds. Safe to use from several threads."""

    def __init__(self, url: str, now: Callable[[], float]) -> None:
        self._url = url
        self._now = now
        self._keys: _Keys = {}
        self._read_at = self._tried_at = float("-inf")
        self._reading = threading.Lock()

    def key(self, key_id: str) -> "RSAPublicKey | None":
        """The key of that id, None for an id that the pool does not have.

        A known key never waits for the network longer than one try, and counts while the endpoint is down. Raises
        KeysUnavailableError where no keys were read yet.
        """
        known = self._keys.get(key_id)
        if known is None:
            self._refresh(wait=True)
        elif not self._within(self._read_at, FRESH_SECONDS):
            self._refresh(wait=False)
        if not self._keys:
            raise KeysUnavailableError
        return self._keys.get(key_id)

    def _refresh(self, *, wait: bool) -> None:
        """Read the keys again, unless somebody just did. `wait` for whoever is doing it."""
        if self._paused() or not self._reading.acquire(blocking=wait):
            return
        try:
            if not self._paused():
                keys = _fetched(self._url)
                self._tried_at = self._now()
                if keys:
                    self._keys, self._read_at = keys, self._tried_at
        finally:
            self._reading.release()

    def _paused(self) -> bool:
        return self._within(self._tried_at, PAUSE_SECONDS if self._keys else COLD_PAUSE_SECONDS)

    def _within(self, moment: float, seconds: float) -> bool:
        # A clock that was set back must not stop us from asking until it has caught up.
        return 0 <= self._now() - moment < seconds


def _fetched(url: str) -> _Keys:
    """What the endpoint publishes; nothing where it does not answer as it should."""
    import requests
    from urllib3.exceptions import HTTPError

    deadline = time.monotonic() + TIMEOUT_SECONDS
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no password file decides whom we believe
        try:
            with session.get(
                url,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
                headers={"accept-encoding": "identity"},
            ) as answer:
                return _usable(_body(answer, deadline)) if answer.status_code == 200 else {}
        except (requests.RequestException, HTTPError, ValueError, RecursionError):
            return {}


def _body(answer: Any, deadline: float) -> Any:
    """The JSON of an answer. Raises ValueError for one that is too long, too slow, or no JSON."""
    received = b""
    # Whatever the answer calls its encoding, it is not unpacked: a small one could become a big one.
    for chunk in iter(lambda: answer.raw.read1(8192), b""):
        received += chunk
        if len(received) > MAX_BYTES or time.monotonic() > deadline:
            raise ValueError
    return json.loads(received)


def _usable(document: Any) -> _Keys:
    entries = document.get("keys") if isinstance(document, dict) else None
    wanted = [entry for entry in entries or () if _for_signatures(entry)] if isinstance(entries, list) else []
    # Of two keys with one name nobody can tell which is meant.
    names = Counter(entry.get("kid") for entry in entries or () if _has_name(entry)) if wanted else Counter()
    parsed = {entry["kid"]: _parsed(entry) for entry in wanted if names[entry["kid"]] == 1}
    return {kid: key for kid, key in parsed.items() if key is not None}


def _has_name(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("kid"), str)


def _for_signatures(entry: Any) -> bool:
    return (
        _has_name(entry)
        and bool(entry["kid"])
        and entry.get("kty") == "RSA"
        and entry.get("use") == "sig"
        and entry.get("alg", "RS256") == "RS256"
        and "d" not in entry
    )


def _parsed(entry: Mapping[str, Any]) -> "RSAPublicKey | None":
    from jwt.algorithms import RSAAlgorithm
    from jwt.exceptions import PyJWTError

    try:
        key: Any = RSAAlgorithm.from_jwk({name: entry.get(name) for name in ("kty", "n", "e")})
    except (PyJWTError, ValueError, TypeError):
        return None
    return key if key.key_size >= MIN_BITS else None
