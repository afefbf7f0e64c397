"""The buttons that make something happen put real events into the real queue, and nothing that is not listed."""

import time
from collections.abc import Iterator

import pytest

from bot.views import alert
from playground.aftermath import Aftermath
from playground.app import create_app
from playground.happenings import NAMES, Happenings, create_happenings
from playground.passing_time import PassingTime
from tests.house import House


@pytest.fixture(autouse=True)
def no_alarm_stays(house: House) -> Iterator[None]:
    cloudwatch = house.client("cloudwatch")
    before = {alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    yield
    alarms = {alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    cloudwatch.delete_alarms(AlarmNames=sorted(alarms - before))


def open_alarms(house: House) -> str:
    (row,) = [row for row in house.rows() if row["action"] == "ALARM_STATE_CHANGE"][:1]
    shown = repr(house.say(f"get {row['details']['instances'][0]}").blocks)
    return shown.partition("Open alarms*\\n")[2][:1]


def test_a_raised_alarm_becomes_a_card_with_a_chart_and_resolves(house: House) -> None:
    happenings = Happenings(house.client, house.environment)
    happenings.happen("alarm")
    house.alarm_work()
    (card,) = house.cards()
    assert "firing" in repr(card.blocks[0])
    assert any(block["type"] == "data_visualization" for block in card.blocks)
    assert open_alarms(house) == "1", "the machine's own card knows of it"
    happenings.happen("resolve")
    house.alarm_work()
    assert "resolved" in repr(house.cards()[0].blocks[0])
    assert open_alarms(house) == "0"


def test_a_loaded_cpu_recovers_after_a_reboot_that_our_audit_knows_of(house: House) -> None:
    happenings = Happenings(house.client, house.environment)
    happenings.happen("load")
    house.alarm_work()
    instance_id = next(row["details"]["instances"][0] for row in house.rows())
    at = time.strftime("%Y-%m-%dT%H:%M:%S.999999Z", time.gmtime())
    row = {"userId": "ada", "timestamp": at, "action": "REBOOT_INSTANCE", "outcome": "succeeded"}
    item = {name: {"S": text} for name, text in {**row, "resourceId": instance_id}.items()}
    house.client("dynamodb").put_item(TableName=house.environment["AUDIT_TABLE_NAME"], Item=item)
    deadline = time.monotonic() + 30
    while not house.alarms_waiting():
        assert time.monotonic() < deadline, "it does not recover"
        time.sleep(0.2)
    house.alarm_work()
    happenings.close()
    assert "resolved" in repr(house.cards()[0].blocks[0])


def test_time_passes_for_alerts_a_reminder_comes_and_a_silence_ends(house: House) -> None:
    happenings = Happenings(house.client, house.environment)
    happenings.happen("alarm")
    house.alarm_work()
    (card,) = house.cards()
    table = house.environment["STATE_TABLE_NAME"]
    passing = PassingTime(house.client("dynamodb"), table, Aftermath(), lambda: ran.append(house.sweep()["alerts"]))
    ran: list[int] = []
    passing.later(60)
    assert house.replies(card) == []
    passing.later(3600)
    assert "nobody has acknowledged it" in house.replies(card)[-1]
    house.press(card, alert.SILENCE, "900.here")
    assert "silenced" in repr(house.cards()[0].blocks[0])
    passing.later(3600)
    assert "The silence is over" in house.replies(card)[-1]
    assert "firing" in repr(house.cards()[0].blocks[0])
    assert ran == [0, 1, 1]
    happenings.happen("resolve")
    house.alarm_work()
    assert ", after 2 h 1 min." in house.replies(card)[-1]
    passing.later(3600)
    happenings._next = 0  # the same machine once more, half an hour after its last incident
    happenings.happen("alarm")
    house.alarm_work()
    assert len(house.cards()) == 2


def test_only_what_is_listed_happens(house: House) -> None:
    doors = create_happenings(Happenings(house.client, house.environment), house.slack)
    client = create_app(house.slack, [doors]).test_client()
    assert {entry["id"] for entry in client.get("/ui/happenings").json} == set(NAMES)
    assert client.post("/ui/happen", json={"user": "U0ADA", "what": "earthquake"}).status_code == 404
    assert client.post("/ui/happen", json={"user": "nobody", "what": "alarm"}).status_code == 400
    assert client.post("/ui/happen", json={"user": "U0ADA", "what": "alarm"}).status_code == 204
    assert create_app(house.slack).test_client().get("/ui/happenings").status_code == 404
