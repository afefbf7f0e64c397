"""The buttons of an alert's card, `/ec2 alerts`, and what time does: who may, once, on record, shown by the card."""

import json
import time
from typing import Any

import pytest

from bot.views import alert, reboot
from playground.slack.messages import Message
from tests.alarm_samples import change
from tests.house import House


def raised(house: House, alarm: str = "web-1-cpu", ago: float = 60.0, **told: Any) -> Message:
    house.raise_alarm(change(alarm, "ALARM", time.time() - ago, **told))
    return house.cards()[-1]


def title(house: House) -> str:
    return str(house.cards()[-1].blocks[0]["text"]["text"]).splitlines()[0]


def actions(card: Message) -> set[str]:
    elements = [element for block in card.blocks for element in block.get("elements", [])]
    return {element["action_id"] for element in elements if "action_id" in element}


def value_of(card: Message, action_id: str) -> str:
    elements = [element for block in card.blocks for element in block.get("elements", [])]
    return str(next(element["value"] for element in elements if element.get("action_id") == action_id))


def instance_named(house: House, name: str) -> str:
    filters = [{"Name": "tag:Name", "Values": [name]}, {"Name": "instance-state-name", "Values": ["running"]}]
    (reservation,) = house.client("ec2").describe_instances(Filters=filters)["Reservations"]
    return str(reservation["Instances"][0]["InstanceId"])


def clicks(house: House) -> list[tuple[str, str]]:
    return [(row["action"], row["outcome"]) for row in house.rows() if row["source"] == "slack"]


