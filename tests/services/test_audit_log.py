"""Questions to the audit: one bounded query each, and pages that lose and repeat nothing."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.audit_rows import AuditPage, AuditQuery, Position, cursor_of
from bot.errors import AuditUnavailableError, PageGoneError
from bot.models import Outcome
from bot.operations import ACCESS_DENIED
from bot.services.audit_log import MAX_EXAMINED, PAGE_ROWS, AuditLog
from playground.aws import LocalAws
from tests.audit_tables import NOON, audit_table, connect, empty, fill, item
from tests.faults import answers, aws_fails, times_out

ROWS = 100_000
STEP = timedelta(seconds=20)  # 100,000 of them are 23 days


class Recorded:
    """A DynamoDB client that remembers what its queries read."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.scanned: list[int] = []
        self.indexes: set[str | None] = set()

    def query(self, **asked: Any) -> Any:
        answer = self._client.query(**asked)
        self.scanned.append(answer["ScannedCount"])
        self.indexes.add(asked.get("IndexName"))
        return answer

    def get_item(self, **asked: Any) -> Any:
        return self._client.get_item(**asked)


def log_of(client: Any, table: str, now: datetime = NOON) -> AuditLog:
    return AuditLog(client, table, 30, lambda: now)


@pytest.fixture(scope="module")
def large(aws: LocalAws) -> Iterator[str]:
    with audit_table(aws, "audit-large") as table:
        fill(table, (item(number, NOON - STEP * number, **_denied(number)) for number in range(ROWS)))
        yield table


@pytest.fixture
def small(aws: LocalAws) -> Iterator[str]:
    with audit_table(aws, "audit-small") as table:
        yield table


def _denied(number: int) -> dict[str, str]:
    return {"action": ACCESS_DENIED, "outcome": "denied"} if number % 1000 == 7 else {}


KEYED = [
    AuditQuery(),
    AuditQuery(user_id="sub-3"),
    AuditQuery(resource_id="i-00000000000000005"),
    AuditQuery(action="REBOOT_INSTANCE"),
    AuditQuery(outcome=Outcome.DENIED),
    AuditQuery(action=ACCESS_DENIED, outcome=Outcome.DENIED),
    AuditQuery(user_id="sub-3", since=NOON - timedelta(hours=8)),
    AuditQuery(since=NOON - timedelta(days=5), until=NOON - timedelta(days=4)),
    AuditQuery(until=NOON - timedelta(days=20)),
]
FILTERED = [
    AuditQuery(slack_user_id="U0NOBODY"),
    AuditQuery(outcome=Outcome.FAILED),
    AuditQuery(user_id="sub-3", resource_id="i-00000000000000005"),
    AuditQuery(user_id="sub-3", action="NEVER_DONE"),
    AuditQuery(action="REBOOT_INSTANCE", outcome=Outcome.UNKNOWN),
    AuditQuery(resource_id="i-00000000000000005", outcome=Outcome.FAILED, action="GET_INSTANCE"),
]


@pytest.mark.parametrize("query", KEYED)
def test_a_page_whose_filter_is_the_key_reads_at_most_twice_what_it_shows(
    aws: LocalAws, large: str, query: AuditQuery
) -> None:
    client = Recorded(connect(aws))
    log = log_of(client, large)
    page = log.page(query)
    assert len(page.rows) == PAGE_ROWS
    assert sum(client.scanned) <= 2 * len(page.rows)
    second = log.page(query, page.cursor)
    assert sum(client.scanned) <= 2 * (len(page.rows) + len(second.rows))
    assert len(client.indexes) == 1


@pytest.mark.parametrize("query", FILTERED)
def test_a_page_that_must_be_filtered_reads_a_bounded_number_of_rows_and_says_how_far(
    aws: LocalAws, large: str, query: AuditQuery
) -> None:
    client = Recorded(connect(aws))
    page = log_of(client, large).page(query)
    assert sum(client.scanned) <= MAX_EXAMINED
    assert len(page.rows) == PAGE_ROWS or page.searched_to
    assert page.cursor


