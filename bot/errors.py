"""Every error the product raises on purpose, as one tree.

Raised with facts only; what a person reads is worded at the doors (`bot.views.problem` for Slack). `code` is the
REST contract's error code. The refusals of `bot.denials` are a branch of the same tree; so are `bot.reboot_errors`,
`bot.alert_errors`, and what Slack never sees: those of `bot.token_claims`, `bot.rest`, `bot.idempotency` and
`bot.fresh_tokens`.

ChatOpsError
├── UsageError                  what was typed cannot be understood
│   ├── UnknownCommandError
│   ├── UnknownOptionError
│   ├── InvalidValueError
│   ├── MalformedTextError
│   ├── InstanceNotFoundError
│   ├── SeveralInstancesError
│   └── PageGoneError
├── AccessDeniedError           who asks may not (`bot.denials`)
├── PageUnreadableError         where a listing goes on cannot be read now
├── NotRecordedError            the audit cannot be written, so nothing is done
├── ConditionsFailedError       something in a transaction is no longer as it was
├── OutcomeNotRecordedError     done, and only the attempt is on record
├── OutcomeUnknownError         sent to AWS, and the reply was lost
├── InstancesUnavailableError   EC2 refused or did not answer
├── MetricsUnavailableError     CloudWatch refused or did not answer
├── NotPostedError              Slack took no message for a channel
├── AuditUnavailableError       the audit, or what proves it, cannot be read
├── RequestRejectedError        not a genuine request of our Slack app
├── AwsCallError                an AWS service refused or did not answer
├── SecretUnavailableError      the Slack secret cannot be read, or is empty
├── InvalidAlarmError        not an alarm's change of state, or not one of ours
├── AlertNotPostedError      Slack did not take an alert, or may have
├── AlertBusyError           an alert was changed by others all the while
├── InvalidJobError             a queue message that the front door did not write
├── JobElsewhereError           another delivery of the job is being run
├── JobFailedError              a job ended in something else than an answer
├── AnswerNotDeliveredError     Slack took the answer by none of its ways
├── FileNotSentError            Slack took no file
└── ConfigurationError          settings missing or malformed
"""

from collections.abc import Sequence
from typing import ClassVar


class ChatOpsError(Exception):
    """The root: whatever is raised on purpose."""

    code: ClassVar[str] = "INTERNAL_ERROR"


class UsageError(ChatOpsError):
    """What was typed cannot be understood; nothing was done."""

    code = "INVALID_REQUEST"


class UnknownCommandError(UsageError):
    """There is no such command; `suggestion` is the nearest one, if any is near."""

    def __init__(self, name: str, suggestion: str | None) -> None:
        super().__init__(name)
        self.name = name
        self.suggestion = suggestion


class UnknownOptionError(UsageError):
    """The command has no such option; `suggestion` is the nearest one, if any is near."""

    def __init__(self, command: str, option: str, suggestion: str | None, known: Sequence[str]) -> None:
        super().__init__(option)
        self.command = command
        self.option = option
        self.suggestion = suggestion
        self.known = tuple(known)


class InvalidValueError(UsageError):
    """An option's value is not one it takes; `expected` says what it takes, in words."""

    def __init__(self, command: str, option: str, value: str, expected: str, suggestion: str | None = None) -> None:
        super().__init__(option)
        self.command = command
        self.option = option
        self.value = value
        self.expected = expected
        self.suggestion = suggestion