def later(house: House, monkeypatch: Any, seconds: float) -> None:
    """The clock moves on for everybody, moto included."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)


def test_acknowledging_turns_the_card_amber_names_who_and_is_on_record(house: House) -> None:
    card = raised(house)
    assert house.press(card, alert.ACKNOWLEDGE) == []
    assert title(house) == ":large_yellow_circle: *web-1-cpu*   firing, acknowledged by <@U0ADA>"
    assert clicks(house) == [("ACKNOWLEDGE_ALERT", "attempted"), ("ACKNOWLEDGE_ALERT", "succeeded")]
    assert "<@U0ADA> acknowledged it" in house.replies(card)[-1]
    assert alert.ACKNOWLEDGE not in actions(house.cards()[-1])
    house.press(house.cards()[-1], alert.UNACKNOWLEDGE, user_id="U0BOB")
    assert title(house).startswith(":red_circle:")
    assert "<@U0BOB> gave it back" in house.replies(card)[-1]


def test_a_second_click_on_an_old_copy_of_the_card_does_nothing_twice(house: House) -> None:
    card = raised(house)
    house.press(card, alert.ACKNOWLEDGE)
    house.press(card, alert.ACKNOWLEDGE, user_id="U0BOB")
    assert "acknowledged by <@U0ADA>" in title(house)
    assert len(house.replies(card)) == 1


@pytest.mark.parametrize("user_id", ["U0CAROL", "U0DAVE", "U0GUEST"])
def test_who_may_not_change_anything_changes_no_alert_either(house: House, user_id: str) -> None:
    card = raised(house)
    (refusal,) = house.press(card, alert.ACKNOWLEDGE, user_id=user_id)
    assert "nothing was done" in refusal.text.lower()
    assert title(house).startswith(":red_circle:")
    assert clicks(house) == [("ACCESS_DENIED", "denied")]


def test_a_button_of_another_message_or_of_an_incident_that_is_over_is_refused_on_record(house: House) -> None:
    card = raised(house)
    house.raise_alarm(change("web-1-cpu", "OK", time.time()))
    (told,) = house.press(card, alert.ACKNOWLEDGE)
    assert "moved on" in told.text
    other = house.slack.board.post("C0ALERTS", "U0EC2BOT", "copy", blocks=card.blocks, app_id="A0EC2OPS")
    house.press(other, alert.TIMELINE)
    assert "moved on" in repr(house.modal().blocks)
    assert clicks(house)[-1] == ("VIEW_ALERT", "failed")


def test_silence_here_says_nothing_until_it_is_over_and_then_what_happened(house: House, monkeypatch: Any) -> None:
    card = raised(house, ago=600)
    house.press(card, alert.SILENCE, "900.here")
    assert "silenced in Slack alone, until" in title(house)
    before = len(house.replies(card))
    now = time.time()
    house.raise_alarm(change("web-1-cpu", "INSUFFICIENT_DATA", now - 2), change("web-1-cpu", "ALARM", now - 1))
    house.sweep()
    assert len(house.replies(card)) == before
    later(house, monkeypatch, 901)
    house.sweep()
    assert "silence is over" in house.replies(card)[-1]
    assert "It is still open. Meanwhile: 2 changes" in house.replies(card)[-1]
    assert title(house).startswith(":red_circle:")


def test_silence_everywhere_asks_cloudwatch_and_the_card_says_whether_it_did(house: House) -> None:
    card = raised(house)
    house.press(card, alert.SILENCE, "3600.everywhere")
    asked = {call.action for call in house.aws.calls}
    assert "PutAlarmMuteRule" in asked
    # The local CloudWatch knows no mute rules: so the silence is Slack's alone, and the card does not claim more.
    assert "silenced in Slack alone" in title(house)
    house.press(house.cards()[-1], alert.UNSILENCE)
    assert title(house).startswith(":red_circle:")


def test_an_alarm_that_begins_while_it_is_silenced_has_no_card_before_the_silence_ends(
    house: House, monkeypatch: Any
) -> None:
    card = raised(house, ago=7_300)
    house.press(card, alert.SILENCE, "900.here")
    house.raise_alarm(change("web-1-cpu", "OK", time.time() - 7_200), change("web-1-cpu", "ALARM", time.time() - 1))
    assert len(house.cards()) == 1
    later(house, monkeypatch, 901)
    house.sweep()
    assert len(house.cards()) == 2


def test_a_silence_that_outlives_its_incident_is_ended_from_that_ones_card(house: House) -> None:
    raised(house, ago=7_300)
    house.press(house.cards()[0], alert.SILENCE, "3600.here")
    house.raise_alarm(change("web-1-cpu", "OK", time.time() - 7_200), change("web-1-cpu", "ALARM", time.time() - 1))
    (over,) = house.cards()
    assert alert.UNSILENCE in actions(over)
    copy = house.slack.board.post("C0ALERTS", "U0EC2BOT", "copy", blocks=over.blocks)
    assert "moved on" in house.press(copy, alert.UNSILENCE)[0].text
    assert house.press(over, alert.UNSILENCE) == []
    assert title(house) == ":red_circle: *web-1-cpu*   firing"
    assert "moved on" in house.press(over, alert.UNSILENCE)[0].text


def test_the_end_of_a_silence_says_that_it_is_over_where_it_is(house: House) -> None:
    card = raised(house)
    house.press(card, alert.SILENCE, "900.here")
    house.raise_alarm(change("web-1-cpu", "OK"))
    house.press(house.cards()[0], alert.UNSILENCE)
    assert house.replies(card)[-1].startswith(":large_green_circle: <@U0ADA> ended the silence")
    assert "It is resolved by now. Meanwhile: 1 change" in house.replies(card)[-1]


def test_an_alarm_that_is_told_late_says_so_and_nobody_is_reminded_at_once(house: House, monkeypatch: Any) -> None:
    card = raised(house, ago=20 * 3600)
    assert "This was told 20 h late" in repr(card.blocks)
    house.sweep()
    assert house.replies(card) == []
    later(house, monkeypatch, 901)
    house.sweep()
    assert "nobody has acknowledged it" in house.replies(card)[-1]


def test_nobody_acknowledges_so_the_thread_is_reminded_and_the_channel_once(house: House, monkeypatch: Any) -> None:
    card = raised(house)
    assert house.sweep()["alerts"] == 0
    later(house, monkeypatch, 15 * 60)
    house.sweep()
    house.sweep()
    later(house, monkeypatch, 30 * 60)
    house.sweep()
    reminders = [m for m in house.posts() if m.thread_ts == card.ts and "nobody has acknowledged" in m.text]
    assert [message.broadcast for message in reminders] == [True, False]
    assert reminders[0].text.startswith(":bell: `web-1-cpu` is still firing since")
    assert [row["action"] for row in house.rows()].count("ALERT_REMINDER") == 2


def test_acknowledged_and_still_firing_after_hours_is_asked_about(house: House, monkeypatch: Any) -> None:
    card = raised(house)
    house.press(card, alert.ACKNOWLEDGE)
    later(house, monkeypatch, 3 * 3600)
    house.sweep()
    assert "still firing" not in house.replies(card)[-1].lower()
    later(house, monkeypatch, 3600)
    house.sweep()
    assert "acknowledged by <@U0ADA> on" in house.replies(card)[-1]
    assert "is somebody on it?" in house.replies(card)[-1]


def test_a_click_that_slack_was_not_told_of_is_shown_by_the_sweep(house: House, monkeypatch: Any) -> None:
    from tests.faults import aws_fails, times_out

    card = raised(house)
    with aws_fails("sqs.SendMessage", times_out):
        house.fresh_containers()
        assert house.press(card, alert.ACKNOWLEDGE) != []
    house.fresh_containers()
    assert title(house).startswith(":red_circle:")
    later(house, monkeypatch, 61)
    house.sweep()
    assert "acknowledged by <@U0ADA>" in title(house)


def test_the_list_tells_what_is_open_and_what_is_mine(house: House) -> None:
    assert "No alert is open" in house.say("alerts").text
    raised(house, "first", ago=120)
    second = raised(house, "second")
    house.press(second, alert.ACKNOWLEDGE)
    everything = repr(house.say("alerts", "U0CAROL").blocks)
    assert everything.index("first") < everything.index("second")
    assert "2 open alerts" in everything
    mine = repr(house.say("alerts mine").blocks)
    assert ("second" in mine, "first" in mine) == (True, False)
    assert "takes nothing after it" in house.say("alerts yours").text
    assert "us-east-1" not in everything
    elsewhere = json.dumps(change("first", "ALARM")).replace("us-east-1", "eu-west-1")
    house.raise_alarm(elsewhere)
    both = repr(house.say("alerts").blocks)
    assert "`first` in us-east-1 since" in both
    assert "`first` in eu-west-1 since" in both


def test_a_machine_is_rebooted_from_the_alerts_thread_and_the_summary_says_that_it_helped(house: House) -> None:
    instance_id = instance_named(house, "web-1")
    card = raised(house, instance_id=instance_id)
    assert house.press(card, alert.REBOOT) == []
    (proposal,) = [m for m in house.posts() if m.thread_ts == card.ts]
    assert "alarm web-1-cpu" in repr(proposal.blocks)
    assert len(house.cards()) == 1, "nothing of it is in the channel"
    assert house.press(proposal, reboot.CONFIRM) == []
    house.sweep()
    house.raise_alarm(change("web-1-cpu", "OK", instance_id=instance_id))
    summary = house.replies(card)[-1]
    assert "<@U0ADA> rebooted" in summary
    assert "that helped" in summary
    row = next(row for row in house.rows() if row["details"].get("effect") == "resolved")
    assert row["details"]["helped"]["who"] == "ada@playground.example"
    house.raise_alarm(change("web-1-cpu", "ALARM", time.time() + 1, instance_id=instance_id))


def test_who_may_only_look_asks_for_a_reboot_in_the_alerts_thread(house: House) -> None:
    card = raised(house, instance_id=instance_named(house, "web-1"))
    (offer,) = house.press(card, alert.REBOOT, user_id="U0CAROL")
    assert "posted in the thread" in repr(offer.blocks)
    (asked,) = house.click(offer, reboot.REQUEST)
    assert "the request is in the thread" in asked.text
    (request,) = [m for m in house.posts() if m.thread_ts == card.ts]
    assert "<@U0CAROL> asks to reboot *web-1*" in request.text
    assert "alarm web-1-cpu" in repr(request.blocks)
    assert len(house.cards()) == 1, "nothing of it is in the channel"
    assert house.press(request, reboot.CONFIRM) == []
    assert "is rebooting" in house.replies(card)[-1]


def test_what_was_proposed_in_an_alerts_thread_is_proposed_again_in_it(house: House, monkeypatch: Any) -> None:
    card = raised(house, instance_id=instance_named(house, "web-1"))
    house.press(card, alert.REBOOT)
    later(house, monkeypatch, 400)
    house.sweep()
    monkeypatch.undo()
    (expired,) = [m for m in house.posts() if m.thread_ts == card.ts]
    assert house.press(expired, reboot.PROPOSE) == []
    assert len([m for m in house.posts() if m.thread_ts == card.ts]) == 2
    assert len(house.cards()) == 1, "nothing of it is in the channel"


def test_who_may_not_reboot_is_offered_to_ask_and_an_instance_of_another_alarm_is_none(house: House) -> None:
    card = raised(house, instance_id=instance_named(house, "web-1"))
    (offer,) = house.press(card, alert.REBOOT, user_id="U0CAROL")
    assert "role `admin`" in offer.text
    forged = f"{value_of(card, alert.REBOOT).rpartition('.')[0]}.{instance_named(house, 'web-2')}"
    (answer,) = house.press(card, alert.REBOOT, forged)
    assert "moved on" in answer.text
    assert [m for m in house.posts() if m.thread_ts] == []


def test_the_timeline_opens_in_a_modal_and_the_chart_for_whoever_asks(house: House) -> None:
    card = raised(house, instance_id="i-0aaaaaaaaaaaaaaaa")
    house.press(card, alert.TIMELINE, user_id="U0CAROL")
    assert "Firing since" in repr(house.modal("U0CAROL").blocks)
    assert house.modal("U0CAROL").definition["title"]["text"] == "Timeline"
    (chart,) = house.press(card, alert.CHARTS, user_id="U0CAROL")
    assert "no data to draw" in chart.text.lower()


def test_the_chart_of_the_metric_stands_on_the_card(house: House) -> None:
    now = int(time.time())
    house.client("cloudwatch").put_metric_data(
        Namespace="AWS/EC2",
        MetricData=[
            {
                "MetricName": "CPUUtilization",
                "Dimensions": [{"Name": "InstanceId", "Value": "i-0123456789abcdef0"}],
                "Timestamp": now - 600 * ago,
                "Value": 90.0 - ago,
            }
            for ago in range(10)
        ],
    )
    card = raised(house)
    (chart,) = [block for block in card.blocks if block["type"] == "data_visualization"]
    assert [series["name"] for series in chart["chart"]["series"]] == ["CPUUtilization", "Threshold"]


def on_record(house: House, at: float, outcome: str, audit_id: str, who: str = "system:sweep", **fields: Any) -> None:
    """A row of a reboot; an outcome's names its `attempt`."""
    row = {
        "userId": {"S": who},
        "timestamp": {"S": time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(at))},
        "auditId": {"S": audit_id},
        "action": {"S": "REBOOT_INSTANCE"},
        "resourceId": {"S": "i-0123456789abcdef0"},
        "outcome": {"S": outcome},
        "source": {"S": "slack"},
        "details": {"M": {name: {"S": value} for name, value in fields.items()}},
        "ttl": {"N": str(int(at) + 99_999)},
    }
    if "@" in who:
        row["userEmail"] = {"S": who}
    house.client("dynamodb").put_item(TableName=house.environment["AUDIT_TABLE_NAME"], Item=row)


