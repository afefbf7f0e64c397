"""The permission matrix: every identity, every operation, both doors, what is refused included.

What the doors really do is compared with what `bot.operations` says, and docs/security.md shows the same table.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import bot.operations
from bot.models import Role
from bot.operations import UNLINK_IDENTITY, Operation
from bot.views import alert, reboot
from tests.alarm_samples import change
from tests.browsers import Newcomers
from tests.house import ROOT, WORKER, House
from tests.reboots import Reboots, instance_id
from tests.rest_client import RestClient

INSTANCE = "i-0123456789abcdef0"
# By operation: what is typed in Slack, and what is called at the REST API. `BOB` is somebody else's `sub`.
SLACK = {
    "VIEW_HELP": "help",
    "VIEW_IDENTITY": "whoami",
    "LIST_INSTANCES": "list",
    "GET_INSTANCE": "get web-1",
    "VIEW_METRICS": "metrics web-1",
    "VIEW_AUDIT": "audit bastion",
    "VIEW_ALL_AUDIT": "audit <@U0BOB>",
    "EXPORT_AUDIT": "audit export bastion",
    "EXPORT_ALL_AUDIT": "audit export <@U0BOB>",
    "VERIFY_AUDIT": "audit verify",
    "PROPOSE_REBOOT": reboot.REQUEST,
    "CANCEL_REBOOT": reboot.CANCEL,
    "REBOOT_INSTANCE": reboot.CONFIRM,
    "ACKNOWLEDGE_ALERT": alert.ACKNOWLEDGE,
    "UNACKNOWLEDGE_ALERT": alert.UNACKNOWLEDGE,
    "SILENCE_ALERT": alert.SILENCE,
    "UNSILENCE_ALERT": alert.UNSILENCE,
    "LIST_ALERTS": "alerts",
    "VIEW_ALERT": alert.TIMELINE,
    "REQUEST_LINK": "login",
    "UNLINK_IDENTITY": "logout",
}
REST = {
    "VIEW_HELP": "GET /openapi.json",
    "LIST_INSTANCES": "GET /instances",
    "GET_INSTANCE": f"GET /instances/{INSTANCE}",
    "VIEW_METRICS": f"GET /instances/{INSTANCE}/metrics",
    "REBOOT_INSTANCE": f"POST /instances/{INSTANCE}/reboot",
    "VIEW_AUDIT": f"GET /audit-logs?resourceId={INSTANCE}",
    "VIEW_ALL_AUDIT": "GET /audit-logs?userId=BOB",
    "RECORD_ENTRY": "POST /audit-logs",
}
LOOKED_UP = ("GET_INSTANCE", "reboot")
ENTRY = {"action": "DEPLOY", "resourceType": "DEPLOYMENT", "resourceId": "shop"}
# The sign-in in a browser is a door of its own: whoever comes to it has just shown both identities.
ELSEWHERE = {"LINK_IDENTITY"}
NAMED = {name: operation for name, operation in vars(bot.operations).items() if isinstance(operation, Operation)}
Prepare = Callable[[House, Newcomers], object]


def email(user_id: str) -> str:
    return f"{user_id.removeprefix('U0').lower()}@playground.example"


@dataclass(frozen=True)
class Identity:
    """Who asks, and what `prepare` makes of them; `role` is what they have when they are let in at all.

    `member` says whether they are a full, active member of the workspace.
    """

    words: str
    user_id: str
    role: Role | None = None
    prepare: Prepare = lambda house, people: None
    member: bool = True
    linked: bool = True
    account: bool = True

    def expected(self, door: str, operation: Operation) -> bool:
        """By the rules alone."""
        if door == "rest":
            return operation.permits(self.role)
        if not self.linked:  # there is nothing to unlink either
            return operation.own and operation is not UNLINK_IDENTITY
        return self.member and (operation.own or operation.permits(self.role))


def slack(**fields: Any) -> Prepare:
    return lambda house, people: house.slack.members.change("U0ADA", **fields)


IDENTITIES = (
    Identity("admin", "U0ADA", Role.ADMIN),
    Identity("readonly", "U0CAROL", Role.READONLY),
    Identity("role `Admin`", "U0ADA", None, lambda house, people: people.change(email("U0ADA"), role="Admin")),
    Identity("no role", "U0ADA", None, lambda house, people: people.change(email("U0ADA"), role="")),
    Identity("disabled", "U0ADA", None, lambda house, people: people.disable(email("U0ADA"))),
    Identity(
        "admin, not linked", "U0DAVE", Role.ADMIN, lambda h, p: p.change(email("U0DAVE"), role="admin"), linked=False
    ),
    Identity("admin, deactivated in Slack", "U0ADA", Role.ADMIN, slack(deleted=True), member=False),
    Identity("admin, guest in Slack", "U0ADA", Role.ADMIN, slack(is_restricted=True), member=False),
    Identity("admin, of another workspace", "U0ADA", Role.ADMIN, slack(team_id="T0OTHER"), member=False),
    Identity("guest without an account", "U0GUEST", member=False, account=False),
)


@pytest.fixture
def people(newcomers: Newcomers, house: House) -> Iterator[Newcomers]:
    yield newcomers
    client, pool = house.client("cognito-idp"), {"UserPoolId": house.environment["COGNITO_USER_POOL_ID"]}
    client.admin_enable_user(**pool, Username=email("U0ADA"))
    newcomers.change(email("U0ADA"), role="admin")


@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda identity: identity.words)
def test_slack_lets_in_whom_the_rules_let_in_and_refuses_everybody_else(
    house: House, people: Newcomers, identity: Identity
) -> None:
    Reboots(house).propose("web-2", "U0BOB")
    house.raise_alarm(change("web-1-cpu", "ALARM", time.time() - 60))
    identity.prepare(house, people)
    found = {}
    for name, text in SLACK.items():
        before = len(house.rows())
        if text.startswith("reboot_"):
            before = press(house, text, identity.user_id)
        elif text.startswith("alert_"):
            press_alert(house, text, identity.user_id)
        else:
            house.invoke(WORKER, house.queued(text, identity.user_id))
        found[name] = recorded(house, before)
    assert found == {name: expected(identity, "slack", name) for name in SLACK}


@pytest.mark.parametrize("identity", [one for one in IDENTITIES if one.account], ids=lambda identity: identity.words)
def test_the_rest_api_lets_in_whom_the_rules_let_in_and_refuses_everybody_else(
    house: House, people: Newcomers, identity: Identity
) -> None:
    client = RestClient.of(house)
    token = client.token(email(identity.user_id))
    identity.prepare(house, people)
    found = {}
    for name, called in REST.items():
        before = len(house.rows())
        method, path = called.replace("BOB", client.sub(email("U0BOB"))).split(" ")
        answer = client.call(method, path, body=ENTRY if path == "/audit-logs" else None, token=token)
        found[name] = recorded(house, before)
        refused = answer.status_code == 403
        assert refused or answer.status_code in (200, 201, 404)
        assert refused == (found[name] == {"ACCESS_DENIED"})
    assert found == {name: expected(identity, "rest", name) for name in REST}


def press(house: House, action_id: str, user_id: str) -> int:
    """A button of a proposal of their own, if they may make one; how many rows there were before."""
    reboots = Reboots(house)
    wish, before = f"us-east-1/{instance_id(house, 'web-1')}\n", len(house.rows())
    anything = house.slack.messages("C0OPS")[0]
    reboots.press(reboot.REQUEST, user_id, anything, wish)
    if action_id == reboot.REQUEST:
        return before
    before = len(house.rows())
    if reboots.cards:
        reboots.press(action_id, user_id)
    else:
        reboots.press(action_id, user_id, anything, f"{'0' * 32}.{'0' * 16}")
    return before


def press_alert(house: House, action_id: str, user_id: str) -> None:
    """An element of the alert's card, whether the card shows it now or not."""
    (card,) = house.cards()
    value = next(element["value"] for element in card.blocks[-1]["elements"] if element["type"] == "button")
    action: dict[str, Any] = {"type": "button", "action_id": action_id, "block_id": "b", "value": value}
    if action_id == alert.SILENCE:
        option = {"text": {"type": "plain_text", "text": "15 min"}, "value": f"{value}.900.here"}
        action = {**action, "type": "static_select", "selected_option": option}
    sent = house.slack.click(user_id, card.channel_id, card.ts, action)
    assert sent is not None
    sent.join()
    house.work()
    house.alarm_work()


