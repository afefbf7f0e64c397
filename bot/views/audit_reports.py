"""What is made of many rows of the audit: the digest of a shift, and what verification found."""

from bot.audit_rows import AuditRow
from bot.digests import HOUR, start_of
from bot.handover import Handover, Reboot
from bot.models import Block, Message
from bot.tampering import Finding, Report
from bot.views.audit import date, name, outcome, person, subject, when
from bot.views.text import context, counted, cut, escape, quoted, section, sections

MAX_LINES = 15


def handover(shift: Handover) -> Message:
    """For whoever takes over."""
    title = f"Shift from {date(shift.since)} to {date(shift.until)}"
    if not shift.rows:
        words = f"{title}: nothing was done and nothing was refused."
        return Message(words, [section(words)])
    people = [
        f"*{person(who)}*: {counted(looks, 'look')}, {counted(changes, 'change')}, {counted(denied, 'refusal')}"
        for who, looks, changes, denied in shift.people
    ]
    denials = [f"*{person(who)}*: {escape(cut(what, 80))}, {count} ×" for who, what, count in shift.denials]
    changed = [_change(row) for row in shift.changes]
    blocks = [
        section(f"*{title}*"),
        *_part("Reboots", [_reboot(one) for one in shift.reboots], "none"),
        *_part("Other changes", changed, "none"),
        *_part("Refused", denials, "nothing"),
        *_part("People", people, "nobody"),
        *_part("Alarms that went off and were not over", [_alert(row) for row in shift.open_alerts], "none"),
        context(
            f"{counted(shift.fired, 'alarm')} went off. `/ec2 alerts` shows what is open now, of earlier shifts too."
        ),
    ]
    if shift.is_cut:
        blocks.append(context(f"Only the newest {shift.rows:,} rows of the shift were read. Ask for a shorter one."))
    refused = sum(count for *_, count in shift.denials)
    summary = (
        f"{counted(len(shift.reboots), 'reboot')}, {counted(len(shift.changes), 'other change')}, "
        f"{counted(refused, 'refusal')}, {counted(len(shift.open_alerts), 'alarm')} not over"
    )
    return Message(f"{title}: {summary}.", blocks)


def verification(report: Report) -> Message:
    """What was verified, what was found, and what cannot be said."""
    if report.findings and (report.began is None or max(report.first, report.began) > report.last):
        return _unsealed(report)
    if report.began is None:
        words = (
            "No hour of the audit is sealed yet, so nothing can be verified. The notary seals each hour after its end."
        )
        return Message(words, [section(words)])
    if not report.hours and not report.findings:
        words = "None of these hours is sealed yet. The notary seals each hour some ten minutes after its end."
        return Message(words, [section(words)])
    first = max(report.first, report.began)
    end = start_of(report.last) + HOUR
    hours = f"{counted(report.hours, 'sealed hour')}, from {date(start_of(first))} to {date(end)}"
    span = f"{counted(report.rows, 'row')} in {hours}"
    expired = f" {report.expired:,} of them have expired since, as they should." if report.expired else ""
    notes: list[Block] = [
        context(
            f"Rows after {date(end)} are not sealed yet. Rows that hide from the index of days "
            "are found by `make verify` alone, which reads the whole table."
        )
    ]
    if report.first < report.began:
        notes.append(context(f"Sealing began at {date(start_of(report.began))}: what is older cannot be verified."))
    if not report.findings:
        words = f"The audit is as it was sealed: {span}.{expired}"
        return Message(words, [section(f":white_check_mark: *{words}*"), *notes])
    count = len(report.findings)
    words = f"The audit is NOT as it was sealed: {counted(count, 'finding')} in {span}.{expired}"
    return _tampered(report, words, notes)


def _unsealed(report: Report) -> Message:
    count = counted(len(report.findings), "finding")
    words = f"The audit was changed before it was sealed: {count} by the notary, who saw it happen."
    return _tampered(report, words, [context("None of these hours is sealed yet: no digest can be held against them.")])


def _tampered(report: Report, words: str, notes: list[Block]) -> Message:
    lines = [_finding(found) for found in report.findings]
    told = "Keep the table, the bucket and CloudTrail as they are, and tell the people who run EC2 Ops now."
    plain = "\n".join(
        f"{found.kind}: {escape(cut(found.timestamp or found.hour, 30))}" for found in report.findings[:MAX_LINES]
    )
    return Message(
        f"{words}\n{plain}",
        [section(f":rotating_light: *{words}*"), *_part("Findings", lines, "none"), section(told), *notes],
    )


def _finding(found: Finding) -> str:
    what = f"row {quoted(found.audit_id, 60)} of {quoted(found.user_id, 60)} at {when(found.timestamp)}"
    about = what if found.timestamp else f"the digest of {when(found.hour + ':00:00.000000Z')}"
    seen = f" (seen as it happened, {escape(cut(found.seen_at, 30))})" if found.seen_at else ""
    note = f": {escape(cut(found.note, 200))}" if found.note else ""
    return f"*{found.kind}*  {about}{note}{seen}"


def _change(row: AuditRow) -> str:
    what = f"{escape(cut(row.action, 40))} {subject(row)}"
    return f"{when(row.timestamp)}  *{person(name(row))}*  {what}  {outcome(row)}"


def _reboot(one: Reboot) -> str:
    row = one.row
    again = f", and again at {when(one.again.timestamp)}" if one.again else ""
    helped = f", and {quoted(one.helped.resource_id, 60)} was over after it" if one.helped else ""
    asked = f", asked by *{person(one.asked_by)}*" if one.asked_by else ""
    reason = f", because {quoted(str(row.details['reason']), 120)}" if row.details.get("reason") else ""
    by = f"by *{person(name(row))}*"
    return f"{when(row.timestamp)}  {subject(row)} {by}: {outcome(row)}{helped}{again}{asked}{reason}"


def _alert(row: AuditRow) -> str:
    return f"{when(row.timestamp)}  {quoted(row.resource_id, 80)}"


def _part(title: str, lines: list[str], nothing: str) -> list[Block]:
    if not lines:
        return [section(f"*{title}*: {nothing}")]
    more = [f"and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
    return sections([f"*{title}*", *lines[:MAX_LINES], *more])
