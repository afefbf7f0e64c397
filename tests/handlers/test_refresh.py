"""New tokens for a refresh token: both of Cognito's ways, and nothing that would help whoever found a token.

moto knows no GetTokensFromRefreshToken and enforces no secret hash: there Cognito's answers are put in below the
client, in its own JSON, and what the client sent is looked at.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults import Fault, _Body, answers, aws_fails, times_out
from tests.house import REFRESH, House

ADA = "ada@playground.example"
SECRET = "1a2b3c4d5e6f7g8h9i0j1k2l3m4n5o6p7q8r9s0t1u2v3w4x5y6z"
OLD = "eyJjdHkiOiJKV1QifQ.old-refresh_token.AAAA"
RESULT = {"AccessToken": "new.access.token", "IdToken": "new.id.token", "ExpiresIn": 300, "TokenType": "Bearer"}
CALL = "cognito-identity-provider"


def post(house: House, body: Any, **event: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of what is answered; what is true of every answer is looked at here."""
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    request = {"httpMethod": "POST", "path": "/auth/refresh", "headers": {}, "body": text, "isBase64Encoded": False}
    answer = house.invoke(REFRESH, {**request, **event})
    assert answer["headers"] == {"content-type": "application/json", "cache-control": "no-store"}
    content = json.loads(answer["body"])
    if answer["statusCode"] != 200:
        assert set(content) == {"error"}
        assert set(content["error"]) == {"code", "message"}
    return answer["statusCode"], content


