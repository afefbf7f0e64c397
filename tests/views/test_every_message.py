"""Every message that a view can make, from text that means harm: Slack takes it, and nobody is pinged.

A view that makes messages and is not listed here fails the first test.
"""

import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bot.views
from bot import errors, reboot_errors
from bot.alarm_events import AlarmState, Comparison
from bot.alarm_metrics import AlarmChart, MetricSpec
from bot.audit_request import AuditSearch
from bot.audit_rows import AuditPage, AuditQuery, AuditRow, timestamp
from bot.command_table import COMMANDS
from bot.handover import handover
from bot.incidents import BURST, Entry, Incident, Member
from bot.metric_series import GROUPS, RANGES
from bot.models import (
    Actor,
    Card,
    Cursor,
    Instance,
    InstanceQuery,
    Listing,
    Message,
    Origin,
    Outcome,
    Place,
    RegionFailure,
    Role,
    Source,
)
from bot.proposals import Facts, PastReboot, Person, Proposal, Reboot, State, Strength
from bot.reboot_watch import UNSEEN
from bot.sign_in import Link, Sides
from bot.tampering import Finding, Kind, Report
from bot.views import (
    alert,
    alert_words,
    audit,
    audit_csv,
    audit_reports,
    identity,
    instance_card,
    instances,
    login,
    metrics,
    modal,
    problem,
    reboot,
    reboot_form,
)
from bot.views import help as help_view
from playground.slack.block_kit import MOST_VIEW_BYTES, problems, problems_of_view, view_size
from tests.views.test_metrics import charts

