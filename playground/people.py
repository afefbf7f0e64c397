"""The people and channels of the playground workspace, as Slack and Cognito know them.

Both the local Slack and the provisioning read this list; nobody is described twice.
"""

from dataclasses import dataclass

TEAM_ID = "T0PLAYGND"
TEAM_NAME = "Playground"
TEAM_DOMAIN = "playground"
APP_ID = "A0EC2OPS"
BOT_USER_ID = "U0EC2BOT"
BOT_NAME = "EC2 Ops"


@dataclass(frozen=True)
class Person:
    """One member of the workspace; `role` is Cognito's `custom:role`, None for somebody without a user there.

    Only who is `linked` is somebody to the product from the start.

    The flags are those of Slack's user object (https://docs.slack.dev/reference/objects/user-object).
    """

    user_id: str
    name: str
    real_name: str
    email: str
    title: str
    time_zone: str
    role: str | None = None
    linked: bool = False
    is_restricted: bool = False
    deleted: bool = False
    is_bot: bool = False
    team_id: str = TEAM_ID


@dataclass(frozen=True)
class Channel:
    """A public channel; `members` are user ids, the bot's included where it was invited.

    A direct message between one person and the bot is one too: `direct_to` is that person, who alone sees it.
    `hints` are what a newcomer may try there: a command, and what it shows.
    """

    channel_id: str
    name: str
    topic: str
    members: tuple[str, ...]
    direct_to: str | None = None
    hints: tuple[tuple[str, str], ...] = ()

    def open_to(self, user_id: str) -> bool:
        return self.direct_to in (None, user_id)


PEOPLE = (
    Person("U0ADA", "ada", "Ada Byron", "ada@playground.example", "Platform lead", "Europe/London", "admin", True),
    Person("U0BOB", "bob", "Bob Noyce", "bob@playground.example", "SRE", "America/New_York", "admin", True),
    Person(
        "U0CAROL",
        "carol",
        "Carol Shaw",
        "carol@playground.example",
        "Support",
        "Europe/Berlin",
        "readonly",
        True,
    ),
    Person("U0DAVE", "dave", "Dave Cutler", "dave@playground.example", "New hire", "Asia/Tokyo", "readonly"),
    Person(
        "U0GUEST",
        "guest",
        "Grace Guest",
        "grace@contractor.example",
        "Contractor",
        "Europe/Paris",
        is_restricted=True,
    ),
)

_EVERYBODY = (*(person.user_id for person in PEOPLE), BOT_USER_ID)

CHANNELS = (
    Channel(
        "C0OPS",
        "ops",
        "Operating the fleet: try /ec2 help",
        _EVERYBODY,
        hints=(
            ("/ec2 list state:running", "the fleet"),
            ("/ec2 get db-primary", "one machine"),
            ("/ec2 metrics db-primary", "how it has been doing"),
            ("/ec2 reboot web-1", "confirmed by a click"),
            ("/ec2 reboot api-1", "confirmed by typing its name"),
            ("/ec2 reboot db-primary", "approved by a second admin: act as Bob"),
        ),
    ),
    Channel("C0ALERTS", "alerts", "CloudWatch alarms land here", _EVERYBODY),
)