def test_a_search_that_was_given_up_goes_on_where_it_stopped(aws: LocalAws, large: str) -> None:
    log = log_of(connect(aws), large)
    query = AuditQuery(resource_id="i-00000000000000005", action="NEVER_DONE")
    page, reached = log.page(query), []
    for _ in range(2):
        assert page.rows == ()
        reached.append(page.searched_to or "")
        page = log.page(query, page.cursor)
    assert reached == sorted(set(reached), reverse=True)


def everything(log: AuditLog, query: AuditQuery, limit: int = 7) -> list[str]:
    """The audit ids of each page."""
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page: AuditPage = log.page(query, cursor, limit)
        seen += [row.audit_id for row in page.rows]
        cursor = page.cursor
        if cursor is None:
            return seen


QUERIES = st.builds(
    AuditQuery,
    user_id=st.sampled_from([None, "sub-0", "sub-1"]),
    resource_id=st.sampled_from([None, "i-00000000000000001"]),
    action=st.sampled_from([None, "GET_INSTANCE", "REBOOT_INSTANCE"]),
    outcome=st.sampled_from([None, Outcome.FAILED, Outcome.SUCCEEDED]),
    since=st.sampled_from([None, NOON - timedelta(days=2)]),
    until=st.sampled_from([None, NOON - timedelta(hours=5)]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=QUERIES,
    ages=st.lists(st.integers(0, 5_000), min_size=1, max_size=60),
    bursts=st.lists(st.integers(0, 3), max_size=12),
    limit=st.integers(1, 9),
)
def test_paging_shows_each_row_once_while_others_are_written(
    aws: LocalAws, small: str, query: AuditQuery, ages: list[int], bursts: list[int], limit: int
) -> None:
    empty(small)
    stood = {}
    for number, age in enumerate(ages):  # rows of several people may share an instant
        row = item(number, NOON - timedelta(minutes=age))
        stood[(row["userId"]["S"], row["timestamp"]["S"])] = row
    fill(small, iter(stood.values()))
    clock = [NOON]
    log = AuditLog(connect(aws), small, 30, lambda: clock[0])
    expected = sorted((row["timestamp"]["S"], row["auditId"]["S"]) for row in stood.values() if _answers(query, row))
    seen: list[tuple[str, str]] = []
    cursor: str | None = None
    written = 1000
    for burst in [*bursts, *[0] * 200]:
        page = log.page(query, cursor, limit)
        seen += [(row.timestamp, row.audit_id) for row in page.rows]
        cursor = page.cursor
        if cursor is None:
            break
        for _ in range(burst):
            written += 1
            clock[0] += timedelta(seconds=1)
            fill(small, iter([item(written, clock[0])]))
    assert cursor is None
    assert sorted(seen) == expected
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)


def _answers(query: AuditQuery, row: dict[str, Any]) -> bool:
    pairs = (
        ("userId", query.user_id),
        ("resourceId", query.resource_id),
        ("action", query.action),
        ("outcome", query.outcome),
    )
    at = datetime.fromisoformat(row["timestamp"]["S"])
    inside = (query.since is None or query.since <= at) and (query.until is None or at < query.until)
    return inside and all(value is None or row[name]["S"] == value for name, value in pairs)


def test_rows_whose_time_to_live_has_passed_are_not_shown(aws: LocalAws, small: str) -> None:
    alive = item(1, NOON - timedelta(days=1))
    fill(small, iter([item(0, NOON, timedelta(0)), alive, item(2, NOON - timedelta(days=2), timedelta(days=1))]))
    log = log_of(connect(aws), small)
    assert everything(log, AuditQuery()) == ["audit-1"]
    assert log.row("sub-0", item(0)["timestamp"]["S"]) is None
    row = log.row(alive["userId"]["S"], alive["timestamp"]["S"])
    assert row is not None
    assert (row.audit_id, row.details) == ("audit-1", {"n": 1})


def test_a_month_without_rows_is_walked_in_one_page(aws: LocalAws, small: str) -> None:
    fill(small, iter([item(0, NOON - timedelta(days=29))]))
    assert log_of(connect(aws), small).page(AuditQuery()).rows[0].audit_id == "audit-0"


