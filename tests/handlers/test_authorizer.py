"""The authorizer: which tokens count, what their bearers are, and that no key server can be used against us."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults import answers, aws_fails, times_out
from tests.handlers.bad_tokens import BAD
from tests.house import AUTHORIZER, House
from tests.signer import MISSING, KeyServer, Signer, jwk, respond, rsa_key

API = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/v1"
ADA = "ada@playground.example"


@pytest.fixture(scope="module")
def keys() -> Iterator[KeyServer]:
    with KeyServer() as server:
        yield server


@pytest.fixture
def signer(house: House, keys: KeyServer) -> Signer:
    return fresh_signer(house, keys)


def fresh_signer(house: House, keys: KeyServer) -> Signer:
    environment = house.environment
    signer = Signer(environment["COGNITO_USER_POOL_ID"], environment["COGNITO_CLIENT_ID"])
    keys.document, keys.answer, keys.asked = signer.jwks(), None, 0
    return signer


@pytest.fixture
def authorize(house: House, keys: KeyServer) -> Callable[..., Any]:
    """The authorizer's answer to a token or, where `header` says more, to a whole header."""

    def ask(token: Any = None, method: str = "GET", path: str = "instances", header: Any = MISSING) -> Any:
        value = f"Bearer {token}" if header is MISSING else header
        event = {"type": "TOKEN", "authorizationToken": value, "methodArn": f"{API}/{method}/{path}"}
        return house.invoke(AUTHORIZER, event, {"COGNITO_JWKS_URL": keys.url})

    return ask


def assert_refused(ask: Callable[[], Any]) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - API Gateway knows this one by its exact words
        ask()
    assert (type(caught.value), str(caught.value)) == (Exception, "Unauthorized")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def bad(threat: str) -> Any:
    return pytest.mark.parametrize("make", BAD[threat].values(), ids=BAD[threat].keys())


def refused(authorize: Any, signer: Signer, make: Any, log: Callable[[], str]) -> None:
    """The token is refused, and so much like every other that the log alone tells why; a good one is taken after."""
    token = make(signer)
    assert_refused(lambda: authorize(token))
    (line,) = [json.loads(line) for line in log().splitlines()]
    assert line["message"] == "token refused"
    assert max(token.split("."), key=len)[:200] not in log()
    assert authorize(signer.access())["principalId"] == signer.sub


def test_there_are_at_least_150_bad_tokens() -> None:
    assert sum(len(tokens) for tokens in BAD.values()) >= 150


@bad("J1")
def test_J1_a_token_that_says_it_needs_no_signature_is_refused(
    authorize: Any, signer: Signer, make: Any, log: Any
) -> None:
    refused(authorize, signer, make, log)


@bad("J2")
def test_J2_the_public_key_is_no_secret_to_sign_with(authorize: Any, signer: Signer, make: Any, log: Any) -> None:
    refused(authorize, signer, make, log)


@bad("J3")
def test_J3_no_algorithm_but_rs256_counts(authorize: Any, signer: Signer, make: Any, log: Any) -> None:
    refused(authorize, signer, make, log)


@bad("J4")
def test_J4_only_the_signature_of_the_named_key_over_these_very_bytes_counts(
    authorize: Any, signer: Signer, make: Any, log: Any
) -> None:
    refused(authorize, signer, make, log)


@bad("J5")
def test_J5_a_key_is_found_by_a_name_of_the_pool_and_nothing_else(
    authorize: Any, signer: Signer, make: Any, log: Any
) -> None:
    refused(authorize, signer, make, log)


