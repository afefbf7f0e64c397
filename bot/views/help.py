"""What the product can do for this person: the command table, restricted to what their role covers."""

from bot.command_table import COMMANDS, Command
from bot.models import Message, Role
from bot.views.text import context, escape, section


def overview(role: Role | None) -> Message:
    """All commands that `role` may run."""
    lines = [f"`/ec2 {escape(command.usage)}`\n{command.purpose}" for command in permitted(role)]
    examples = [f"`/ec2 {example}`" for command in permitted(role) for example in command.examples[:1]]
    text = "EC2 Ops. You can run: " + ", ".join(f"/ec2 {command.name}" for command in permitted(role))
    return Message(
        text,
        [
            {"type": "header", "text": {"type": "plain_text", "text": "EC2 Ops"}},
            section("\n".join(lines)),
            section("Try " + ", ".join(examples)),
            context(
                f"You are `{role or 'nobody'}` here. `/ec2 help list` explains one command. Answers are for you alone."
            ),
        ],
    )


def details(command: Command, role: Role | None) -> Message:
    """One command: what it does, its options and values, and the reports and examples that `role` may ask for."""
    options = [
        f"• `{option.key}:{escape(option.value)}`: {option.purpose}"
        + (f" ({', '.join(f'`{choice}`' for choice in option.choices)})" if option.choices else "")
        + (". May be given more than once" if option.repeats else "")
        for option in command.options
    ]
    examples = [f"• `/ec2 {escape(example)}`" for example in command.examples_for(role)]
    reports = [f"• `/ec2 {escape(report.usage)}`: {report.described}" for report in command.reports_for(role)]
    parts = [f"*`/ec2 {escape(command.usage)}`*\n{command.purpose}"]
    if command.more:
        parts.append(command.more)
    if options:
        parts.append("*Options*\n" + "\n".join(options))
    if reports:
        parts.append("*Reports*\n" + "\n".join(reports))
    parts.append("*Examples*\n" + "\n".join(examples))
    return Message(f"/ec2 {escape(command.usage)}: {command.purpose}", [section(part) for part in parts])


def permitted(role: Role | None) -> tuple[Command, ...]:
    """The commands whose operation `role` covers."""
    return tuple(command for command in COMMANDS if command.operation.permits(role))
