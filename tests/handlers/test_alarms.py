"""An alarm's change of state comes by the queue; a thread in Slack tells its story."""

import json
import time
from typing import Any

import pytest

from tests.alarm_samples import EVENTS, change, deleted, sample
from tests.house import ALARMS, House

ALL = sorted(path.stem for path in EVENTS.glob("*-*.json"))


def title(house: House) -> str:
    (card,) = house.cards()
    return str(card.blocks[0]["text"]["text"])


def test_an_alarm_is_one_card_that_is_edited_and_a_thread_that_tells_the_story(house: House) -> None:
    now = time.time()
    house.raise_alarm(change("web-1-cpu", "ALARM", now - 300))
    assert title(house).startswith(":red_circle: *web-1-cpu*   firing")
    assert "97.2 against 80" in repr(house.cards()[0].blocks)
    house.raise_alarm(change("web-1-cpu", "INSUFFICIENT_DATA", now - 240))
    assert "no data" in title(house)
    house.raise_alarm(change("web-1-cpu", "OK", now - 60))
    assert title(house).startswith(":large_green_circle: *web-1-cpu*   resolved")
    no_data, resolved = house.replies(house.cards()[0])
    assert "No data since" in no_data
    assert "OK since" in resolved
    assert "after 4 min" in resolved
    assert [row["details"]["effect"] for row in house.rows()] == ["opened", "no_data", "resolved"]
    assert {row["action"] for row in house.rows()} == {"ALARM_STATE_CHANGE"}
    assert {(row["source"], row["resourceType"], row["resourceId"]) for row in house.rows()} == {
        ("alarm", "ALARM", "us-east-1/web-1-cpu")
    }


@pytest.mark.parametrize("name", ALL)
def test_every_documented_event_is_taken_in_and_recorded(house: House, name: str) -> None:
    house.raise_alarm(sample(name))
    (row,) = house.rows()
    assert (row["action"], row["outcome"]) == ("ALARM_STATE_CHANGE", "succeeded")
    fires = row["details"]["state"] == "ALARM"
    assert len(house.cards()) == (1 if fires else 0)


def test_Z5_the_same_change_by_every_way_five_times_is_one_thread_and_one_row(house: House) -> None:
    copies = [sample(f"{way}-metric") for way in ("eventbridge", "sns-raw", "sns-enveloped", "lambda")]
    house.raise_alarm(*copies, *copies[:1] * 5)
    assert len(house.posts()) == 1
    assert len(house.rows()) == 1


def test_Z4_an_ok_that_overtakes_its_alarm_wins(house: House) -> None:
    now = time.time()
    house.raise_alarm(change("late", "OK", now - 60))
    assert house.posts() == []
    house.raise_alarm(change("late", "ALARM", now - 120))
    assert title(house).startswith(":large_green_circle:")
    assert [row["details"]["effect"] for row in house.rows()] == ["noted", "came_and_went"]


def test_flapping_reuses_the_thread_and_counts(house: House) -> None:
    now = time.time()
    for number in range(3):
        house.raise_alarm(change("flap", "ALARM", now - 300 + 20 * number))
        house.raise_alarm(change("flap", "OK", now - 290 + 20 * number))
    assert "resolved · 3 times" in title(house)
    assert [row["details"]["effect"] for row in house.rows()] == [
        "opened",
        "resolved",
        "reopened",
        "resolved",
        "reopened",
        "resolved",
    ]


