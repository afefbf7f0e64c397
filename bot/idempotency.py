"""The nouns of asking twice: a request under the key that its sender gave it, and the first answer to it.

It refuses a key for two different requests, and one whose first answer nobody knows.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.denials import AccessDeniedError
from bot.errors import ChatOpsError, InstancesUnavailableError, NotRecordedError
from bot.reboot_errors import ClaimTooOldError

KEY = r"[!-~]{1,128}"
# After these nothing was done and the sender is told to ask again: the key is free for it.
NOTHING_DONE = (NotRecordedError, AccessDeniedError, InstancesUnavailableError, ClaimTooOldError)


class KeyReusedError(ChatOpsError):
    """The same person used the same key for another request."""

    code = "CONFLICT"


class KeyInUseError(ChatOpsError):
    """A request with this key was begun, and how it ended is not known, or not yet."""

    code = "CONFLICT"


@dataclass(frozen=True)
class KeyedRequest:
    """A request that may be sent again: who sent it, under which key, and what it asks for."""

    user_id: str
    key: str
    method: str
    path: str
    body: Mapping[str, Any]

    @property
    def row(self) -> str:
        """Names the first answer; nobody else's request has the same."""
        return _hash(self.user_id, self.key)

    @property
    def fingerprint(self) -> str:
        """The same for the same request, in whatever order its body came."""
        return _hash(self.method, self.path, self.body)


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "replace")).hexdigest()
