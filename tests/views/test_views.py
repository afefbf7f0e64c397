"""What people see: within Slack's limits whatever the data, and never a ping."""

import inspect
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import alert_errors, denials, errors, reboot_errors
from bot.command_table import COMMANDS
from bot.models import (
    Actor,
    Card,
    Cursor,
    Instance,
    InstanceQuery,
    Listing,
    Message,
    Origin,
    RegionFailure,
    Role,
    Source,
)
from bot.proposals import Facts, Person, Proposal, Reboot, State, Strength
from bot.views import help as help_view
from bot.views import identity, instance_card, instances, modal, problem, reboot, reboot_form, reboot_words
from playground.slack.block_kit import MOST_VIEW_BYTES, problems, problems_of_view, view_size

ORIGIN = Origin(Source.SLACK, "0123456789abcdef0123456789abcdef", "T0PLAYGND", "U0ADA", "C0OPS")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WEB = Instance(
    "i-0123456789abcdef0",
    "web-1",
    "running",
    "m6i.large",
    "us-east-1a",
    "us-east-1",
    "10.0.0.1",
    NOW - timedelta(days=2.5),
)


def fleet(*found: Instance, truncated: bool = False) -> Listing:
    return Listing(found, ("us-east-1",), (Cursor("us-east-1", "more"),) if truncated else ())


def shown(message: Message) -> str:
    return message.text + repr(message.blocks)


def assert_slack_takes(message: Message) -> None:
    assert problems(message.blocks) == []
    assert message.plain is None or problems(message.plain) == []
    assert 0 < len(message.text) <= 4000
    for back in (False, True):
        view = modal.view(message, back=back)
        assert problems_of_view(view) == []
        assert view_size(view) <= MOST_VIEW_BYTES


def texts(value: Any) -> list[tuple[str, str]]:
    """(kind, text) of every text in the blocks; mrkdwn is where markup has a meaning."""
    if isinstance(value, list):
        return [found for item in value for found in texts(item)]
    if isinstance(value, dict):
        own = [(value.get("type", ""), value["text"])] if isinstance(value.get("text"), str) else []
        return own + [found for item in value.values() for found in texts(item)]
    return []


def test_a_listing_says_how_many_in_which_state_and_shows_each() -> None:
    message = instances.listing(fleet(WEB, replace(WEB, name="db", state="stopped")), InstanceQuery(), NOW)
    assert_slack_takes(message)
    assert message.text.startswith("2 instances in us-east-1: 1 running, 1 stopped.")
    (table,) = [block for block in message.blocks if block["type"] == "data_table"]
    assert [[cell["text"] for cell in row] for row in table["rows"]] == [
        ["Name", "Instance", "State", "Type", "Zone", "Private IP", "Days up", "Checks"],
        ["web-1", WEB.instance_id, "🟢 running", "m6i.large", "us-east-1a", "10.0.0.1", "2.5", "–"],
        ["db", WEB.instance_id, "⚪ stopped", "m6i.large", "us-east-1a", "10.0.0.1", "–", "–"],
    ]


def test_one_instance_is_not_instances() -> None:
    assert instances.listing(fleet(WEB), InstanceQuery(), NOW).text.startswith("1 instance in us-east-1: 1 running.")


def test_an_empty_fleet_and_an_empty_match_are_said_differently() -> None:
    assert instances.listing(fleet(), InstanceQuery(), NOW).text == "There are no instances in us-east-1."
    nothing = instances.listing(fleet(), InstanceQuery("<web>", ("running",), (("Env", "a&b"), ("Team", None))), NOW)
    assert nothing.text == "No instance matches in us-east-1."
    assert "name or id &lt;web&gt; · state running · tag Env=a&amp;b · tag Team" in shown(nothing)


def test_what_is_not_shown_is_said() -> None:
    many = [replace(WEB, name=f"web-{number}") for number in range(250)]
    message = instances.listing(fleet(*many, truncated=True), InstanceQuery(), NOW)
    assert_slack_takes(message)
    assert "More than 250 instances" in message.text
    assert "100 of 250 are shown" in shown(message)


def test_a_table_stays_within_slacks_characters_and_says_what_it_left_out() -> None:
    blank = replace(WEB, state="terminated", private_ip=None)
    message = instances.listing(
        fleet(*[replace(blank, name=f"{n:02}" + "x" * 60, instance_type="x" * 200) for n in range(100)]),
        InstanceQuery(),
        NOW,
    )
    assert_slack_takes(message)
    assert " of 100 are shown" in shown(message)


NAMES = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        [
            "<!channel>",
            "<!here|x>",
            "<@U0ADA>",
            "<https://evil.example|aws>",
            "*_~`>",
            "\u202egnp.exe",
            "x" * 100_000,
            "@here",
        ]
    ),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=120), NAMES, st.booleans())
