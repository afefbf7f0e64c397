"""What a program is told of each error: the contract's code, and a sentence that says what to do.

It repeats nothing that AWS said, and of what is not one of ours nothing at all but the reference.
"""

from collections.abc import Callable
from typing import Any

from bot.denials import (
    AccessDeniedError,
    AccountDisabledError,
    IdentityUnavailableError,
    NoRoleError,
    NotPermittedError,
)
from bot.errors import (
    AuditUnavailableError,
    AwsCallError,
    ChatOpsError,
    InstanceNotFoundError,
    InstancesUnavailableError,
    InvalidValueError,
    MetricsUnavailableError,
    NotRecordedError,
    OutcomeNotRecordedError,
    OutcomeUnknownError,
    PageGoneError,
)
from bot.idempotency import KeyInUseError, KeyReusedError
from bot.resources.reboot_words import REBOOT_WORDS
from bot.rest import InvalidRequestError

_BY_CODE = {
    "INVALID_REQUEST": "The request cannot be understood.",
    "UNAUTHORIZED": "Send a valid access token: Authorization: Bearer <token>.",
    "FORBIDDEN": "You may not do this.",
    "NOT_FOUND": "There is nothing at this address with this method.",
    "CONFLICT": "This cannot be done as things stand now.",
    "THROTTLED": "Too many requests just now. Wait a moment, then ask again.",
    "INTERNAL_ERROR": "Something failed on our side. Ask again; if this lasts, tell an administrator.",
}


def _value(error: InvalidValueError) -> str:
    return f"query.{error.option}: takes {error.expected.replace('`', '')}."


def _permission(error: NotPermittedError) -> str:
    return f"Your role ({error.role}) does not cover this; it needs {error.needed}. Nothing was done."


_WORDS: dict[type[ChatOpsError], str | Callable[[Any], str]] = {
    **REBOOT_WORDS,
    InvalidRequestError: lambda error: str(error.reason),
    InvalidValueError: _value,
    InstanceNotFoundError: "No instance has this id in the regions that are looked at.",
    PageGoneError: "This cursor is not good any longer, or belongs to another query or person. Begin without one.",
    KeyReusedError: "This Idempotency-Key was used for another request. Use a new key.",
    KeyInUseError: (
        "A request with this Idempotency-Key was begun, and its answer is not known. "
        "Ask again in a moment; if this lasts, read the audit before you use a new key."
    ),
    NotPermittedError: _permission,
    AccountDisabledError: "Your account is disabled, or not the one that this token was made for. Nothing was done.",
    NoRoleError: "Your account has no role here. Ask an administrator for one. Nothing was done.",
    IdentityUnavailableError: "It could not be checked who you are, so nothing was done. Ask again in a moment.",
    AccessDeniedError: _BY_CODE["FORBIDDEN"],
    NotRecordedError: "Not done: it could not be recorded. Ask again in a moment.",
    OutcomeNotRecordedError: (
        "It was begun, and its outcome could not be recorded: it may have been done. "
        "Do not repeat it before you have looked."
    ),
    OutcomeUnknownError: (
        "It was sent to AWS and the reply was lost: it may have happened. Do not repeat it before you have looked."
    ),
    InstancesUnavailableError: lambda error: f"EC2 does not answer in {error.region}. Ask again in a moment.",
    AuditUnavailableError: "The audit does not answer. Ask again in a moment.",
    MetricsUnavailableError: lambda error: f"CloudWatch does not answer in {error.region}. Ask again in a moment.",
    AwsCallError: "An AWS service does not answer. Ask again in a moment.",
}


def words(error: ChatOpsError) -> str:
    """The sentence for an error of ours; one without words of its own has those of its kind, or of its code."""
    for kind in type(error).__mro__:
        found = _WORDS.get(kind)
        if found is not None:
            return found if isinstance(found, str) else found(error)
    return _BY_CODE[error.code]


def words_for_code(code: str) -> str:
    """The sentence for what has nothing more to say than its code."""
    return _BY_CODE[code]
