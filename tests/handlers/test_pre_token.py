"""The trigger that adds e-mail and role to access tokens, with Cognito's own event."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.token_claims import claims_to_add
from tests.house import PRE_TOKEN, House

ADA = {
    "sub": "3f0a",
    "email": "ada@playground.example",
    "email_verified": "true",
    "custom:role": "admin",
    "name": "Ada",
}


def event(attributes: Any, source: str = "TokenGeneration_HostedAuth") -> dict[str, Any]:
    text = (Path(__file__).parent.parent / "events" / "pre_token_v2.json").read_text(encoding="utf-8")
    made: dict[str, Any] = json.loads(text)
    made["triggerSource"] = source
    made["request"]["userAttributes"] = attributes
    return made


def added(answer: dict[str, Any]) -> dict[str, str]:
    override = answer["response"]["claimsAndScopeOverrideDetails"]
    assert set(override) <= {"accessTokenGeneration"}  # the ID token, groups and scopes stay as they are
    generation = override.get("accessTokenGeneration", {"claimsToAddOrOverride": {}})
    assert set(generation) == {"claimsToAddOrOverride"}
    return dict(generation["claimsToAddOrOverride"])


@pytest.mark.parametrize("source", ["TokenGeneration_HostedAuth", "TokenGeneration_RefreshTokens"])
def test_an_access_token_is_to_say_the_e_mail_and_the_role_of_the_moment(house: House, source: str) -> None:
    answer = house.invoke(PRE_TOKEN, event(ADA, source))
    assert added(answer) == {"email": "ada@playground.example", "custom:role": "admin"}
    assert {**answer, "response": None} == {**event(ADA, source), "response": None}


@pytest.mark.parametrize(
    ("attributes", "claims"),
    [
        ({"sub": "3f0a", "email": "ada@playground.example"}, {"email": "ada@playground.example"}),
        ({"sub": "3f0a", "custom:role": "readonly"}, {"custom:role": "readonly"}),
        ({"sub": "3f0a", "email": "", "custom:role": ""}, {}),
        ({"sub": "3f0a", "email": None, "custom:role": 1}, {}),
        ({"sub": "3f0a", "role": "admin", "custom:admin": "true", "dev:custom:role": "admin"}, {}),
        ({}, {}),
        (None, {}),
    ],
)
def test_what_a_user_does_not_have_a_token_does_not_say(house: House, attributes: Any, claims: dict[str, str]) -> None:
    assert added(house.invoke(PRE_TOKEN, event(attributes))) == claims


def test_nothing_else_of_a_user_gets_into_a_token() -> None:
    assert set(claims_to_add({**ADA, "phone_number": "+1", "address": "x"})) == {"email", "custom:role"}
