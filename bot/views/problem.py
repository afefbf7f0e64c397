"""What went wrong, in words: what happened, what it means, what to do next.

One wording for each class of the error tree; a test holds this complete. Nothing here shows a stack, a token, an ARN
or a payload: the unexpected gets a reference that stands in the log and in the audit rows.
"""

from collections.abc import Callable
from typing import Any

from bot import denials, errors, sign_in
from bot.models import Message
from bot.views import alert_problem, reboot_problem
from bot.views.text import context, escape, quoted, section

REFERENCE_LENGTH = 12


def message(error: errors.ChatOpsError, correlation_id: str) -> Message:
    """The words for `error`; `correlation_id` gives the reference where somebody may have to look it up."""
    wording = next(_WORDS[kind] for kind in type(error).__mro__ if kind in _WORDS)
    title, body = wording(error)
    return _message(title, body, correlation_id if not isinstance(error, errors.UsageError) else None)


def gave_up(receives: int, correlation_id: str) -> Message:
    """For a request that failed on each of its deliveries."""
    return _message(
        "Your request failed.",
        f"It was tried {receives} times and will not be tried again by itself. It is kept for the people who run "
        "EC2 Ops: give them the reference below. What was recorded of it is in the audit.",
        correlation_id,
    )


def late(asked: str, received_at: float, correlation_id: str) -> Message:
    """For a request that waited longer than its answer is worth; `asked` is what was typed, if anything was."""
    when = f"<!date^{int(received_at)}^{{date_short_pretty}} at {{time}}|some time ago>"
    what = f"Your {quoted(asked)} of {when}" if asked else f"Your request of {when}"
    return _message(
        "Your request came too late, and nothing was done.",
        f"{what} waited more than half an hour before it could be run. If you still want it, send it again.",
        correlation_id,
    )


def _message(title: str, body: str, correlation_id: str | None) -> Message:
    blocks = [section(f":warning: *{title}*\n{body}")]
    if correlation_id is not None:
        blocks.append(context(f"Reference `{escape(correlation_id[:REFERENCE_LENGTH])}`"))
    return Message(f"{title} {body}", blocks)


def _unknown_command(error: Any) -> tuple[str, str]:
    meant = f" Did you mean `/ec2 {error.suggestion}`?" if error.suggestion else ""
    return (
        f"There is no command {quoted(error.name)}.",
        f"Nothing was done.{meant} `/ec2 help` lists what there is.",
    )


def _unknown_option(error: Any) -> tuple[str, str]:
    meant = f" Did you mean `{error.suggestion}:`?" if error.suggestion else ""
    known = ", ".join(f"`{key}:`" for key in error.known)
    takes = f"`{error.command}` takes {known}." if known else f"`{error.command}` takes no options."
    return f"`{error.command}` has no option {quoted(error.option)}.", f"Nothing was done.{meant} {takes}"


def _invalid_value(error: Any) -> tuple[str, str]:
    meant = f" Did you mean `{error.option}:{error.suggestion}`?" if error.suggestion else ""
    return (
        f"{quoted(error.value)} is not a value of `{error.option}:`.",
        f"Nothing was done.{meant} It takes {error.expected}. See `/ec2 help {error.command}`.",
    )


def _malformed(error: Any) -> tuple[str, str]:
    return (
        "That cannot be read.",
        f"Nothing was done: {error.problem}. `/ec2 help` shows how commands are written.",
    )


def _instance_not_found(error: Any) -> tuple[str, str]:
    near = ", ".join(quoted(name) for name in error.nearest)
    meant = f" Did you mean `{error.keyword}`?" if error.keyword else ""
    meant += f" The nearest names are {near}." if near else ""
    return f"There is no instance {quoted(error.wanted)}.", f"Nothing was done.{meant} `/ec2 list` shows all there are."


def _several_instances(error: Any) -> tuple[str, str]:
    found = ", ".join(f"{quoted(instance_id, 24)} {quoted(name, 30)}" for name, instance_id in error.found[:10])
    more = f" and {len(error.found) - 10} more" if len(error.found) > 10 else ""
    return (
        f"{len(error.found)} instances match {quoted(error.wanted)}.",
        f"Nothing was done: say which one, by its id. There are {found}{more}.",
    )