# A date for the reader's zone; who asks; who and where a row was written; whose reboot it is (nobody hostile here).
OURS = re.compile(
    r"<!date\^[0-9]+\^[^<>]+>|(?:linked to|Shown by) <@U0ADA>| of <@U0ADA>|\(<@U0ADA>\)|\*<@U0ADA>\*"
    r"|<#C0(?:OPS|ALERTS)>|<@U0(?:REB|BOB)>"
)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOSTILE = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        [
            "",
            "<!channel>",
            "<!here|x>",
            "<!subteam^S1>",
            "<@U0ADA>",
            "<https://evil.example|aws>",
            "*_~`>&amp;",
            "\u202egnp.exe\u2066",
            "\x00\x1b[31m\r\n",
            "عربى",
            "&" * 5_000,
            "x" * 100_000,
        ]
    ),
)
WORD = st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1, max_size=40)
REGION = st.sampled_from(["us-east-1", "us-gov-west-1", "cn-north-1"])
TAGS = st.one_of(
    st.lists(st.tuples(HOSTILE, HOSTILE), max_size=50),
    st.just([(f"key-{number}", "<!channel>" * 20) for number in range(5_000)]),
).map(tuple)
INSTANCE = st.builds(
    Instance,
    instance_id=st.just("i-0123456789abcdef0"),
    name=HOSTILE,
    state=st.sampled_from(["running", "stopped", "pending", "terminated", "a new one"]),
    instance_type=WORD,
    zone=WORD,
    region=REGION,
    private_ip=st.one_of(st.none(), st.just("10.0.0.1")),
    launched=st.one_of(st.none(), st.datetimes(datetime(2006, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))),
    public_ip=st.one_of(st.none(), st.just("198.51.100.7")),
    image_id=st.one_of(st.none(), st.just("ami-0123456789abcdef0")),
    security_groups=st.lists(HOSTILE, max_size=60).map(tuple),
    tags=TAGS,
    system_status=st.sampled_from([None, "ok", "impaired", "initializing"]),
    instance_status=st.sampled_from([None, "ok", "impaired", "insufficient-data"]),
)
FLEET = st.one_of(st.lists(INSTANCE, max_size=6), INSTANCE.map(lambda one: [one] * 120))
QUERY = st.builds(
    InstanceQuery,
    text=HOSTILE,
    states=st.lists(WORD, max_size=6).map(tuple),
    tags=st.lists(st.tuples(HOSTILE, st.one_of(st.none(), HOSTILE)), max_size=30).map(tuple),
    regions=st.lists(REGION, max_size=3).map(tuple),
)
FAILURES = st.lists(st.builds(RegionFailure, region=REGION, aws_code=HOSTILE), max_size=40).map(tuple)
LISTING = st.builds(
    Listing,
    instances=FLEET,
    regions=st.lists(REGION, min_size=1, max_size=40).map(tuple),
    rest=st.sampled_from([(), (Cursor("us-east-1", "token"),)]),
    failures=FAILURES,
)
PLACE = st.builds(
    Place,
    number=st.integers(1, 200),
    this_id=st.one_of(st.none(), st.just("t" * 24)),
    next_id=st.one_of(st.none(), st.just("n" * 24)),
)
ACTOR = st.builds(
    Actor,
    user_id=HOSTILE,
    email=st.one_of(st.none(), HOSTILE),
    role=st.sampled_from([None, *Role]),
    origin=st.just(Origin(Source.SLACK, "0123456789abcdef0123456789abcdef", "T0PLAYGND", "U0ADA", "C0OPS")),
)
PERSON = st.builds(
    Person,
    user_id=HOSTILE,
    email=st.one_of(st.none(), HOSTILE),
    slack_team_id=st.just("T0PLAYGND"),
    slack_user_id=st.sampled_from([None, "U0REB", "U0BOB"]),
)
FACTS = st.builds(
    Facts,
    state=HOSTILE,
    instance_type=HOSTILE,
    zone=HOSTILE,
    launched=st.one_of(st.none(), st.integers(0, 2_000_000_000)),
    system_status=st.one_of(st.none(), WORD),
    instance_status=st.one_of(st.none(), WORD),
    open_alarms=st.one_of(st.none(), st.integers(0, 9999)),
    tags=st.lists(st.tuples(HOSTILE, HOSTILE), max_size=5).map(tuple),
    past=st.lists(st.builds(PastReboot, HOSTILE, HOSTILE, HOSTILE), max_size=3).map(tuple),
)
PROPOSAL = st.builds(
    Proposal,
    action_id=st.just("0123456789abcdef" * 2),
    region=REGION,
    instance_id=st.just("i-0123456789abcdef0"),
    name=HOSTILE,
    protection=st.sampled_from(Strength),
    strength=st.sampled_from(Strength),
    requester=PERSON,
    confirm_by=st.just(1_800_000_000),
    facts=FACTS,
    reason=HOSTILE,
    wanted_by=st.one_of(st.none(), PERSON),
).map(lambda one: replace(one, requester=one.wanted_by) if one.wanted_by and one.name else one)
REBOOT = st.builds(
    Reboot,
    proposal=PROPOSAL,
    state=st.sampled_from(State),
    decided_by=st.one_of(st.none(), PERSON),
    decided_at=st.one_of(st.none(), st.just(1_800_000_000)),
    rebooted_at=st.one_of(st.none(), st.just(1_800_000_000)),
    watched_at=st.one_of(st.none(), st.integers(1_800_000_000, 1_800_100_000)),
    ended_at=st.one_of(st.none(), st.integers(1_800_000_000, 1_800_100_000)),
    note=st.one_of(HOSTILE, st.just(UNSEEN)),
    told=st.sampled_from(["", *State]),
    reason=HOSTILE,
)
LONG = st.sampled_from(["&" * 5_000, "x" * 100_000])


def every_error(text: st.SearchStrategy[str]) -> list[st.SearchStrategy[errors.ChatOpsError]]:
    """Each error that carries what somebody else wrote: `text` is that."""
    return [
        st.builds(errors.UnknownCommandError, text, st.one_of(st.none(), WORD)),
        st.builds(errors.UnknownOptionError, WORD, text, st.one_of(st.none(), WORD), st.lists(WORD, max_size=9)),
        st.builds(errors.InvalidValueError, WORD, WORD, text, WORD, st.one_of(st.none(), WORD)),
        st.builds(errors.InstanceNotFoundError, text, st.lists(text, max_size=3), st.sampled_from((None, "cpu"))),
        st.builds(errors.InstancesUnavailableError, REGION, text),
        st.builds(errors.AuditUnavailableError, text),
        st.builds(errors.SeveralInstancesError, text, st.lists(st.tuples(text, text), max_size=12)),
        st.builds(errors.FileNotSentError, text, WORD),
        st.builds(errors.AwsCallError, WORD, text),
        st.builds(errors.MetricsUnavailableError, REGION, text),
        st.builds(errors.NotPostedError, text),
        st.builds(reboot_errors.NotProposedError, text),
        st.builds(reboot_errors.WrongNameError, text, text),
        st.builds(reboot_errors.NotRebootableError, text, text),
        st.builds(reboot_errors.ProposalClosedError, WORD, st.sampled_from([None, "U0REB"])),
        st.builds(reboot_errors.NotYoursError, st.sampled_from([None, "U0REB"])),
        st.builds(reboot_errors.RebootRefusedError, text),
    ]


