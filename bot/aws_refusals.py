"""What AWS said when a call failed, read from the client library's error: its codes, and never a message.

It does not translate: which error of ours it becomes is the service's own business.
"""

from collections.abc import Mapping
from typing import Any

CONDITION_FAILED = "ConditionalCheckFailedException"


def code_of(error: Exception) -> str:
    """AWS's code; the error's type where no answer came."""
    answer = getattr(error, "response", None)
    return str(answer["Error"]["Code"]) if isinstance(answer, Mapping) else type(error).__name__


def row_in_the_way(error: Exception) -> Mapping[str, Any] | None:
    """The row that a conditional write met (ReturnValuesOnConditionCheckFailure); None where something else failed.

    It may be the writer's own: after a lost reply the client library sends a write again.
    """
    answer: Any = getattr(error, "response", None)
    return dict(answer.get("Item", {})) if code_of(error) == CONDITION_FAILED else None
