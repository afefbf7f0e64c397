"""What the token endpoint gives, to whom, and how often."""

import base64
import hashlib
import json
import time
from typing import Any

import pytest

from playground.hosted_ui.tokens import signing_key
from tests.playground.conftest import Clock
from tests.playground.hosted_ui.conftest import CALLBACK, DAVE, VERIFIER, Hosted, claims


def refused(answer: Any) -> str:
    assert answer.status_code == 400
    assert set(answer.json) == {"error"}
    return str(answer.json["error"])


def test_a_code_becomes_tokens_shaped_as_cognitos(hosted: Hosted, clock: Clock) -> None:
    clock.now = time.time()
    answer = hosted.tokens()
    assert set(answer) == {"access_token", "id_token", "refresh_token", "expires_in", "token_type"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    access, identity = claims(answer["access_token"]), claims(answer["id_token"])
    sub = access["sub"]
    now = int(clock.now)
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{hosted.pool_id}"
    common = {"sub": sub, "iss": issuer, "auth_time": now, "iat": now, "exp": now + 3600}
    assert access.items() >= {**common, "version": 2, "client_id": hosted.client_id, "token_use": "access"}.items()
    assert (access["scope"], access["username"]) == ("openid email profile", sub)
    assert set(access) == {*common, "version", "client_id", "token_use", "scope", "username"} | {
        "jti",
        "origin_jti",
        "event_id",
    }
    assert identity.items() >= {**common, "aud": hosted.client_id, "token_use": "id", "nonce": "n0nce"}.items()
    assert identity["cognito:username"] == sub
    assert (identity["email"], identity["email_verified"]) == (DAVE, True)
    assert (identity["name"], identity["custom:role"]) == ("Dave Cutler", "readonly")
    assert "client_id" not in identity
    assert "email" not in access
    assert access["origin_jti"] == identity["origin_jti"]
    assert access["jti"] != identity["jti"]


def test_the_signature_names_the_key_that_the_pool_publishes(hosted: Hosted) -> None:
    header = hosted.tokens()["id_token"].split(".")[0]
    read = json.loads(base64.urlsafe_b64decode(header + "=="))
    assert read["alg"] == "RS256"
    assert read["kid"] == signing_key().kid


def test_the_access_tokens_hash_is_in_the_id_token(hosted: Hosted) -> None:
    answer = hosted.tokens()
    half = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert claims(answer["id_token"])["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def test_the_answer_is_kept_by_nobody(hosted: Hosted) -> None:
    assert hosted.exchange(hosted.code()).headers["Cache-Control"] == "no-store"


def test_scopes_decide_which_attributes_the_id_token_has(hosted: Hosted) -> None:
    narrow = claims(hosted.tokens(scope="openid email")["id_token"])
    assert narrow["email"] == DAVE
    assert "custom:role" not in narrow
    assert claims(hosted.tokens(scope="openid")["id_token"])["custom:role"] == "readonly"


def test_an_attribute_that_the_client_may_not_read_is_left_out(hosted: Hosted) -> None:
    hosted.client_id = hosted.make_client(ReadAttributes=["email"])["ClientId"]
    read = claims(hosted.tokens()["id_token"])
    assert read["email"] == DAVE
    assert "custom:role" not in read


def test_a_code_works_once(hosted: Hosted) -> None:
    code = hosted.code()
    assert hosted.exchange(code).status_code == 200
    assert refused(hosted.exchange(code)) == "invalid_grant"


def test_a_code_lives_for_five_minutes(hosted: Hosted, clock: Clock) -> None:
    late, in_time = hosted.code(), hosted.code()
    clock.now += 299
    assert hosted.exchange(in_time).status_code == 200
    clock.now += 2
    assert refused(hosted.exchange(late)) == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "guessed"},
        {"code_verifier": VERIFIER[:-1] + "0"},
        {"code_verifier": "é" * 43},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": "https://ops.example/other?kept=1"},
    ],
)
def test_what_does_not_belong_to_the_code_is_refused_and_uses_it_up(hosted: Hosted, changes: dict[str, str]) -> None:
    code = hosted.code()
    assert refused(hosted.exchange(**{"code": code, **changes})) == "invalid_grant"
    if "code" not in changes:
        assert refused(hosted.exchange(code)) == "invalid_grant"


