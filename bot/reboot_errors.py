"""The errors about reboots: a branch of `bot.errors`, whose refusals are a branch of `bot.denials`.

ChatOpsError
├── UsageError
│   └── WrongNameError              what was typed is not the instance's name
├── AccessDeniedError
│   ├── WrongCardError              no such proposal, or not this card's
│   ├── NotYoursError               only whoever proposed it may do that
│   ├── SamePersonError             a second person is needed, and this is the first
│   ├── EmailNotVerifiedError       a second person is needed, and nothing proves that this is one
│   └── RequesterGoneError          whoever proposed it may no longer ask for it
├── NotPostedError
│   └── NotProposedError            its card could not be posted
├── RebootsDisabledError            the kill switch is on
├── NotRebootableError              the instance's state or tags do not allow it
├── ProposalClosedError             confirmed, cancelled or expired already
├── ProposalChangedError            not what the card showed any more
├── StaleTargetError                the instance is not what it was when it was proposed
├── InstanceLockedError             another reboot of the instance is under way
├── SecondPersonNeededError         rebooted too often of late for one person to decide
├── NeedsSlackError                 protected: it can be confirmed in Slack alone
├── RebootRefusedError              EC2, or the role for it, refused: nothing happened
└── ClaimTooOldError                confirmed too long ago, or with too little time left, to act now
"""

from bot.denials import AccessDeniedError
from bot.errors import ChatOpsError, NotPostedError, UsageError
from bot.proposals import Proposal, Reboot


class WrongNameError(UsageError):
    """What was typed to confirm is not `expected`."""

    def __init__(self, typed: str, expected: str) -> None:
        super().__init__(typed)
        self.typed = typed
        self.expected = expected


class NotProposedError(NotPostedError):
    """The card was not posted, so there is nothing to confirm; `slack_error` is Slack's word.

    Ours are `no_channel`, and `direct_message` for what takes somebody who would not see it there.
    """


class WrongCardError(AccessDeniedError):
    """There is no such proposal (`unknown_proposal`), or the click came from another message (`other_message`)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotYoursError(AccessDeniedError):
    """Somebody else's proposal; `slack_user_id` is whose."""

    reason = "not_requester"

    def __init__(self, slack_user_id: str | None) -> None:
        super().__init__(slack_user_id)
        self.slack_user_id = slack_user_id


class SamePersonError(AccessDeniedError):
    """Whoever asked cannot be the second person, under no account."""

    reason = "self_approval"


class EmailNotVerifiedError(AccessDeniedError):
    """Of whoever asked, or whoever approves, Cognito has no verified e-mail address: they may be one person."""

    reason = "email_not_verified"


class RequesterGoneError(AccessDeniedError):
    """Whoever proposed it may no longer operate; `reason` is their own refusal's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = f"requester_{reason}"


class RebootsDisabledError(ChatOpsError):
    """REBOOTS_ENABLED is off: nobody reboots anything."""

    code = "CONFLICT"


class NotRebootableError(ChatOpsError):
    """`problem` is `not_managed`, or the state that the instance is in."""

    code = "CONFLICT"

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name = name
        self.problem = problem


class ProposalClosedError(ChatOpsError):
    """The proposal is no longer open; `state` says why, `slack_user_id` who decided it."""

    code = "CONFLICT"

    def __init__(self, state: str, slack_user_id: str | None = None) -> None:
        super().__init__(state)
        self.state = state
        self.slack_user_id = slack_user_id

    @classmethod
    def of(cls, reboot: Reboot) -> "ProposalClosedError":
        return cls(reboot.state.value, reboot.decided_by.slack_user_id if reboot.decided_by else None)


class ProposalChangedError(ChatOpsError):
    """What is stored is not what the clicked card showed."""

    code = "CONFLICT"


class StaleTargetError(ChatOpsError):
    """`change` says what is no longer as proposed: `state`, `name`, `protection`, `not_managed` or `gone`."""

    code = "CONFLICT"

    def __init__(self, change: str) -> None:
        super().__init__(change)
        self.change = change
        self.reason = f"stale_target_{change}"


class InstanceLockedError(ChatOpsError):
    """Another reboot of the instance is under way, until `until` (epoch seconds) at the latest."""

    code = "CONFLICT"

    def __init__(self, until: int) -> None:
        super().__init__(until)
        self.until = until


class SecondPersonNeededError(ChatOpsError):
    """The instance was rebooted so often of late that one person cannot decide it."""

    code = "CONFLICT"


class NeedsSlackError(ChatOpsError):
    """The instance is protected by `strength`, which only Slack can ask for."""

    code = "CONFLICT"

    def __init__(self, strength: str) -> None:
        super().__init__(strength)
        self.strength = strength


class RebootRefusedError(ChatOpsError):
    """EC2 or STS refused, or could not be reached: the instance was not rebooted. `aws_code` says why."""

    def __init__(self, aws_code: str) -> None:
        super().__init__(aws_code)
        self.aws_code = aws_code


class ClaimTooOldError(ChatOpsError):
    """The claim is older than a call may be: a worker that was frozen must not act."""


def refusal_for(objection: str, proposal: Proposal) -> AccessDeniedError:
    """What `Proposal.objection` said, as the error to raise."""
    for kind in (SamePersonError, EmailNotVerifiedError):
        if objection == kind.reason:
            return kind()
    return NotYoursError(proposal.requester.slack_user_id)
