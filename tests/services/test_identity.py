"""Who may do something: through the command, since nobody else asks."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.job import SlackJob
from playground.people import TEAM_ID
from tests.faults import Fault, answers, aws_fails, times_out
from tests.house import WORKER, House

ADA = "ada@playground.example"


@pytest.fixture
def slack_user(house: House) -> Iterator[Any]:
    """Changes what users.info says of somebody, for one test."""
    yield house.slack.set_user
    house.slack.members._changes.clear()


@pytest.fixture
def cognito_user(house: House) -> Iterator[Any]:
    """Cognito's client, Ada's attributes restored afterwards."""
    client, pool = house.client("cognito-idp"), {"UserPoolId": house.environment["COGNITO_USER_POOL_ID"]}
    yield client
    client.admin_enable_user(**pool, Username=ADA)
    client.admin_update_user_attributes(
        **pool, Username=ADA, UserAttributes=[{"Name": "custom:role", "Value": "admin"}]
    )


def denied(house: House, reason: str, user_id: str = "U0ADA") -> str:
    """The refusal's words; there is one row that says why, and EC2 was never asked."""
    answer = house.say("list", user_id)
    (row,) = house.rows()
    assert (row["action"], row["outcome"]) == ("ACCESS_DENIED", "denied")
    assert row["details"]["reason"] == reason
    assert row["details"]["operation"] == "LIST_INSTANCES"
    assert row["slackUserId"] == user_id
    assert "DescribeInstances" not in {call.action for call in house.aws.calls}
    return answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"team_id": "T0PARTNER"},
        {"team_id": "T0PARTNER", "is_stranger": True},
        {"is_stranger": True},
        {"team_id": "T0PARTNER", "enterprise_user": {"teams": ["T0PARTNER"]}},
        {"team_id": None},
    ],
)
def test_I1_a_slack_connect_user_is_refused(house: House, slack_user: Any, fields: dict[str, Any]) -> None:
    slack_user("U0ADA", **fields)
    assert "another workspace" in denied(house, "foreign")
    assert house.rows()[0]["userId"] == f"slack:{TEAM_ID}:U0ADA"


def test_I1_another_workspaces_request_is_refused_even_when_the_user_id_is_known_here(house: House) -> None:
    house.say("list")
    event = house.queued("list")
    job = json.loads(event["Records"][0]["body"])
    body = job["body"].replace(f"team_id={TEAM_ID}", "team_id=T0PARTNER")
    forged = SlackJob.create(body, job["received_at"], "", "")
    event["Records"][0]["body"] = forged.to_message()
    house.invoke(WORKER, event)
    assert (house.rows()[-1]["action"], house.rows()[-1]["userId"]) == ("ACCESS_DENIED", "slack:T0PARTNER:U0ADA")


def test_I1_a_member_of_our_workspace_in_an_enterprise_grid_is_not_foreign(house: House, slack_user: Any) -> None:
    slack_user("U0ADA", team_id="T0HOME", enterprise_user={"teams": ["T0HOME", TEAM_ID]})
    assert "instances" in house.say("list").text


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_bot": True}, "bot"),
        ({"is_workflow_bot": True}, "bot"),
        ({"id": "USLACKBOT"}, "bot"),
    ],
)
def test_I2_guests_and_bots_are_refused(house: House, slack_user: Any, fields: dict[str, Any], reason: str) -> None:
    slack_user("U0ADA", **fields)
    denied(house, reason)


def test_I2_the_guest_of_the_playground_is_refused(house: House) -> None:
    assert "guest" in denied(house, "guest", "U0GUEST")


def test_I3_somebody_deactivated_in_slack_is_refused(house: House, slack_user: Any) -> None:
    slack_user("U0ADA", deleted=True)
    assert "deactivated" in denied(house, "deactivated")


def test_I4_a_disabled_cognito_user_is_refused_whatever_groups_say(house: House, cognito_user: Any) -> None:
    pool = house.environment["COGNITO_USER_POOL_ID"]
    cognito_user.create_group(GroupName="admin", UserPoolId=pool)
    cognito_user.admin_add_user_to_group(UserPoolId=pool, Username=ADA, GroupName="admin")
    cognito_user.admin_disable_user(UserPoolId=pool, Username=ADA)
    assert "disabled" in denied(house, "account_disabled")
    assert house.rows()[0]["userEmail"] == ADA
    cognito_user.delete_group(GroupName="admin", UserPoolId=pool)