def test_N2_whatever_instances_are_called_slack_takes_the_message_and_nobody_is_pinged(
    names: list[str], text: str, truncated: bool
) -> None:
    found = [replace(WEB, name=name) for name in names]
    message = instances.listing(fleet(*found, truncated=truncated), InstanceQuery(text, (), (("Name", text),)), NOW)
    assert_slack_takes(message)
    markup = [body for kind, body in texts(message.blocks) if kind == "mrkdwn"] + [message.text]
    assert not any("<" in body for body in markup)
    assert not any("\u202e" in body for _, body in texts(message.blocks))


@pytest.mark.parametrize("role", [Role.ADMIN, Role.READONLY])
def test_help_lists_what_this_role_may_run_and_nothing_else(role: Role) -> None:
    message = help_view.overview(role)
    assert_slack_takes(message)
    for command in COMMANDS:
        assert (f"/ec2 {command.name}" in message.text) == command.operation.permits(role)


def test_nobody_may_run_nothing() -> None:
    assert help_view.permitted(None) == ()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.READONLY])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_help_of_a_command_names_its_options_values_and_examples(command: Any, role: Role) -> None:
    message = help_view.details(command, role)
    assert_slack_takes(message)
    for word in [*command.examples_for(role), *(option.key for option in command.options)]:
        assert word in shown(message)
    lines = [line for _, body in texts(message.blocks) for line in body.splitlines()]
    for option in command.options:
        assert all(choice in shown(message) for choice in option.choices)
        (line,) = (line for line in lines if line.startswith(f"• `{option.key}:"))
        assert ("more than once" in line) == option.repeats


@pytest.mark.parametrize(
    ("role", "offered"), [(Role.ADMIN, {"handover", "export", "verify"}), (Role.READONLY, {"export"})]
)
def test_the_help_of_the_audit_explains_the_reports_that_the_role_may_ask_for(role: Role, offered: set[str]) -> None:
    (audit,) = (command for command in COMMANDS if command.name == "audit")
    said = [line for _, body in texts(help_view.details(audit, role).blocks) for line in body.splitlines()]
    explained = {line.split()[3].strip("`") for line in said if line.startswith("• `/ec2 audit") and "`: " in line}
    assert explained == offered
    assert any("audit @bob" in line for line in said) == (role is Role.ADMIN)
    assert any("handover" in line for line in said) == ("handover" in offered)


def test_the_help_of_a_reboot_says_how_it_is_confirmed_by_whom_and_how_long() -> None:
    (reboot,) = (command for command in COMMANDS if command.name == "reboot")
    said = shown(help_view.details(reboot, Role.READONLY))
    for words in ("`click`", "`typed`", "`approval`: another admin", "five minutes", "role `admin`", "`readonly`"):
        assert words in said


@pytest.mark.parametrize("role", list(Role))
def test_whoami_names_the_person_the_role_and_what_it_means(role: Role) -> None:
    message = identity.whoami(Actor("sub-1", "ada<x>@playground.example", role, ORIGIN))
    assert_slack_takes(message)
    assert f"`{role}`" in shown(message)
    assert "ada&lt;x&gt;@playground.example" in message.text


def test_a_region_that_did_not_answer_is_named_for_eyes_and_ears() -> None:
    listing = Listing((WEB,), ("us-east-1", "eu-west-1"), False, (RegionFailure("eu-west-1", "RequestLimitExceeded"),))
    message = instances.listing(listing, InstanceQuery(), NOW)
    assert_slack_takes(message)
    assert "eu-west-1 did not answer in full" in message.text
    assert "eu-west-1 did not answer in full" in repr(message.blocks)
    assert "eu-west-1 did not answer in full" in repr(message.plain)


def test_impaired_instances_are_counted_in_the_summary() -> None:
    impaired = replace(WEB, system_status="ok", instance_status="impaired")
    assert "1 impaired" in instances.listing(fleet(impaired, WEB), InstanceQuery(), NOW).text


@settings(max_examples=60, deadline=None)
@given(NAMES, st.lists(st.tuples(NAMES, NAMES), max_size=50), st.sampled_from(["running", "stopped", "terminated"]))
def test_N1_N4_whatever_an_instance_is_called_and_tagged_its_card_is_taken_and_pings_nobody(
    name: str, tags: list[tuple[str, str]], state: str
) -> None:
    message = instance_card.card(Card(replace(WEB, name=name, state=state, tags=tuple(tags)), 3), Role.ADMIN)
    assert_slack_takes(message)
    markup = "".join(body for kind, body in texts(message.blocks) if kind == "mrkdwn") + message.text
    assert "<" not in re.sub(r"<!date\^[0-9]+\^[^<>]+>", "", markup)


