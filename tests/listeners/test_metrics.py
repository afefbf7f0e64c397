"""Charts through the door: asked for, changed in place, shown to a channel with a picture or without one."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.services import pictures
from bot.views import instance_card, metrics
from playground.people import APP_ID, BOT_USER_ID, TEAM_ID
from tests.faults import answers, aws_fails, times_out
from tests.house import House


def instance_id(house: House, name: str) -> str:
    described = house.client("ec2").describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])
    return str(described["Reservations"][0]["Instances"][0]["InstanceId"])


def types(message: Any) -> list[str]:
    return [block["type"] for block in message.blocks]


def controls(message: Any) -> dict[str, Any]:
    return next(block for block in message.blocks if str(block.get("block_id", "")).startswith("metrics:"))


def posted(house: House, since: int) -> list[Any]:
    """What came into the channel, without what an earlier picture still adds to its own thread."""
    found = house.slack.messages("C0OPS")[since:]
    first = next((message for message in found if message.thread_ts is None), None)
    return [message for message in found if first and message.thread_ts in (None, first.ts)]


@pytest.fixture
def patient(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Slack looks at a file for a twentieth of a second, and we ask after it as often."""
    monkeypatch.setattr(house.slack.files, "delay", 0.05)
    monkeypatch.setattr(pictures, "POLL_SECONDS", 0.05)
    return house


def test_a_chart_is_answered_in_words_and_drawn_and_the_look_is_recorded(house: House) -> None:
    answer = house.say("metrics db-primary", "U0CAROL")
    assert "above 80 % for 30 min" in answer.text
    assert "Rebooted at" not in answer.text  # the audit was emptied
    assert types(answer) == ["section", "data_visualization", "context", "actions"]
    (row,) = house.rows()
    identifier = instance_id(house, "db-primary")
    assert (row["action"], row["resourceId"], row["outcome"]) == ("VIEW_METRICS", identifier, "succeeded")
    assert row["details"] == {"wanted": ["db-primary"], "metric": "cpu", "range": "3h", "instances": [identifier]}


def test_all_metrics_are_at_most_two_charts_and_all_the_words(house: House) -> None:
    answer = house.say("metrics db-primary all 24h")
    assert types(answer).count("data_visualization") == 2
    for word in ("CPU", "Memory", "Disk used /var/lib/data", "Network in", "Network out", "Instance check: failed"):
        assert word in answer.text


def test_several_instances_share_a_chart_and_a_pattern_takes_them_all(house: House) -> None:
    answer = house.say("metrics web-1 api-1 db-primary network")
    assert len(answer.blocks[1]["chart"]["series"]) == 6
    answer = house.say("metrics web-? 1h")
    assert [series["name"] for series in answer.blocks[1]["chart"]["series"]] == ["web-1", "web-2", "web-3", "web-4"]


def test_a_pattern_of_many_is_cut_at_six_and_that_is_said(house: House) -> None:
    answer = house.say("metrics *-1 cpu")
    assert "more instances match and are not shown: a chart takes 6" in answer.text
    assert len(house.rows()[0]["details"]["instances"]) == 6


def test_a_name_of_several_is_answered_with_a_menu_that_shows_one(house: House) -> None:
    answer = house.say("metrics web network 1h")
    assert "6 instances match `web`. Which one?" in answer.text
    option = controls(answer)["elements"][0]["options"][0]
    (chart,) = house.click(answer, metrics.PICK, option["value"])
    assert chart.text.startswith("web-1: Network, last hour")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("metrics", "needs the name or the id"),
        ("metrics nosuch", "There is no instance `nosuch`."),
        ("metrics web-1 cppu", "There is no instance `cppu`. Nothing was done. Did you mean `cpu`?"),
        ("metrics web-1 cpu 2h", "`2h` is not understood: after the names may stand one of `cpu`, "),
        ("metrics a b c d e f g", "at most 6 instances"),
        ("metrics web-1 cpu network", "one of them at a time"),
    ],
)
def test_what_cannot_be_shown_is_said(house: House, text: str, said: str) -> None:
    assert said in house.say(text).text


def test_the_menus_and_refresh_edit_the_same_message(house: House) -> None:
    answer = house.say("metrics db-primary")
    (edited,) = house.click(answer, metrics.RANGE, "24h")
    assert (edited.ts, "last 24 hours" in edited.text) == (answer.ts, True)
    (edited,) = house.click(edited, metrics.GROUP, "memory")
    assert (edited.ts, edited.text.startswith("db-primary: Memory, last 24 hours")) == (answer.ts, True)
    assert house.click(edited, metrics.REFRESH) == []  # the same chart in the same place
    assert len(house.said()) == 1
    assert [row["details"]["metric"] for row in house.rows()] == ["cpu", "cpu", "memory", "memory"]


def test_the_card_has_a_button_for_it_and_the_command_line_is_offered(house: House) -> None:
    (chart,) = house.click(house.say("get db-primary"), metrics.OPEN)
    assert chart.text.startswith("db-primary: CPU, last 3 hours")
    (cli,) = house.click(chart, metrics.SHOW_CLI)
    assert "aws cloudwatch get-metric-statistics --region us-east-1" in json.dumps(cli.blocks)
    assert house.click(chart, metrics.CONSOLE) == []


