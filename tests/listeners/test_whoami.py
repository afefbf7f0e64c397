"""`/ec2 whoami`, and what everybody sees, go by what is true now, whatever a warm container remembers."""

from collections.abc import Iterator

import pytest

from bot.views import metrics
from tests.house import House

BOB = "bob@playground.example"


def give(house: House, role: str) -> None:
    house.client("cognito-idp").admin_update_user_attributes(
        UserPoolId=house.environment["COGNITO_USER_POOL_ID"],
        Username=BOB,
        UserAttributes=[{"Name": "custom:role", "Value": role}],
    )


@pytest.fixture
def demoted(house: House) -> Iterator[House]:
    assert "admin" in house.say("whoami", "U0BOB").text
    give(house, "readonly")
    yield house
    give(house, "admin")


def test_a_demoted_person_is_told_so_at_once(demoted: House) -> None:
    answer = demoted.say("whoami", "U0BOB").text
    assert "readonly" in answer
    assert "admin" not in answer


def test_a_disabled_person_is_refused_at_once_and_on_record(demoted: House) -> None:
    cognito, pool_id = demoted.client("cognito-idp"), demoted.environment["COGNITO_USER_POOL_ID"]
    cognito.admin_disable_user(UserPoolId=pool_id, Username=BOB)
    try:
        demoted.say("whoami", "U0BOB")
    finally:
        cognito.admin_enable_user(UserPoolId=pool_id, Username=BOB)
    row = demoted.rows()[-1]
    assert (row["action"], row["details"]["reason"]) == ("ACCESS_DENIED", "account_disabled")


def test_who_is_demoted_leaves_nothing_in_a_channel_from_the_next_click_on(demoted: House) -> None:
    chart = demoted.say("metrics db-primary", "U0BOB")
    give(demoted, "none")
    before = len(demoted.slack.messages("C0OPS"))
    demoted.click(chart, metrics.SHARE)
    assert [message for message in demoted.slack.messages("C0OPS")[before:] if message.visible_to is None] == []
    row = demoted.rows()[-1]
    assert (row["action"], row["details"]["reason"]) == ("ACCESS_DENIED", "no_role")
