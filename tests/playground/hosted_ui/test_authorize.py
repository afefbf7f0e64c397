"""Where the hosted UI sends a browser, and what it never sends anywhere."""

import pytest

from tests.playground.hosted_ui.conftest import CALLBACK, DAVE, PASSWORD, Hosted, answered


def test_a_right_request_leads_to_the_sign_in_page(hosted: Hosted) -> None:
    answer = hosted.authorize()
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/cognito/login?response_type=code&")
    page = hosted.browser.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "stand-in for Cognito" in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_id": "unknown"}, "Client does not exist"),
        ({"redirect_uri": None}, "redirect_uri"),
        ({"redirect_uri": "https://evil.example/"}, "redirect_mismatch"),
        ({"redirect_uri": CALLBACK + "/"}, "redirect_mismatch"),
        ({"redirect_uri": CALLBACK + "?x=1"}, "redirect_mismatch"),
        ({"redirect_uri": CALLBACK.upper()}, "redirect_mismatch"),
        ({"redirect_uri": CALLBACK.replace("https", "http")}, "redirect_mismatch"),
    ],
)
@pytest.mark.parametrize("path", ["/cognito/oauth2/authorize", "/cognito/login"])
def test_an_unknown_client_or_address_is_told_on_the_page_and_never_redirected(
    hosted: Hosted, path: str, changes: dict[str, str | None], words: str
) -> None:
    answer = hosted.browser.get(path, query_string=hosted.query(**changes))
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert words in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "openid aws.cognito.signin.user.admin"}, "invalid_scope"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"nonce": "n" * 3000}, "invalid_request"),
    ],
)
@pytest.mark.parametrize("path", ["/cognito/oauth2/authorize", "/cognito/login"])
def test_what_the_client_asked_wrongly_goes_back_to_it_with_its_state(
    hosted: Hosted, path: str, changes: dict[str, str | None], error: str
) -> None:
    said = answered(hosted.browser.get(path, query_string=hosted.query(**changes)))
    assert said["error"] == error
    assert said["state"] == "st4te"
    assert "code" not in said


def test_a_client_without_the_code_flow_gets_nothing(hosted: Hosted) -> None:
    other = hosted.make_client(AllowedOAuthFlows=["implicit"])["ClientId"]
    assert answered(hosted.authorize(client_id=other))["error"] == "unauthorized_client"


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state"])
def test_what_decides_where_to_go_may_not_be_given_twice(hosted: Hosted, name: str) -> None:
    query = [*hosted.query().items(), (name, "https://evil.example/")]
    answer = hosted.browser.get("/cognito/oauth2/authorize", query_string=query)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_anything_else_given_twice_is_told_to_the_client(hosted: Hosted) -> None:
    query = [*hosted.query().items(), ("scope", "openid")]
    assert answered(hosted.browser.get("/cognito/oauth2/authorize", query_string=query))["error"] == "invalid_request"


def test_the_right_password_gives_a_code_and_the_state_as_it_came(hosted: Hosted) -> None:
    said = answered(hosted.sign_in(query=hosted.query(state="a b&c=d")))
    assert said["state"] == "a b&c=d"
    assert len(said["code"]) >= 32


def test_without_a_state_none_is_sent_and_the_query_of_the_address_stays(hosted: Hosted) -> None:
    query = hosted.query(state=None, redirect_uri="https://ops.example/other?kept=1")
    said = answered(hosted.sign_in(query=query))
    assert said["kept"] == "1"
    assert set(said) == {"kept", "code"}


@pytest.mark.parametrize(("username", "password"), [(DAVE, "wrong"), ("nobody@playground.example", PASSWORD), ("", "")])
def test_a_wrong_password_and_a_stranger_are_told_the_same(hosted: Hosted, username: str, password: str) -> None:
    answer = hosted.sign_in(username, password)
    assert answer.status_code == 400
    assert "Incorrect username or password." in answer.text


