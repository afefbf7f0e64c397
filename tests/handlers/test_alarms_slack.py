"""When Slack does not take an alert: it waits as Slack says, is posted anew or elsewhere, and nothing is lost."""

import re
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.services.post_limiter import PeoplesTurn, PostLimiter
from bot.views import alert
from playground.people import BOT_USER_ID
from tests.alarm_samples import change
from tests.house import ALARMS, House


def test_L1_a_rate_limit_is_waited_for_in_the_queue_and_the_alert_is_posted_once(house: House) -> None:
    house.slack.fail_next("chat.postMessage", 429, retry_after=5)
    house.send_alarm(change("limited", "ALARM"))
    started = time.monotonic()
    house.alarms.poll_once()
    assert time.monotonic() - started < 4, "nobody sleeps"
    assert house.alarms.poll_once() == 0
    assert house.posts() == []
    house.alarm_work()
    assert time.monotonic() - started >= 5
    assert len(house.posts()) == 1
    assert len(house.rows()) == 1


def test_L1_two_alerts_of_one_channel_are_a_second_apart_and_those_of_another_do_not_wait(house: House) -> None:
    house.slack.limit_rates(True)
    try:
        house.raise_alarm(*[change(f"paced-{number}", "ALARM") for number in range(4)])
    finally:
        house.slack.limit_rates(False)
    times = [float(card.ts) for card in house.cards()]
    assert len(times) == 4
    assert min(after - before for before, after in pairwise(times)) >= 1.0
    assert [method for method, _ in house.slack.api_calls].count("chat.postMessage") == 4


def test_L1_what_a_person_has_posted_takes_its_second_and_alarms_step_back_behind_it(house: House) -> None:
    house.raise_alarm(change("before", "ALARM"))
    for name in ("web-1", "web-2"):
        house.type(f"reboot {name}", channel_id="C0ALERTS")
    house.work()
    house.raise_alarm(change("after", "ALARM"))
    posts = house.cards()
    assert [bool(re.search("web-[12]", post.text)) for post in posts] == [False, True, True, False]
    times = [float(post.ts) for post in posts]
    assert min(after - before for before, after in pairwise(times)) >= 0.7, "a second, and what the way to Slack takes"


@pytest.mark.parametrize("broken", [False, True])
def test_a_person_waits_for_no_call_of_an_alarm_and_for_no_table(house: House, broken: bool) -> None:
    table = "no-such-table" if broken else house.environment["STATE_TABLE_NAME"]
    limiter = PostLimiter(house.client("dynamodb"), table, time.time)
    if not broken:
        assert limiter.take("C0ALERTS") == 0
    slept: list[float] = []
    PeoplesTurn(limiter, slept.append).wait("C0ALERTS")
    assert slept == []


def test_L2_a_post_that_failed_after_it_landed_is_repeated_but_no_action_is(house: House) -> None:
    house.slack.fail_next("chat.postMessage", 500)
    house.raise_alarm(change("lost", "ALARM"))
    assert len(house.rows()) == 1
    (card,) = house.cards()
    house.press(card, alert.ACKNOWLEDGE)
    assert [row["action"] for row in house.rows() if row["outcome"] == "succeeded"].count("ACKNOWLEDGE_ALERT") == 1


def test_L3_a_deleted_card_is_posted_again_and_the_story_goes_on_below_it(house: House) -> None:
    now = time.time()
    house.raise_alarm(change("deleted", "ALARM", now - 60))
    house.slack.board.remove(house.cards()[0])
    house.raise_alarm(change("deleted", "OK", now))
    (card,) = house.cards()
    assert "the alert is the same" in repr(card.blocks)
    assert "resolved" in repr(card.blocks[0])
    assert "OK since" in house.replies(card)[-1]