def test_a_new_incident_after_the_window_is_a_new_thread_that_knows_of_the_last(house: House) -> None:
    now = time.time()
    for at in (now - 9_000, now - 300):
        house.raise_alarm(change("again", "ALARM", at), change("again", "OK", at + 240))
    first, second = house.cards()
    assert "2nd time in 30 days; last time it lasted 4 min" not in repr(first.blocks)
    assert "2nd time in 30 days; last time it lasted 4 min" in repr(second.blocks)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x" * 200_000, "too_large"),
        ("not json", "malformed"),
        (json.dumps({**sample("eventbridge-metric"), "account": "210987654321"}), "wrong_account"),
        (json.dumps({**sample("eventbridge-metric"), "source": "me"}), "wrong_source"),
        (json.dumps({**sample("sns-enveloped-metric"), "TopicArn": "arn:aws:sns:x:210987654321:t"}), "wrong_topic"),
        (json.dumps(change("early", "ALARM", time.time() + 86_400)), "in_the_future"),
        ('{"show":"x"}', "unknown_shape"),
        (json.dumps(deleted("web-1-cpu", "update")), "unknown_shape"),
        (json.dumps({**deleted("web-1-cpu"), "account": "210987654321"}), "wrong_account"),
    ],
)
def test_N6_a_forged_or_malformed_alarm_is_dropped_with_a_row(house: House, body: str, reason: str) -> None:
    house.raise_alarm(body)
    (row,) = house.rows()
    assert (row["action"], row["outcome"], row["details"]["reason"]) == ("ALARM_REFUSED", "denied", reason)
    assert house.posts() == []
    assert "x" * 100 not in repr(row)


def test_an_alarm_that_is_deleted_while_it_fires_closes_its_alert_and_its_name_may_come_back(house: House) -> None:
    house.raise_alarm(change("web-1-cpu", "ALARM", time.time() - 60))
    house.raise_alarm(deleted("web-1-cpu"))
    assert title(house).startswith(":white_circle: *web-1-cpu*   over: the alarm was deleted")
    (told,) = house.replies(house.cards()[0])
    assert told.startswith(":white_circle: The alarm was deleted at")
    assert [row["details"]["effect"] for row in house.rows()] == ["opened", "deleted"]
    house.raise_alarm(change("web-1-cpu", "ALARM", time.time() + 1))
    assert title(house).startswith(":red_circle: *web-1-cpu*   firing · 2 times")
    house.raise_alarm(deleted("never-fired"))
    assert len(house.cards()) == 1


def test_a_request_to_show_what_is_not_there_shows_nothing(house: House) -> None:
    house.raise_alarm('{"show":"0123456789abcdef01234567"}')
    assert house.posts() == []
    assert house.rows() == []


def test_nothing_is_shown_while_the_audit_takes_no_write(house: House, monkeypatch: Any) -> None:
    from tests.faults import answers, aws_fails

    table = house.environment["AUDIT_TABLE_NAME"].encode()
    with aws_fails("dynamodb.PutItem", answers(400, "ThrottlingException"), when=lambda body: table in body):
        house.fresh_containers()
        house.send_alarm(change("unrecorded", "ALARM"))
        house.alarms.poll_once()
        assert house.posts() == []
        assert house.alarms_waiting() == 1
    house.fresh_containers()
    house.alarm_work()
    assert len(house.cards()) == 1
    assert len(house.rows()) == 1


def test_missing_settings_are_one_error_that_names_them(house: House) -> None:
    from bot.errors import ConfigurationError

    house.fresh_containers()
    with pytest.raises(ConfigurationError) as missing:
        house.invoke(ALARMS, {"Records": []}, {"ALARM_ACCOUNT_ID": None, "ALERT_ROUTES": "nonsense"})
    assert (missing.value.missing, missing.value.malformed) == (("ALARM_ACCOUNT_ID",), ("ALERT_ROUTES",))


def test_Z6_those_that_fire_together_in_one_batch_are_named_in_the_thread_without_another_event(house: House) -> None:
    now = time.time()
    for number in range(8):
        house.send_alarm(change(f"together-{number}", "ALARM", now - 30 + number))
    house.alarm_work()
    burst = next(card for card in house.cards() if "Many alarms at once" in repr(card.blocks))
    assert "*3* of 3 alarms firing" in repr(burst.blocks)
    (listing,) = house.replies(burst)
    assert all(f"together-{number}" in listing for number in (5, 6, 7))
    assert len(house.cards()) == 6