_MEMBERSHIP = {
    "guest": "You are a guest in this workspace. Only full members can operate EC2 from here.",
    "bot": "Bots and workflows cannot operate EC2 from here: every action needs a person behind it.",
    "deactivated": "Your Slack account is deactivated.",
    "foreign": "You belong to another workspace. Only members of this one can operate EC2 from here.",
}
_ACCOUNTS = {
    "account_disabled": "Your sign-in account is disabled, so you can do nothing here until it is enabled again.",
    "account_deleted": "The sign-in account you were linked to no longer exists.",
    "account_replaced": "The sign-in account you were linked to was deleted and made anew: run `/ec2 logout`, and then "
    "`/ec2 login`.",
}
_ASK = "Ask an administrator of EC2 Ops if you think you should."


def _not_a_member(error: Any) -> tuple[str, str]:
    return "You cannot use EC2 Ops.", f"{_MEMBERSHIP[error.reason]} Nothing was done. {_ASK}"


def _not_linked(error: Any) -> tuple[str, str]:
    return (
        "Slack knows you, EC2 Ops does not yet.",
        "Your Slack user is not linked to a sign-in account, so nothing was done. Run `/ec2 login` and sign in: from "
        "then on the same command works. Ask an administrator of EC2 Ops if you have no account to sign in with.",
    )


def _account_disabled(error: Any) -> tuple[str, str]:
    return "Your account does not let you in.", f"{_ACCOUNTS[error.reason]} Nothing was done. {_ASK}"


def _no_role(error: Any) -> tuple[str, str]:
    return (
        "You have no role yet.",
        "You are linked, and your account has neither the role `readonly` nor `admin`, so nothing was done. "
        "Ask an administrator of EC2 Ops for a role.",
    )


def _not_permitted(error: Any) -> tuple[str, str]:
    return (
        f"That needs the role `{error.needed}`.",
        f"Your role is `{escape(error.role)}`, so nothing was done. Ask an administrator of EC2 Ops for it, "
        "or to do it for you.",
    )


def _identity_unavailable(error: Any) -> tuple[str, str]:
    return (
        "It could not be checked who you are.",
        "Slack or the sign-in service did not answer, so nothing was done. Try again in a minute.",
    )


def _link_refused(error: Any) -> tuple[str, str]:
    return (
        "That does not lead to a link.",
        f"It was refused ({quoted(error.reason)}), and nothing was linked. Run `/ec2 login` for a new start.",
    )


def _sign_in_unavailable(error: Any) -> tuple[str, str]:
    return (
        "Your link could not be looked up or changed.",
        "The table of links or the sign-in service did not answer, so nothing was done. Try again in a minute.",
    )


def _not_recorded(error: Any) -> tuple[str, str]:
    return (
        "Not done: it could not be recorded.",
        "Every action is recorded before its result is shown, and the record cannot be written right now. "
        "Try again in a minute; if it stays so, tell the people who run EC2 Ops.",
    )


def _outcome_not_recorded(error: Any) -> tuple[str, str]:
    return (
        "Done, but its outcome could not be recorded.",
        "The attempt is on record and its outcome will be filled in. Do not repeat it: look first at how things are.",
    )


def _outcome_unknown(error: Any) -> tuple[str, str]:
    return (
        "It is not known whether that happened.",
        "It was sent to AWS and the reply was lost. Do not repeat it: look first at how things are.",
    )


