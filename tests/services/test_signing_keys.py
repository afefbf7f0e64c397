"""The pool's keys among threads: what a container that serves many asks at once, and what its callers wait for."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from bot.services.signing_keys import SigningKeys
from bot.services.tokens import Tokens
from bot.token_claims import InvalidTokenError, KeysUnavailableError
from tests.signer import MISSING, KeyServer, Signer, respond

POOL, CLIENT = "us-east-1_AbCdEf", "1example23456789"


@pytest.fixture
def signer() -> Signer:
    return Signer(POOL, CLIENT)


@pytest.fixture
def server(signer: Signer) -> Iterator[KeyServer]:
    with KeyServer() as keys:
        keys.document = signer.jwks()
        yield keys


@pytest.fixture
def clock() -> Any:
    class Clock:
        now = 1_800_000_000.0

        def __call__(self) -> float:
            return self.now

    return Clock()


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    barrier = threading.Barrier(count)

    def run(_: int) -> Any:
        barrier.wait()
        try:
            return work()
        except KeysUnavailableError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def slowly(document: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        respond(handler, 200, document)

    return answer


def test_J22_twenty_threads_on_a_cold_start_make_one_request(signer: Signer, server: KeyServer, clock: Any) -> None:
    server.answer = slowly(server.document)
    keys = SigningKeys(server.url, clock)
    found = at_once(20, lambda: keys.key(signer.kid))
    assert server.asked == 1
    assert all(key is not None for key in found)


def test_J22_twenty_threads_with_an_unknown_key_make_one_request(signer: Signer, server: KeyServer, clock: Any) -> None:
    keys = SigningKeys(server.url, clock)
    assert keys.key(signer.kid) is not None
    clock.now += 16
    server.answer = slowly(server.document)
    assert at_once(20, lambda: keys.key("unknown")) == [None] * 20
    assert server.asked == 2


def test_J23_twenty_threads_on_a_cold_start_without_an_endpoint_make_one_request(server: KeyServer, clock: Any) -> None:
    server.answer = lambda handler: respond(handler, 500, b"")
    keys = SigningKeys(server.url, clock)
    assert all(isinstance(found, KeysUnavailableError) for found in at_once(20, lambda: keys.key("kid")))
    assert server.asked == 1


def test_a_known_key_does_not_wait_while_another_thread_reads(signer: Signer, server: KeyServer, clock: Any) -> None:
    keys = SigningKeys(server.url, clock)
    keys.key(signer.kid)
    clock.now += 301
    found = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        assert found.wait(10), "whoever knows the key waits for who does not"
        respond(handler, 200, server.document)

    server.answer = answer
    reading = threading.Thread(target=lambda: keys.key("unknown"))
    reading.start()
    while server.asked < 2:
        time.sleep(0.005)
    assert keys.key(signer.kid) is not None
    assert reading.is_alive()
    found.set()
    reading.join()


def test_a_clock_that_is_set_back_does_not_stop_us_from_asking(signer: Signer, server: KeyServer, clock: Any) -> None:
    server.answer = lambda handler: respond(handler, 500, b"")
    keys = SigningKeys(server.url, clock)
    with pytest.raises(KeysUnavailableError):
        keys.key(signer.kid)
    server.answer = None
    clock.now -= 3600
    assert keys.key(signer.kid) is not None


def tokens(server: KeyServer) -> Tokens:
    return Tokens(SigningKeys(server.url, time.time), POOL, CLIENT, time.time)


def test_an_access_token_says_who_by_which_client_and_until_when(signer: Signer, server: KeyServer) -> None:
    claims = tokens(server).verify_access(signer.access())
    assert (claims.sub, claims.username, claims.client_id) == (signer.sub, signer.sub, CLIENT)
    assert claims.scopes == {"openid", "email", "profile"}
    assert (claims.email, claims.role) == ("ada@playground.example", "admin")
    assert claims.expires_at - claims.issued_at == 300
    bare = tokens(server).verify_access(signer.access(email=MISSING, role=MISSING, scope=MISSING))
    assert (bare.email, bare.role, bare.scopes) == (None, None, frozenset())


def test_I8_an_id_token_answers_one_sign_in(signer: Signer, server: KeyServer) -> None:
    claims = tokens(server).verify_id(signer.id(), "n-0S6_WzA2Mj")
    assert (claims.sub, claims.username, claims.email) == (signer.sub, signer.sub, "ada@playground.example")
    assert claims.email_verified is True
    assert claims.role == "admin"


@pytest.mark.parametrize("nonce", ["", "n-0S6_WzA2M", "n-0S6_WzA2Mj ", "N-0S6_WzA2Mj", "é"])
def test_I8_an_id_token_for_another_sign_in_is_refused(signer: Signer, server: KeyServer, nonce: str) -> None:
    with pytest.raises(InvalidTokenError, match="nonce"):
        tokens(server).verify_id(signer.id(), nonce)


@pytest.mark.parametrize("nonce", [MISSING, None, "", 1, ["n-0S6_WzA2Mj"], "\ud800"])
def test_I8_an_id_token_without_its_nonce_is_refused(signer: Signer, server: KeyServer, nonce: Any) -> None:
    for wanted in ("n-0S6_WzA2Mj", "", "?"):
        with pytest.raises(InvalidTokenError):
            tokens(server).verify_id(signer.id(nonce=nonce), wanted)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "another"]},
        {"aud": MISSING, "client_id": CLIENT},
        {"token_use": "access"},
        {"token_use": MISSING},
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"},
        {"exp": 1},
        {"sub": MISSING},
        {"cognito:username": MISSING},
        {"email": MISSING},
        {"email": ""},
        {"email": ["ada@playground.example"]},
        {"custom:role": ["admin"]},
    ],
)
def test_J11_J12_J13_an_id_token_is_as_strictly_read(
    signer: Signer, server: KeyServer, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTokenError):
        tokens(server).verify_id(signer.id(**changes), "n-0S6_WzA2Mj")


def test_J12_an_access_token_is_no_id_token(signer: Signer, server: KeyServer) -> None:
    with pytest.raises(InvalidTokenError, match="token_use"):
        tokens(server).verify_id(signer.access(nonce="n-0S6_WzA2Mj", aud=CLIENT), "n-0S6_WzA2Mj")


@pytest.mark.parametrize("verified", [MISSING, None, False, "true", "false", 1, "True"])
def test_an_e_mail_is_verified_only_where_cognito_says_so_in_its_own_way(
    signer: Signer, server: KeyServer, verified: Any
) -> None:
    assert tokens(server).verify_id(signer.id(email_verified=verified), "n-0S6_WzA2Mj").email_verified is False


@pytest.mark.parametrize("token", [None, 1, b"a.b.c", ["a.b.c"], {}])
def test_what_is_no_text_is_no_token(server: KeyServer, token: Any) -> None:
    with pytest.raises(InvalidTokenError):
        tokens(server).verify_access(token)