def test_a_year_without_rows_is_walked_in_steps(aws: LocalAws, small: str) -> None:
    client = Recorded(connect(aws))
    page = log_of(client, small).page(AuditQuery(since=NOON - timedelta(days=365)))
    assert len(client.scanned) == 32
    assert page.searched_to == "2026-10-22T00:00:00.000000Z"
    assert page.cursor


@pytest.mark.parametrize("key", [{}, {"user_id": "sub-0"}])
def test_the_earliest_times_there_are_can_be_asked_about(aws: LocalAws, small: str, key: dict[str, str]) -> None:
    fill(small, (item(0, NOON) for _ in range(1)))
    log = log_of(connect(aws), small)
    first = datetime.min.replace(tzinfo=UTC)
    for until in (first, first + timedelta(seconds=1), first.replace(year=999)):
        for since in (None, first):
            assert log.page(AuditQuery(**key, since=since, until=until)).rows == ()
    (row,) = log.page(AuditQuery(user_id="sub-0", since=first.replace(year=999))).rows
    assert row.audit_id == "audit-0"


def test_an_end_before_its_beginning_is_an_empty_page(aws: LocalAws, small: str) -> None:
    query = AuditQuery(user_id="sub-0", since=NOON, until=NOON - timedelta(days=1))
    assert log_of(connect(aws), small).page(query) == AuditPage(())


def test_a_cursor_is_of_its_own_query_alone(aws: LocalAws, large: str) -> None:
    log = log_of(connect(aws), large)
    query = AuditQuery(user_id="sub-3")
    cursor = log.page(query).cursor
    for other in (AuditQuery(), AuditQuery(user_id="sub-4"), replace(query, outcome=Outcome.FAILED)):
        with pytest.raises(PageGoneError):
            log.page(other, cursor)


def _forged(query: AuditQuery, *position: Any) -> str:
    honest = json.loads(base64.urlsafe_b64decode(cursor_of(query, Position("x")) + "=="))
    return base64.urlsafe_b64encode(json.dumps([honest[0], *position]).encode()).decode()


@pytest.mark.parametrize(
    "position",
    [
        ("sub-4", "sub-4", "2026-11-22T12:00:00.000000Z"),
        ("sub-3", "sub-3", ""),
        ("sub-3", "", ""),
        ("sub-3", "sub-3", "yesterday"),
        ("sub-3", "sub-3", "2026-99-22T12:00:00.000000Z"),
        ("sub-3", "sub-3", "2026-11-22T11:00:00.000000Z"),  # outside since and until
        ("sub-3", 3, None),
        (["sub-3"], "sub-3", "2026-11-22T12:00:00.000000Z"),
    ],
)
def test_a_cursor_with_another_position_opens_nothing(aws: LocalAws, small: str, position: tuple[Any, ...]) -> None:
    query = AuditQuery(user_id="sub-3", since=NOON - timedelta(minutes=5), until=NOON + timedelta(minutes=5))
    with pytest.raises(PageGoneError):
        log_of(connect(aws), small).page(query, _forged(query, *position))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cursor=st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_whatever_else_comes_as_a_cursor_is_a_page_that_is_gone(aws: LocalAws, small: str, cursor: str) -> None:
    if cursor:
        with pytest.raises(PageGoneError):
            log_of(None, small).page(AuditQuery(), cursor)


@pytest.mark.parametrize(
    "fault", [answers(400, "AccessDeniedException"), answers(500, "InternalServerError"), times_out]
)
def test_an_audit_that_cannot_be_read_is_said(aws: LocalAws, small: str, fault: Any) -> None:
    with aws_fails("dynamodb.Query", fault):
        log = log_of(connect(aws), small)
        with pytest.raises(AuditUnavailableError):
            log.page(AuditQuery())


def test_collecting_ends_at_its_limit_its_time_and_its_end(aws: LocalAws, large: str) -> None:
    log = log_of(connect(aws), large)
    query = AuditQuery(since=NOON - STEP * 249)
    rows, cut = log.collect(query, 5000, lambda: False)
    assert (len(rows), cut) == (250, False)
    rows, cut = log.collect(query, 100, lambda: False)
    assert (len(rows), cut) == (100, True)
    _, cut = log.collect(AuditQuery(), 5000, lambda: True)
    assert cut