def test_a_disabled_user_cannot_sign_in(hosted: Hosted) -> None:
    hosted.cognito.admin_disable_user(UserPoolId=hosted.pool_id, Username=DAVE)
    answer = hosted.sign_in()
    assert answer.status_code == 400
    assert "User is disabled." in answer.text


def test_a_user_who_never_chose_a_password_cannot_sign_in(hosted: Hosted) -> None:
    hosted.cognito.admin_create_user(
        UserPoolId=hosted.pool_id, Username="new@playground.example", TemporaryPassword=PASSWORD
    )
    answer = hosted.sign_in("new@playground.example")
    assert answer.status_code == 400
    assert "NEW_PASSWORD_REQUIRED" in answer.text


def test_a_form_from_another_site_signs_nobody_in(hosted: Hosted) -> None:
    answer = hosted.sign_in(_csrf="guessed")
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    stranger = hosted.app.test_client()
    sent = {"_csrf": "", "username": DAVE, "password": PASSWORD}
    assert stranger.post("/cognito/login", query_string=hosted.query(), data=sent).status_code == 400


def test_the_form_checks_the_request_anew(hosted: Hosted) -> None:
    changed = hosted.query(redirect_uri="https://evil.example/")
    page = hosted.browser.post("/cognito/login", query_string=changed, data={"username": DAVE, "password": PASSWORD})
    assert page.status_code == 400
    assert "Location" not in page.headers


def test_who_is_signed_in_goes_on_with_one_click_or_as_somebody_else(hosted: Hosted) -> None:
    hosted.sign_in()
    page = hosted.browser.get("/cognito/login", query_string=hosted.query()).text
    assert f"Continue as {DAVE}" in page
    assert "Sign in as somebody else" in page
    again = hosted.browser.get("/cognito/login", query_string=hosted.query(prompt="login")).text
    assert "Choose who you are" in again
    assert answered(hosted.sign_in("", "", **{"continue": "yes"}))["code"]


def test_another_browser_is_nobody(hosted: Hosted) -> None:
    hosted.sign_in()
    other = hosted.app.test_client()
    assert "Continue as" not in other.get("/cognito/login", query_string=hosted.query()).text
    refused = hosted.sign_in("", "", other, **{"continue": "yes"})
    assert refused.status_code == 400
    assert "You are not signed in any more." in refused.text


def test_one_click_does_not_help_the_disabled_and_the_signed_out(hosted: Hosted) -> None:
    hosted.sign_in()
    hosted.cognito.admin_disable_user(UserPoolId=hosted.pool_id, Username=DAVE)
    assert "User is disabled." in hosted.sign_in("", "", **{"continue": "yes"}).text
    hosted.cognito.admin_enable_user(UserPoolId=hosted.pool_id, Username=DAVE)
    username = hosted.cognito.admin_get_user(UserPoolId=hosted.pool_id, Username=DAVE)["Username"]
    hosted.cognito.admin_user_global_sign_out(UserPoolId=hosted.pool_id, Username=username)
    assert "not signed in any more" in hosted.sign_in("", "", **{"continue": "yes"}).text


def test_signing_out_ends_the_session_and_leads_to_registered_addresses_only(hosted: Hosted) -> None:
    hosted.sign_in()
    where = {"client_id": hosted.client_id, "logout_uri": "https://evil.example/"}
    assert hosted.browser.get("/cognito/logout", query_string=where).status_code == 400
    where["logout_uri"] = "https://ops.example/bye"
    assert hosted.browser.get("/cognito/logout", query_string=where).headers["Location"] == where["logout_uri"]
    assert "Continue as" not in hosted.browser.get("/cognito/login", query_string=hosted.query()).text


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(hosted: Hosted) -> None:
    cookies = hosted.sign_in().headers.getlist("Set-Cookie")
    (session,) = [cookie for cookie in cookies if cookie.startswith("cognito=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/cognito"} <= {part.strip() for part in session.split(";")}


def test_nothing_that_is_typed_or_asked_becomes_markup(hosted: Hosted) -> None:
    page = hosted.sign_in(query=hosted.query(state='"><script>alert(1)</script>'), password="wrong").text
    assert "<script" not in page