def test_a_reboot_followed_by_ok_is_credited_and_an_earlier_one_is_not(house: House) -> None:
    now = time.time() - 7_200
    for minutes, who in ((40, "bob@playground.example"), (5, "ada@playground.example")):
        on_record(house, now - 60 * minutes, "attempted", who[:3], who)
        on_record(house, now - 60 * minutes + 1, "succeeded", f"{who[:3]}-end", who, attempt=who[:3])
    card = raised(house, ago=10_200)
    house.raise_alarm(change("web-1-cpu", "OK", now - 60))
    summary = house.replies(card)[-1]
    assert "bob@playground.example rebooted" in summary
    assert "did not help" in summary
    assert "ada@playground.example rebooted `i-0123456789abcdef0`, OK 4 min later: that helped" in summary
    again = raised(house)
    assert "2nd time in 30 days; last time ada@playground.example rebooted it, OK 4 min later" in repr(again.blocks)


def test_a_reboot_long_before_the_ok_and_one_that_failed_are_not_credited(house: House) -> None:
    now = time.time() - 7_200
    on_record(house, now - 2_400, "attempted", "early", "ada@playground.example")
    on_record(house, now - 2_399, "succeeded", "early-end", "ada@playground.example", attempt="early")
    on_record(house, now - 120, "attempted", "refused", "bob@playground.example")
    on_record(house, now - 119, "failed", "refused-end", "bob@playground.example", attempt="refused")
    card = raised(house, ago=10_200)
    house.raise_alarm(change("web-1-cpu", "OK", now - 60))
    summary = house.replies(card)[-1]
    assert "ada@playground.example rebooted" in summary
    assert "did not help" in summary
    assert "bob@" not in summary