def test_L3_a_channel_that_the_bot_is_not_in_is_redirected_and_said(house: House) -> None:
    channel = house.slack.channels["C0OPS"]
    without = tuple(member for member in channel.members if member != BOT_USER_ID)
    house.slack.channels["C0OPS"] = replace(channel, members=without)
    routes = {"ALERT_ROUTES": "prod-=C0OPS"}
    try:
        house.send_alarm(change("prod-db", "ALARM"))
        for _ in range(4):
            house.invoke_alarms(routes)
    finally:
        house.slack.channels["C0OPS"] = channel
    (card,) = house.cards()
    assert "belongs into <#C0OPS>" in repr(card.blocks)
    assert "/invite" in repr(card.blocks)


@pytest.mark.parametrize("refusal", ["is_archived", "channel_not_found"])
def test_L3_a_channel_that_is_archived_later_is_redirected_too(house: House, refusal: str) -> None:
    now = time.time()
    house.send_alarm(change("prod-web", "ALARM", now - 60))
    house.invoke_alarms({"ALERT_ROUTES": "prod-=C0OPS"})
    assert len(house.cards("C0OPS")) == 1
    house.slack.fail_next("chat.update", refusal)
    house.slack.fail_next("chat.postMessage", refusal)
    house.raise_alarm(change("prod-web", "OK", now))
    (card,) = house.cards()
    assert "resolved" in repr(card.blocks[0])
    assert "belongs into <#C0OPS>" in repr(card.blocks)


@pytest.mark.parametrize("refusal", ["token_revoked", "is_archived", "internal_error"])
def test_L3_what_nothing_mends_now_is_kept_in_the_queue_and_on_record(house: House, refusal: str) -> None:
    house.slack.fail_next("chat.postMessage", refusal)
    house.send_alarm(change("kept", "ALARM"))
    house.alarms.poll_once()
    assert house.posts() == []
    assert house.alarms_waiting() == 1
    assert len(house.rows()) == 1
    house.alarm_work()
    assert len(house.cards()) == 1


def test_blocks_that_slack_calls_invalid_are_sent_without_the_chart(house: House) -> None:
    now = int(time.time())
    dimension = [{"Name": "InstanceId", "Value": "i-0123456789abcdef0"}]
    data = [
        {"MetricName": "CPUUtilization", "Dimensions": dimension, "Timestamp": now - 600 * ago, "Value": 90.0}
        for ago in range(5)
    ]
    house.client("cloudwatch").put_metric_data(Namespace="AWS/EC2", MetricData=data)
    house.slack.fail_next("chat.postMessage", "invalid_blocks")
    house.raise_alarm(change("plain", "ALARM"))
    (card,) = house.cards()
    assert "data_visualization" not in repr(card.blocks)


def test_an_alert_goes_where_its_route_leads(house: House) -> None:
    house.send_alarm(change("prod-api", "ALARM"))
    house.send_alarm(change("dev-api", "ALARM"))
    for _ in range(3):
        house.invoke_alarms({"ALERT_ROUTES": "prod-=C0OPS,other-=C0NOWHERE"})
    assert [len(house.cards(channel)) for channel in ("C0OPS", "C0ALERTS")] == [1, 1]


def test_an_alarms_tag_leads_it_too(house: House) -> None:
    cloudwatch = house.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="tagged",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Tags=[{"Key": "Team", "Value": "pay"}],
    )
    house.send_alarm(change("tagged", "ALARM"))
    house.invoke_alarms({"ALERT_ROUTES": "tag:Team=pay=C0OPS"})
    cloudwatch.delete_alarms(AlarmNames=["tagged"])
    assert len(house.cards("C0OPS")) == 1


def test_one_message_that_fails_leaves_the_others_alone(house: House) -> None:
    record = {"messageId": "m", "receiptHandle": "r", "body": "{", "attributes": {"ApproximateReceiveCount": "1"}}
    good = {**record, "messageId": "n", "body": '{"show":"0123456789abcdef01234567"}'}
    assert house.invoke(ALARMS, {"Records": [record, good]}) == {"batchItemFailures": []}
