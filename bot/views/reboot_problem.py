"""What stood in the way of a reboot, in words; `bot.views.problem` says everything else that goes wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from bot import reboot_errors
from bot.views.text import cut, escape, quoted

_CLOSED = {
    "cancelled": "It was cancelled{by}.",
    "open": "It was not confirmed in time.",  # and the sweep has not been there yet
    "expired": "It was not confirmed in time.",
    "claimed": "It was confirmed{by}, and is being carried out.",
    "failed": "It was confirmed{by}, and EC2 did not do it.",
    "unknown": "It was confirmed{by}, and it is not known what came of it.",
    "not_observed": "It was confirmed{by}, and nothing shows that it happened.",
}


def _wrong_name(error: Any) -> tuple[str, str]:
    return "That is not its name.", f"Nothing was done: {quoted(error.typed)} is not {quoted(error.expected)}."


def _wrong_card(error: Any) -> tuple[str, str]:
    return (
        "That button leads nowhere.",
        "There is no such proposal, or it belongs to another message. Nothing was done. "
        "`/ec2 reboot` proposes a new one.",
    )


def _not_yours(error: Any) -> tuple[str, str]:
    who = f"<@{error.slack_user_id}>" if error.slack_user_id else "whoever proposed it"
    return (
        "That is for somebody else to decide.",
        f"Only {who} can do that. Nothing was done. You can propose your own.",
    )


def _same_person(error: Any) -> tuple[str, str]:
    return (
        "It takes a second person.",
        "You asked for it, so another admin has to approve it, and no second account of yours will do. "
        "Nothing was done.",
    )


def _email_not_verified(error: Any) -> tuple[str, str]:
    return (
        "It takes a second person, and it cannot be told whether you are one.",
        "Cognito has no verified e-mail address of you, or of whoever asked. Nothing was done. The people who run "
        "EC2 Ops can verify it in the user pool.",
    )


def _requester_gone(error: Any) -> tuple[str, str]:
    return (
        "Not rebooted: who proposed it may no longer ask for it.",
        "Their account or role has changed since. If it is still needed, propose it yourself.",
    )


def _disabled(error: Any) -> tuple[str, str]:
    return (
        "Reboots are switched off.",
        "The people who run EC2 Ops have stopped all reboots (`REBOOTS_ENABLED`), so nothing was done.",
    )


def _not_rebootable(error: Any) -> tuple[str, str]:
    if error.problem == "not_managed":
        return (
            f"{quoted(error.name)} is not for EC2 Ops to reboot.",
            "It does not carry the tag `chatops:managed=true`, and without it AWS allows no reboot. Nothing was done.",
        )
    return (
        f"{quoted(error.name)} is {escape(cut(error.problem, 40))}, so it cannot be rebooted.",
        "Only a running instance can. Nothing was done.",
    )


def _closed(error: Any) -> tuple[str, str]:
    by = f" by <@{error.slack_user_id}>" if error.slack_user_id else ""
    words = _CLOSED.get(error.state, "It was confirmed{by}, and the reboot was sent.")
    return "That is decided already.", f"{words.format(by=by)} Your click did nothing."


def _changed(error: Any) -> tuple[str, str]:
    return (
        "The proposal has changed since that card was shown.",
        "Nothing was done. Look at the card as it is now, and decide again.",
    )


def _stale(error: Any) -> tuple[str, str]:
    return (
        "Not rebooted: the instance is not what it was.",
        "Its state, name, tags or protection changed after the proposal. Propose it again if it is still needed.",
    )


def _locked(error: Any) -> tuple[str, str]:
    until = f"<!date^{int(error.until)}^{{time}}|some minutes from now>"
    return (
        "Another reboot of this instance is under way.",
        f"One at a time. Nothing was done; the other one holds it until it is back, or {until} at the latest.",
    )


def _second_person(error: Any) -> tuple[str, str]:
    return (
        "It was rebooted twice within 30 minutes.",
        "One more needs a second person, so nothing was done. `/ec2 reboot` proposes it for another admin to approve.",
    )


def _needs_slack(error: Any) -> tuple[str, str]:
    return (
        "That instance is protected.",
        f"Its protection is `{escape(error.strength)}`: use `/ec2 reboot` in Slack. Nothing was done.",
    )


def _refused(error: Any) -> tuple[str, str]:
    reasons = {
        "UnauthorizedOperation": "AWS does not allow it to the reboot role. Tell the people who run EC2 Ops.",
        "AccessDenied": "The reboot role cannot be assumed. Tell the people who run EC2 Ops.",
        "RequestLimitExceeded": "EC2 is throttling requests. Try again in a minute.",
        "InvalidInstanceID.NotFound": "EC2 does not know the instance any more.",
    }
    return (
        "EC2 did not take it.",
        f"It was not rebooted. {reasons.get(error.aws_code, f'It said {quoted(error.aws_code)}.')}",
    )


def _too_old(error: Any) -> tuple[str, str]:
    return (
        "It took too long.",
        "The confirmation came through too late to see the call through, so nothing was sent. Propose it again.",
    )


def _not_posted(error: Any) -> tuple[str, str]:
    invited = "Add it with `/invite @ec2ops`, or ask in a channel where it is."
    reasons = {
        "not_in_channel": f"EC2 Ops is not in this channel. {invited}",
        "channel_not_found": f"EC2 Ops cannot see this conversation. {invited}",
        "direct_message": (
            "Another person has to decide it, and they do not see this conversation. Type `/ec2 reboot` in a channel "
            "that EC2 Ops and admins are in."
        ),
        "no_channel": "It needs a channel, where others see it: type `/ec2 reboot` in one.",
        "is_archived": "The channel is archived.",
    }
    reason = reasons.get(error.slack_error, f"Slack said {quoted(error.slack_error)}. Try again in a minute.")
    if error.slack_error == "direct_message":
        return "That cannot be proposed in a direct message.", reason
    return "The card could not be posted, so nothing was proposed.", reason


WORDS: Mapping[type[BaseException], Callable[[Any], tuple[str, str]]] = {
    reboot_errors.NotProposedError: _not_posted,
    reboot_errors.WrongNameError: _wrong_name,
    reboot_errors.WrongCardError: _wrong_card,
    reboot_errors.NotYoursError: _not_yours,
    reboot_errors.SamePersonError: _same_person,
    reboot_errors.EmailNotVerifiedError: _email_not_verified,
    reboot_errors.RequesterGoneError: _requester_gone,
    reboot_errors.RebootsDisabledError: _disabled,
    reboot_errors.NotRebootableError: _not_rebootable,
    reboot_errors.ProposalClosedError: _closed,
    reboot_errors.ProposalChangedError: _changed,
    reboot_errors.StaleTargetError: _stale,
    reboot_errors.InstanceLockedError: _locked,
    reboot_errors.SecondPersonNeededError: _second_person,
    reboot_errors.NeedsSlackError: _needs_slack,
    reboot_errors.RebootRefusedError: _refused,
    reboot_errors.ClaimTooOldError: _too_old,
}
