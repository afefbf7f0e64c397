"""The table of what may follow `/ec2`: the parser, the help and the README all have it from here.

It knows no text that anybody typed.
"""

from dataclasses import dataclass

from bot.metric_series import GROUPS, RANGES
from bot.models import Outcome
from bot.operations import (
    GET_INSTANCE,
    LIST_ALERTS,
    LIST_INSTANCES,
    PROPOSE_REBOOT,
    REQUEST_LINK,
    UNLINK_IDENTITY,
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
class Command:
    """One word after `/ec2`; `argument` names the free text it takes, if it takes any.

    `rest` names what follows the first word of that text, if it is more than one thing. `keywords` are sets of words
    of which one each may follow the text, in any order.
    """

    name: str
    operation: Operation
    purpose: str
    argument: str | None = None
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
    rest: str | None = None
    keywords: tuple[tuple[str, ...], ...] = ()

    @property
    def usage(self) -> str:
        """As help shows it: `list [text] [state:<state>] [tag:<key=value>]`."""
        argument = [f"[{name}]" for name in (self.argument, self.rest) if name]
        keywords = [f"[{'|'.join(words)}]" for words in self.keywords]
        options = [f"[{option.key}:{option.value}]" for option in self.options]
        return " ".join([self.name, *argument, *keywords, *options])


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
                "region", "eu-west-1", "only instances in this region; `all` for all that are configured", repeats=True
            ),
            Option("sort", "launched", "the order: latest launch first, by name, or by state", choices=SORTS),
        ),
        examples=("list state:running tag:Env=prod", "list", "list web", 'list "billing api"'),
    ),
    Command(
        "get",
        GET_INSTANCE,
        "Shows one instance: state, checks, addresses, tags.",
        argument="name or id",
        examples=("get web-1", "get i-0123456789abcdef0"),
    ),
    Command(
        "metrics",
        VIEW_METRICS,
        "Charts how instances are doing, up to six together.",
        argument="name or id …",
        examples=("metrics db-primary", "metrics web-1 web-2 network 24h", "metrics web-* memory 7d"),
        keywords=(tuple(GROUPS), tuple(RANGES)),
    ),
    Command(
        "reboot",
        PROPOSE_REBOOT,
        "Proposes a reboot in this channel, or asks an admin for one; nothing happens before it is confirmed.",
        argument="name or id",
        rest="reason",
        examples=("reboot web-1 it hangs", "reboot i-0123456789abcdef0"),
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
        examples=(
            "audit web-1",
            "audit @bob outcome:denied since:7d",
            "audit handover since:8h",
            "audit export since:2026-11-01",
            "audit verify since:24h",
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