ERROR = st.one_of(every_error(HOSTILE))
LINK = st.builds(Link, WORD, WORD, WORD, WORD, email=HOSTILE, linked_at=HOSTILE)
SIDES = st.builds(
    Sides,
    slack_name=HOSTILE,
    slack_user_id=WORD,
    slack_email=st.one_of(st.none(), HOSTILE),
    workspace=HOSTILE,
    sub=WORD,
    username=WORD,
    email=HOSTILE,
    role=st.sampled_from([None, *Role]),
)

MOMENT = st.datetimes(datetime(2006, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
ROW = st.builds(
    AuditRow,
    user_id=HOSTILE,
    timestamp=st.one_of(HOSTILE, MOMENT.map(timestamp)),
    audit_id=HOSTILE,
    user_email=st.one_of(HOSTILE, st.just("")),
    action=HOSTILE,
    resource_type=HOSTILE,
    resource_id=HOSTILE,
    outcome=st.one_of(HOSTILE, st.sampled_from(list(Outcome))),
    source=HOSTILE,
    slack_user_id=st.one_of(HOSTILE, st.just("U0ADA")),
    channel_id=st.one_of(HOSTILE, st.just("C0OPS")),
    ip_address=HOSTILE,
    user_agent=HOSTILE,
    details=st.dictionaries(HOSTILE, st.one_of(HOSTILE, st.integers(), st.lists(HOSTILE, max_size=2)), max_size=3),
)
ROWS = st.one_of(st.lists(ROW, max_size=3), ROW.map(lambda row: [row] * 15))
PAGE = st.builds(
    AuditPage, ROWS.map(tuple), st.sampled_from([None, "cursor"]), st.one_of(st.none(), MOMENT.map(timestamp))
)
SEARCH = st.builds(
    AuditSearch,
    st.builds(
        AuditQuery,
        user_id=HOSTILE,
        resource_id=st.sampled_from([None, "i-0123456789abcdef0"]),
        action=st.sampled_from([None, "GET_INSTANCE"]),
        outcome=st.sampled_from([None, *Outcome]),
        since=st.one_of(st.none(), MOMENT),
        until=st.one_of(st.none(), MOMENT),
    ),
    person=st.sampled_from([None, "U0ADA"]),
    instance=HOSTILE,
    number=st.integers(1, 999),
)
SHIFT = st.builds(lambda rows, cut: handover(rows, NOW, NOW, is_cut=cut), ROWS, st.booleans())
FINDING = st.builds(
    Finding, st.sampled_from(list(Kind)), HOSTILE, HOSTILE, HOSTILE, HOSTILE, note=HOSTILE, seen_at=HOSTILE
)
REPORT = st.builds(
    Report,
    first=st.just("2026-11-21T08"),
    last=st.just("2026-11-22T08"),
    began=st.sampled_from([None, "2026-11-20T08", "2026-11-21T20"]),
    hours=st.integers(0, 999),
    rows=st.integers(0, 10**9),
    expired=st.integers(0, 10**9),
    findings=st.one_of(st.just(()), st.lists(FINDING, max_size=20).map(tuple)),
)

NUMBER = st.floats(-1e12, 1e12)
INSTANT = st.floats(1.7e9, 1.9e9)
KINDS = [
    "fired",
    "refired",
    "no_data",
    "data_again",
    "resolved",
    "deleted",
    "acknowledged",
    "unacknowledged",
    "silenced",
    "unsilenced",
    "silence_over",
    "reminder",
    "still_firing",
    "late",
    "contributor",
    "unheard-of",
]
PEOPLE = st.one_of(HOSTILE, st.just("U0BOB"))
DEED = st.fixed_dictionaries(
    {
        "who": HOSTILE,
        "slack": st.sampled_from(["", "U0BOB"]),
        "what": HOSTILE,
        "on": HOSTILE,
        "at": INSTANT,
        "after": NUMBER,
        "certain": st.booleans(),
        "helped": st.booleans(),
    }
)
FACTS = st.fixed_dictionaries(
    {"state": HOSTILE, "what": HOSTILE, "did": st.lists(DEED, max_size=2), "until": INSTANT, "seconds": NUMBER}
)
ENTRY = st.builds(Entry, st.integers(1, 99), INSTANT, st.sampled_from(KINDS), PEOPLE, FACTS, st.booleans())
ENTRIES = st.one_of(st.lists(ENTRY, max_size=3), ENTRY.map(lambda one: [one] * 100))
SPEC = st.builds(MetricSpec, id=WORD, namespace=HOSTILE, name=HOSTILE, label=HOSTILE)
COMPARISON = st.builds(Comparison, *[st.one_of(st.none(), NUMBER)] * 4, operator=HOSTILE)
KNOWN = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {
            "times": st.integers(0, 200),
            "seconds": NUMBER,
            "helped": st.just({}) | st.fixed_dictionaries({"who": HOSTILE}),
        }
    ),
)
INCIDENT = st.builds(
    Incident,
    key=st.just("0123456789abcdef01234567"),
    region=HOSTILE,
    alarm=HOSTILE,
    kind=st.sampled_from(["metric", "composite", BURST]),
    number=st.integers(1, 999),
    state=st.sampled_from(AlarmState),
    opened_at=INSTANT,
    resolved_at=st.one_of(st.none(), INSTANT),
    firings=st.integers(1, 999),
    reason=HOSTILE,
    description=HOSTILE,
    comparison=st.one_of(st.none(), COMPARISON),
    metrics=st.one_of(st.just([]), SPEC.map(lambda one: [one] * 10)).map(tuple),
    instance_ids=st.sampled_from([(), ("i-0123456789abcdef0",) * 10]),
    causes=st.one_of(st.just(()), HOSTILE.map(lambda one: (one,) * 10)),
    acknowledged_by=PEOPLE,
    silenced_until=st.one_of(st.none(), INSTANT),
    silenced_by=PEOPLE,
    muted=st.booleans(),
    known=KNOWN,
    entries=ENTRIES.map(tuple),
    channel_id=st.just("C0ALERTS"),
)
LINE = st.lists(NUMBER, min_size=3, max_size=3).map(tuple)
ALARM_CHART = st.builds(
    AlarmChart,
    title=HOSTILE,
    categories=st.just(("10:00", "10:10", "10:20")),
    series=st.lists(st.tuples(HOSTILE, LINE), min_size=1, max_size=5).map(tuple),
)
MEMBER = st.builds(
    Member, key=WORD, alarm=HOSTILE, state=st.sampled_from(AlarmState), open=st.booleans(), opened_at=INSTANT
)
MEMBERS = st.one_of(st.lists(MEMBER, max_size=3), MEMBER.map(lambda one: [one] * 1_000))
ELSEWHERE = st.sampled_from(["", "C0ALERTS"])

