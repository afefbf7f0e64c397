"""Everything at one address, run as `make demo` runs it: signing in, tokens, and the REST API that takes them."""

import base64
import hashlib
import json
import multiprocessing
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests

from playground.provision import PASSWORD
from playground.world import World

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@dataclass(frozen=True)
class Running:
    """What is known of a playground in another process."""

    url: str
    environment: dict[str, str]


def run(line: Connection) -> None:
    with World(port=0, log=lambda text: None) as world:
        line.send(Running(world.url, dict(world.provisioned.environment)))
        line.recv()


@pytest.fixture(scope="module")
def world() -> Iterator[Running]:
    """In a process of its own: moto keeps one account a process, and its client would know another address."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=run, args=(theirs,))
    process.start()
    assert ours.poll(60)
    yield ours.recv()
    ours.send("stop")
    process.join(20)
    assert process.exitcode == 0
    process.close()
    ours.close()
    theirs.close()


@pytest.fixture
def tokens(world: Running) -> dict[str, Any]:
    """Ada's, by the code flow."""
    environment = world.environment
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    back = f"{environment['PUBLIC_URL']}/auth/callback"
    query = {
        "response_type": "code",
        "client_id": environment["COGNITO_CLIENT_ID"],
        "redirect_uri": back,
        "scope": "openid email profile",
        "nonce": "n0nce",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    hosted_ui = environment["COGNITO_DOMAIN"]
    with requests.Session() as browser:
        page = browser.get(f"{hosted_ui}/oauth2/authorize", params=query, timeout=10)
        csrf = re.search(r'name="_csrf" value="([^"]+)"', page.text)
        assert csrf is not None
        form = {"_csrf": csrf[1], "username": "ada@playground.example", "password": PASSWORD}
        sent_back = browser.post(page.url, data=form, allow_redirects=False, timeout=10)
        code = parse_qs(urlsplit(sent_back.headers["Location"]).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "client_id": environment["COGNITO_CLIENT_ID"],
        "redirect_uri": back,
        "code": code,
        "code_verifier": VERIFIER,
    }
    answer: dict[str, Any] = requests.post(f"{hosted_ui}/oauth2/token", data=form, timeout=30).json()
    return answer


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def test_the_templates_trigger_puts_e_mail_and_role_into_access_tokens(tokens: dict[str, Any]) -> None:
    access = claims(tokens["access_token"])
    assert access["email"] == "ada@playground.example"
    assert access["custom:role"] == "admin"
    assert tokens["expires_in"] == 300


def test_a_refresh_token_of_the_hosted_ui_is_good_at_the_rest_api(world: Running, tokens: dict[str, Any]) -> None:
    refresh = f"{world.url}/rest/v1/auth/refresh"
    answer = requests.post(refresh, json={"refreshToken": tokens["refresh_token"]}, timeout=30)
    assert answer.status_code == 200
    assert claims(answer.json()["accessToken"])["sub"] == claims(tokens["access_token"])["sub"]
    refused = requests.post(refresh, json={"refreshToken": "guessed"}, timeout=30)
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "UNAUTHORIZED"


def test_the_rest_api_has_no_other_routes_in_its_own_words(world: Running) -> None:
    answer = requests.get(f"{world.url}/rest/v1/nothing", timeout=10)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NOT_FOUND"


def test_the_front_door_refuses_strangers_at_the_public_address(world: Running) -> None:
    answer = requests.post(f"{world.url}/slack/events", data="payload={}", timeout=10)
    assert answer.status_code == 401


def test_the_page_shows_people_as_cognito_knows_them(world: Running) -> None:
    people = requests.get(f"{world.url}/ui/directory", timeout=10).json()["people"]
    standings = {person["id"]: person["standing"] for person in people}
    assert standings == {
        "U0ADA": "admin",
        "U0BOB": "admin",
        "U0CAROL": "readonly",
        "U0DAVE": "not linked",
        "U0GUEST": "guest",
    }


def test_the_fleet_was_not_launched_a_minute_ago(world: Running) -> None:
    region, endpoint = world.environment["AWS_REGION"], world.environment["AWS_ENDPOINT_URL"]
    ec2 = boto3.Session("AKIALOCALTESTS", "local", region_name=region).client("ec2", endpoint_url=endpoint)
    found = [one for group in ec2.describe_instances()["Reservations"] for one in group["Instances"]]
    days = [(datetime.now(UTC) - one["LaunchTime"]).days for one in found]
    assert all(0 <= age <= 400 for age in days)
    assert len(set(days)) > len(days) / 2