def test_a_reboot_that_the_sweep_closed_is_credited_to_who_confirmed_it_and_when(house: House) -> None:
    now = time.time() - 7_200
    on_record(house, now - 400, "attempted", "a", "ada@playground.example")
    on_record(house, now - 250, "outcome_unknown", "b", attempt="a")
    on_record(house, now - 30, "succeeded", "c", attempt="a", evidence="CloudTrail")
    card = raised(house, ago=10_200)
    house.raise_alarm(change("web-1-cpu", "OK", now - 60))
    summary = house.replies(card)[-1]
    assert "ada@playground.example rebooted `i-0123456789abcdef0`, OK 6 min later: that helped" in summary
    assert "system:sweep" not in summary
    assert "last time ada@playground.example rebooted it" in repr(raised(house).blocks)


def test_a_reboot_of_which_nobody_knows_yet_is_told_and_not_credited(house: House) -> None:
    now = time.time() - 7_200
    on_record(house, now - 400, "attempted", "a", "ada@playground.example")
    on_record(house, now - 250, "outcome_unknown", "b", attempt="a")
    card = raised(house, ago=10_200)
    house.raise_alarm(change("web-1-cpu", "OK", now - 60))
    summary = house.replies(card)[-1]
    assert "ada@playground.example may have rebooted `i-0123456789abcdef0` at" in summary
    assert "helped" not in summary
    assert "Nobody did anything" not in summary


def test_the_sweep_answers_how_much_was_due(house: House) -> None:
    assert house.sweep() == {"reboots": 0, "alerts": 0}