def test_in_a_modal_the_words_stand_in_its_place(house: House) -> None:
    house.shortcut()
    house.work()
    select = next(element for block in house.modal().blocks for element in block.get("elements", []))
    chosen = next(option for option in select["options"] if option["text"]["text"].startswith("db-primary"))
    house.use({"type": "static_select", "action_id": select["action_id"], "selected_option": chosen})
    buttons = [element for block in house.modal().blocks for element in block.get("elements", [])]
    button = next(element for element in buttons if element.get("action_id") == instance_card.METRICS)
    shown = house.use({"type": "button", "action_id": metrics.OPEN, "value": button["value"]})
    assert "db-primary: CPU, last 3 hours" in json.dumps(shown.blocks)


def test_a_readonly_person_may_look_and_nobody_without_a_link(house: House) -> None:
    assert "CPU" in house.say("metrics db-primary", "U0CAROL").text
    assert "does not yet" in house.say("metrics db-primary", "U0DAVE").text
    assert [row["action"] for row in house.rows()] == ["VIEW_METRICS", "ACCESS_DENIED"]


def test_a_slack_that_calls_the_chart_invalid_gets_the_words(house: House) -> None:
    house.slack.fail_next("response_url", "invalid_blocks")
    answer = house.say("metrics db-primary")
    assert types(answer) == ["section", "actions"]
    assert "above 80 %" in json.dumps(answer.blocks, ensure_ascii=False)


def test_shown_in_the_channel_everybody_sees_the_words_and_then_the_picture(patient: House) -> None:
    house, before = patient, len(patient.slack.messages("C0OPS"))
    answer = house.say("metrics db-primary", "U0CAROL")
    (told,) = house.click(answer, metrics.SHARE)
    assert told.text == "db-primary: CPU, last 3 hours is shown in this channel."
    shown, reply = posted(house, before)
    assert types(shown) == ["section", "context", "image"]
    assert (shown.user_id, shown.visible_to) == (BOT_USER_ID, None)
    assert "<@U0CAROL>" in json.dumps(shown.blocks)
    picture = shown.blocks[2]
    assert "above 80 % for 30 min" in picture["alt_text"]
    assert "above 80 %" in shown.text
    file = house.slack.files.find(picture["slack_file"]["id"])
    assert file is not None
    assert file.content is not None
    assert (reply.thread_ts, reply.files[0]["id"]) == (shown.ts, file.file_id)
    assert file.content.startswith(b"\x89PNG")
    assert house.rows()[-1]["details"]["shownIn"] == "C0OPS"


def test_L4_the_picture_is_not_referred_to_before_slack_has_looked_at_it(patient: House) -> None:
    patient.click(patient.say("metrics db-primary"), metrics.SHARE)
    calls = [method for method, _ in patient.slack.api_calls]
    assert calls.index("files.info") < calls.index("chat.update")
    assert calls.count("files.info") > 1


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("files.getUploadURLExternal", "internal_error"),
        ("files.getUploadURLExternal", 500),
        ("files.completeUploadExternal", "internal_error"),
        ("files.completeUploadExternal", 503),
        ("files.info", "file_not_found"),
        ("files.info", "missing_scope"),
        ("chat.update", "invalid_blocks"),
    ],
)
def test_L4_a_step_that_fails_leaves_the_chart_and_its_words(patient: House, method: str, error: Any) -> None:
    house, before = patient, len(patient.slack.messages("C0OPS"))
    answer = house.say("metrics db-primary")
    house.slack.fail_next(method, error)
    (told,) = house.click(answer, metrics.SHARE)
    assert "without the picture" in told.text
    shown = posted(house, before)[0]
    assert types(shown) == ["section", "context", "data_visualization", "context"]
    assert "above 80 %" in shown.text


def _breaks(monkeypatch: pytest.MonkeyPatch, house: House, how: str) -> None:
    if how == "the upload is refused":
        monkeypatch.setattr(house.slack.files, "receive", lambda *given: (_ for _ in ()).throw(KeyError("x")))
    elif how == "slack never looks at it":
        monkeypatch.setattr(house.slack.files, "delay", 3600)
        monkeypatch.setattr(pictures, "DEADLINE_SECONDS", 0.3)
    else:
        monkeypatch.setitem(sys.modules, "resvg_py", None)  # cannot be imported


@pytest.mark.parametrize(
    ("how", "step"),
    [
        ("the upload is refused", "upload"),
        ("slack never looks at it", "files.info"),
        ("the renderer is broken", "drawing"),
    ],
)
def test_L4_no_picture_in_time_is_no_picture(
    patient: House, monkeypatch: pytest.MonkeyPatch, how: str, step: str, log: Callable[[], str]
) -> None:
    answer = patient.say("metrics db-primary")
    _breaks(monkeypatch, patient, how)
    (told,) = patient.click(answer, metrics.SHARE)
    assert "without the picture" in told.text
    assert '"message":"no picture"' in log()
    assert f'"step":"{step}"' in log()