MESSAGES: dict[Callable[..., Message], st.SearchStrategy[Message]] = {
    alert.card: st.builds(alert.card, INCIDENT, st.one_of(st.none(), ALARM_CHART), ELSEWHERE, st.booleans()),
    alert.burst: st.builds(alert.burst, INCIDENT, MEMBERS, ELSEWHERE, st.booleans()),
    alert.listing: st.builds(alert.listing, MEMBERS.map(lambda members: members[: alert.LISTED]).filter(bool)),
    alert.charts: st.builds(alert.charts, INCIDENT, st.one_of(st.none(), ALARM_CHART)),
    alert_words.lines: st.builds(alert_words.lines, ENTRIES.filter(bool)),
    alert_words.timeline: st.builds(alert_words.timeline, INCIDENT),
    alert_words.overview: st.builds(
        alert_words.overview,
        st.one_of(st.lists(INCIDENT, max_size=4), INCIDENT.map(lambda one: [one] * 60)),
        mine=st.booleans(),
    ),
    help_view.overview: st.builds(help_view.overview, st.sampled_from(list(Role))),
    help_view.details: st.builds(help_view.details, st.sampled_from(COMMANDS), st.sampled_from(list(Role))),
    identity.whoami: st.builds(identity.whoami, ACTOR.filter(lambda actor: actor.role is not None)),
    instance_card.card: st.builds(
        instance_card.card,
        st.builds(Card, INSTANCE, st.one_of(st.none(), st.integers(0, 9999))),
        st.sampled_from([None, *Role]),
    ),
    instance_card.cli: st.builds(instance_card.cli, INSTANCE),
    instances.listing: st.builds(instances.listing, LISTING, QUERY, st.just(NOW), PLACE),
    instances.several: st.builds(instances.several, HOSTILE, FLEET.filter(bool)),
    login.invitation: st.builds(login.invitation, st.just(f"https://ops.example/auth/login?ticket={'A' * 43}")),
    login.already: st.builds(login.already, LINK),
    login.linked: st.builds(login.linked, SIDES),
    login.unlinked: st.builds(login.unlinked, LINK),
    metrics.message: st.builds(metrics.message, charts(HOSTILE)),
    metrics.post: st.builds(metrics.post, charts(HOSTILE), st.just("U0ADA"), st.sampled_from([None, "F0FILE"])),
    metrics.shown: st.builds(metrics.shown, charts(HOSTILE), st.booleans()),
    metrics.cli: st.builds(metrics.cli, charts(HOSTILE)),
    metrics.several: st.builds(
        metrics.several,
        HOSTILE,
        FLEET.filter(bool),
        st.sampled_from(list(GROUPS)),
        st.sampled_from(list(RANGES.values())),
    ),
    audit.listing: st.builds(audit.listing, PAGE, SEARCH, st.sampled_from([None, "o" * 24])),
    audit.details: st.builds(audit.details, ROW),
    audit_csv.sent: st.builds(audit_csv.sent, st.integers(0, 9999), st.booleans()),
    audit_reports.handover: st.builds(audit_reports.handover, SHIFT),
    audit_reports.verification: st.builds(audit_reports.verification, REPORT),
    modal.closed: st.just(modal.closed()),
    reboot.card: st.builds(reboot.card, REBOOT),
    reboot.news: st.builds(reboot.news, REBOOT),
    reboot.offer: st.builds(
        reboot.offer,
        st.builds(problem.message, ERROR, WORD),
        st.one_of(st.none(), st.builds(reboot.offer_value, WORD, st.sampled_from([None, "1.000001"]), WORD)),
        in_thread=st.booleans(),
    ),
    reboot.asked: st.builds(reboot.asked, REBOOT, in_thread=st.booleans()),
    reboot_form.sent: st.builds(reboot_form.sent, REBOOT),
    problem.message: st.builds(problem.message, ERROR, WORD),
    problem.gave_up: st.builds(problem.gave_up, st.integers(1, 99), WORD),
    problem.late: st.builds(problem.late, HOSTILE, st.just(1.8e9), WORD),
}


