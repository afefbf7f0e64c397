"""A TOKEN authorizer of the REST API: when it is asked, what its policy allows, and how long the answer is kept.

It refuses, as API Gateway does, to ask without a token, and to read anything into an answer of another shape.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from playground.functions import FunctionError
from playground.gateway_responses import (
    ACCESS_DENIED,
    AUTHORIZER_FAILED,
    AUTHORIZER_MISCONFIGURED,
    EXPLICITLY_DENIED,
    UNAUTHORIZED,
    ProblemError,
)

Invoke = Callable[[str, Mapping[str, Any]], Any]
_DEFAULT_TTL = 300
_MOST_KEPT = 3600


@dataclass(frozen=True)
class AuthorizerSettings:
    """As the template declares it; `function` is a logical id, `ttl` in seconds."""

    function: str
    header: str = "Authorization"
    validation: str | None = None
    ttl: int = _DEFAULT_TTL

    @classmethod
    def of_template(cls, declared: Mapping[str, Any]) -> "AuthorizerSettings":
        identity = declared.get("Identity", {})
        return cls(
            declared["FunctionArn"],
            identity.get("Header", "Authorization"),
            identity.get("ValidationExpression"),
            min(int(identity.get("ReauthorizeEvery", _DEFAULT_TTL)), _MOST_KEPT),
        )


class Authorizer:
    """Raises ProblemError, or gives the context that the function will see."""

    def __init__(self, settings: AuthorizerSettings, invoke: Invoke, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._invoke = invoke
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Any, float]] = {}

    def admit(self, headers: Mapping[str, str], method_arn: str) -> dict[str, str]:
        """`headers` are looked up without regard to case."""
        token = headers.get(self._settings.header, "")
        pattern = self._settings.validation
        if not token or (pattern is not None and not re.fullmatch(pattern, token)):
            raise ProblemError(UNAUTHORIZED)
        answer = self._answer(token, method_arn)
        context = _context(answer)
        _judge(answer["policyDocument"], method_arn)
        return context

    def _answer(self, token: str, method_arn: str) -> Any:
        """Kept by the token alone, whatever route it was given for: a narrow policy then refuses the next route."""
        with self._lock:
            answer, until = self._kept.get(token, (None, 0.0))
        if self._clock() < until:
            return answer
        event = {"type": "TOKEN", "authorizationToken": token, "methodArn": method_arn}
        try:
            answer = self._invoke(self._settings.function, event)
        except FunctionError as error:
            known = error.message == "Unauthorized"
            raise ProblemError(UNAUTHORIZED if known else AUTHORIZER_FAILED) from None
        if self._settings.ttl > 0:
            with self._lock:
                self._kept[token] = answer, self._clock() + self._settings.ttl
        return answer


def _context(answer: Any) -> dict[str, str]:
    """Flat and of strings: a list, an object or null in it is a broken authorizer."""
    if not isinstance(answer, dict) or not isinstance(answer.get("principalId"), str):
        raise ProblemError(AUTHORIZER_MISCONFIGURED)
    given = answer.get("context") or {}
    if not isinstance(answer.get("policyDocument"), dict) or not isinstance(given, dict):
        raise ProblemError(AUTHORIZER_MISCONFIGURED)
    if not all(isinstance(value, str | int | float | bool) for value in given.values()):
        raise ProblemError(AUTHORIZER_MISCONFIGURED)
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
    return {**texts, "principalId": answer["principalId"]}


def _judge(policy: Mapping[str, Any], method_arn: str) -> None:
    """Raises unless something allows and nothing denies."""
    effects = {
        statement.get("Effect")
        for statement in _listed(policy.get("Statement"))
        if isinstance(statement, dict)
        and _matches(statement.get("Action"), "execute-api:Invoke")
        and _matches(statement.get("Resource"), method_arn)
    }
    if "Deny" in effects:
        raise ProblemError(EXPLICITLY_DENIED)
    if "Allow" not in effects:
        raise ProblemError(ACCESS_DENIED)


def _matches(patterns: Any, text: str) -> bool:
    # fnmatch knows [...] too, which a policy does not.
    return any(re.match(translate(str(pattern).replace("[", "[[]")), text) for pattern in _listed(patterns))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
