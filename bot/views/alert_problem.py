"""What stood in the way of a click on an alert, in words; `bot.views.problem` says everything else that goes wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from bot import alert_errors


def _alert_gone(error: Any) -> tuple[str, str]:
    return (
        "That alert has moved on.",
        "What the button belongs to is over, or shown by a newer card, so nothing was done. `/ec2 alerts` lists what "
        "is open.",
    )


def _alert_busy(error: Any) -> tuple[str, str]:
    return (
        "The alert changed while you clicked.",
        "Others were faster each time it was tried, so nothing was done. Look at the card as it is now, and try again.",
    )


WORDS: Mapping[type[BaseException], Callable[[Any], tuple[str, str]]] = {
    alert_errors.AlertGoneError: _alert_gone,
    alert_errors.AlertBusyError: _alert_busy,
}