def test_a_card_says_what_matters_and_offers_what_may_be_done() -> None:
    healthy = replace(WEB, system_status="ok", instance_status="ok", tags=(("Env", "prod"),), security_groups=("web",))
    message = instance_card.card(Card(healthy, 2), Role.ADMIN)
    assert_slack_takes(message)
    for word in ("web-1", "2/2 passed", "Env=prod", "10.0.0.1", "Open alarms*\\n2", "2026-11-20 00:00 UTC"):
        assert word in shown(message)
    *_, actions = message.blocks
    assert labels(message) == ["Refresh", "Metrics", "Show as CLI", "Open in console"]
    assert {button["value"] for button in actions["elements"]} == {f"us-east-1/{WEB.instance_id}"}


@pytest.mark.parametrize(
    ("role", "state", "managed", "offered"),
    [
        (Role.ADMIN, "running", "true", ["Reboot…"]),
        (Role.READONLY, "running", "true", ["Request a reboot…"]),
        (Role.ADMIN, "stopped", "true", []),
        (Role.READONLY, "stopped", "true", []),
        (Role.ADMIN, "running", "false", []),
        (Role.READONLY, "running", "", []),
    ],
)
def test_a_card_offers_each_role_its_own_way_to_a_reboot_where_there_is_one(
    role: Role, state: str, managed: str, offered: list[str]
) -> None:
    message = instance_card.card(Card(replace(WEB, state=state, tags=(("chatops:managed", managed),)), 0), role)
    assert [label for label in labels(message) if "eboot" in label] == offered


def labels(message: Message) -> list[str]:
    """What the buttons of a message's last block say."""
    return [button["text"]["text"] for button in message.blocks[-1]["elements"]]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("us-gov-west-1", "https://console.amazonaws-us-gov.com/"),
        ("cn-north-1", "https://console.amazonaws.cn/"),
    ],
)
def test_the_console_is_that_of_the_partition(region: str, host: str) -> None:
    assert instance_card.console_url(region, WEB.instance_id).startswith(host)


def every_error() -> list[type[errors.ChatOpsError]]:
    defined = {**vars(errors), **vars(denials), **vars(reboot_errors), **vars(alert_errors)}.values()
    found = [item for item in defined if inspect.isclass(item) and issubclass(item, errors.ChatOpsError)]
    assert len(found) > 20
    return found


SAMPLES: dict[str, tuple[Any, ...]] = {
    "UnknownCommandError": ("<!channel>`x`", "list"),
    "UnknownOptionError": ("list", "stat", "state", ("state", "tag")),
    "InvalidValueError": ("list", "state", "x" * 5000, "one of `running`", "running"),
    "MalformedTextError": ("it is empty",),
    "NotAMemberError": ("guest",),
    "InstanceNotFoundError": ("wbe", ("web-1",)),
    "NotLinkedError": ("U0DAVE",),
    "AccountDisabledError": ("account_disabled",),
    "NotPermittedError": ("ec2:instance:reboot", "readonly", "admin"),
    "IdentityUnavailableError": ("slack",),
    "NotRecordedError": ("ThrottlingException",),
    "ConditionsFailedError": (("None", "ConditionalCheckFailed"),),
    "OutcomeNotRecordedError": ("attempt",),
    "InstancesUnavailableError": ("us-east-1", "RequestLimitExceeded"),
    "MetricsUnavailableError": ("us-east-1", "<Throttling>"),
    "NotPostedError": ("not_in_channel",),
    "AuditUnavailableError": ("AccessDeniedException",),
    "SeveralInstancesError": ("web", [("web-1", "i-00000000000000abc")]),
    "FileNotSentError": ("internal_error", "upload"),
    "RequestRejectedError": (401, "signature"),
    "AwsCallError": ("sqs", "AccessDenied"),
    "SecretUnavailableError": ("empty",),
    "JobFailedError": (404,),
    "AnswerNotDeliveredError": ("channel_not_found",),
    "ConfigurationError": (("A",), ()),
    "NotProposedError": ("not_in_channel",),
    "WrongNameError": ("<!channel>`x`", "web-1"),
    "WrongCardError": ("unknown_proposal",),
    "NotYoursError": ("U0ADA",),
    "RequesterGoneError": ("account_disabled",),
    "NotRebootableError": ("web-1", "stopped"),
    "ProposalClosedError": ("cancelled", "U0BOB"),
    "StaleTargetError": ("state",),
    "InstanceLockedError": (1_800_000_000,),
    "NeedsSlackError": ("typed",),
    "RebootRefusedError": ("UnauthorizedOperation",),
    "InvalidAlarmError": ("wrong_account",),
}
CODES = {
    "INVALID_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "THROTTLED", "INTERNAL_ERROR"
}  # fmt: skip


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_words_for_slack_and_a_code_for_rest(kind: type[errors.ChatOpsError]) -> None:
    error = kind(*SAMPLES.get(kind.__name__, ()))
    message = problem.message(error, ORIGIN.correlation_id)
    assert_slack_takes(message)
    assert kind.code in CODES
    assert "<!channel>" not in shown(message)
    has_reference = ORIGIN.correlation_id[:12] in shown(message)
    assert has_reference == (not isinstance(error, errors.UsageError))


