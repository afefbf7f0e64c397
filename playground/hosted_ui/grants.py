"""What was granted and not yet taken: authorization codes, refresh tokens, and the browsers that are signed in.

A code is taken out by the first who shows it, right or wrong; it lives for five minutes, a browser's session an hour.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from playground.hosted_ui.authorization import AuthorizationRequest
from playground.hosted_ui.pool import SignIn

CODE_SECONDS = 5 * 60
SESSION_SECONDS = 60 * 60


@dataclass(frozen=True)
class Grant:
    """What somebody allowed a client by signing in; `auth_time` is when, in epoch seconds."""

    request: AuthorizationRequest
    sign_in: SignIn
    auth_time: int


@dataclass(frozen=True)
class Session:
    """A browser that somebody signed in with."""

    sign_in: SignIn
    client_id: str
    auth_time: int


class Grants:
    """In memory, for one process; safe to use from many threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[Grant, float]] = {}
        self._sessions: dict[str, tuple[Session, float]] = {}
        self._refreshes: dict[str, Grant] = {}

    def now(self) -> int:
        return int(self._clock())

    def issue_code(self, grant: Grant) -> str:
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._codes[code] = (grant, self._clock() + CODE_SECONDS)
        return code

    def take_code(self, code: str) -> Grant | None:
        with self._lock:
            grant, until = self._codes.pop(code, (None, 0.0))
        return grant if self._clock() < until else None

    def keep_refresh(self, grant: Grant) -> None:
        with self._lock:
            self._refreshes[grant.sign_in.refresh_token] = grant

    def refresh(self, refresh_token: str) -> Grant | None:
        with self._lock:
            return self._refreshes.get(refresh_token)

    def open_session(self, session: Session) -> str:
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[key] = (session, self._clock() + SESSION_SECONDS)
        return key

    def session(self, key: str) -> Session | None:
        with self._lock:
            session, until = self._sessions.get(key, (None, 0.0))
        return session if self._clock() < until else None

    def end_session(self, key: str) -> None:
        with self._lock:
            self._sessions.pop(key, None)