def markup(value: Any) -> list[str]:
    """Every text in the blocks where markup has a meaning; Slack is told to find no addresses or mentions in it."""
    if isinstance(value, list):
        return [found for item in value for found in markup(item)]
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        assert not own or value["verbatim"] is True
        return own + [found for item in value.values() for found in markup(item)]
    return []


def test_every_view_that_makes_a_message_is_listed() -> None:
    made = {
        function
        for info in pkgutil.iter_modules(bot.views.__path__, "bot.views.")
        for name, function in vars(import_module(info.name)).items()
        if inspect.isfunction(function)
        and function.__module__ == info.name
        and not name.startswith("_")
        and function.__annotations__.get("return") is Message
    }
    assert made == set(MESSAGES)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("view", MESSAGES, ids=lambda view: f"{view.__module__}.{view.__name__}")
def test_N1_N4_slack_takes_every_message_and_nobody_is_pinged(view: Callable[..., Message]) -> None:
    @settings(max_examples=40, deadline=None)
    @given(MESSAGES[view])
    def holds(message: Message) -> None:
        assert 0 < len(message.text) <= 4000
        for blocks in (message.blocks, message.plain or message.blocks):
            assert problems(blocks) == []
            for text in (message.text, *markup(blocks)):
                assert "<" not in OURS.sub("", text)
                assert not set("\u202e\u2066\x00\x1b\r") & set(text)
        for back in (False, True):
            shown = modal.view(message, back=back)
            assert problems_of_view(shown) == []
            assert view_size(shown) <= MOST_VIEW_BYTES

    holds()


@pytest.mark.parametrize("number", range(len(every_error(LONG))))
def test_N1_the_words_for_an_error_end_somewhere_whatever_it_carries(number: int) -> None:
    @settings(max_examples=10, deadline=None)
    @given(every_error(LONG)[number])
    def holds(error: errors.ChatOpsError) -> None:
        message = problem.message(error, "0" * 32)
        assert len(message.text) <= 3000
        assert not re.search(r"&(?!amp;)", message.text)
        assert problems(message.blocks) == []

    holds()
