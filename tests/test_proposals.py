"""Who counts as one human: what stands between a requester and approving their own reboot."""

import pytest

from bot.proposals import Person

ADA = Person("sub-a", "ada@example.com", "T0TEAM", "U0ADA")
STRANGER = Person("sub-b", "bob@example.com", "T0TEAM", "U0BOB")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Person("sub-a", "bob@example.com", "T0TEAM", "U0BOB"), id="A1_the_same_account"),
        pytest.param(Person("sub-b", "bob@example.com", "T0TEAM", "U0ADA"), id="A2_the_same_slack_user"),
        pytest.param(Person("sub-b", "ADA@example.com", "T0TEAM", "U0BOB"), id="A3_the_same_e_mail"),
    ],
)
def test_A1_A2_A3_any_one_thing_in_common_is_the_same_human(other: Person) -> None:
    assert ADA.is_same_as(other)
    assert other.is_same_as(ADA)


def test_A1_A2_A3_nothing_known_of_both_is_nothing_in_common() -> None:
    assert not ADA.is_same_as(STRANGER)
    over_rest = Person("sub-a", None), Person("sub-b", None)
    assert not over_rest[0].is_same_as(over_rest[1])