@bad("J6")
def test_J6_a_key_that_the_token_brings_along_is_neither_used_nor_fetched(
    authorize: Any, signer: Signer, keys: KeyServer, make: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import requests

    fetched: list[str] = []
    get = requests.Session.get

    def recorded(session: requests.Session, url: str, **options: Any) -> requests.Response:
        fetched.append(url)
        return get(session, url, **options)

    monkeypatch.setattr(requests.Session, "get", recorded)
    refused(authorize, signer, make, log)
    assert set(fetched) == {keys.url}


@bad("J7")
def test_J7_a_header_that_changes_how_the_token_is_read_is_refused(
    authorize: Any, signer: Signer, make: Any, log: Any
) -> None:
    refused(authorize, signer, make, log)


@bad("J8")
def test_J8_a_token_without_an_end_is_refused(authorize: Any, signer: Signer, make: Any, log: Any) -> None:
    refused(authorize, signer, make, log)


@bad("J9")
def test_J9_an_end_in_another_form_or_too_far_away_is_refused(
    authorize: Any, signer: Signer, make: Any, log: Any
) -> None:
    refused(authorize, signer, make, log)


@bad("J10")
def test_J10_a_token_counts_from_its_beginning_until_its_end(
    authorize: Any, signer: Signer, make: Any, log: Any
) -> None:
    refused(authorize, signer, make, log)


def test_J10_a_clock_that_is_a_few_seconds_behind_cognitos_does_no_harm(authorize: Any, signer: Signer) -> None:
    soon = int(time.time()) + 5
    assert authorize(signer.access(iat=soon, nbf=soon))["principalId"] == signer.sub


@bad("J11")
def test_J11_a_token_of_another_issuer_is_refused_however_alike(
    authorize: Any, signer: Signer, make: Any, log: Any
) -> None:
    refused(authorize, signer, make, log)


@bad("J12")
def test_J12_only_an_access_token_is_an_access_token(authorize: Any, signer: Signer, make: Any, log: Any) -> None:
    refused(authorize, signer, make, log)


@bad("J13")
def test_J13_a_token_for_another_client_is_refused(authorize: Any, signer: Signer, make: Any, log: Any) -> None:
    refused(authorize, signer, make, log)


@bad("J14")
def test_J14_a_token_of_nobody_is_refused(authorize: Any, signer: Signer, make: Any, log: Any) -> None:
    refused(authorize, signer, make, log)


@bad("J15")
def test_J15_a_role_or_e_mail_that_is_no_text_is_refused(authorize: Any, signer: Signer, make: Any, log: Any) -> None:
    refused(authorize, signer, make, log)


@pytest.mark.parametrize(
    "role", ["not-administrators", "Admin", "admin ", "admin,readonly", "administrators", "аdmin", "root", "None"]
)
def test_J15_only_the_exact_words_are_roles_and_groups_are_none(authorize: Any, signer: Signer, role: str) -> None:
    claims = {"cognito:groups": ["admin", "administrators"], "groups": "admin"}
    assert authorize(signer.access(role=role, **claims))["context"]["role"] == ""


@bad("J16")
def test_J16_a_name_that_stands_twice_is_refused(authorize: Any, signer: Signer, make: Any, log: Any) -> None:
    refused(authorize, signer, make, log)


@bad("J17")
def test_J17_what_is_no_flat_object_of_claims_is_refused_at_once(
    authorize: Any, signer: Signer, make: Any, log: Any
) -> None:
    authorize(signer.access())
    token = make(signer)
    started = time.process_time()
    assert_refused(lambda: authorize(token))
    assert time.process_time() - started < 0.05
    assert len(log()) < 2000


@bad("J18")
def test_J18_a_token_is_spelt_in_one_way(authorize: Any, signer: Signer, make: Any, log: Any) -> None:
    refused(authorize, signer, make, log)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Basic YWRhOmFkYQ==",
        "Token {}",
        "{}",
        "Bearer  {}",
        " Bearer {}",
        "Bearer {} ",
        "Bearer {}\r\nX-Role: admin",
        "Bearer {}, Bearer {}",
        "Bearer {} {}",
        "Bearer\t{}",
        "Bearer={}",
        'Bearer "{}"',
        ["Bearer {}"],
        1,
    ],
)
def test_a_header_that_is_not_one_bearer_token_is_refused(authorize: Any, signer: Signer, header: Any) -> None:
    value = header.replace("{}", signer.access()) if isinstance(header, str) else header
    assert_refused(lambda: authorize(header=value))