def test_the_challenge_is_not_its_own_verifier(hosted: Hosted) -> None:
    assert refused(hosted.exchange(hosted.code(), code_verifier=hosted.query()["code_challenge"])) == "invalid_grant"


def test_another_clients_code_is_nothing(hosted: Hosted) -> None:
    other = hosted.make_client()["ClientId"]
    assert refused(hosted.exchange(hosted.code(), client_id=other)) == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": None}, "invalid_client"),
        ({"client_id": "unknown"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code": ""}, "invalid_request"),
    ],
)
def test_a_malformed_token_request_has_its_error_word(
    hosted: Hosted, changes: dict[str, str | None], error: str
) -> None:
    assert refused(hosted.exchange(**{"code": "c", **changes})) == error


def test_token_requests_are_posted_forms(hosted: Hosted) -> None:
    form = {"grant_type": "authorization_code", "client_id": hosted.client_id}
    assert refused(hosted.browser.post("/cognito/oauth2/token", json=form)) == "invalid_request"
    assert hosted.browser.get("/cognito/oauth2/token", query_string=form).status_code == 405


def test_a_client_with_a_secret_has_to_know_it(hosted: Hosted) -> None:
    made = hosted.make_client(GenerateSecret=True)
    hosted.client_id = made["ClientId"]
    assert refused(hosted.exchange(hosted.code())) == "invalid_client"
    assert refused(hosted.exchange(hosted.code(), client_secret="guessed")) == "invalid_client"
    assert hosted.exchange(hosted.code(), client_secret=made["ClientSecret"]).status_code == 200
    basic = base64.b64encode(f"{hosted.client_id}:{made['ClientSecret']}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    answer = hosted.exchange(hosted.code(), headers, client_id=None)
    assert answer.status_code == 200
    assert refused(hosted.exchange(hosted.code(), {"Authorization": "Basic !"})) == "invalid_client"
    assert hosted.refresh(answer.json["refresh_token"], client_secret=made["ClientSecret"]).status_code == 200


def test_who_was_disabled_meanwhile_gets_no_tokens(hosted: Hosted) -> None:
    code = hosted.code()
    hosted.cognito.admin_disable_user(UserPoolId=hosted.pool_id, Username=DAVE)
    assert refused(hosted.exchange(code)) == "invalid_grant"


def test_a_refresh_token_gives_new_tokens_with_what_is_true_now(hosted: Hosted, clock: Clock) -> None:
    first = hosted.tokens()
    clock.now += 600
    hosted.cognito.admin_update_user_attributes(
        UserPoolId=hosted.pool_id, Username=DAVE, UserAttributes=[{"Name": "custom:role", "Value": "admin"}]
    )
    answer = hosted.refresh(first["refresh_token"]).json
    assert "refresh_token" not in answer
    identity = claims(answer["id_token"])
    assert identity["custom:role"] == "admin"
    assert identity["iat"] == identity["auth_time"] + 600
    assert identity["origin_jti"] == claims(first["id_token"])["origin_jti"]


def test_a_refresh_token_is_bound_to_its_client_and_ends_with_its_user(hosted: Hosted) -> None:
    token = hosted.tokens()["refresh_token"]
    other = hosted.make_client()["ClientId"]
    assert refused(hosted.refresh(token, client_id=other)) == "invalid_grant"
    assert refused(hosted.refresh("guessed")) == "invalid_grant"
    assert refused(hosted.refresh("")) == "invalid_request"
    hosted.cognito.admin_disable_user(UserPoolId=hosted.pool_id, Username=DAVE)
    assert refused(hosted.refresh(token)) == "invalid_grant"


def test_signed_out_everywhere_a_refresh_token_is_worth_nothing(hosted: Hosted) -> None:
    token = hosted.tokens()["refresh_token"]
    username = hosted.cognito.admin_get_user(UserPoolId=hosted.pool_id, Username=DAVE)["Username"]
    hosted.cognito.admin_user_global_sign_out(UserPoolId=hosted.pool_id, Username=username)
    assert refused(hosted.refresh(token)) == "invalid_grant"


def test_the_refresh_token_is_the_pools_own(hosted: Hosted) -> None:
    answer = hosted.cognito.initiate_auth(
        ClientId=hosted.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": hosted.tokens()["refresh_token"]},
    )
    assert answer["AuthenticationResult"]["AccessToken"]


def test_the_trigger_is_asked_as_cognito_asks_it(hosted: Hosted) -> None:
    refresh_token = hosted.tokens()["refresh_token"]
    hosted.refresh(refresh_token)
    first, second = hosted.trigger.events
    assert (first["version"], first["triggerSource"]) == ("2", "TokenGeneration_HostedAuth")
    assert second["triggerSource"] == "TokenGeneration_RefreshTokens"
    assert first["userPoolId"] == hosted.pool_id
    assert first["callerContext"]["clientId"] == hosted.client_id
    attributes = first["request"]["userAttributes"]
    assert attributes.items() >= {"email": DAVE, "email_verified": "true", "custom:role": "readonly"}.items()
    assert first["userName"] == attributes["sub"]
    assert first["request"]["scopes"] == ["openid", "email", "profile"]
    assert first["response"] == {"claimsAndScopeOverrideDetails": None}


def test_the_trigger_adds_claims_and_scopes_and_takes_them_away(hosted: Hosted) -> None:
    hosted.trigger.details = {
        "accessTokenGeneration": {
            "claimsToAddOrOverride": {"email": DAVE, "custom:role": "readonly"},
            "scopesToAdd": ["ops/read"],
            "scopesToSuppress": ["profile"],
        },
        "idTokenGeneration": {"claimsToSuppress": ["name"]},
    }
    answer = hosted.tokens()
    access, identity = claims(answer["access_token"]), claims(answer["id_token"])
    assert (access["email"], access["custom:role"]) == (DAVE, "readonly")
    assert access["scope"] == "openid email ops/read"
    assert "name" not in identity


def test_no_trigger_changes_who_signed_in(hosted: Hosted) -> None:
    before = claims(hosted.tokens()["access_token"])
    forged = dict.fromkeys(("sub", "iss", "exp", "client_id", "token_use", "username", "origin_jti"), "forged")
    hosted.trigger.details = {
        "accessTokenGeneration": {"claimsToAddOrOverride": forged, "claimsToSuppress": ["exp", "sub"]}
    }
    after = claims(hosted.tokens()["access_token"])
    for name in ("sub", "iss", "exp", "client_id", "token_use", "username"):
        assert after[name] == before[name]


@pytest.mark.parametrize(
    "answer", [None, "text", {"response": None}, {"response": {"claimsAndScopeOverrideDetails": 1}}]
)
def test_nonsense_from_the_trigger_gives_no_tokens(hosted: Hosted, log: list[str], answer: Any) -> None:
    hosted.trigger.answer = lambda event: answer
    assert refused(hosted.exchange(hosted.code())) == "invalid_request"
    assert log == ["hosted UI: Unrecognizable lambda output"]


def test_a_trigger_that_fails_gives_no_tokens(hosted: Hosted, log: list[str]) -> None:
    def fail(event: Any) -> Any:
        raise RuntimeError("boom")

    hosted.trigger.answer = fail
    assert refused(hosted.exchange(hosted.code())) == "invalid_request"
    assert "boom" in log[0]


def test_groups_are_in_both_tokens(hosted: Hosted) -> None:
    hosted.cognito.create_group(UserPoolId=hosted.pool_id, GroupName="oncall")
    hosted.cognito.admin_add_user_to_group(UserPoolId=hosted.pool_id, Username=DAVE, GroupName="oncall")
    answer = hosted.tokens()
    for name in ("access_token", "id_token"):
        assert claims(answer[name])["cognito:groups"] == ["oncall"]


def test_validity_is_the_clients(hosted: Hosted) -> None:
    hosted.client_id = hosted.make_client(
        AccessTokenValidity=5,
        IdTokenValidity=2,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "hours"},
    )["ClientId"]
    answer = hosted.tokens()
    access, identity = claims(answer["access_token"]), claims(answer["id_token"])
    assert access["exp"] - access["iat"] == answer["expires_in"] == 300
    assert identity["exp"] - identity["iat"] == 7200
