"""The administrators' panel's endpoints on a real user pool, and what open pages hear of a change."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from flask.testing import FlaskClient

from playground.administration import create_administration
from playground.app import create_app
from playground.aws import AwsCall, LocalAws
from playground.directory import Directory
from playground.provision import Provisioned
from playground.slack import Workspace
from tests.house import House
from tests.playground.test_slack_page import events


@pytest.fixture
def provisioned(house: House) -> Provisioned:
    return house.provisioned


@pytest.fixture
def cognito(provisioned: Provisioned) -> Any:
    session: Any = boto3.Session("AKIALOCALTESTS", "local", region_name="us-east-1")
    return session.client("cognito-idp", endpoint_url=provisioned.environment["AWS_ENDPOINT_URL"])


@pytest.fixture
def directory(provisioned: Provisioned, slack: Workspace, cognito: Any) -> Iterator[Directory]:
    environment = provisioned.environment
    session: Any = boto3.Session("AKIALOCALTESTS", "local", region_name="us-east-1")
    dynamodb = session.client("dynamodb", endpoint_url=environment["AWS_ENDPOINT_URL"])
    made = Directory(cognito, dynamodb, environment["COGNITO_USER_POOL_ID"], environment["STATE_TABLE_NAME"], slack)
    before = {entry["id"]: entry["cognito"] for entry in made.entries()}
    yield made
    for user_id, user in before.items():
        if user is not None:
            made.set_role(user_id, user["role"])
            made.set_enabled(user_id, user["enabled"])


@pytest.fixture
def page(slack: Workspace, directory: Directory) -> FlaskClient:
    return create_app(slack, [create_administration(directory, slack)]).test_client()


def entry(page: FlaskClient, user_id: str) -> dict[str, Any]:
    people: list[dict[str, Any]] = page.get("/ui/directory").json["people"]
    return next(person for person in people if person["id"] == user_id)


def change(page: FlaskClient, what: str, **said: Any) -> int:
    return page.post(f"/ui/directory/{what}", json={"user": "U0ADA", **said}).status_code


def test_everybody_is_shown_as_slack_and_cognito_know_them(page: FlaskClient) -> None:
    assert [person["id"] for person in page.get("/ui/directory").json["people"]] == [
        "U0ADA",
        "U0BOB",
        "U0CAROL",
        "U0DAVE",
        "U0GUEST",
    ]
    assert entry(page, "U0CAROL") == {
        "id": "U0CAROL",
        "realName": "Carol Shaw",
        "email": "carol@playground.example",
        "deleted": False,
        "guest": False,
        "cognito": {"email": "carol@playground.example", "role": "readonly", "enabled": True},
        "linkedTo": "carol@playground.example",
        "standing": "readonly",
    }
    dave, guest = entry(page, "U0DAVE"), entry(page, "U0GUEST")
    assert (dave["cognito"]["role"], dave["linkedTo"], dave["standing"]) == ("readonly", None, "not linked")
    assert (guest["cognito"], guest["linkedTo"], guest["standing"]) == (None, None, "guest")


@pytest.mark.parametrize(("role", "standing"), [("admin", "admin"), ("readonly", "readonly"), (None, "no role")])
def test_a_role_is_changed_in_the_pool_itself(
    page: FlaskClient, cognito: Any, provisioned: Provisioned, role: str | None, standing: str
) -> None:
    assert change(page, "role", person="U0BOB", role=role) == 204
    assert (entry(page, "U0BOB")["cognito"]["role"], entry(page, "U0BOB")["standing"]) == (role, standing)
    pool_id = provisioned.environment["COGNITO_USER_POOL_ID"]
    user = cognito.admin_get_user(UserPoolId=pool_id, Username="bob@playground.example")
    attributes = {item["Name"]: item["Value"] for item in user["UserAttributes"]}
    assert attributes.get("custom:role") == role


def test_somebody_is_disabled_and_enabled_again(page: FlaskClient) -> None:
    assert change(page, "enabled", person="U0BOB", on=False) == 204
    assert (entry(page, "U0BOB")["cognito"]["enabled"], entry(page, "U0BOB")["standing"]) == (False, "disabled")
    assert change(page, "enabled", person="U0BOB", on=True) == 204
    assert entry(page, "U0BOB")["standing"] == "admin"


def test_slack_itself_says_who_is_deactivated_or_a_guest(page: FlaskClient, slack: Workspace) -> None:
    assert change(page, "slack", person="U0BOB", flag="is_restricted", on=True) == 204
    assert entry(page, "U0BOB")["standing"] == "guest"
    assert change(page, "slack", person="U0BOB", flag="deleted", on=True) == 204
    assert entry(page, "U0BOB")["standing"] == "deactivated"
    user = slack.members.user_object("U0BOB", "", with_email=False)
    assert user is not None
    assert (user["deleted"], user["is_restricted"]) == (True, True)


def test_a_changed_slack_e_mail_is_shown(page: FlaskClient, slack: Workspace) -> None:
    slack.set_user("U0DAVE", email="somebody@else.example")
    assert entry(page, "U0DAVE")["email"] == "somebody@else.example"


def test_who_has_no_user_cannot_be_changed_in_cognito(page: FlaskClient) -> None:
    assert change(page, "role", person="U0GUEST", role="admin") == 404
    assert change(page, "enabled", person="U0GUEST", on=True) == 404


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("role", {"person": "U0BOB", "role": "root"}),
        ("role", {"person": "U0BOB"}),
        ("role", {"person": "U0BOB", "role": ["admin"]}),
        ("role", {"person": "U0NOBODY", "role": "admin"}),
        ("role", {"person": None, "role": "admin"}),
        ("role", {"person": "U0BOB", "role": "admin", "user": "U0NOBODY"}),
        ("enabled", {"person": "U0BOB", "on": "yes"}),
        ("enabled", {"person": "U0NOBODY", "on": True}),
        ("slack", {"person": "U0BOB", "flag": "team_id", "on": True}),
        ("slack", {"person": "U0BOB", "flag": "deleted", "on": 1}),
        ("slack", {"person": "U0NOBODY", "flag": "deleted", "on": True}),
    ],
)
def test_nonsense_is_refused(page: FlaskClient, what: str, said: dict[str, Any]) -> None:
    before = page.get("/ui/directory").json
    assert change(page, what, **said) == 400
    assert page.get("/ui/directory").json == before


def test_a_form_from_another_site_is_refused(page: FlaskClient) -> None:
    form = {"user": "U0ADA", "person": "U0BOB", "role": "admin"}
    assert page.post("/ui/directory/role", data=form).status_code == 400


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (AwsCall("K", "cognito-idp", "AdminDisableUser", "pool"), True),
        (AwsCall("K", "cognito-idp", "AdminGetUser", "pool"), False),
        (AwsCall("K", "dynamodb", "TransactWriteItems", "*"), True),
        (AwsCall("K", "dynamodb", "DeleteItem", "state", "slack#T#U"), True),
        (AwsCall("K", "dynamodb", "PutItem", "state", "job#1"), False),
        (AwsCall("K", "dynamodb", "GetItem", "state", "slack#T#U"), False),
    ],
)
def test_open_pages_hear_of_whatever_may_have_changed_somebody(
    page: FlaskClient, directory: Directory, slack: Workspace, call: AwsCall, told: bool
) -> None:
    stream = events(page, "U0ADA")
    assert next(stream)["administered"] is True
    directory.noticed(call)
    slack.board.post("C0OPS", "U0BOB", "after")
    assert next(stream)["type"] == ("directory" if told else "message")


def test_a_watcher_hears_of_each_request_after_it_was_answered(aws: LocalAws, cognito: Any) -> None:
    heard: list[str] = []
    aws.watch(lambda call: heard.append(call.action))
    cognito.list_user_pools(MaxResults=1)
    assert heard == ["ListUserPools"]
