"""The errors about alarms and their alerts: a branch of `bot.errors`.

ChatOpsError
├── UsageError
│   └── AlertGoneError          the button is of what is over, or of a card that was replaced
├── InvalidAlarmError           not an alarm's change of state, or not one of ours
└── AlertBusyError              an alert was changed by others all the while
"""

from bot.errors import ChatOpsError, UsageError


class AlertGoneError(UsageError):
    """The button is of an incident that is over, or of a card that another one has replaced."""

    code = "CONFLICT"


class InvalidAlarmError(ChatOpsError):
    """A message that is no alarm's change of state, or not one of our account; `reason` is one word."""

    code = "INVALID_REQUEST"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AlertBusyError(ChatOpsError):
    """An alert was changed by others each time that we tried; nothing of this change was kept."""

    code = "CONFLICT"