def test_a_channel_without_the_bot_is_answered_with_how_to_invite_it(house: House) -> None:
    answer = house.say("metrics db-primary")
    house.slack.fail_next("chat.postMessage", "not_in_channel")
    (told,) = house.click(answer, metrics.SHARE)
    assert "/invite @ec2ops" in told.text


def test_a_channel_whose_slack_calls_the_chart_invalid_gets_words_and_picture(patient: House) -> None:
    before = len(patient.slack.messages("C0OPS"))
    answer = patient.say("metrics db-primary")
    patient.slack.fail_next("chat.postMessage", "invalid_blocks")
    patient.click(answer, metrics.SHARE)
    assert types(posted(patient, before)[0]) == ["section", "context", "image"]


@pytest.mark.parametrize("fault", [answers(400, "Throttling"), times_out])
def test_W1_a_cloudwatch_that_does_not_answer_is_said_and_recorded(house: House, fault: Any) -> None:
    with aws_fails("cloudwatch.GetMetricData", fault):
        house.fresh_containers()
        answer = house.say("metrics db-primary")
    assert "CloudWatch in `us-east-1` did not answer." in answer.text
    (row,) = house.rows()
    assert (row["outcome"], row["details"]["error"]) == ("failed", "MetricsUnavailableError")


@pytest.mark.parametrize(
    ("operation", "unread"),
    [
        ("cloudwatch.DescribeAlarms", "alarms"),
        ("cloudwatch.DescribeAlarmHistory", "alarm history"),
        ("dynamodb.Query", "reboots"),
    ],
)
def test_a_chart_without_its_marks_says_which_could_not_be_read(house: House, operation: str, unread: str) -> None:
    with aws_fails(operation, times_out):
        house.fresh_containers()
        answer = house.say("metrics db-primary")
    assert f"could not be read: {unread}" in answer.text
    assert types(answer)[1] == "data_visualization"


def test_who_rebooted_is_marked_from_the_audit(house: House) -> None:
    identifier = instance_id(house, "db-primary")
    at = datetime.now(UTC) - timedelta(minutes=30)
    for number, (action, outcome, ttl) in enumerate(
        [("REBOOT_INSTANCE", "succeeded", 9e9), ("REBOOT_INSTANCE", "denied", 9e9), ("GET_INSTANCE", "succeeded", 9e9),
         ("REBOOT_INSTANCE", "succeeded", 1)]
    ):  # fmt: skip
        row = {
            "userId": f"sub-{number}", "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "action": action,
            "resourceId": identifier, "outcome": outcome, "userEmail": f"p{number}@example.com",
        }  # fmt: skip
        item = {name: {"S": value} for name, value in row.items()} | {"ttl": {"N": str(int(ttl))}}
        house.client("dynamodb").put_item(TableName=house.environment["AUDIT_TABLE_NAME"], Item=item)
    answer = house.say("metrics db-primary")
    assert f"Rebooted at {at:%H:%M} by p0@example.com" in answer.text
    assert answer.text.count("Rebooted at") == 1


@pytest.mark.parametrize("block_id", ["", "metrics:cpu:3h:us-east-1/<!channel>", "metrics:x:y:z", "x" * 200])
@pytest.mark.parametrize("action_id", [metrics.RANGE, metrics.REFRESH, metrics.SHARE, metrics.PICK, metrics.OPEN])
def test_N3_an_altered_control_shows_nothing_and_harms_nothing(house: House, action_id: str, block_id: str) -> None:
    before = len(house.slack.messages("C0OPS"))
    action = {"type": "button", "action_id": action_id, "block_id": block_id, "value": "us-east-1/<!channel>"}
    click = {
        "type": "block_actions",
        "api_app_id": APP_ID,
        "team": {"id": TEAM_ID},
        "user": {"id": "U0ADA", "team_id": TEAM_ID},
        "channel": {"id": "C0OPS"},
        "container": {"type": "message", "channel_id": "C0OPS"},
        "actions": [{**action, "selected_option": {"value": "<!channel>"}}],
    }
    assert house.post(urlencode({"payload": json.dumps(click)}).encode()) == 200
    house.work()
    (answer,) = house.said()
    assert "There is no instance" in answer.text
    assert posted(house, before) == []


def test_a_look_costs_two_calls_of_cloudwatch_for_lines_and_alarms_and_one_history_an_alarm(house: House) -> None:
    house.say("metrics db-primary")
    made = [call.action for call in house.aws.calls if call.service == "monitoring" and "WORKER" in call.access_key_id]
    assert sorted(made) == ["DescribeAlarmHistory", "DescribeAlarms", "GetMetricData"]


def test_the_renderer_is_loaded_by_the_first_picture_and_by_nothing_else() -> None:
    modules = "bot.wiring.worker_wiring, bot.listeners.metrics, bot.services.charts, bot.services.pictures"
    script = f"import sys, {modules}; print('resvg_py' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "False"
