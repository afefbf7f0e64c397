"""The sign-in when things fail, race, or are nobody's doing: it links completely, once, or not at all."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from botocore.httpsession import URLLib3Session
from flask import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.functions import Function
from playground.gateway import http_api_event
from playground.people import TEAM_ID
from tests.browsers import Browser, HostedUi, Newcomers, Page
from tests.faults import Fault, answers, aws_fails, loses_the_reply, times_out
from tests.handlers.test_login import (
    DAVE,
    ERIN,
    RELAXED,
    MakeBrowser,
    asked,
    link_of,
    linkings,
    refusals,
)
from tests.house import LOGIN, House

FAULTS = [answers(500, "InternalServerError"), answers(400, "ProvisionedThroughputExceededException"), times_out]


def at_once(house: House, hosted_ui: HostedUi, consents: list[tuple[Browser, Page]]) -> list[int]:
    """Everybody clicks in one instant, each in a container of their own; the statuses of the answers."""
    function = house.function(LOGIN)
    environment = {**function.environment, "COGNITO_DOMAIN": hosted_ui.url, **RELAXED}
    spec = replace(function, environment=environment)
    barrier = threading.Barrier(len(consents))

    def click(container: Function, browser: Browser, page: Page) -> int:
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        headers = {"cookie": cookie, "content-type": "application/x-www-form-urlencoded"}
        event = http_api_event("POST", "/auth/link", headers, urlencode({"token": page.token}).encode())
        container.invoke({**event, "rawPath": "/nowhere"})  # warm: it has imported what it needs
        barrier.wait()
        return int(container.invoke(event)["statusCode"])

    with ExitStack() as stack, ThreadPoolExecutor(len(consents)) as pool:
        containers = [stack.enter_context(Function(spec)) for _ in consents]
        clicks = [pool.submit(click, containers[n], *consent) for n, consent in enumerate(consents)]
        return [done.result() for done in clicks]


def test_I9_of_two_slack_users_who_race_for_one_account_one_wins(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    house.slack.set_user("U0GUEST", is_restricted=False)
    for _ in range(3):
        consents = []
        for user_id in ("U0DAVE", "U0GUEST"):
            mine = browser(**RELAXED)
            consents.append((mine, asked(house, hosted_ui, mine, DAVE, user_id)))
        assert sorted(at_once(house, hosted_ui, consents)) == [200, 403]
        held = newcomers.links()
        assert len(held) == 2
        assert held[0] == f"cognito#{newcomers.sub(DAVE)} slack#{TEAM_ID}"
        winner = held[1].split("#")[-1].split()[0]
        assert "no longer linked" in house.say("logout", winner).text
        assert newcomers.links() == []
    assert linkings(house).count("succeeded") == 3


def test_I9_of_two_accounts_that_race_for_one_slack_user_one_wins(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    newcomers.account(ERIN, "admin")
    consents = []
    for email in (DAVE, ERIN):
        mine = browser(**RELAXED)
        consents.append((mine, asked(house, hosted_ui, mine, email)))
    assert sorted(at_once(house, hosted_ui, consents)) == [200, 403]
    assert len(newcomers.links()) == 2


def test_I9_one_consent_in_four_containers_makes_one_link_and_one_success(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser(**RELAXED)
    page = asked(house, hosted_ui, mine)
    assert at_once(house, hosted_ui, [(mine, page)] * 4) == [200] * 4
    assert len(newcomers.links()) == 2
    assert linkings(house).count("succeeded") == 1


def test_I9_the_second_click_of_a_consent_is_no_refusal_though_the_first_one_links_while_it_looks(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    _, click = up_to("click", house, hosted_ui, browser)
    first: list[Page] = []

    def the_other_click_is_faster(request: Any) -> Any:
        first.append(click())
        return URLLib3Session().send(request)

    house.fresh_containers()
    with aws_fails("cognito-identity-provider.AdminGetUser", the_other_click_is_faster, times=1):
        second = click()
    assert [first[0].status, second.status] == [200, 200]
    assert refusals(house) == []
    assert linkings(house).count("succeeded") == 1


def test_I9_a_second_slack_user_is_told_that_the_account_is_taken(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser()
    mine.say_yes(asked(house, hosted_ui, mine))
    house.slack.set_user("U0GUEST", is_restricted=False, email=DAVE)
    page = asked(house, hosted_ui, browser(), DAVE, "U0GUEST")
    assert "linked to another Slack user" in page.text
    assert refusals(house) == ["account_taken"]


def test_I9_what_somebody_left_who_deleted_a_link_by_hand_does_not_lock_its_owner_out(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser()
    mine.say_yes(asked(house, hosted_ui, mine))
    key = {"pk": {"S": f"slack#{TEAM_ID}#U0DAVE"}, "sk": {"S": "link"}}
    house.client("dynamodb").delete_item(TableName=house.environment["STATE_TABLE_NAME"], Key=key)
    assert "You are linked." in mine.say_yes(asked(house, hosted_ui, mine)).text


@pytest.mark.parametrize("step", ["open", "callback", "click"])
@pytest.mark.parametrize("failure", ["internal_error", 500, 429])
def test_I10_when_slack_does_not_say_who_it_is_nobody_is_linked(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    step: str,
    failure: str | int,
) -> None:
    _, act = up_to(step, house, hosted_ui, browser)
    house.slack.fail_next("users.info", failure)
    assert act().status == 503
    assert refusals(house) == ["identity_unavailable"]
    assert newcomers.links() == []


@pytest.mark.parametrize("step", ["open", "callback", "click"])
@pytest.mark.parametrize(
    "operation",
    [
        "cognito-identity-provider.AdminGetUser",
        "dynamodb.GetItem",
        "dynamodb.PutItem",
        "dynamodb.UpdateItem",
        "dynamodb.TransactWriteItems",
    ],
)
@pytest.mark.parametrize("fault", FAULTS)
def test_I10_whatever_call_of_aws_fails_nobody_is_linked_and_a_page_says_so(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    step: str,
    operation: str,
    fault: Fault,
) -> None:
    _, act = up_to(step, house, hosted_ui, browser)
    house.fresh_containers()
    with aws_fails(operation, fault) as failed:
        page = act()
    if failed:
        assert page.status == 503
        assert newcomers.links() == []
        assert "succeeded" not in linkings(house)
    else:
        assert page.status in (200, 302)


def up_to(step: str, house: House, ui: HostedUi, browser: MakeBrowser) -> tuple[Browser, Callable[[], Page]]:
    """A browser that is about to take that step of Dave's sign-in."""
    mine, link = browser(), link_of(house)
    if step == "open":
        return mine, lambda: mine.get(link)
    callback = ui.sign_in(mine.get(link).location, DAVE)
    if step == "callback":
        return mine, lambda: mine.get(callback)
    page = mine.get(callback)
    return mine, lambda: mine.say_yes(page)


