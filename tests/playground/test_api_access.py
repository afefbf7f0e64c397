"""The endpoint behind the page's API tab: tokens that the REST API takes, for people of the pool alone."""

import base64
import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from playground.api_access import AccessTokens, create_api_access
from playground.app import create_app
from playground.hosted_ui import Pool
from playground.provision import PASSWORD
from tests.house import House
from tests.rest_client import RestClient

BASE = "http://localhost/rest/v1"


@pytest.fixture
def page(house: House) -> FlaskClient:
    environment = house.environment
    pool = Pool(house.client("cognito-idp"), environment["COGNITO_USER_POOL_ID"])
    tokens = AccessTokens(pool, environment["COGNITO_CLIENT_ID"], PASSWORD, None, time.time)
    access = create_api_access(house.slack, tokens, BASE, house.client("ec2"))
    return create_app(house.slack, [access]).test_client()


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_the_token_is_one_that_the_rest_api_takes_from_that_person(house: House, page: FlaskClient) -> None:
    answer = page.post("/ui/api", json={"user": "U0CAROL"})
    said = answer.json
    assert said["base"] == BASE
    assert answer.headers["Cache-Control"] == "no-store"
    assert claims(said["token"])["token_use"] == "access"
    client = RestClient.of(house)
    found = client.call("GET", f"/instances/{said['instance']}", token=said["token"])
    assert found.json["instance"]["name"] == "web-1"  # type: ignore[index]
    assert house.rows()[-1]["userEmail"] == "carol@playground.example"


def test_each_token_is_a_new_one(page: FlaskClient) -> None:
    first, second = (page.post("/ui/api", json={"user": "U0ADA"}).json["token"] for _ in range(2))
    assert claims(first)["jti"] != claims(second)["jti"]


def test_somebody_without_a_user_has_no_token_and_is_told_why(page: FlaskClient) -> None:
    said = page.post("/ui/api", json={"user": "U0GUEST"}).json
    assert (said["token"], said["refusal"]) == (None, "There is no such user in the user pool.")


@pytest.mark.parametrize("sent", [{"json": {"user": "U0NOBODY"}}, {"json": {}}, {"data": {"user": "U0ADA"}}])
def test_strangers_and_forms_of_other_sites_are_refused(page: FlaskClient, sent: dict[str, Any]) -> None:
    assert page.post("/ui/api", **sent).status_code == 400
