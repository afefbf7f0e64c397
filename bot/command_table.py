"""The table of what may follow `/ec2`: the parser, the help and the README all have it from here.

It knows no text that anybody typed.
"""

from dataclasses import dataclass

from bot.metric_series import DEFAULT_GROUP, DEFAULT_RANGE, GROUPS, RANGES
from bot.models import Outcome, Role
from bot.operations import (
    EXPORT_AUDIT,
    GET_INSTANCE,
    LIST_ALERTS,
    LIST_INSTANCES,
    PROPOSE_REBOOT,
    REQUEST_LINK,
    UNLINK_IDENTITY,
    VERIFY_AUDIT,
    VIEW_ALL_AUDIT,
    VIEW_AUDIT,
    VIEW_HELP,
    VIEW_IDENTITY,
    VIEW_METRICS,
    Operation,
    actions,
)

SORTS = ("name", "launched", "state")
STATES = ("pending", "running", "stopping", "stopped", "shutting-down", "terminated")


@dataclass(frozen=True)
class Option:
    """`key:value` on the command line; with `choices`, only those values.

    `repeats` says whether it may be given more than once, as several values mean something together.
    """

    key: str
    value: str
    purpose: str
    choices: tuple[str, ...] = ()
    repeats: bool = False


@dataclass(frozen=True)
class Report:
    """A word that a command takes first, and that makes of its answer something else, under a role of its own."""

    usage: str
    operation: Operation
    purpose: str
    example: str

    @property
    def described(self) -> str:
        """What it does, and for whom."""
        return f"{self.purpose}{' For the role `admin`.' if self.operation.admins_only else ''}"


@dataclass(frozen=True)
class Command:
    """One word after `/ec2`; `argument` names the free text it takes, if it takes any.

    `rest` names what follows the first word of that text, if it is more than one thing. `keywords` are sets of words
    of which one each may follow the text, in any order. `more` is what its own help teaches, in mrkdwn.
    `admin_examples` are refused to everybody else.
    """

    name: str
    operation: Operation
    purpose: str
    argument: str | None = None
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
    rest: str | None = None
    keywords: tuple[tuple[str, ...], ...] = ()
    more: str = ""
    admin_examples: tuple[str, ...] = ()
    reports: tuple[Report, ...] = ()

    @property
    def usage(self) -> str:
        """As help shows it: `list [text] [state:<state>] [tag:<key=value>]`."""
        argument = [f"[{name}]" for name in (self.argument, self.rest) if name]
        keywords = [f"[{'|'.join(words)}]" for words in self.keywords]
        options = [f"[{option.key}:{option.value}]" for option in self.options]
        return " ".join([self.name, *argument, *keywords, *options])

    def examples_for(self, role: Role | None) -> tuple[str, ...]:
        """Those that `role` may follow."""
        others = self.admin_examples if role is Role.ADMIN else ()
        return (*self.examples, *others, *(report.example for report in self.reports_for(role)))

    def reports_for(self, role: Role | None) -> tuple[Report, ...]:
        """Those that `role` may ask for."""
        return tuple(report for report in self.reports if report.operation.permits(role))


