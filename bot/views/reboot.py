"""A reboot as a card that lives on: proposed, decided, carried out, back. Names, tags, reasons are somebody's text."""

import re
from datetime import UTC, datetime

from bot.models import Block, Message
from bot.proposals import MAX_REASON, Person, Proposal, Reboot, State, Strength
from bot.reboot_watch import LOOK_SECONDS
from bot.reboot_watch import UNSEEN as NOTE_UNSEEN
from bot.views.reboot_words import (
    ASKED,
    FAILURES,
    HEADLINES,
    HOW,
    LATE,
    LATE_OUTCOME,
    OUTCOMES,
    UNSEEN,
    UNSEEN_AT_ALL,
    UNSEEN_BEFORE,
)
from bot.views.text import context, cut, escape, literal, markup, printable, quoted, section

CONFIRM = "reboot_confirm"
CONFIRM_TYPED = "reboot_typed_modal"  # the front door opens a modal for names that end so
CANCEL = "reboot_cancel"
PROPOSE = "reboot_propose"
REQUEST = "reboot_request"
SHOW = "reboot_show"
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{6}", re.ASCII)
_MEANS = "The machine restarts and is away for some minutes. Disks and addresses stay; what is only in memory is lost."
_IN_A_CHANNEL = "type `/ec2 reboot` in a channel that EC2 Ops and admins are in"
_AGAIN = (State.EXPIRED, State.FAILED, State.IMPAIRED)
_LOOK = (State.FAILED, State.UNKNOWN, State.NOT_OBSERVED, State.QUIET, State.IMPAIRED, State.NOT_RUNNING)


def card(reboot: Reboot) -> Message:
    """The card of a proposal in whatever state it is; only an open one can be confirmed."""
    proposal = reboot.proposal
    headline = _headline(reboot)
    blocks = [section(headline)]
    if reboot.state is State.OPEN:
        blocks += [*_facts(proposal), section(_how(proposal))]
    blocks.append(context(_history(reboot)))
    if reason := reboot.reason or reboot.proposal.reason:
        blocks.append(literal(f"Reason: {cut(reason, 300)}"))
    if buttons := _buttons(reboot):
        blocks.append({"type": "actions", "elements": buttons})
    return Message(cut(headline, 3000), blocks)


def news(reboot: Reboot) -> Message:
    """What is said in the card's thread when a reboot has come to its end: it names those who wait for it."""
    text = f"{' '.join(dict.fromkeys(_who(one) for one in reboot.waiting))} {_headline(reboot)}"
    return Message(cut(text, 3000), [section(text)])


def offer(refusal: Message, value: str | None, *, in_thread: bool) -> Message:
    """A refusal for the lack of a role, and the way out: ask somebody who has it. `value` is the button's.

    Without one, nobody else is here who could be asked.
    """
    if value is None:
        way_out = [section(f"You may ask an admin to confirm it as themselves: {_IN_A_CHANNEL}.")]
    else:
        where = _place(in_thread=in_thread)
        words = f"You may ask an admin to confirm it as themselves: the request is posted {where}."
        button = {**_button("Ask an admin", REQUEST, value), "style": "primary"}
        way_out = [section(words), {"type": "actions", "elements": [button]}]
    said = [block for block in refusal.blocks if block["type"] != "context"]
    reference = [block for block in refusal.blocks if block["type"] == "context"]
    return Message(refusal.text, [*said, *way_out, *reference])


def asked(reboot: Reboot, *, in_thread: bool) -> Message:
    """What an offer becomes when it was taken."""
    proposal = reboot.proposal
    until = _date(proposal.confirm_by, "{time_secs}")
    text = f"You asked to reboot *{_name(proposal)}*: the request is {_place(in_thread=in_thread)}."
    return Message(cut(text, 3000), [section(f":raising_hand: {text}\nAn admin can confirm it until {until}.")])


def offer_value(target: str, thread_ts: str | None, reason: str) -> str:
    """What a button carries that asks for a reboot with its reason, see `offered`."""
    return f"{target}\n{thread_ts or ''}\n{reason}"


def offered(value: str) -> tuple[str, str | None, str, bool]:
    """Target, thread and reason of a button that asks for a reboot, and whether it is that of an `offer`."""
    target, of_offer, rest = value.partition("\n")
    thread_ts, _, reason = rest.partition("\n")
    return target, thread_ts if _TS.fullmatch(thread_ts) else None, reason, bool(of_offer)


def _place(*, in_thread: bool) -> str:
    return "in the thread" if in_thread else "in this channel"


def target_value(proposal: Proposal) -> str:
    """What the buttons carry that start anew: `<region>/<instance id>`."""
    return f"{proposal.region}/{proposal.instance_id}"


def _headline(reboot: Reboot) -> str:
    by = _who(reboot.decided_by) if reboot.decided_by else ""
    text = _title(reboot).format(
        name=f"*{_name(reboot.proposal)}*", by=by, who=_who(reboot.proposal.requester), took=_took(reboot)
    )
    return f"{text}\n{_outcome(reboot)}".strip()


def _title(reboot: Reboot) -> str:
    if reboot.state is State.OPEN and reboot.proposal.is_wish:
        return ASKED
    if _is_unseen(reboot):
        return UNSEEN
    return LATE if reboot.state is State.QUIET and _unwatched(reboot) else HEADLINES[reboot.state]