def sign_in(house: House) -> dict[str, Any]:
    result: dict[str, Any] = house.client("cognito-idp").admin_initiate_auth(
        UserPoolId=house.environment["COGNITO_USER_POOL_ID"],
        ClientId=house.environment["COGNITO_CLIENT_ID"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": ADA, "PASSWORD": "Playground-only-1"},
    )["AuthenticationResult"]
    return result


def cognito_says(content: Any, status: int = 200) -> Fault:
    def reply(request: AWSRequest) -> AWSResponse:
        return AWSResponse(request.url, status, {}, _Body(json.dumps(content).encode()))

    return reply


@contextmanager
def client_is(rotates: bool, secret: str | None = None) -> Iterator[list[str]]:
    """What Cognito says of the pool's client."""
    described = {"ClientId": "c", "RefreshTokenRotation": {"Feature": "ENABLED" if rotates else "DISABLED"}}
    described |= {"ClientSecret": secret} if secret else {}
    with aws_fails(f"{CALL}.DescribeUserPoolClient", cognito_says({"UserPoolClient": described})) as asked:
        yield asked


def rotated(result: Any = None, status: int = 200) -> Any:
    new = {**RESULT, "RefreshToken": "new-refresh-token"}
    content = result or {"AuthenticationResult": new}
    return aws_fails(f"{CALL}.GetTokensFromRefreshToken", cognito_says(content, status))


def test_a_client_that_does_not_rotate_gives_new_tokens_and_keeps_the_refresh_token(house: House) -> None:
    before = sign_in(house)
    house.aws.clear_calls()
    status, content = post(house, {"refreshToken": before["RefreshToken"]})
    assert status == 200
    assert set(content) == {"accessToken", "idToken", "expiresIn", "tokenType"}
    assert (content["tokenType"], content["expiresIn"] > 0) == ("Bearer", True)
    assert [call.action for call in house.aws.calls] == ["DescribeUserPoolClient", "InitiateAuth"]


def test_the_new_access_token_is_one_that_the_authorizer_takes(house: House) -> None:
    _, content = post(house, {"refreshToken": sign_in(house)["RefreshToken"]})
    arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/v1/GET/instances"
    event = {"type": "TOKEN", "authorizationToken": f"Bearer {content['accessToken']}", "methodArn": arn}
    assert house.invoke("AuthorizerFunction", event)["context"]["email"] == ADA


def test_oauths_spelling_and_a_body_in_base64_are_taken_too(house: House) -> None:
    token = sign_in(house)["RefreshToken"]
    assert post(house, {"refresh_token": token})[0] == 200
    encoded = base64.b64encode(json.dumps({"refreshToken": token}).encode()).decode()
    assert post(house, encoded, isBase64Encoded=True)[0] == 200


def test_a_client_that_rotates_gives_a_new_refresh_token_as_well(house: House) -> None:
    with client_is(rotates=True), rotated() as asked:
        status, content = post(house, {"refreshToken": OLD})
    assert (status, content["refreshToken"], content["accessToken"]) == (200, "new-refresh-token", "new.access.token")
    (sent,) = asked
    assert json.loads(sent) == {"RefreshToken": OLD, "ClientId": house.environment["COGNITO_CLIENT_ID"]}


def test_a_client_with_a_secret_shows_it_where_refresh_tokens_rotate(house: House) -> None:
    with client_is(rotates=True, secret=SECRET), rotated() as asked:
        assert post(house, {"refreshToken": OLD})[0] == 200
    assert json.loads(asked[0])["ClientSecret"] == SECRET


def test_a_client_with_a_secret_sends_its_hash_where_they_do_not(house: House) -> None:
    reply = cognito_says({"AuthenticationResult": RESULT})
    with client_is(rotates=False, secret=SECRET), aws_fails(f"{CALL}.InitiateAuth", reply) as asked:
        assert post(house, {"refreshToken": OLD, "username": "3f0a"})[0] == 200
    sent = json.loads(asked[0])
    message = f"3f0a{house.environment['COGNITO_CLIENT_ID']}".encode()
    expected = base64.b64encode(hmac.new(SECRET.encode(), message, hashlib.sha256).digest()).decode()
    assert sent["AuthFlow"] == "REFRESH_TOKEN_AUTH"
    assert sent["AuthParameters"] == {"REFRESH_TOKEN": OLD, "SECRET_HASH": expected}


def test_without_the_username_that_a_secret_hash_needs_the_caller_is_told(house: House) -> None:
    with client_is(rotates=False, secret=SECRET):
        status, content = post(house, {"refreshToken": OLD})
    assert (status, content["error"]["code"]) == (400, "INVALID_REQUEST")
    assert "cognito:username" in content["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "{",
        "null",
        json.dumps({"refreshToken": OLD})[:-1] + f', "refreshToken": "{OLD}"}}',
        "[]",
        '"text"',
        "refreshToken=abc",
        {},
        {"refreshToken": None},
        {"refreshToken": ""},
        {"refreshToken": 1},
        {"refreshToken": ["a"]},
        {"refreshToken": "a b"},
        {"refreshToken": "a\n"},
        {"refreshToken": "é"},
        {"refreshToken": "x" * 8193},
        {"refreshToken": "a", "refresh_token": "b"},
        {"refreshToken": "a", "username": 1},
        {"refreshToken": "a", "username": "\ud800"},
        {"refreshToken": "a", "username": ""},
        {"refreshToken": "a", "username": "a b"},
        {"refreshToken": "a", "username": "\n"},
        {"refreshToken": "a", "username": "\u00a0"},
        {"RefreshToken": "a"},
        {"x": "y" * 20_000},
        "[" * 16_000,
    ],
)
def test_a_body_that_cannot_be_read_is_400_and_asks_nobody(house: House, body: Any) -> None:
    status, content = post(house, body)
    assert (status, content["error"]["code"]) == (400, "INVALID_REQUEST")
    assert house.aws.calls == []
    assert post(house, "not base64!", isBase64Encoded=True)[0] == 400


REFUSALS = [
    ("NotAuthorizedException", "Refresh Token has expired"),
    ("NotAuthorizedException", "Refresh Token has been revoked"),
    ("NotAuthorizedException", "Invalid Refresh Token"),
    ("NotAuthorizedException", "User is disabled."),
    ("NotAuthorizedException", "SecretHash does not match for the client"),
    ("RefreshTokenReuseException", "Refresh token has been reused"),
    ("UserNotFoundException", "User does not exist."),
    ("UserNotConfirmedException", "User is not confirmed."),
    ("PasswordResetRequiredException", "Password reset required for the user"),
    ("InvalidParameterException", "Auth flow not enabled for this client"),
]


@pytest.mark.parametrize("rotates", [True, False])
def test_whatever_cognito_has_against_a_token_the_answer_is_the_same(house: House, rotates: bool, log: Any) -> None:
    operation = "GetTokensFromRefreshToken" if rotates else "InitiateAuth"
    seen = set()
    for code, message in REFUSALS:
        house.fresh_containers()
        reply = cognito_says({"__type": code, "message": message}, 400)
        with client_is(rotates), aws_fails(f"{CALL}.{operation}", reply) as asked:
            seen.add(json.dumps(post(house, {"refreshToken": OLD})))
        assert len(asked) == 1  # a refusal is not tried again
    ((status, content),) = [json.loads(text) for text in seen]
    assert (status, content["error"]["code"]) == (401, "UNAUTHORIZED")
    assert "Sign in again" in content["error"]["message"]


def test_the_local_pool_refuses_unknown_tokens_and_those_of_the_signed_out(house: House) -> None:
    token = sign_in(house)["RefreshToken"]
    cognito, pool = house.client("cognito-idp"), {"UserPoolId": house.environment["COGNITO_USER_POOL_ID"]}
    assert post(house, {"refreshToken": "unknown"})[0] == 401
    cognito.admin_user_global_sign_out(**pool, Username=ADA)
    assert post(house, {"refreshToken": token})[0] == 401


@pytest.mark.parametrize("code", ["TooManyRequestsException", "LimitExceededException", "ThrottlingException"])
@pytest.mark.parametrize("operation", ["InitiateAuth", "DescribeUserPoolClient"])
def test_a_throttled_cognito_is_429(house: House, code: str, operation: str) -> None:
    with aws_fails(f"{CALL}.{operation}", answers(400, code)) as asked:
        status, content = post(house, {"refreshToken": OLD})
    assert (status, content["error"]["code"]) == (429, "THROTTLED")
    assert len(asked) <= 2


FAULTS = {
    "500": answers(500, "InternalErrorException"),
    "the trigger failed": answers(400, "UserLambdaValidationException"),
    "no permission": answers(400, "AccessDeniedException"),
    "no such client": answers(400, "ResourceNotFoundException"),
    "nonsense": cognito_says({"AuthenticationResult": {}, "UserPoolClient": {}}),
    "silence": times_out,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("operation", ["InitiateAuth", "DescribeUserPoolClient"])
def test_a_cognito_that_is_down_is_500_and_no_fault_of_the_token(
    house: House, fault: Fault, operation: str, log: Callable[[], str]
) -> None:
    with aws_fails(f"{CALL}.{operation}", fault) as asked:
        status, content = post(house, {"refreshToken": OLD})
    if (operation, fault) == ("DescribeUserPoolClient", FAULTS["nonsense"]):
        return  # a client without a secret that does not rotate; moto then refuses the token
    assert (status, content["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert 1 <= len(asked) <= 2
    assert "arn:" not in json.dumps(content)


def test_the_client_is_described_once_in_five_minutes_and_an_outage_meanwhile_is_not_noticed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign_in(house)["RefreshToken"]
    house.aws.clear_calls()
    with aws_fails(f"{CALL}.DescribeUserPoolClient", answers(500, "InternalErrorException"), times=0):
        for _ in range(3):
            assert post(house, {"refreshToken": token})[0] == 200
    assert [call.action for call in house.aws.calls].count("DescribeUserPoolClient") == 1
    start = time.time()
    monkeypatch.setattr("time.time", lambda: start + 301)
    assert post(house, {"refreshToken": token})[0] == 200
    assert [call.action for call in house.aws.calls].count("DescribeUserPoolClient") == 2


def test_a_client_that_now_rotates_is_noticed_within_half_a_minute(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    feature = {"Feature": "DISABLED"}

    def described(request: AWSRequest) -> AWSResponse:
        return cognito_says({"UserPoolClient": {"RefreshTokenRotation": feature}})(request)

    refused = cognito_says({"__type": "NotAuthorizedException", "message": "m"}, 400)
    start = time.time()
    with (
        aws_fails(f"{CALL}.DescribeUserPoolClient", described) as asked,
        aws_fails(f"{CALL}.InitiateAuth", refused),
        rotated(),
    ):
        assert post(house, {"refreshToken": OLD})[0] == 401
        feature["Feature"] = "ENABLED"
        assert post(house, {"refreshToken": OLD})[0] == 401
        assert len(asked) == 1  # bad tokens do not make us ask each time
        monkeypatch.setattr("time.time", lambda: start + 31)
        assert post(house, {"refreshToken": OLD})[0] == 200


def test_K2_no_token_and_no_secret_gets_into_the_log(house: House, log: Callable[[], str]) -> None:
    planted = "planted-refresh-token-0123456789"
    failing: list[Fault] = [answers(400, "NotAuthorizedException"), answers(500, planted), times_out]
    for fault in failing:
        house.fresh_containers()
        with client_is(rotates=False, secret=SECRET), aws_fails(f"{CALL}.InitiateAuth", fault):
            post(house, {"refreshToken": planted, "username": "planted-user"})
    written = log()
    assert written.count("no new tokens") == 3
    assert SECRET not in written
    assert "planted-user" not in written
    assert written.count(planted) == 1  # the code that Cognito answered with, which is its own word


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.none() | st.text() | st.binary().map(lambda data: data.decode("latin-1")), encoded=st.booleans())
def test_whatever_is_posted_is_answered_in_our_shape(built_house: House, body: Any, encoded: bool) -> None:
    status, _ = post(built_house, body, isBase64Encoded=encoded)
    assert status in (400, 401)
