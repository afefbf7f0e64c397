"""What a program is told of each error about reboots; each says whether the instance was rebooted, and what to do."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.errors import ChatOpsError
from bot.reboot_errors import (
    ClaimTooOldError,
    InstanceLockedError,
    NeedsSlackError,
    NotRebootableError,
    ProposalChangedError,
    ProposalClosedError,
    RebootRefusedError,
    RebootsDisabledError,
    SecondPersonNeededError,
    StaleTargetError,
)

_PROTECTED = {
    "typed": "The instance is protected: its name must be typed to confirm a reboot.",
    "approval": "The instance is protected: a second administrator must approve a reboot.",
}


def _not_rebootable(error: NotRebootableError) -> str:
    if error.problem == "not_managed":
        return "The instance does not carry the tag chatops:managed=true, so it cannot be rebooted. Nothing was done."
    return f"The instance is {error.problem}, and only a running one can be rebooted. Nothing was done."


def _needs_slack(error: NeedsSlackError) -> str:
    return f"{_PROTECTED[error.strength]} Use /ec2 reboot in Slack. Nothing was done."


def _locked(error: InstanceLockedError) -> str:
    until = datetime.fromtimestamp(error.until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"Another reboot of this instance is under way, until {until} at the latest. Nothing was done."


REBOOT_WORDS: Mapping[type[ChatOpsError], str | Callable[[Any], str]] = {
    RebootsDisabledError: "All reboots are switched off (REBOOTS_ENABLED). Nothing was done.",
    NotRebootableError: _not_rebootable,
    NeedsSlackError: _needs_slack,
    InstanceLockedError: _locked,
    SecondPersonNeededError: (
        "The instance was rebooted twice within 30 minutes, and one more needs a second administrator. "
        "Use /ec2 reboot in Slack. Nothing was done."
    ),
    StaleTargetError: "The instance changed while it was asked for. Nothing was done. Look at it, then ask again.",
    ProposalClosedError: "This request was no longer open, so nothing was done. Ask again.",
    ProposalChangedError: "This request was altered on its way, so nothing was done. Tell an administrator.",
    RebootRefusedError: "AWS refused the reboot, or could not be reached: it did not happen. The audit says why.",
    ClaimTooOldError: "There was too little time left to hear EC2's answer, so nothing was done. Ask again.",
}