def recorded(house: House, before: int) -> set[str]:
    """The actions of the rows since, those of an entry by hand under its operation's name.

    Looking up what is to be rebooted is a row besides.
    """
    rows = house.rows()[before:]
    actions = {row["action"] for row in rows if (row["action"], row["details"].get("for")) != LOOKED_UP}
    return {"RECORD_ENTRY" if action == ENTRY["action"] else action for action in actions}


def expected(identity: Identity, door: str, name: str) -> set[str]:
    """What was done is on record, or nothing but the refusal."""
    return {NAMED[name].action if identity.expected(door, NAMED[name]) else "ACCESS_DENIED"}


def test_every_operation_is_asked_for_by_every_door_that_has_it() -> None:
    assert {*SLACK, *REST, *ELSEWHERE} == set(NAMED)


def matrix() -> str:
    """The table of docs/security.md: Slack / REST API."""
    lines = ["| Operation | " + " | ".join(one.words for one in IDENTITIES) + " |"]
    lines.append("| --- " * (len(IDENTITIES) + 1) + "|")
    for name, operation in NAMED.items():
        if name not in ELSEWHERE:
            cells = [f"{cell(one, 'slack', name)} / {cell(one, 'rest', name)}" for one in IDENTITIES]
            lines.append(f"| `{operation.name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(identity: Identity, door: str, name: str) -> str:
    if name not in (SLACK if door == "slack" else REST) or (door == "rest" and not identity.account):
        return "–"
    return "yes" if identity.expected(door, NAMED[name]) else "no"


def test_the_security_page_shows_the_same_table() -> None:
    assert matrix() in (ROOT / "docs" / "security.md").read_text(encoding="utf-8"), matrix()
