"""Somebody who comes with a token: what they may is read live, whatever the token says."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot import wiring
from bot.denials import AccessDeniedError
from bot.models import Origin, Source, Target
from bot.operations import LIST_INSTANCES, Effect, Operation
from tests.faults import answers, aws_fails, times_out
from tests.house import WORKER, House

ADA = "ada@playground.example"
RESTART = Operation("ec2:instance:restart", "REBOOT_INSTANCE", "EC2_INSTANCE", Effect.CHANGE)
TARGET = Target("i-0123456789abcdef0")


@pytest.fixture
def ada(house: House) -> Iterator[dict[str, str]]:
    """Her attributes; she is enabled and an admin again afterwards."""
    client, pool = house.client("cognito-idp"), {"UserPoolId": house.environment["COGNITO_USER_POOL_ID"]}
    user = client.admin_get_user(**pool, Username=ADA)
    yield {entry["Name"]: entry["Value"] for entry in user["UserAttributes"]} | {"username": user["Username"]}
    client.admin_enable_user(**pool, Username=ADA)
    client.admin_update_user_attributes(
        **pool, Username=ADA, UserAttributes=[{"Name": "custom:role", "Value": "admin"}]
    )


def origin(person: dict[str, str], **changes: Any) -> Origin:
    """As the authorizer's context tells it."""
    facts = {"cognito_username": person["username"], "cognito_sub": person["sub"], "ip_address": "203.0.113.7"}
    return Origin(Source.REST, "correlation", **{**facts, **changes})


def perform(house: House, who: Origin, operation: Operation = RESTART) -> list[str]:
    """What was done; the actor is who the last minute knew."""
    done: list[str] = []
    with house.running_as(WORKER):
        services = wiring.worker()
        services.gate.perform(services.identity.actor_for(who), operation, TARGET, lambda: done.append("done"))
    return done


def denied(house: House, who: Origin, operation: Operation = RESTART) -> str:
    """The reason of the one row that the refusal left."""
    before = len(house.rows())
    with pytest.raises(AccessDeniedError) as caught:
        perform(house, who, operation)
    (row,) = house.rows()[before:]
    assert (row["action"], row["outcome"], row["source"]) == ("ACCESS_DENIED", "denied", "rest")
    assert row["details"]["reason"] == caught.value.reason
    return str(caught.value.reason)


def test_a_person_with_a_token_is_the_same_person_as_in_slack(house: House, ada: dict[str, str]) -> None:
    assert perform(house, origin(ada)) == ["done"]
    attempt, outcome = house.rows()
    assert [row["outcome"] for row in (attempt, outcome)] == ["attempted", "succeeded"]
    assert (attempt["userId"], attempt["userEmail"], attempt["source"]) == (ada["sub"], ADA, "rest")
    assert "slackUserId" not in attempt
    assert "users.info" not in {call.method for call in house.slack.api_calls}


@pytest.mark.parametrize(
    ("role", "reason"), [("readonly", "role_insufficient"), ("", "no_role"), ("administrator", "no_role")]
)
def test_J20_somebody_demoted_is_refused_at_the_next_change_whatever_the_token_says(
    house: House, ada: dict[str, str], role: str, reason: str
) -> None:
    assert perform(house, origin(ada)) == ["done"]
    house.client("cognito-idp").admin_update_user_attributes(
        UserPoolId=house.environment["COGNITO_USER_POOL_ID"],
        Username=ADA,
        UserAttributes=[{"Name": "custom:role", "Value": role}],
    )
    assert denied(house, origin(ada)) == reason


def test_J20_somebody_disabled_is_refused_at_the_next_change_and_within_a_minute_at_a_look(
    house: House, ada: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    assert perform(house, origin(ada), LIST_INSTANCES) == ["done"]
    house.client("cognito-idp").admin_disable_user(UserPoolId=house.environment["COGNITO_USER_POOL_ID"], Username=ADA)
    assert denied(house, origin(ada)) == "account_disabled"
    later = time.time() + 61
    monkeypatch.setattr("time.time", lambda: later)
    assert denied(house, origin(ada), LIST_INSTANCES) == "account_disabled"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cognito_sub": "00000000-0000-0000-0000-000000000000"}, "account_replaced"),
        ({"cognito_username": "nobody"}, "account_deleted"),
        ({"cognito_username": None}, "identity_unavailable"),
        ({"cognito_sub": None}, "identity_unavailable"),
        ({"cognito_sub": ""}, "identity_unavailable"),
    ],
)
def test_J20_somebody_deleted_replaced_or_nameless_is_refused(
    house: House, ada: dict[str, str], changes: dict[str, Any], reason: str
) -> None:
    assert denied(house, origin(ada, **changes)) == reason


@pytest.mark.parametrize("fault", [answers(500, "InternalErrorException"), times_out])
def test_J20_I10_when_cognito_does_not_say_who_bears_a_token_nothing_is_done(
    house: House, ada: dict[str, str], fault: Any
) -> None:
    with aws_fails("cognito-identity-provider.AdminGetUser", fault):
        assert denied(house, origin(ada)) == "identity_unavailable"


def test_a_slack_id_in_a_rest_request_makes_nobody_somebody(house: House, ada: dict[str, str]) -> None:
    pretending = origin(ada, cognito_sub=None, slack_team_id="T0PLAYGND", slack_user_id="U0ADA")
    assert denied(house, pretending) == "identity_unavailable"