def _instances_unavailable(error: Any) -> tuple[str, str]:
    reasons = {
        "RequestLimitExceeded": "EC2 is throttling requests. Try again in a minute.",
        "Throttling": "EC2 is throttling requests. Try again in a minute.",
        "UnauthorizedOperation": "EC2 Ops itself lacks the permission. Tell the people who run it.",
        "AuthFailure": "EC2 Ops itself lacks the permission. Tell the people who run it.",
        "DeadlineExceeded": "It took too long. Narrow the list, or try again in a minute.",
        "OptInRequired": "The region is not enabled in this account. Tell the people who run EC2 Ops.",
    }
    reason = reasons.get(error.aws_code, f"It said {quoted(error.aws_code)}. Try again in a minute.")
    return (
        f"EC2 in `{escape(error.region)}` did not answer the question.",
        f"No list is shown rather than half of one. {reason}",
    )


def _audit_unavailable(error: Any) -> tuple[str, str]:
    return (
        "The audit could not be read.",
        f"It said {quoted(error.aws_code)}, so nothing is shown rather than half of it. Try again in a minute; if it "
        "stays so, tell the people who run EC2 Ops.",
    )


def _file_not_sent(error: Any) -> tuple[str, str]:
    return (
        "The file could not be sent to you.",
        f"Slack said {quoted(error.slack_error)}. That you asked for it is on record. Try again in a minute.",
    )


def _page_gone(error: Any) -> tuple[str, str]:
    return (
        "That page is not there any more.",
        "Pages of a list are kept for an hour, for whoever asked for them. Ask anew, and a new one starts.",
    )


def _metrics_unavailable(error: Any) -> tuple[str, str]:
    return (
        f"CloudWatch in `{escape(error.region)}` did not answer.",
        f"There is no chart without it. It said {quoted(error.aws_code)}. Try again in a minute; if it stays so, tell "
        "the people who run EC2 Ops.",
    )


def _not_posted(error: Any) -> tuple[str, str]:
    if error.slack_error == "no_channel":
        return (
            "There is no channel here to show it in.",
            "Ask with `/ec2 metrics` in the channel, and show it from there.",
        )
    if error.slack_error in ("not_in_channel", "channel_not_found"):
        return (
            "EC2 Ops is not in this conversation.",
            "So nothing was posted. In a channel, type `/invite @ec2ops` and try again.",
        )
    return "Slack did not take the message.", f"Nothing was posted: {quoted(error.slack_error)}. Try again in a minute."


def _page_unreadable(error: Any) -> tuple[str, str]:
    return (
        "That page cannot be turned to right now.",
        "Where the list goes on is remembered in a table that did not answer. The list above is still good, and so is "
        "its button: press it again in a minute.",
    )


def _unexpected(error: Any) -> tuple[str, str]:
    return (
        "Something went wrong on our side.",
        "Give the reference below to the people who run EC2 Ops. What was recorded of it is in the audit.",
    )


_WORDS: dict[type[BaseException], Callable[[Any], tuple[str, str]]] = {
    errors.ChatOpsError: _unexpected,
    errors.UnknownCommandError: _unknown_command,
    errors.UnknownOptionError: _unknown_option,
    errors.InvalidValueError: _invalid_value,
    errors.MalformedTextError: _malformed,
    errors.InstanceNotFoundError: _instance_not_found,
    errors.SeveralInstancesError: _several_instances,
    errors.PageGoneError: _page_gone,
    errors.FileNotSentError: _file_not_sent,
    errors.PageUnreadableError: _page_unreadable,
    denials.NotAMemberError: _not_a_member,
    denials.NotLinkedError: _not_linked,
    denials.AccountDisabledError: _account_disabled,
    denials.NoRoleError: _no_role,
    denials.NotPermittedError: _not_permitted,
    denials.IdentityUnavailableError: _identity_unavailable,
    sign_in.LinkRefusedError: _link_refused,
    sign_in.SignInUnavailableError: _sign_in_unavailable,
    errors.NotRecordedError: _not_recorded,
    errors.OutcomeNotRecordedError: _outcome_not_recorded,
    errors.OutcomeUnknownError: _outcome_unknown,
    errors.InstancesUnavailableError: _instances_unavailable,
    errors.MetricsUnavailableError: _metrics_unavailable,
    errors.NotPostedError: _not_posted,
    errors.AuditUnavailableError: _audit_unavailable,
    **reboot_problem.WORDS,
    **alert_problem.WORDS,
}