@pytest.mark.parametrize(
    "role", ["", "Admin", "administrator", "admin ", "admin,readonly", "аdmin", "root", "readonly\n"]
)
def test_I4_no_role_no_access_and_only_the_exact_words_are_roles(house: House, cognito_user: Any, role: str) -> None:
    cognito_user.admin_update_user_attributes(
        UserPoolId=house.environment["COGNITO_USER_POOL_ID"],
        Username=ADA,
        UserAttributes=[{"Name": "custom:role", "Value": role}],
    )
    assert "no role" in denied(house, "no_role")


def test_somebody_without_a_link_is_told_how_to_get_one(house: House) -> None:
    words = denied(house, "not_linked", "U0DAVE")
    assert "/ec2 login" in words
    assert house.rows()[0]["userId"] == f"slack:{TEAM_ID}:U0DAVE"


@pytest.mark.parametrize("text", ["frobnicate", "list nope:1", "list state:nope", 'list "'])
@pytest.mark.parametrize("user_id", ["U0DAVE", "U0GUEST"])
def test_somebody_who_may_nothing_learns_nothing_from_mistyping_and_is_recorded(
    house: House, text: str, user_id: str
) -> None:
    answer = house.say(text, user_id)
    assert "There is no command" not in answer.text
    (row,) = house.rows()
    assert (row["action"], row["details"]["text"]) == ("ACCESS_DENIED", text)


def test_a_user_made_anew_under_the_old_name_is_not_the_one_who_was_linked(house: House) -> None:
    table = house.environment["STATE_TABLE_NAME"]
    key = {"pk": {"S": f"slack#{TEAM_ID}#U0ADA"}, "sk": {"S": "link"}}
    dynamodb = house.client("dynamodb")
    link = dynamodb.get_item(TableName=table, Key=key)["Item"]
    try:
        for field, value, reason in (
            ("sub", "00000000-0000-0000-0000-000000000000", "account_replaced"),
            ("username", "nobody@playground.example", "account_deleted"),
        ):
            dynamodb.put_item(TableName=table, Item={**link, field: {"S": value}})
            house.fresh()
            denied(house, reason)
    finally:
        dynamodb.put_item(TableName=table, Item=link)


@pytest.mark.parametrize("failure", ["internal_error", "ratelimited", "user_not_found", "missing_scope", 500, 429])
def test_I10_when_slack_does_not_say_who_it_is_nothing_is_done(house: House, failure: str | int) -> None:
    house.slack.fail_next("users.info", failure)
    assert "could not be checked" in denied(house, "identity_unavailable")


@pytest.mark.parametrize("operation", ["cognito-identity-provider.AdminGetUser", "dynamodb.GetItem"])
@pytest.mark.parametrize(
    "fault", [answers(500, "InternalErrorException"), answers(400, "TooManyRequestsException"), times_out]
)
def test_I10_when_cognito_or_the_links_do_not_answer_nothing_is_done(
    house: House, operation: str, fault: Fault
) -> None:
    with aws_fails(operation, fault) as failed:
        assert "could not be checked" in denied(house, "identity_unavailable")
    assert 1 <= len(failed) <= 2


def test_a_revoked_role_counts_within_a_minute_for_looks(
    house: House, cognito_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    assert "instances" in house.say("list").text
    cognito_user.admin_disable_user(UserPoolId=house.environment["COGNITO_USER_POOL_ID"], Username=ADA)
    assert "instances" in house.say("list").text
    later = time.time() + 61
    monkeypatch.setattr("time.time", lambda: later)
    assert "disabled" in house.say("list").text


def test_a_refusal_is_not_kept_so_that_a_new_link_counts_at_once(house: House) -> None:
    table = house.environment["STATE_TABLE_NAME"]
    dynamodb = house.client("dynamodb")
    link = dynamodb.get_item(TableName=table, Key={"pk": {"S": f"slack#{TEAM_ID}#U0BOB"}, "sk": {"S": "link"}})["Item"]
    key = {"pk": {"S": f"slack#{TEAM_ID}#U0DAVE"}, "sk": {"S": "link"}}
    assert "not linked" in house.say("list", "U0DAVE").text
    dynamodb.put_item(TableName=table, Item={**link, **key})
    try:
        assert "instances" in house.say("list", "U0DAVE").text
    finally:
        dynamodb.delete_item(TableName=table, Key=key)