def test_every_error_stands_in_the_tree_that_the_module_draws() -> None:
    drawn = f"{errors.__doc__}{denials.__doc__}{reboot_errors.__doc__}{alert_errors.__doc__}"
    for kind in every_error():
        assert kind.__name__ in drawn


@pytest.mark.parametrize("reason", ["guest", "bot", "deactivated", "foreign"])
def test_each_reason_for_not_being_a_member_has_its_words(reason: str) -> None:
    assert_slack_takes(problem.message(denials.NotAMemberError(reason), "c"))


@pytest.mark.parametrize("reason", ["account_disabled", "account_deleted", "account_replaced"])
def test_each_reason_for_an_account_that_lets_nobody_in_has_its_words(reason: str) -> None:
    assert_slack_takes(problem.message(denials.AccountDisabledError(reason), "c"))


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "UnauthorizedOperation", "OptInRequired", "Strange<Code>"])
def test_each_refusal_of_ec2_says_what_to_do(code: str) -> None:
    message = problem.message(errors.InstancesUnavailableError("eu-west-1", code), "c")
    assert_slack_takes(message)
    assert "eu-west-1" in message.text


@pytest.mark.parametrize("name", ["", " ", "\t", "\u2003"])
def test_a_name_that_nobody_can_see_is_said_to_be_none(name: str) -> None:
    unseen = replace(WEB, name=name)
    assert instances.label(unseen).startswith(("no name · ", "� · "))
    assert instance_card.card(Card(unseen, 0), Role.ADMIN).text.startswith(("no name (", "� ("))


def test_N1_a_tag_formats_nothing_on_a_card() -> None:
    tags = (("Note", "*bold* :fire: `code` https://evil.example @here"),)
    message = instance_card.card(Card(replace(WEB, tags=tags), 0), Role.ADMIN)
    assert "`Note=*bold* :fire: ʼcodeʼ https://evil.example @here`" in shown(message)


def proposal(**changes: Any) -> Proposal:
    ada = Person("sub-ada", "ada@playground.example", "T0PLAYGND", "U0ADA")
    fields: dict[str, Any] = {
        "action_id": "0" * 32,
        "region": "us-east-1",
        "instance_id": "i-0123456789abcdef0",
        "name": "web-1",
        "protection": Strength.CLICK,
        "strength": Strength.CLICK,
        "requester": ada,
        "confirm_by": 1_800_000_000,
        "facts": Facts("running", "m6i.large", "us-east-1a"),
    }
    return Proposal(**{**fields, **changes})


@pytest.mark.parametrize("state", State)
def test_only_an_open_proposal_has_buttons_that_decide(state: State) -> None:
    message = reboot.card(Reboot(proposal(), state, decided_by=proposal().requester, decided_at=1_800_000_000))
    assert_slack_takes(message)
    buttons = [element for block in message.blocks for element in block.get("elements", []) if "value" in element]
    actions = {button["action_id"] for button in buttons}
    assert bool(actions & {reboot.CONFIRM, reboot.CONFIRM_TYPED, reboot.CANCEL}) == (state is State.OPEN)


@pytest.mark.parametrize("note", reboot_words.FAILURES)
def test_every_known_failure_is_said_in_words(note: str) -> None:
    assert f"`{note}`" not in shown(reboot.card(Reboot(proposal(), State.FAILED, note=note)))


def test_the_form_asks_for_the_id_where_there_is_no_name() -> None:
    view = reboot_form.form(Reboot(proposal(name="")), wrong="web-1", reason="it hangs")
    assert problems_of_view(view) == []
    assert "Type its id: i-0123456789abcdef0" in repr(view)
    assert "`web-1` is not its id" in repr(view)


@settings(max_examples=50)
@given(st.text(max_size=600), st.text(max_size=600))
def test_the_form_is_taken_whatever_the_name_and_the_reason_are(name: str, reason: str) -> None:
    view = reboot_form.form(Reboot(proposal(name=name, reason=reason)), wrong=name, reason=reason)
    assert problems_of_view(view) == []
    assert view_size(view) <= MOST_VIEW_BYTES