@pytest.mark.parametrize(
    "arn",
    [None, "", "*", "arn:aws:execute-api:us-east-1:123456789012:api", "arn:aws:s3:::bucket/v1/GET/x", f"{API}/*/*"],
)
def test_no_policy_is_made_for_something_that_is_no_route(
    house: House, keys: KeyServer, signer: Signer, arn: Any
) -> None:
    event = {"type": "TOKEN", "authorizationToken": f"Bearer {signer.access()}", "methodArn": arn}
    assert_refused(lambda: house.invoke(AUTHORIZER, event, {"COGNITO_JWKS_URL": keys.url}))
    assert_refused(lambda: house.invoke(AUTHORIZER, {}, {"COGNITO_JWKS_URL": keys.url}))


def test_a_good_token_becomes_a_policy_and_the_facts_about_its_bearer(
    authorize: Any, signer: Signer, house: House
) -> None:
    answer = authorize(signer.access())
    assert answer == {
        "principalId": signer.sub,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{API}/*"}],
        },
        "context": {"userId": signer.sub, "username": signer.sub, "email": ADA, "role": "admin"},
    }
    assert house.aws.calls == []  # the token says it all


def test_J21_the_policy_is_right_for_every_route_of_the_stage_and_for_no_other_stage(
    authorize: Any, signer: Signer
) -> None:
    token = signer.access()
    asked = [("GET", "instances"), ("POST", "instances/i-0123456789abcdef0/reboot"), ("GET", ""), ("DELETE", "a/b/c")]
    policies = [authorize(token, method, path)["policyDocument"] for method, path in asked]
    assert all(policy == policies[0] for policy in policies)
    (statement,) = policies[0]["Statement"]
    assert statement["Resource"] == f"{API}/*"


@pytest.mark.parametrize("absent", [{"email": MISSING}, {"role": MISSING}, {"email": MISSING, "role": MISSING}])
def test_where_no_trigger_adds_them_e_mail_and_role_are_read_live(
    authorize: Any, signer: Signer, house: House, absent: dict[str, Any]
) -> None:
    person = person_of(house)
    token = signer.access(sub=person["sub"], username=person["sub"], **absent)
    house.aws.clear_calls()
    assert authorize(token)["context"] == {
        "userId": person["sub"],
        "username": person["sub"],
        "email": ADA,
        "role": "admin",
    }
    assert [call.action for call in house.aws.calls] == ["AdminGetUser"]


def test_somebody_without_a_role_is_let_through_to_the_gate_with_none(
    authorize: Any, signer: Signer, house: House
) -> None:
    client, pool = house.client("cognito-idp"), {"UserPoolId": house.environment["COGNITO_USER_POOL_ID"]}
    made = client.admin_create_user(**pool, Username="nobody@playground.example", MessageAction="SUPPRESS")
    sub = next(entry["Value"] for entry in made["User"]["Attributes"] if entry["Name"] == "sub")
    try:
        context = authorize(signer.access(sub=sub, username=sub, role=MISSING))["context"]
    finally:
        client.admin_delete_user(**pool, Username=sub)
    assert context["role"] == ""
    assert all(isinstance(value, str) for value in context.values())


def test_J20_somebody_disabled_deleted_or_replaced_is_refused_where_the_token_says_too_little(
    authorize: Any, signer: Signer, house: House
) -> None:
    client, pool = house.client("cognito-idp"), {"UserPoolId": house.environment["COGNITO_USER_POOL_ID"]}
    person = person_of(house)
    token = signer.access(sub=person["sub"], username=person["sub"], role=MISSING)
    client.admin_disable_user(**pool, Username=ADA)
    try:
        assert_refused(lambda: authorize(token))
    finally:
        client.admin_enable_user(**pool, Username=ADA)
    assert authorize(token)["principalId"] == person["sub"]
    assert_refused(lambda: authorize(signer.access(role=MISSING)))
    assert_refused(lambda: authorize(signer.access(username=person["sub"], role=MISSING)))


@pytest.mark.parametrize("fault", [answers(500, "InternalErrorException"), answers(400, "AccessDenied"), times_out])
def test_a_cognito_that_does_not_answer_closes_and_is_no_fault_of_the_token(
    authorize: Any, signer: Signer, fault: Any
) -> None:
    with aws_fails("cognito-identity-provider.AdminGetUser", fault), pytest.raises(Exception, match="Unavailable"):
        authorize(signer.access(role=MISSING))


def person_of(house: House) -> dict[str, str]:
    user = house.client("cognito-idp").admin_get_user(
        UserPoolId=house.environment["COGNITO_USER_POOL_ID"], Username=ADA
    )
    return {entry["Name"]: entry["Value"] for entry in user["UserAttributes"]}


def test_a_real_token_of_the_local_pool_is_taken(house: House) -> None:
    cognito = house.client("cognito-idp")
    signed_in = cognito.admin_initiate_auth(
        UserPoolId=house.environment["COGNITO_USER_POOL_ID"],
        ClientId=house.environment["COGNITO_CLIENT_ID"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": ADA, "PASSWORD": "Playground-only-1"},
    )["AuthenticationResult"]
    event = {"type": "TOKEN", "methodArn": f"{API}/GET/instances"}
    answer = house.invoke(AUTHORIZER, {**event, "authorizationToken": f"Bearer {signed_in['AccessToken']}"})
    assert (answer["context"]["email"], answer["context"]["role"]) == (ADA, "admin")
    assert_refused(lambda: house.invoke(AUTHORIZER, {**event, "authorizationToken": f"Bearer {signed_in['IdToken']}"}))


def test_J22_fifty_unknown_keys_cost_one_request(authorize: Any, signer: Signer, keys: KeyServer) -> None:
    for number in range(50):
        assert_refused(lambda kid=f"unknown-{number}": authorize(signer.with_header(kid=kid)))
    assert keys.asked == 1
    assert authorize(signer.access())["principalId"] == signer.sub
    assert keys.asked == 1


def moves(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    later = time.time() + seconds
    monkeypatch.setattr("time.time", lambda: later)


def test_J22_in_ten_minutes_strangers_make_us_ask_forty_times_at_most(
    authorize: Any, signer: Signer, keys: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.time()
    for second in range(0, 600, 2):
        monkeypatch.setattr("time.time", lambda now=start + second: now)
        assert_refused(lambda kid=f"unknown-{second}": authorize(signer.with_header(kid=kid)))
    assert keys.asked <= 40


def hangs(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(4)


def drips(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(40):
            handler.wfile.write(b" ")
            time.sleep(0.1)
    except OSError:
        pass


def says(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: respond(handler, status, body, **headers)


BROKEN = {
    "500": says(500, b"{}"),
    "500 with keys": says(500, Signer("us-east-1_x", "c").jwks()),
    "403": says(403, b"{}"),
    "204": says(204, b""),
    "HTML": says(200, b"<html>sign in to the network</html>", Content_Type="text/html"),
    "nothing": says(200, b""),
    "null": says(200, b"null"),
    "a list": says(200, b"[]"),
    "no keys": says(200, b"{}"),
    "empty keys": says(200, b'{"keys": []}'),
    "keys that are none": says(200, b'{"keys": [1, null, "x", {}, {"kid": 1}, {"kid": []}]}'),
    "keys an object": says(200, b'{"keys": {"kid": "x"}}'),
    "nested": says(200, b"[" * 60_000),
    "more than anybody needs": says(200, b'{"keys": [], "x": "' + b"x" * 10_000_000 + b'"}'),
    "packed": says(200, gzip.compress(b" " * 50_000_000), Content_Encoding="gzip"),
    "hangs": hangs,
    "drips": drips,
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_J23_known_keys_work_while_the_endpoint_does_not_and_a_cold_start_is_closed(
    house: House,
    authorize: Any,
    signer: Signer,
    keys: KeyServer,
    answer: Any,
    monkeypatch: pytest.MonkeyPatch,
    log: Any,
) -> None:
    assert authorize(signer.access())["principalId"] == signer.sub
    keys.answer = answer
    moves(monkeypatch, 3600)
    token = signer.access()
    started = time.monotonic()
    assert authorize(token)["principalId"] == signer.sub
    assert time.monotonic() - started < 3.5
    asked = keys.asked
    assert authorize(token)["principalId"] == signer.sub
    assert keys.asked == asked  # not again at once
    assert_refused(lambda: authorize(signer.with_header(kid="unknown")))
    house.fresh_containers()
    with pytest.raises(Exception, match="Unavailable"):
        authorize(token)
    assert "authorizer closed" in log()


def test_J23_a_redirect_is_not_followed(authorize: Any, signer: Signer, keys: KeyServer, house: House) -> None:
    with KeyServer() as elsewhere:
        elsewhere.document = signer.jwks()
        for status in (301, 302, 307, 308):
            keys.answer = says(status, b"", Location=elsewhere.url)
            house.fresh_containers()
            with pytest.raises(Exception, match="Unavailable"):
                authorize(signer.access())
        assert elsewhere.asked == 0


def test_J23_a_closed_port_is_closed_and_a_container_recovers_within_seconds(
    house: House, authorize: Any, signer: Signer, keys: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.answer = says(500, b"")
    with pytest.raises(Exception, match="Unavailable"):
        authorize(signer.access())
    keys.answer = None
    moves(monkeypatch, 3)
    assert authorize(signer.access())["principalId"] == signer.sub
    event = {"type": "TOKEN", "authorizationToken": f"Bearer {signer.access()}", "methodArn": f"{API}/GET/x"}
    with pytest.raises(Exception, match="Unavailable"):
        house.invoke(AUTHORIZER, event, {"COGNITO_JWKS_URL": "http://127.0.0.1:9/"})


def test_J24_a_new_key_counts_within_thirty_seconds_and_the_old_one_until_it_is_withdrawn(
    authorize: Any, signer: Signer, keys: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.time()
    authorize(signer.access())
    new = Signer(signer.pool_id, signer.client_id, "new", "new pool key")
    keys.document = json.dumps({"keys": [jwk(signer.key, signer.kid), jwk(new.key, new.kid)]}).encode()
    taken = None
    for second in range(31):
        monkeypatch.setattr("time.time", lambda now=start + second: now)
        try:
            authorize(new.access())
        except Exception:
            continue
        taken = second
        break
    assert taken is not None
    assert authorize(signer.access())["principalId"] == signer.sub
    keys.document = json.dumps({"keys": [jwk(new.key, new.kid)]}).encode()
    monkeypatch.setattr("time.time", lambda: start + 400)
    assert_refused(lambda: authorize(signer.access()))
    assert authorize(new.access())["principalId"] == new.sub


UNFIT: dict[str, Callable[[Signer], list[dict[str, Any]]]] = {
    "use enc": lambda signer: [jwk(signer.key, signer.kid, use="enc")],
    "no use": lambda signer: [jwk(signer.key, signer.kid, use=MISSING)],
    "alg RS512": lambda signer: [jwk(signer.key, signer.kid, alg="RS512")],
    "alg null": lambda signer: [jwk(signer.key, signer.kid, alg=None)],
    "kty EC": lambda signer: [jwk(signer.key, signer.kid, kty="EC")],
    "kty oct": lambda signer: [jwk(signer.key, signer.kid, kty="oct", k="AAAA")],
    "the same name twice": lambda signer: [jwk(signer.key, signer.kid), jwk(rsa_key("mallory"), signer.kid)],
    "the same name and key twice": lambda signer: [jwk(signer.key, signer.kid)] * 2,
    "the same name for encryption": lambda signer: [
        jwk(signer.key, signer.kid),
        jwk(rsa_key("mallory"), signer.kid, use="enc"),
    ],
    "private": lambda signer: [jwk(signer.key, signer.kid, d="AQAB")],
    "no modulus": lambda signer: [jwk(signer.key, signer.kid, n=MISSING)],
    "a modulus that is none": lambda signer: [jwk(signer.key, signer.kid, n="!!")],
    "a modulus that is a number": lambda signer: [jwk(signer.key, signer.kid, n=5)],
    "an empty modulus": lambda signer: [jwk(signer.key, signer.kid, n="")],
    "exponent 1": lambda signer: [jwk(signer.key, signer.kid, e="AQ")],
    "name a list": lambda signer: [{**jwk(signer.key, "x"), "kid": [signer.kid]}],
}


@pytest.mark.parametrize("entries", UNFIT.values(), ids=UNFIT.keys())
def test_J25_a_key_that_is_not_one_for_signatures_is_not_used(
    authorize: Any, signer: Signer, keys: KeyServer, entries: Any
) -> None:
    keys.document = json.dumps({"keys": [*entries(signer), jwk(rsa_key("id tokens"), "kid-2")]}).encode()
    assert_refused(lambda: authorize(signer.access()))


def test_J25_a_short_key_is_not_used(authorize: Any, signer: Signer, keys: KeyServer) -> None:
    short = Signer(signer.pool_id, signer.client_id, "short")
    short.key = rsa_key("short", 1024)
    keys.document = json.dumps({"keys": [jwk(short.key, "short"), jwk(signer.key, signer.kid)]}).encode()
    assert_refused(lambda: authorize(short.access()))
    assert authorize(signer.access())["principalId"] == signer.sub


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = ("sub", "iss", "exp", "iat", "nbf", "token_use", "client_id", "username", "scope", "email", "custom:role")


@pytest.fixture(scope="module")
def one_container(built_house: House, keys: KeyServer) -> tuple[Signer, Callable[[Any], Any]]:
    """Random tokens go through the handler in one warm container, in whatever number."""
    built_house.fresh()
    signer = fresh_signer(built_house, keys)

    def ask(header: Any) -> Any:
        event = {"type": "TOKEN", "authorizationToken": header, "methodArn": f"{API}/GET/instances"}
        return built_house.invoke(AUTHORIZER, event, {"COGNITO_JWKS_URL": keys.url})

    return signer, ask


fuzzed = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@fuzzed
@given(
    text=st.text() | st.text(alphabet="ey.AJ0_-=", max_size=60) | st.binary().map(lambda data: data.decode("latin-1"))
)
def test_J17_J18_whatever_is_sent_in_place_of_a_token_is_refused(one_container: Any, text: str) -> None:
    _, ask = one_container
    assert_refused(lambda: ask(text))
    assert_refused(lambda: ask(f"Bearer {text}"))


@fuzzed
@given(data=st.data())
def test_J4_J18_a_good_token_with_one_letter_changed_is_refused(one_container: Any, data: st.DataObject) -> None:
    signer, ask = one_container
    token = signer.access()
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(max_codepoint=300))
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        assert_refused(lambda: ask(f"Bearer {changed}"))


@fuzzed
@given(name=st.sampled_from(("alg", "kid", "typ", "crit", "jwk", "zip", "b64")) | st.text(max_size=8), value=JSON)
def test_J3_J5_J7_whatever_a_header_says_it_is_refused_or_changes_nothing(
    one_container: Any, name: str, value: Any
) -> None:
    signer, ask = one_container
    header = signer.header(**{name: value})
    if header == signer.header() or header == signer.header(typ="JWT"):
        return
    assert_refused(lambda: ask(f"Bearer {signer.sign(header, signer.claims())}"))


@fuzzed
@given(name=st.sampled_from(CLAIMS), value=JSON)
def test_J8_J14_whatever_a_signed_claim_says_the_token_is_refused_or_means_what_it_says(
    one_container: Any, name: str, value: Any
) -> None:
    signer, ask = one_container
    claims = {**signer.claims(), name: value}
    header = f"Bearer {signer.sign(signer.header(), claims)}"
    taken: list[Any] = []
    with suppress(Exception):
        taken.append(ask(header))
    if not taken:
        assert_refused(lambda: ask(header))
        return
    context = taken[0]["context"]
    assert all(isinstance(entry, str) for entry in context.values())
    assert context["role"] in ("admin", "")
    assert (context["userId"], context["username"]) == (claims["sub"], claims["username"])
