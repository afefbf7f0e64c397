"""From `/ec2 login` to the link, through the doors: a browser, a hosted UI, and whoever tries to come between them."""

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from bot.services.sign_ins import MOST_FLOWS
from bot.views.pages import HEADERS
from playground.people import TEAM_ID
from tests.browsers import Browser, HostedUi, Newcomers, Page
from tests.faults import answers, aws_fails
from tests.house import House

DAVE = Newcomers.DAVE
MakeBrowser = Callable[..., Browser]


def link_of(house: House, user_id: str = "U0DAVE") -> str:
    """The address behind the button that `/ec2 login` answers with."""
    message = house.say("login", user_id)
    (button,) = [element for block in message.blocks for element in block.get("elements", []) if "url" in element]
    return str(button["url"])


def asked(house: House, ui: HostedUi, browser: Browser, email: str = DAVE, user_id: str = "U0DAVE") -> Page:
    """The page that somebody sees after they signed in as `email` by the link of `user_id`."""
    return browser.get(ui.sign_in(browser.get(link_of(house, user_id)).location, email))


def refusals(house: House) -> list[str]:
    return [row["details"]["reason"] for row in house.rows() if row["action"] == "ACCESS_DENIED"]


def linkings(house: House) -> list[str]:
    return [row["outcome"] for row in house.rows() if row["action"] == "LINK_IDENTITY"]


def direct_messages(house: House) -> list[dict[str, Any]]:
    return [args for method, args in house.slack.api_calls if method == "chat.postMessage"]


