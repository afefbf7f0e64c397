"""`make dev`: the product on this laptop, with its local AWS, for a real Slack workspace through Socket Mode.

It refuses to start without the app's tokens, and touches no AWS account.
"""

import argparse
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from slack_sdk.errors import SlackApiError

from playground.aftermath import Aftermath
from playground.aws import LocalAws
from playground.deployment import Deployment
from playground.functions import to_terminal
from playground.no_sign_in import NoSignIn
from playground.people import Person
from playground.provision import Installation, provision
from playground.schedule import DEMO_MINUTE
from playground.socket_mode import SocketMode

SLACK_API_URL = "https://slack.com/api/"
NEEDED = {
    "SLACK_APP_TOKEN": "app-level token with connections:write, xapp-...",
    "SLACK_BOT_TOKEN": "bot token, xoxb-...",
    "SLACK_TEAM_ID": "the workspace, T...",
    "SLACK_APP_ID": "the app, A...",
}
ROLES = ("admin", "readonly")
_LINK = re.compile(rf"([UW][A-Z0-9]+)=({'|'.join(ROLES)})", re.ASCII)


class NotSetError(Exception):
    """What is missing in the environment, all of it."""


@dataclass(frozen=True)
class SlackApp:
    """The developer's own app in a real workspace."""

    team_id: str
    app_id: str
    app_token: str = field(repr=False)
    bot_token: str = field(repr=False)
    api_url: str = SLACK_API_URL

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "SlackApp":
        """Raises NotSetError."""
        missing = [f"  {name}  {meaning}" for name, meaning in NEEDED.items() if not environment.get(name)]
        if missing:
            raise NotSetError("\n".join(["Not set:", *missing, 'See docs/operations.md, "On a laptop".']))
        return cls(
            team_id=environment["SLACK_TEAM_ID"],
            app_id=environment["SLACK_APP_ID"],
            app_token=environment["SLACK_APP_TOKEN"],
            bot_token=environment["SLACK_BOT_TOKEN"],
            api_url=environment.get("SLACK_API_URL") or SLACK_API_URL,
        )


def link(text: str) -> tuple[str, str]:
    """A Slack user id and a role, from `U0123ABCD=admin`."""
    found = _LINK.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not like U0123ABCD=admin; roles are {', '.join(ROLES)}")
    return found[1], found[2]


@contextmanager
def connected(
    app: SlackApp, links: Sequence[tuple[str, str]], log: Callable[[str], None] = to_terminal
) -> Iterator[None]:
    """Everything runs, and Slack is connected, until the block ends. Raises SlackApiError when Slack refuses."""
    people = tuple(_person(user_id, role, app.team_id) for user_id, role in links)
    installation = Installation(app.team_id, app.app_id, people, {"SLACK_BOT_TOKEN": app.bot_token})
    with LocalAws() as aws, Aftermath(), NoSignIn() as page:
        provisioned = provision(aws.url, slack_api_url=app.api_url, public_url=page.url, installation=installation)
        # Socket Mode signs nothing, so this secret is nobody's but ours.
        secret = provisioned.environment["SLACK_SIGNING_SECRET"]
        with (
            Deployment(provisioned, log, DEMO_MINUTE) as deployment,
            SocketMode(app.api_url, app.app_token, secret, deployment.deliver, log),
        ):
            yield


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m playground.dev", description=__doc__)
    parser.add_argument(
        "--link",
        type=link,
        action="append",
        default=[],
        metavar="U0123ABCD=admin",
        help=f"let this Slack user in with a role ({', '.join(ROLES)}); may be repeated",
    )
    links = parser.parse_args(arguments).link
    stop = threading.Event()
    try:
        app = SlackApp.from_env(os.environ)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        print("Starting a local AWS, and connecting to Slack ...", flush=True)
        with connected(app, links):
            print(f"\n  EC2 Ops is in {app.team_id}. Type /ec2 list there. Ctrl-C stops it.\n", flush=True)
            if not links:
                print(
                    "  Nobody is linked yet, and /ec2 login leads to no sign-in here:\n"
                    "  start again with LINK=<your Slack member id>=admin to let yourself in.\n",
                    flush=True,
                )
            stop.wait()
    except NotSetError as error:
        print(error, file=sys.stderr)
        return 1
    except SlackApiError as error:
        print(f"Slack refused SLACK_APP_TOKEN: {error.response['error']}", file=sys.stderr)
        return 1
    return 0


def _person(user_id: str, role: str, team_id: str) -> Person:
    name = user_id.lower()
    return Person(user_id, name, user_id, f"{name}@laptop.example", "", "UTC", role, linked=True, team_id=team_id)


if __name__ == "__main__":
    sys.exit(main())