class MalformedTextError(UsageError):
    """The text cannot be read at all; `problem` says why, in words."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class InstanceNotFoundError(UsageError):
    """No instance has that name or id; `nearest` are names, `keyword` a word of the command, that come close."""

    code = "NOT_FOUND"

    def __init__(self, wanted: str, nearest: Sequence[str] = (), keyword: str | None = None) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.nearest = tuple(nearest)
        self.keyword = keyword


class SeveralInstancesError(UsageError):
    """Several instances have that name, and one must be meant; `found` pairs their names and ids."""

    def __init__(self, wanted: str, found: Sequence[tuple[str, str]]) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.found = tuple(found)


class PageGoneError(UsageError):
    """The page of a listing that was asked for is not kept any longer, or not for whoever asks."""

    code = "NOT_FOUND"


class PageUnreadableError(ChatOpsError):
    """Where a page of a listing begins is kept, and cannot be read at the moment."""


class NotRecordedError(ChatOpsError):
    """The row that must come first could not be written, so nothing was done and nothing is answered."""


class ConditionsFailedError(ChatOpsError):
    """A transaction's condition does not hold, so nothing of it was written; `codes` has each item's, in order."""

    code = "CONFLICT"

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(*codes)
        self.codes = tuple(codes)


class OutcomeNotRecordedError(ChatOpsError):
    """The operation ran; its attempt row stands without an outcome row until the sweep closes it."""

    def __init__(self, attempt_id: str) -> None:
        super().__init__(attempt_id)
        self.attempt_id = attempt_id


class OutcomeUnknownError(ChatOpsError):
    """The call was sent and its reply never came: it may or may not have happened."""


class InstancesUnavailableError(ChatOpsError):
    """EC2 refused or did not answer in `region`; `aws_code` is its error code, or the transport's."""

    def __init__(self, region: str, aws_code: str) -> None:
        super().__init__(region, aws_code)
        self.region = region
        self.aws_code = aws_code


class MetricsUnavailableError(ChatOpsError):
    """CloudWatch refused or did not answer in `region`; `aws_code` is its error code, or the transport's."""

    def __init__(self, region: str, aws_code: str) -> None:
        super().__init__(region, aws_code)
        self.region = region
        self.aws_code = aws_code


class NotPostedError(ChatOpsError):
    """Slack did not take a message for a channel; `slack_error` is its word, such as `not_in_channel`.

    `retry_after` is how many seconds it asked us to wait, where it limits the rate.
    """

    def __init__(self, slack_error: str, retry_after: float | None = None) -> None:
        super().__init__(slack_error)
        self.slack_error = slack_error
        self.retry_after = retry_after


class AuditUnavailableError(ChatOpsError):
    """The audit, or what proves it, cannot be read; `aws_code` is the service's error code or the transport's."""

    def __init__(self, aws_code: str) -> None:
        super().__init__(aws_code)
        self.aws_code = aws_code


class RequestRejectedError(ChatOpsError):
    """Not a genuine request of our Slack app; `status` is the HTTP status to answer."""

    code = "UNAUTHORIZED"

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class AwsCallError(ChatOpsError):
    """An AWS service refused or did not answer; `aws_code` is its error code, or the transport error's name."""

    def __init__(self, service: str, aws_code: str) -> None:
        super().__init__(service, aws_code)
        self.service = service
        self.aws_code = aws_code


class SecretUnavailableError(ChatOpsError):
    """The Slack secret cannot be read, or one of its two values is empty."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class InvalidJobError(ChatOpsError):
    """A queue message that the front door cannot have written; it is never run."""

    code = "INVALID_REQUEST"


class JobElsewhereError(ChatOpsError):
    """Another delivery of the job is being run; this one must come again to see what became of it."""

    code = "CONFLICT"


class JobFailedError(ChatOpsError):
    """Bolt answered a job with something else than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class AnswerNotDeliveredError(ChatOpsError):
    """Slack took the answer by none of its ways; `slack_error` is the last refusal."""

    def __init__(self, slack_error: str) -> None:
        super().__init__(slack_error)
        self.slack_error = slack_error


class FileNotSentError(ChatOpsError):
    """Slack did not take a file; `slack_error` is its word or the transport's, `step` the call that failed."""

    def __init__(self, slack_error: str, step: str) -> None:
        super().__init__(slack_error, step)
        self.slack_error = slack_error
        self.step = step


class ConfigurationError(ChatOpsError):
    """Settings are missing or malformed; all of them are named at once."""

    def __init__(self, missing: Sequence[str], malformed: Sequence[str]) -> None:
        super().__init__(", ".join((*missing, *malformed)))
        self.missing = tuple(missing)
        self.malformed = tuple(malformed)
