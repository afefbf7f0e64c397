"""The words of a reboot's card: each state's headline, what it means, how it is confirmed, why it failed."""

from bot.proposals import State

HEADLINES = {
    State.OPEN: ":arrows_counterclockwise: Reboot {name}?",
    State.CANCELLED: ":no_entry_sign: The reboot of {name} was cancelled by {by}.",
    State.EXPIRED: ":hourglass: The reboot of {name} was not confirmed in time.",
    State.CLAIMED: ":hourglass_flowing_sand: {by} confirmed the reboot of {name}: it is being carried out.",
    State.FAILED: ":x: {name} was not rebooted.",
    State.UNKNOWN: ":grey_question: It is not known whether {name} was rebooted.",
    State.NOT_OBSERVED: ":grey_question: No sign that {name} was rebooted.",
    State.REBOOTING: ":arrows_counterclockwise: {name} is rebooting: EC2 took the call of {by}.",
    State.INITIALIZING: ":arrows_counterclockwise: {name} is rebooting: its checks are not passed yet.",
    State.BACK: ":white_check_mark: {name} is back: 2/2 checks passed after {took}.",
    State.QUIET: ":white_check_mark: {name} was told to reboot, and its checks never left `ok`.",
    State.IMPAIRED: ":warning: {name} is still impaired, {took} after the reboot.",
    State.NOT_RUNNING: ":warning: {name} is not running any more.",
}
UNSEEN = ":grey_question: {name} could not be observed: EC2 did not say how it is, {took} after the reboot."
UNSEEN_AT_ALL = "It may be back or not, and it is no longer watched: look at the machine."
UNSEEN_BEFORE = f"Its checks were not passed when EC2 last answered. {UNSEEN_AT_ALL}"
LATE = ":white_check_mark: {name} was told to reboot, and its checks were `ok` whenever it was looked at."
LATE_OUTCOME = (
    "CloudTrail showed the call {late} later, and nobody looked before. The reboot may have been over by then: only "
    "the machine's own uptime could prove it."
)
ASKED = ":raising_hand: {who} asks to reboot {name}."
OUTCOMES = {
    State.CANCELLED: "Nothing happened to the machine.",
    State.EXPIRED: "Nothing happened to the machine.",
    State.UNKNOWN: (
        "The call was sent and its reply was lost, or whoever sent it died. Do not repeat it: look at the machine "
        "first. CloudTrail is asked for it every few minutes, for an hour; this card says what it finds."
    ),
    State.NOT_OBSERVED: (
        "An hour later CloudTrail shows no such call. Most likely it never reached EC2, but that is no proof: look at "
        "the machine. It will not be tried again by itself."
    ),
    State.REBOOTING: "Its status checks are watched, once a minute; so far they are as before.",
    State.INITIALIZING: "Its status checks are watched, once a minute.",
    State.BACK: "Seen at the first look after they passed: looks are a minute apart.",
    State.QUIET: (
        "EC2 took the call five minutes ago. A reboot leaves no other trace, and a fast one is over between two "
        "checks: only the machine's own uptime could prove it."
    ),
    State.IMPAIRED: "It is no longer watched.",
    State.NOT_RUNNING: "A reboot does not do that: somebody, or something, stopped it.",
}
HOW = {
    "click": "{who} can confirm it with one click.",
    "typed": "{who} can confirm it by typing the instance's name and a reason.",
    "approval": "Another admin has to approve it, not {who}.",
    "wish": "{who} has no role for that. Any admin can confirm it, as themselves.",
    "wish_approval": (
        "{who} has no role for that, and it takes two admins: one who proposes it as theirs, another who approves it."
    ),
}
_GONE = "Who proposed it may no longer operate EC2 from here."
FAILURES = {
    "RequestLimitExceeded": "EC2 is throttling requests and did not take the call. Propose it again in a minute.",
    "UnauthorizedOperation": "EC2 did not allow it to the reboot role. Tell the people who run EC2 Ops.",
    "AccessDenied": "The reboot role could not be assumed. Tell the people who run EC2 Ops.",
    "InvalidInstanceID.NotFound": "EC2 does not know the instance any more.",
    "IncorrectInstanceState": "EC2 says that its state does not allow a reboot.",
    "IncorrectState": "EC2 says that its state does not allow a reboot.",
    "stale_target_state": "It is not running any more; it was when the reboot was proposed.",
    "stale_target_name": "Its name has changed since the reboot was proposed.",
    "stale_target_protection": "Its protection has changed since the reboot was proposed.",
    "stale_target_not_managed": "Its tag that lets EC2 Ops reboot it has been taken away.",
    "stale_target_gone": "EC2 does not know the instance any more.",
    "role_insufficient": "Whoever confirmed it no longer has the role for it.",
    "account_disabled": "Whoever confirmed it may no longer operate EC2 from here.",
    "requester_role_insufficient": _GONE,
    "requester_account_disabled": _GONE,
    "requester_account_deleted": _GONE,
    "requester_not_linked": _GONE,
    "requester_deactivated": _GONE,
    "RebootsDisabledError": "Reboots were switched off meanwhile.",
    "ClaimTooOldError": "It took too long between the confirmation and the call.",
    "NotRecordedError": "Its proposal could not be recorded, so it cannot be confirmed. Propose it again.",
    "InstancesUnavailableError": "EC2 did not say how the instance is, so nothing was sent.",
}