@pytest.mark.parametrize("trouble", [(500, "{}"), (302, ""), (200, "<html>"), (200, "[]"), (200, "{}"), (403, "{}")])
def test_I10_when_the_hosted_ui_fails_nobody_is_linked(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser, trouble: tuple[int, str]
) -> None:
    status, body = trouble
    _, act = up_to("callback", house, hosted_ui, browser)
    hosted_ui.trouble = lambda: Response(body, status, headers={"location": f"{hosted_ui.url}/elsewhere"})
    assert act().status == 503
    assert refusals(house) == ["sign_in_unavailable"]
    assert len(hosted_ui.requests) == 1


def test_I10_an_endless_answer_of_the_hosted_ui_is_not_read(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    _, act = up_to("callback", house, hosted_ui, browser)
    hosted_ui.trouble = lambda: Response(b'{"id_token": "' + b"x" * 100_000 + b'"}', mimetype="application/json")
    assert act().status == 503


def in_pieces(ui: HostedUi, pause: float, pieces: int) -> Callable[[], Response]:
    """The token answer as a stream: werkzeug sends each piece as it comes, and says no length."""

    def reply() -> Response:
        whole = ui.worth(ui.requests[-1]["code"]).get_data()
        size = -(-len(whole) // pieces)

        def stream() -> Iterator[bytes]:
            for start in range(0, len(whole), size):
                yield whole[start : start + size]
                time.sleep(pause)

        return Response(stream(), mimetype="application/json")

    return reply


def test_a_token_answer_may_come_in_pieces(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    _, act = up_to("callback", house, hosted_ui, browser)
    hosted_ui.trouble = in_pieces(hosted_ui, 0.05, 4)
    assert "Link these two?" in act().text


def test_I10_an_answer_that_trickles_is_given_up(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.oauth.DEADLINE_SECONDS", 0.5)
    _, act = up_to("callback", house, hosted_ui, browser)
    hosted_ui.trouble = in_pieces(hosted_ui, 0.3, 10)
    began = time.monotonic()
    assert act().status == 503
    assert time.monotonic() - began < 2.5
    assert refusals(house) == ["sign_in_unavailable"]


def test_I10_a_hosted_ui_that_is_not_there_links_nobody(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine, act = up_to("callback", house, hosted_ui, browser)
    mine.settings["COGNITO_DOMAIN"] = "http://127.0.0.1:9"
    assert act().status == 503
    assert refusals(house) == ["sign_in_unavailable"]


@pytest.mark.parametrize("step", ["callback", "click"])
@pytest.mark.parametrize("operation", ["dynamodb.UpdateItem", "dynamodb.TransactWriteItems"])
def test_a_reply_that_gets_lost_once_changes_nothing(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser, step: str, operation: str
) -> None:
    mine, act = up_to(step, house, hosted_ui, browser)
    house.fresh_containers()
    with aws_fails(operation, loses_the_reply, times=1):
        page = act()
    if step == "callback":
        page = mine.say_yes(page)
    assert "You are linked." in page.text
    assert linkings(house) == ["attempted", "succeeded"]


def test_a_link_whose_reply_never_comes_is_said_to_be_unknown_and_whoami_knows(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    _, act = up_to("click", house, hosted_ui, browser)
    house.fresh_containers()
    with (
        aws_fails("dynamodb.TransactWriteItems", loses_the_reply, times=1),
        aws_fails("dynamodb.TransactWriteItems", times_out),
    ):
        page = act()
    assert "not known" in page.text
    assert linkings(house) == ["attempted", "outcome_unknown"]


@pytest.mark.parametrize("written", [0, 1])
def test_D1_nobody_is_linked_while_the_audit_takes_no_write(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser, written: int
) -> None:
    _, act = up_to("click", house, hosted_ui, browser)
    house.fresh_containers()
    count = iter(range(10))
    audit = house.environment["AUDIT_TABLE_NAME"].encode()

    def when(body: bytes) -> bool:
        return audit in body and next(count) >= written

    with aws_fails("dynamodb.PutItem", answers(500, "InternalServerError"), when=when):
        page = act()
    assert page.status == 503
    if written:
        assert "Linked, but its outcome could not be recorded." in page.text
        assert len(newcomers.links()) == 2
    else:
        assert "could not be recorded" in page.text
        assert newcomers.links() == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"deleted": True}, "deactivated"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_bot": True}, "bot"),
        ({"team_id": "T0PARTNER"}, "foreign"),
        ({"is_stranger": True}, "foreign"),
    ],
)
@pytest.mark.parametrize("step", ["open", "callback", "click"])
def test_I1_I2_I3_who_stops_being_a_full_member_is_not_linked(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    step: str,
    fields: dict[str, Any],
    reason: str,
) -> None:
    _, act = up_to(step, house, hosted_ui, browser)
    house.slack.set_user("U0DAVE", **fields)
    assert act().status == 403
    assert refusals(house) == [reason]
    assert newcomers.links() == []


@pytest.mark.parametrize("step", ["callback", "click"])
def test_I4_a_disabled_account_is_not_linked(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser, step: str
) -> None:
    _, act = up_to(step, house, hosted_ui, browser)
    newcomers.disable(DAVE)
    assert "Your account is disabled." in act().text
    assert refusals(house) == ["account_disabled"]
    assert newcomers.links() == []


def test_I4_an_account_made_anew_between_sign_in_and_click_is_not_linked(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    _, act = up_to("click", house, hosted_ui, browser)
    newcomers.delete(DAVE)
    newcomers.account(DAVE)
    act()
    assert refusals(house)[0] in {"account_replaced", "account_deleted"}
    assert newcomers.links() == []


STRANGE = st.one_of(st.text(max_size=60), st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True), st.just("A" * 5000))
FIELDS = st.dictionaries(
    st.one_of(st.sampled_from(["ticket", "state", "code", "token", "error"]), st.text(max_size=8)), STRANGE, max_size=5
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", ""]),
    path=st.one_of(st.sampled_from(["/auth/login", "/auth/callback", "/auth/link"]), st.text(max_size=20)),
    query=st.one_of(FIELDS.map(urlencode), st.text(max_size=80)),
    body=st.one_of(FIELDS.map(urlencode), st.text(max_size=80), st.none()),
    encoded=st.booleans(),
    cookies=st.one_of(st.none(), st.lists(st.one_of(st.text(max_size=30), STRANGE.map("ec2-login={}".format)))),
    kind=st.one_of(st.just("application/x-www-form-urlencoded"), st.text(max_size=20), st.none()),
)
def test_I8_whatever_arrives_gets_a_page_and_links_nobody(
    house: House,
    method: str,
    path: str,
    query: str,
    body: str | None,
    encoded: bool,
    cookies: list[str] | None,
    kind: str | None,
) -> None:
    event = http_api_event("GET", "/auth/login", {}, b"")
    event["requestContext"]["http"]["method"] = method
    event |= {"rawPath": path, "rawQueryString": query, "body": body, "isBase64Encoded": encoded, "cookies": cookies}
    event["headers"] = {"content-type": kind} if kind is not None else None
    house.aws.clear_calls()
    answer = house.invoke(LOGIN, event)
    assert answer["statusCode"] in (400, 403)
    assert "<h1>" in answer["body"]
    # Nothing is written, neither a link nor a row of the audit.
    assert {call.action for call in house.aws.calls} <= {"GetItem"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extra=FIELDS, code=STRANGE, secret=STRANGE)
def test_I8_a_genuine_state_with_anything_around_it_links_nobody(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    extra: dict[str, str],
    code: str,
    secret: str,
) -> None:
    mine = browser()
    state = parse_qs(urlsplit(mine.get(link_of(house)).location).query)["state"][0]
    query = urlencode({**extra, "code": code, "state": state})
    for cookie in (secret, mine.cookies["ec2-login"]):
        mine.cookies["ec2-login"] = cookie
        assert mine.get(f"/auth/callback?{query}").status in (400, 403)
    assert newcomers.links() == []