COMMANDS = (
    Command(
        "list",
        LIST_INSTANCES,
        "Lists instances.",
        argument="text",
        options=(
            Option("state", "running", "only instances in this state", choices=STATES, repeats=True),
            Option(
                "tag", "Env=prod", "only instances with this tag; `*` and `?` match anything in the value", repeats=True
            ),
            Option(
                "region", "<region>", "only instances in this region; `all` for all that are configured", repeats=True
            ),
            Option("sort", "launched", "the order: latest launch first, by name, or by state", choices=SORTS),
        ),
        examples=("list state:running tag:Env=prod", "list", "list web", 'list "billing api"'),
        more=(
            "The text is a part of the name, or an id. Of several `state:` or `region:` any may hold; tags must all be "
            "there, and of several values of one tag any may be."
        ),
    ),
    Command(
        "get",
        GET_INSTANCE,
        "Shows one instance: state, checks, addresses, tags.",
        argument="name or id",
        examples=("get web-1", "get i-0123456789abcdef0"),
        more="A part of the name is enough; where several instances have it, you choose from a menu.",
    ),
    Command(
        "metrics",
        VIEW_METRICS,
        "Charts how instances are doing, up to six together.",
        argument="name or id …",
        examples=("metrics db-primary", "metrics web-1 web-2 network 24h", "metrics web-* memory 7d"),
        keywords=(tuple(GROUPS), tuple(RANGES)),
        more=(
            f"The names come first, then one metric and one range in any order: `{DEFAULT_GROUP}` and "
            f"`{DEFAULT_RANGE}` unless you say so. `*` and `?` stand for anything in a name. An instance that is "
            "called like a metric or a range is named first, or by its id."
        ),
    ),
    Command(
        "reboot",
        PROPOSE_REBOOT,
        "Proposes a reboot in this channel, or asks an admin for one; nothing happens before it is confirmed.",
        argument="name or id",
        rest="reason",
        examples=("reboot web-1 it hangs", "reboot i-0123456789abcdef0"),
        more=(
            "Only instances with the tag `chatops:managed=true` can be rebooted. A card is posted in the channel, for "
            "everybody there to see. The instance's tag `chatops:protection` says how it is confirmed:\n"
            "• `click`: whoever proposed it presses a button.\n"
            "• `typed`: whoever proposed it types the instance's name and a reason.\n"
            "• `approval`: another admin approves it, never whoever proposed it.\n"
            "An instance without the tag is `typed`, unless EC2 Ops is set up otherwise. After two reboots within 30 "
            "minutes it takes a second admin whatever the tag says. It can be confirmed for five minutes, unless that "
            "is set up otherwise: the card says until when. Then it expires, and nothing has happened.\n"
            "Only the role `admin` proposes and confirms. With `readonly` you ask: an admin confirms it as themselves."
        ),
    ),
    Command(
        "alerts",
        LIST_ALERTS,
        "Lists the open alerts; with `mine`, those that you acknowledged.",
        argument="mine",
        examples=("alerts", "alerts mine"),
    ),
    Command(
        "audit",
        VIEW_AUDIT,
        "Shows who did what, and when; newest first.",
        argument="@user or instance",
        options=(
            Option("action", "GET_INSTANCE", "only this action", choices=actions()),
            Option("outcome", "denied", "only what ended so", choices=tuple(Outcome)),
            Option("since", "8h", "from then on: an age (`30m`, `8h`, `7d`), a day or a minute in UTC"),
            Option("until", "2026-11-01", "up to then, a day with all its hours"),
        ),
        examples=("audit web-1", "audit web-1 action:REBOOT_INSTANCE since:7d"),
        more=(
            "Everybody sees what they did themselves and what was done to any instance; the role `admin` sees all. "
            "That you looked is on record too."
        ),
        admin_examples=("audit @bob outcome:denied since:7d",),
        reports=(
            Report(
                "audit handover [since:8h]",
                VIEW_ALL_AUDIT,
                "Sums up a shift for whoever takes over: reboots, other changes, refusals, alarms; of 8 hours unless "
                "you say so.",
                "audit handover since:8h",
            ),
            Report(
                "audit export [@user or instance] [since:2026-11-01]",
                EXPORT_AUDIT,
                "Sends you the rows as a CSV file, as a direct message; it takes each filter of `audit`.",
                "audit export web-1 since:7d",
            ),
            Report(
                "audit verify [since:24h]",
                VERIFY_AUDIT,
                "Proves that no row was changed or deleted since it was sealed; of 24 hours unless you say so, and 7 "
                "days at most.",
                "audit verify since:24h",
            ),
        ),
    ),
    Command("whoami", VIEW_IDENTITY, "Says who you are here and what you may do.", examples=("whoami",)),
    Command("login", REQUEST_LINK, "Links your Slack user to your account, by signing in.", examples=("login",)),
    Command("logout", UNLINK_IDENTITY, "Ends the link between your Slack user and your account.", examples=("logout",)),
    Command(
        "help",
        VIEW_HELP,
        "Shows this, or everything about one command.",
        argument="command",
        examples=("help list",),
    ),
)
HELP = COMMANDS[-1]

# What is typed for a command, with the command; and with None what there is nothing for, however near a word is.
MEANT: dict[str, str | None] = {
    **{
        report.usage.split()[1]: " ".join(report.usage.split()[:2])
        for command in COMMANDS
        for report in command.reports
    },
    "restart": "reboot",
    "describe": "get",
    "show": "get",
    "link": "login",
    "unlink": "logout",
    "start": None,
    "stop": None,
    "terminate": None,
}