def test_a_newcomer_signs_in_sees_both_names_says_yes_and_is_somebody(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    assert "/ec2 login" in house.say("list", "U0DAVE").text
    mine = browser()
    page = asked(house, hosted_ui, mine)
    assert (
        "Link Slack user Dave Cutler (dave@playground.example) in Workspace Playground to dave@playground.example "
        "(readonly)?" in page.text
    )
    assert newcomers.links() == []
    assert linkings(house) == []
    assert "You are linked" in mine.say_yes(page).text
    assert newcomers.links() == [
        f"cognito#{newcomers.sub(DAVE)} slack#{TEAM_ID}",
        f"slack#{TEAM_ID}#U0DAVE link",
    ]
    assert "You are dave@playground.example, role readonly" in house.say("whoami", "U0DAVE").text
    assert "instances" in house.say("list", "U0DAVE").text


def test_the_app_itself_tells_a_person_who_they_are_now_and_how_to_undo_it(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser()
    mine.say_yes(asked(house, hosted_ui, mine))
    (opened,) = [args for method, args in house.slack.api_calls if method == "conversations.open"]
    (told,) = direct_messages(house)
    assert opened["users"] == "U0DAVE"
    assert told["channel"].startswith("D")
    assert "You are now dave@playground.example in EC2 Ops, role readonly" in told["text"]
    assert "/ec2 logout" in told["text"]


@pytest.mark.parametrize("method", ["conversations.open", "chat.postMessage"])
@pytest.mark.parametrize("failure", ["missing_scope", "internal_error", 500, 429])
def test_a_message_that_slack_does_not_take_undoes_nothing(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    log: Callable[[], str],
    method: str,
    failure: str | int,
) -> None:
    mine = browser()
    page = asked(house, hosted_ui, mine)
    house.slack.fail_next(method, failure)
    assert "You are linked." in mine.say_yes(page).text
    assert len(newcomers.links()) == 2
    assert linkings(house) == ["attempted", "succeeded"]
    assert "nobody was told of a link" in log()


def test_linking_is_on_record_from_the_command_to_the_outcome_under_one_correlation_id(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser()
    mine.say_yes(asked(house, hosted_ui, mine))
    rows = house.rows()
    assert [(row["action"], row["outcome"]) for row in rows] == [
        ("REQUEST_LINK", "succeeded"),
        ("LINK_IDENTITY", "attempted"),
        ("LINK_IDENTITY", "succeeded"),
    ]
    assert len({row["correlationId"] for row in rows}) == 1
    for row in rows[1:]:
        assert row["userId"] == f"slack:{TEAM_ID}:U0DAVE"
        assert (row["resourceType"], row["resourceId"]) == ("USER", newcomers.sub(DAVE))
        assert (row["ipAddress"], row["userAgent"]) == ("198.51.100.1", "Mozilla/5.0 (a test)")
        assert row["details"]["email"] == row["details"]["slackEmail"] == DAVE


def test_the_sign_in_is_an_authorization_code_flow_with_pkce_state_and_nonce(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser()
    location = mine.get(link_of(house)).location
    query = parse_qs(urlsplit(location).query)
    assert location.startswith(f"{hosted_ui.url}/oauth2/authorize?")
    assert query["response_type"] == ["code"]
    assert query["client_id"] == [house.environment["COGNITO_CLIENT_ID"]]
    assert query["redirect_uri"] == [f"{house.environment['PUBLIC_URL']}/auth/callback"]
    assert query["code_challenge_method"] == ["S256"]
    assert set(query["scope"][0].split()) == {"openid", "email", "profile"}
    for name in ("state", "nonce", "code_challenge"):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", query[name][0])
    mine.get(hosted_ui.sign_in(location, DAVE))
    (form,) = hosted_ui.requests
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", form["code_verifier"])
    assert "client_secret" not in form


def test_the_cookie_is_out_of_reach_for_scripts_other_sites_and_other_hosts(
    house: House, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    link = link_of(house)
    (local,) = browser().get(link).cookies
    assert re.fullmatch(r"ec2-login=[\w-]{43}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax", local)
    (deployed,) = browser(PUBLIC_URL="https://ops.example").get(link).cookies
    assert re.fullmatch(r"__Host-ec2-login=[\w-]{43}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure", deployed)


@pytest.mark.parametrize("url", ["http://ops.example", "ftp://ops.example", "https://", "//x"])
def test_a_public_address_without_tls_closes_the_door(house: House, browser: MakeBrowser, url: str) -> None:
    assert browser(PUBLIC_URL=url).get("/auth/login?ticket=x").status == 503


def test_what_previews_a_link_does_not_use_it_up(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    link = link_of(house)
    for _ in range(5):
        assert browser().get(link).status == 302
    mine = browser()
    page = mine.get(hosted_ui.sign_in(mine.get(link).location, DAVE))
    assert "You are linked" in mine.say_yes(page).text


def test_a_link_is_not_opened_without_end(house: House, newcomers: Newcomers, browser: MakeBrowser) -> None:
    link = link_of(house)
    statuses = [browser().get(link).status for _ in range(MOST_FLOWS + 1)]
    assert statuses == [302] * MOST_FLOWS + [403]
    assert refusals(house) == ["link_opened_too_often"]


def test_two_tabs_of_one_browser_do_not_lock_each_other_out(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine, link = browser(), link_of(house)
    first = mine.get(link).location
    mine.get(link)
    assert "Link these two?" in mine.get(hosted_ui.sign_in(first, DAVE)).text


def test_I5_somebody_who_gives_their_slack_user_an_admins_email_is_not_linked_to_the_admin(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    newcomers.account("erin@playground.example", "admin")
    house.slack.set_user("U0DAVE", email="erin@playground.example")
    # What Dave can sign in to is his own account.
    page = asked(house, hosted_ui, browser())
    assert "These two are not the same person." in page.text
    assert refusals(house) == ["email_mismatch"]
    assert newcomers.links() == []


def test_I5_an_email_that_slack_has_not_confirmed_counts_for_nothing(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    newcomers.account("erin@playground.example", "admin")
    for fields in ({"email": "erin@playground.example", "is_email_confirmed": False}, {"email": ""}, {"email": None}):
        house.slack.set_user("U0DAVE", **fields)
        page = asked(house, hosted_ui, browser(), "erin@playground.example")
        assert "Slack does not vouch for your e-mail address." in page.text
    assert refusals(house) == ["slack_email_unconfirmed"] * 3
    assert newcomers.links() == []


@pytest.mark.parametrize(
    ("slack", "same"),
    [
        ("Dave@Playground.Example", True),
        ("dave@playground.example ", False),
        ("dave+x@playground.example", False),
        ("dаve@playground.example", False),  # a Cyrillic а
        ("dave@playground.examp\u212be", False),
    ],
)
def test_I5_addresses_are_the_same_letter_for_letter(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser, slack: str, same: bool
) -> None:
    house.slack.set_user("U0DAVE", email=slack)
    assert ("Link these two?" in asked(house, hosted_ui, browser()).text) is same


def test_I5_a_letter_that_only_folds_to_ascii_is_another_one(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    newcomers.account("kim@playground.example")
    house.slack.set_user("U0DAVE", email="\u212aim@playground.example")  # KELVIN SIGN, which lower() makes a k
    assert "not the same person" in asked(house, hosted_ui, browser(), "kim@playground.example").text


ERIN = "erin@playground.example"
RELAXED = {"REQUIRE_SAME_EMAIL": "false"}


def test_I6_a_link_sent_to_a_victim_never_links_the_sender_to_them(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    newcomers.account(ERIN, "admin")
    attacker, victim = browser(), browser()
    link = link_of(house)  # Dave asks for it, and sends it to Erin
    page = victim.get(hosted_ui.sign_in(victim.get(link).location, ERIN))
    assert "These two are not the same person." in page.text
    assert "token" not in page.html
    assert attacker.post({"token": "A" * 43}).status == 400
    assert refusals(house) == ["email_mismatch"]
    assert newcomers.links() == []
    assert linkings(house) == []


def test_I6_where_addresses_may_differ_the_victim_reads_whom_they_would_let_in_and_nothing_happens_without_them(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    newcomers.account(ERIN, "admin")
    attacker, victim = browser(**RELAXED), browser(**RELAXED)
    link = link_of(house)
    callback = hosted_ui.sign_in(victim.get(link).location, ERIN)
    attacker.get(link)  # the attacker's browser holds a cookie of ours as well
    assert "started in another browser" in attacker.get(callback).text
    page = victim.get(callback)
    assert "Link Slack user Dave Cutler (dave@playground.example)" in page.text
    assert "to erin@playground.example (admin)?" in page.text
    assert "started in another browser" in attacker.say_yes(page).text
    assert "used already" in attacker.get(link).text
    assert newcomers.links() == []
    assert refusals(house) == ["state_mismatch", "state_mismatch", "link_reused"]
    assert linkings(house) == []


def test_I6_somebody_elses_sign_in_cannot_be_planted_in_a_victims_browser(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    attacker, victim = browser(), browser()
    callback = hosted_ui.sign_in(attacker.get(link_of(house)).location, DAVE)
    assert "started in another browser" in victim.get(callback).text
    assert "code_verifier" not in str(hosted_ui.requests)
    assert refusals(house) == ["state_mismatch"]


def test_I6_a_second_browser_gets_nowhere_with_somebodys_link_and_does_not_spoil_it(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    newcomers.account(ERIN, "admin")
    mine, theirs, link = browser(), browser(), link_of(house)
    callback = hosted_ui.sign_in(mine.get(link).location, DAVE)
    assert "not the same person" in theirs.get(hosted_ui.sign_in(theirs.get(link).location, ERIN)).text
    assert theirs.get(callback).status == 403
    page = mine.get(callback)
    assert theirs.get(link).status == 403
    assert theirs.say_yes(page).status == 403
    assert "You are linked" in mine.say_yes(page).text
    assert refusals(house) == ["email_mismatch", "state_mismatch", "link_reused", "state_mismatch"]


def test_I7_each_step_works_once(house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser) -> None:
    mine, link = browser(), link_of(house)
    callback = hosted_ui.sign_in(mine.get(link).location, DAVE)
    page = mine.get(callback)
    assert "used already" in mine.get(callback).text
    assert "used already" in mine.get(link).text
    mine.say_yes(page)
    assert "no longer linked" in house.say("logout", "U0DAVE").text
    assert "used already" in mine.say_yes(page).text
    assert newcomers.links() == []
    assert refusals(house) == ["link_reused"] * 3


def test_I7_nothing_works_after_ten_minutes(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, link = browser(), link_of(house)
    callback = hosted_ui.sign_in(mine.get(link).location, DAVE)
    page = asked(house, hosted_ui, mine)
    late = time.time() + 600
    monkeypatch.setattr("time.time", lambda: late)
    for seen in (mine.get(link), mine.get(callback), mine.say_yes(page)):
        assert "This link is too old." in seen.text
    assert refusals(house) == ["link_expired"] * 3
    assert newcomers.links() == []


def test_I7_the_second_click_of_one_consent_shows_the_same_page_and_does_nothing(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser()
    page = asked(house, hosted_ui, mine)
    assert mine.say_yes(page).text == mine.say_yes(page).text
    assert linkings(house) == ["attempted", "succeeded"]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": None}, "token_refused"),
        ({"nonce": "A" * 43}, "token_refused"),
        ({"nonce": ["A"]}, "token_refused"),
        ({"aud": "another"}, "token_refused"),
        ({"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"}, "token_refused"),
        ({"token_use": "access"}, "token_refused"),
        ({"exp": 1}, "token_refused"),
        ({"exp": None}, "token_refused"),
        ({"sub": None}, "token_refused"),
        ({"sub": 7}, "token_refused"),
        ({"email_verified": False}, "email_unverified"),
        ({"email_verified": None}, "email_unverified"),
    ],
)
def test_I8_an_id_token_that_is_not_the_answer_to_our_question_links_nobody(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    claims: dict[str, Any],
    reason: str,
) -> None:
    mine = browser()
    page = mine.get(hosted_ui.sign_in(mine.get(link_of(house)).location, DAVE, **claims))
    assert page.status == 403
    assert refusals(house) == [reason]
    assert newcomers.links() == []


def test_I8_an_id_token_that_somebody_else_signed_links_nobody(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser()
    mine.get(hosted_ui.sign_in(mine.get(link_of(house)).location, DAVE, RSAKey.generate_key(2048)))
    assert refusals(house) == ["token_refused"]


def test_I8_state_code_and_verifier_belong_together(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine, link = browser(), link_of(house)

    def parts() -> dict[str, str]:
        callback = hosted_ui.sign_in(mine.get(link).location, DAVE)
        return {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}

    one, other, third = parts(), parts(), parts()
    assert mine.get(f"/auth/callback?code={one['code']}").status == 400
    assert mine.get(f"/auth/callback?code={one['code']}&state={'A' * 43}").status == 400
    assert mine.get(f"/auth/callback?code={one['code']}&state={other['state']}").status == 403
    assert mine.get(f"/auth/callback?state={third['state']}").status == 403
    assert mine.get(f"/auth/callback?code={third['code']}&state={third['state']}").status == 403
    assert refusals(house) == ["code_refused", "sign_in_refused", "link_reused"]
    assert newcomers.links() == []


def test_I8_a_code_is_never_sent_twice(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser()
    callback = hosted_ui.sign_in(mine.get(link_of(house)).location, DAVE)
    for _ in range(3):
        mine.get(callback)
    assert len(hosted_ui.requests) == 1


def test_I8_who_changes_their_mind_at_the_sign_in_is_told_so(
    house: House, hosted_ui: HostedUi, newcomers: Newcomers, browser: MakeBrowser
) -> None:
    mine = browser()
    state = parse_qs(urlsplit(mine.get(link_of(house)).location).query)["state"][0]
    page = mine.get(f"/auth/callback?error=access_denied&error_description=%3Cscript%3E&state={state}")
    assert "You did not sign in." in page.text
    assert "script" not in page.html
    assert refusals(house) == ["sign_in_refused"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"email": "other@playground.example"}, "email_mismatch"),
        ({"email_verified": "false"}, "email_unverified"),
    ],
)
def test_whatever_changes_before_the_click_counts(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    change: dict[str, str],
    reason: str,
) -> None:
    mine = browser()
    page = asked(house, hosted_ui, mine)
    newcomers.change(DAVE, **change)
    assert mine.say_yes(page).status == 403
    assert refusals(house) == [reason]
    assert newcomers.links() == []


@pytest.mark.parametrize(
    "change", [lambda body: body + b"&token=x", lambda body: body + b"&" + body, lambda body: b"%ff" + body]
)
def test_a_form_that_names_a_field_twice_or_cannot_be_read_links_nobody(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    change: Callable[[bytes], bytes],
) -> None:
    mine = browser()
    token = asked(house, hosted_ui, mine).token
    assert mine.send("POST", "/auth/link", change(f"token={token}".encode())).status == 400
    assert mine.send("POST", "/auth/link", f"token={token}".encode(), {"content-type": "text/plain"}).status == 400
    assert newcomers.links() == []


def test_K2_no_log_line_holds_what_signs_somebody_in(
    house: House,
    hosted_ui: HostedUi,
    newcomers: Newcomers,
    browser: MakeBrowser,
    log: Callable[[], str],
) -> None:
    mine, link = browser(), link_of(house)
    callback = hosted_ui.sign_in(mine.get(link).location, DAVE)
    browser().get(callback)
    page = mine.get(callback)
    mine.say_yes(page)
    mine.say_yes(page)
    mine.get(callback)
    with aws_fails("dynamodb.GetItem", answers(500, "InternalServerError")):
        house.fresh_containers()
        mine.get(link)
    secrets = [values[0] for values in parse_qs(urlsplit(callback).query).values()]
    secrets += [link.partition("ticket=")[2], page.token, *mine.cookies.values()]
    secrets += [hosted_ui.requests[0]["code_verifier"], house.environment["SLACK_BOT_TOKEN"]]
    assert log()
    for secret in secrets:
        assert secret not in log()
        assert secret not in repr(house.rows())


def test_a_page_is_the_same_to_whoever_asks_for_another_path(browser: MakeBrowser) -> None:
    assert browser().send("GET", "/auth/nowhere").status == 400
    assert browser().send("POST", "/auth/login", b"token=x").status == 400


def test_a_half_configured_function_shows_a_page_and_no_reason(house: House, browser: MakeBrowser) -> None:
    page = browser(PUBLIC_URL="").get("/auth/login?ticket=x")
    assert page.status == 503
    assert "Nobody can sign in right now. Something is missing or broken on our side." in page.text
    assert page.headers == HEADERS
    assert "PUBLIC_URL" not in page.html