def _outcome(reboot: Reboot) -> str:
    outcome = OUTCOMES.get(reboot.state, "")
    if reboot.state is State.FAILED:
        return FAILURES.get(reboot.note, f"Reason: `{escape(cut(reboot.note, 80))}`." if reboot.note else "")
    if _is_unseen(reboot):
        return UNSEEN_BEFORE if reboot.left_ok else UNSEEN_AT_ALL
    if reboot.state is State.QUIET and _unwatched(reboot):
        return LATE_OUTCOME.format(late=_lasted(_unwatched(reboot)))
    if reboot.state in (State.INITIALIZING, State.IMPAIRED, State.NOT_RUNNING) and reboot.note:
        return f"{outcome} EC2 says: {escape(cut(reboot.note, 120))}."
    return outcome


def _facts(proposal: Proposal) -> list[Block]:
    facts = proposal.facts
    alarms = "unknown: CloudWatch did not say" if facts.open_alarms is None else str(facts.open_alarms)
    checks = f"system {facts.system_status or 'unknown'}, instance {facts.instance_status or 'unknown'}"
    fields = [
        ("Instance", f"`{proposal.instance_id}`"),
        ("Where", escape(cut(facts.zone or proposal.region, 60))),
        ("State", escape(cut(facts.state, 60))),
        ("Launched", _date(facts.launched) if facts.launched else "unknown"),
        ("Status checks", escape(cut(checks, 120))),
        ("Open alarms", alarms),
        ("Type", escape(cut(facts.instance_type, 60))),
        ("Protection", f"`{proposal.protection.value}`"),
    ]
    shown = [quoted(f"{cut(key, 40)}={cut(value, 60)}", 101) for key, value in facts.tags]
    past = [f"{_moment(one.at)} by {escape(cut(one.who, 80))}: {escape(cut(one.outcome, 20))}" for one in facts.past]
    lines = ["  ".join(shown)] if shown else []
    lines.append(f"Last reboots: {', '.join(past)}" if past else "No reboot on record here.")
    return [
        {"type": "section", "fields": [markup(f"*{title}*\n{value}") for title, value in fields]},
        context("\n".join(lines)),
    ]


def _how(proposal: Proposal) -> str:
    raised = proposal.strength is not proposal.protection
    why = " It was rebooted twice within 30 minutes, so a second person has to agree." if raised else ""
    how = HOW["wish" if proposal.is_wish else proposal.strength.value].format(who=_who(proposal.requester))
    if proposal.is_wish and proposal.strength is Strength.APPROVAL:
        how = HOW["wish_approval"].format(who=_who(proposal.requester))
    return f"{_MEANS}\n{how}{why} It can be confirmed until {_date(proposal.confirm_by, '{time_secs}')}."


def _history(reboot: Reboot) -> str:
    proposal = reboot.proposal
    asked = [f"Wanted by {_who(proposal.wanted_by)}"] if proposal.wanted_by else []
    if not proposal.is_wish:
        asked.append(f"Proposed by {_who(proposal.requester)}")
    if reboot.decided_by and reboot.decided_at and reboot.state is not State.OPEN:
        verb = "Cancelled" if reboot.state is State.CANCELLED else "Confirmed"
        asked.append(f"{verb} by {_who(reboot.decided_by)}, {_date(reboot.decided_at)}")
    return " · ".join([*asked, f"`{proposal.instance_id}` in {escape(proposal.region)}"])


def _buttons(reboot: Reboot) -> list[Block]:
    proposal = reboot.proposal
    if reboot.state is State.OPEN:
        return [_confirm(proposal), _button("Cancel", CANCEL, proposal.handle)]
    buttons = []
    if reboot.state in _AGAIN and not _is_unseen(reboot):
        value = offer_value(target_value(proposal), None, cut(reboot.reason or proposal.reason, MAX_REASON))
        buttons.append(_button("Propose a reboot again", PROPOSE, value))
    if reboot.state in _LOOK:
        buttons.append(_button("Show the instance", SHOW, target_value(proposal)))
    return buttons


def _confirm(proposal: Proposal) -> Block:
    if proposal.is_wish and proposal.strength is Strength.APPROVAL:
        return {**_button("Propose it as mine", CONFIRM, proposal.handle), "style": "primary"}
    if proposal.strength is Strength.TYPED:
        return {**_button("Confirm by typing…", CONFIRM_TYPED, proposal.handle), "style": "danger"}
    label = "Approve and reboot" if proposal.strength is Strength.APPROVAL else "Reboot now"
    return {**_button(label, CONFIRM, proposal.handle), "style": "danger"}


def _button(text: str, action_id: str, value: str) -> Block:
    return {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": text}}


def _name(proposal: Proposal) -> str:
    return escape(cut(printable(proposal.name).strip(), 100)) or f"the nameless {proposal.instance_id}"


def _who(person: Person | None) -> str:
    if person is None:
        return "nobody"
    return f"<@{person.slack_user_id}>" if person.slack_user_id else escape(cut(person.email or person.user_id, 100))


def _date(epoch: int, form: str = "{date_short_pretty} at {time_secs}") -> str:
    moment = datetime.fromtimestamp(epoch, UTC)
    return f"<!date^{epoch}^{form}|{moment:%Y-%m-%d %H:%M:%S} UTC>"


def _moment(text: str) -> str:
    try:
        return _date(int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()))
    except ValueError:
        return "some time ago"


def _took(reboot: Reboot) -> str:
    return _lasted((reboot.ended_at or 0) - (reboot.rebooted_at or 0))


def _unwatched(reboot: Reboot) -> int:
    """The seconds after the call in which nobody looked, where they are more than between two looks."""
    seconds = (reboot.watched_at or 0) - (reboot.rebooted_at or 0)
    return seconds if seconds > LOOK_SECONDS else 0


def _is_unseen(reboot: Reboot) -> bool:
    return reboot.state is State.IMPAIRED and reboot.note == NOTE_UNSEEN


def _lasted(seconds: int) -> str:
    minutes, rest = divmod(max(seconds, 0), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
