"""The worker: queued requests into `handlers.worker.handler`, as SQS delivers them."""

import copy
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from bot import wiring
from bot.job import SlackJob
from bot.listeners.jobs import FAREWELL_SECONDS
from bot.services.claims import RUNNING_SECONDS
from bot.services.instances import DEADLINE_SECONDS
from playground.functions import Function
from playground.people import APP_ID, TEAM_ID
from playground.template import Template
from tests.faults import answers, aws_fails, loses_the_reply, times_out
from tests.house import WORKER, House, wait_until

LOST = {"batchItemFailures": []}


def redelivered(event: dict[str, Any], receive: int, **changes: str) -> dict[str, Any]:
    """The same message received again, or a copy of it when `messageId` changes."""
    again = copy.deepcopy(event)
    record = again["Records"][0]
    record["attributes"]["ApproximateReceiveCount"] = str(receive)
    record.update(changes)
    return again


def with_job(event: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The event with fields of its job replaced."""
    job = {**json.loads(event["Records"][0]["body"]), **changes}
    return redelivered(event, 1, body=json.dumps(job))


def failed(house: House, event: dict[str, Any]) -> bool:
    answer = house.invoke(WORKER, event)
    identifiers = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
    assert identifiers in ([], [event["Records"][0]["messageId"]])
    return bool(identifiers)


def test_list_answers_the_person_alone_and_is_on_record(house: House) -> None:
    answer = house.say("list state:running", "U0CAROL")

    assert "34 instances in us-east-1: 34 running" in answer.text
    assert answer.visible_to == "U0CAROL"
    (row,) = house.rows()
    assert (row["action"], row["outcome"], row["source"]) == ("LIST_INSTANCES", "succeeded", "slack")
    assert (row["userEmail"], row["slackUserId"], row["channelId"]) == ("carol@playground.example", "U0CAROL", "C0OPS")
    assert row["details"] == {"text": "", "states": ["running"], "tags": [], "regions": [], "page": 1}


def test_the_row_carries_the_whole_schema(house: House) -> None:
    house.say("list")
    (row,) = house.rows()
    assert set(row) == {
        "userId", "timestamp", "auditId", "userEmail", "action", "resourceType", "resourceId", "details", "ipAddress",
        "userAgent", "ttl", "outcome", "source", "correlationId", "slackUserId", "slackTeamId", "channelId", "day",
    }  # fmt: skip
    assert row["day"] == row["timestamp"][:10]
    assert abs(int(row["ttl"]) - (time.time() + 30 * 86400)) < 60


def test_a_look_asks_slack_and_cognito_once_a_minute_and_nothing_else(house: House) -> None:
    house.say("list")
    house.aws.clear_calls()
    house.slack.api_calls.clear()
    house.say("list")
    key = house.function(WORKER).access_key_id
    polling = {"ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "GetQueueAttributes"}
    calls = [call.action for call in house.aws.calls if call.access_key_id == key and call.action not in polling]
    # The claim, the look, the row; and, once the answer is out, that the request was done.
    assert calls == ["PutItem", "DescribeInstances", "DescribeInstanceStatus", "PutItem", "PutItem"]
    assert [method for method, _ in house.slack.api_calls] == ["response_url"]


def test_R4_the_same_signed_request_twice_is_answered_and_recorded_once(house: House) -> None:
    body = house.slack.command_body("U0ADA", "C0OPS", "list")
    headers = house.slack.sign(body)
    assert [house.post(body, headers), house.post(body, headers)] == [200, 200]
    assert house.work() == 2
    assert len(house.said()) == len(house.rows()) == 1


def test_R4_the_same_request_in_eight_containers_at_once_has_one_effect(house: House) -> None:
    event = house.queued("list")
    copies = [redelivered(event, 1, messageId=f"message-{number}") for number in range(8)]
    containers = [Function(house.function(WORKER), log=lambda line: None) for _ in copies]
    try:
        with ThreadPoolExecutor(len(copies)) as pool:
            warmer = redelivered(event, 1, messageId="warmer", body="forged")
            list(pool.map(lambda container: container.invoke(warmer), containers))
            results = list(pool.map(lambda pair: pair[0].invoke(pair[1]), zip(containers, copies, strict=True)))
    finally:
        for container in containers:
            container.close()
    assert len(house.said()) == len(house.rows()) == 1
    assert LOST in results
    for number, result in enumerate(results):  # who met the running claim comes again, and finds it done
        assert result in (LOST, {"batchItemFailures": [{"itemIdentifier": f"message-{number}"}]})
        assert not failed(house, redelivered(event, 2, messageId=f"message-{number}"))
    assert len(house.said()) == len(house.rows()) == 1


def test_R4_slacks_retry_of_an_event_is_the_same_job(house: House) -> None:
    event = {"type": "event_callback", "team_id": TEAM_ID, "api_app_id": APP_ID, "event_id": "Ev9", "event": {}}
    first = SlackJob.create(json.dumps(event), time.time(), "", "")
    retry = SlackJob.create(json.dumps({**event, "event_time": 2}), time.time(), "", "")
    other = SlackJob.create(json.dumps({**event, "event_id": "Ev10"}), time.time(), "", "")
    assert first.job_id == retry.job_id != other.job_id


def test_the_same_delivery_twice_is_run_once(house: House) -> None:
    event = house.queued("list")
    assert house.invoke(WORKER, event) == house.invoke(WORKER, event) == LOST
    assert len(house.said()) == len(house.rows()) == 1


@pytest.mark.parametrize("copy", [{}, {"messageId": "another"}])
def test_R4_a_redelivery_after_success_changes_nothing(house: House, copy: dict[str, str]) -> None:
    event = house.queued("list")
    assert not failed(house, event)
    for receive in (1, 2, 3):
        assert not failed(house, redelivered(event, receive, **copy))
    assert len(house.said()) == len(house.rows()) == 1


def test_what_failed_is_delivered_again_and_then_answered_once(house: House) -> None:
    event = house.queued("list")
    house.slack.fail_next("response_url", 500)
    house.slack.fail_next("chat.postEphemeral", "internal_error")
    assert failed(house, event)
    assert not failed(house, redelivered(event, 2))
    assert len(house.said()) == 1
    assert {row["correlationId"] for row in house.rows()} == {house.rows()[0]["correlationId"]}


def running(house: House, event: dict[str, Any], message: str, since: float) -> None:
    """Some container claimed the request and is at it, or has died with it."""
    job = json.loads(event["Records"][0]["body"])
    until = {"N": str(int(since + RUNNING_SECONDS))}
    item = {"pk": {"S": f"job#{job['job_id']}"}, "sk": {"S": "claim"}, "token": {"S": "somebody's"}}
    item |= {"messageId": {"S": message}, "receives": {"N": "1"}, "runningUntil": until, "expiresAt": until}
    house.client("dynamodb").put_item(TableName=house.environment["STATE_TABLE_NAME"], Item=item)


def test_a_container_that_died_with_a_request_does_not_keep_it(house: House) -> None:
    event = house.queued("list")
    running(house, event, event["Records"][0]["messageId"], since=time.time())
    assert failed(house, redelivered(event, 1))  # the same receive again: somebody is at it
    assert house.said() == []
    assert not failed(house, redelivered(event, 2))
    assert len(house.said()) == 1


def test_a_copy_of_what_is_running_elsewhere_comes_again_and_is_not_lost_if_that_one_died(house: House) -> None:
    event = house.queued("list")
    running(house, event, "another message", since=time.time())
    assert failed(house, event)
    assert failed(house, redelivered(event, 3))
    assert house.said() == []  # somebody else will answer: there is nothing to tell
    running(house, event, "another message", since=time.time() - RUNNING_SECONDS - 2)
    assert not failed(house, redelivered(event, 1, messageId="redriven"))
    assert len(house.said()) == 1


def test_a_claim_is_held_longer_than_the_worker_can_run() -> None:
    worker = Template.load().resource(WORKER).properties
    assert worker["Timeout"] < RUNNING_SECONDS


def test_a_claim_whose_reply_was_lost_is_still_ours(house: House) -> None:
    event = house.queued("list")
    with aws_fails("dynamodb.PutItem", loses_the_reply, times=1, when=lambda body: b'"claim"' in body):
        assert not failed(house, event)
    assert len(house.said()) == len(house.rows()) == 1


def test_on_the_last_receive_the_person_is_told_and_the_request_is_kept(house: House) -> None:
    event = house.queued("list")
    with aws_fails("ec2.DescribeInstances", answers(200, "nonsense")):  # a 200 that holds no list: nobody foresaw it
        assert failed(house, redelivered(event, 1))
        assert failed(house, redelivered(event, 2))
        assert house.said() == []
        assert failed(house, redelivered(event, 3))
    (answer,) = house.said()
    assert "tried 3 times" in answer.text
    assert json.loads(event["Records"][0]["body"])["job_id"][:12] in json.dumps(answer.blocks)
    assert [row["outcome"] for row in house.rows()] == ["failed"] * 3


@pytest.mark.parametrize("operation", ["dynamodb.DeleteItem", "dynamodb.PutItem"])
def test_on_the_last_receive_the_person_is_told_whatever_else_fails(house: House, operation: str) -> None:
    event = house.queued("list")
    refused = answers(400, "ThrottlingException")
    with aws_fails("ec2.DescribeInstances", answers(200, "nonsense")), aws_fails(operation, refused):
        assert failed(house, redelivered(event, 3))
    assert "tried 3 times" in house.said()[0].text


def test_a_claim_that_cannot_be_written_later_does_not_say_not_done_since_it_may_be(house: House) -> None:
    event = house.queued("list")
    assert not failed(house, event)
    with aws_fails("dynamodb.PutItem", answers(400, "ThrottlingException")):
        house.fresh_containers()
        assert failed(house, redelivered(event, 2))
    assert len(house.said()) == 1


def test_an_answer_that_is_out_is_no_failure_when_it_cannot_be_marked_as_done(house: House) -> None:
    with aws_fails("dynamodb.PutItem", answers(400, "ThrottlingException"), when=lambda body: b'"doneAt"' in body):
        assert "39 instances" in house.say("list").text


class RunningOut:
    """Lambda's context of a function that has little time left."""

    def __init__(self, seconds: float) -> None:
        self._milliseconds = int(seconds * 1000)

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


def test_on_the_last_receive_the_person_is_told_even_when_time_runs_out(house: House) -> None:
    event = house.queued("list")

    def hangs(request: Any) -> Any:
        wait_until(lambda: house.said())
        return times_out(request)

    with aws_fails("ec2.DescribeInstances", hangs, times=1):
        house.invoke(WORKER, redelivered(event, 3), context=RunningOut(FAREWELL_SECONDS + 0.3))
    assert "tried 3 times" in house.said()[0].text


def test_no_single_service_that_hangs_outlives_the_worker(house: House) -> None:
    with house.running_as(WORKER):
        services = wiring.worker()
        for service, asked in {"dynamodb": 4, "cognito-idp": 1, "cloudwatch": 1}.items():  # claim, link, row, done
            config = services._aws.get(service).meta.config
            seconds = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
            assert seconds * asked + DEADLINE_SECONDS * (service != "dynamodb") < seconds_of_the_worker()
        assert seconds_of_the_worker() > DEADLINE_SECONDS + 6  # EC2 is given up as a whole


def seconds_of_the_worker() -> int:
    return int(Template.load().resource(WORKER).properties["Timeout"])


def test_a_request_that_always_fails_ends_in_the_dead_letter_queue(house: House) -> None:
    house.type("list")
    sqs, queue = house.client("sqs"), house.environment["JOBS_QUEUE_URL"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "0"})
    try:
        with aws_fails("ec2.DescribeInstances", answers(200, "nonsense")):
            receives = house.work()
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    assert receives == 3
    assert len(house.said()) == 1
    (kept,) = house.dead_letters()
    assert SlackJob.from_message(kept).payload["text"] == "list"


def test_a_redriven_request_runs(house: House) -> None:
    event = house.queued("list")
    with aws_fails("ec2.DescribeInstances", answers(200, "nonsense")):
        assert failed(house, redelivered(event, 3))
    house.fresh()
    assert not failed(house, redelivered(event, 1, messageId="redriven"))
    assert "39 instances" in house.said()[0].text


@pytest.mark.parametrize(
    "body",
    [
        "", "{}", "[]", "null", "not json", '"text"', "[" * 100_000,
        '{"job_id": "x"}',
        json.dumps({"job_id": "0" * 32, "body": "command=/ec2", "received_at": 1, "ip_address": "", "user_agent": ""}),
        json.dumps({"Message": "an SNS envelope"}),
    ],
)  # fmt: skip
def test_R9_a_forged_message_is_never_run(house: House, body: str) -> None:
    event = redelivered(house.queued("list"), 1, body=body)
    assert failed(house, event)
    assert house.said() == house.rows() == []


@pytest.mark.parametrize(
    "change",
    [
        {"body": urlencode({"command": "/ec2", "text": "list", "user_id": "U0ADA"})},  # not what job_id was made of
        {"job_id": "A" * 32},
        {"job_id": None},
        {"received_at": "now"},
        {"received_at": True},
        {"received_at": -1},
        {"version": 2},
        {"extra": 1},
        {"user_agent": None},
        {"view_id": None},
        {"view_id": 5},
        {"view_id": "v0; drop"},
    ],
)
def test_R9_a_message_that_was_altered_is_never_run(house: House, change: dict[str, Any]) -> None:
    assert failed(house, with_job(house.queued("list"), **change))
    assert house.said() == house.rows() == []


def test_one_bad_message_fails_alone(house: House) -> None:
    good = house.queued("list")
    bad = redelivered(good, 1, messageId="bad", body="{}")
    answer = house.invoke(WORKER, {"Records": [bad["Records"][0], good["Records"][0]]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert len(house.said()) == 1


def test_a_request_that_nobody_listens_to_fails_its_item(house: House, log: Callable[[], str]) -> None:
    click = {"type": "block_actions", "team": {"id": TEAM_ID}, "user": {"id": "U0ADA"}, "api_app_id": APP_ID}
    click |= {"actions": [{"action_id": "unknown"}], "response_url": "http://127.0.0.1:9/", "channel": {"id": "C0OPS"}}
    assert house.post(urlencode({"payload": json.dumps(click)}).encode()) == 200
    event = house.received()
    assert failed(house, event)
    assert "BoltUnhandledRequestError" in log()
    assert failed(house, redelivered(event, 3))
    assert "tried 3 times" in house.said()[0].text  # by chat.postEphemeral: the response_url leads nowhere


def test_a_command_whose_text_says_payload_is_a_command(house: House) -> None:
    assert "No instance matches" in house.say("list payload").text


def test_Z3_work_400_seconds_late_is_still_done(house: House) -> None:
    event = house.queued("list")
    assert not failed(house, with_job(event, received_at=time.time() - 400))
    assert "39 instances" in house.said()[0].text


def test_Z3_work_later_than_its_answer_is_worth_is_said_to_be_late(house: House) -> None:
    event = house.queued("list state:running")
    asked = time.time() - 31 * 60
    assert not failed(house, with_job(event, received_at=asked))
    (answer,) = house.said()
    assert "came too late, and nothing was done" in answer.text
    assert "/ec2 list state:running" in answer.text
    assert f"<!date^{int(asked)}^" in answer.text
    assert house.rows() == []


def test_Z7_a_warm_container_carries_nothing_from_one_person_to_the_next(house: House) -> None:
    dice = random.Random(7)
    expected = {"U0ADA": "`admin`", "U0CAROL": "`readonly`", "U0DAVE": "not linked", "U0GUEST": "guest"}
    for _ in range(24):
        user_id = dice.choice(sorted(expected))
        answer = house.say("whoami", user_id, dice.choice(["C0OPS", "C0ALERTS"]))
        shown = answer.text + json.dumps(answer.blocks)
        assert expected[user_id] in shown
        for other in set(expected) - {user_id}:
            assert expected[other] not in shown
        assert (house.rows()[-1]["slackUserId"], house.rows()[-1]["channelId"]) == (user_id, answer.channel_id)


def read_request(connection: socket.socket) -> None:
    """All of it: what is left unread when a socket closes resets the connection."""
    with connection.makefile("rb") as lines:
        length = 0
        while (line := lines.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        lines.read(length)


def test_L5_an_answer_that_breaks_off_is_given_ephemerally(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        event = house.queued("list")
        job = json.loads(event["Records"][0]["body"])
        port = listening.getsockname()[1]
        body = re.sub(r"response_url=[^&]+", f"response_url=http%3A%2F%2F127.0.0.1%3A{port}%2F", job["body"])
        event["Records"][0]["body"] = SlackJob.create(body, job["received_at"], "", "").to_message()

        def breaks_off() -> None:
            connection, _ = listening.accept()
            with connection:
                read_request(connection)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\no")

        thread = threading.Thread(target=breaks_off)
        thread.start()
        assert not failed(house, event)
        thread.join()
    assert "39 instances" in house.said()[0].text


@pytest.mark.parametrize("failure", ["expired_url", "used_url", 500, 429])
def test_L5_when_the_response_url_is_of_no_use_the_answer_comes_ephemerally(house: House, failure: str | int) -> None:
    house.slack.fail_next("response_url", failure)
    answer = house.say("list")
    assert "39 instances" in answer.text
    assert answer.visible_to == "U0ADA"
    assert [method for method, _ in house.slack.api_calls][-1] == "chat.postEphemeral"


def test_K2_nothing_secret_reaches_the_log(house: House, log: Callable[[], str]) -> None:
    planted = ["xoxb-planted-1", "xoxp-planted-2", "hunter2-planted-3", "planted-trigger-4"]
    form = {"team_id": TEAM_ID, "api_app_id": APP_ID, "command": "/ec2", "user_id": "U0ADA", "channel_id": "C0OPS"}
    form |= {"text": f"list {planted[0]}", "token": planted[2], "trigger_id": planted[3]}
    form |= {"response_url": f"{house.slack.base_url}/response/{planted[1]}"}
    body = urlencode(form).encode()
    house.post(body, {**house.slack.sign(body), "X-Slack-Signature": f"v0={planted[2]}"})  # refused
    house.post(body)  # queued
    event = house.received()
    house.invoke(WORKER, event)
    with aws_fails("ec2.DescribeInstances", answers(200, "nonsense")):
        house.fresh()
        house.invoke(WORKER, redelivered(event, 3, messageId="again"))
    with aws_fails("dynamodb.PutItem", answers(400, "AccessDeniedException")):
        house.fresh()
        house.invoke(WORKER, redelivered(event, 3, messageId="third"))
    house.invoke(WORKER, with_job(event, job_id=planted[2]))
    written = log()
    assert "request rejected" in written
    assert "request failed" in written
    secrets = [*planted, house.environment["SLACK_SIGNING_SECRET"], house.environment["SLACK_BOT_TOKEN"]]
    secrets += ["/response/", "arn:aws", "Traceback"]
    assert [secret for secret in secrets if secret in written] == []


def test_N2_control_characters_make_one_json_line_and_no_escape_sequence(house: House, log: Callable[[], str]) -> None:
    hostile = "list \x1b[31mred\x00\r\nFAKE LOG LINE"
    body = house.slack.command_body("U0ADA", "C0OPS", hostile)
    headers = {**house.slack.sign(body), "User-Agent": "evil\x1b[2J\r\nSet-Cookie: x"}
    house.post(body, {**headers, "X-Slack-Signature": "v0=\r\n\x1b"})
    house.post(body, headers)
    house.work()
    lines = log().splitlines()
    assert lines
    for line in lines:
        json.loads(line)
        assert line.isprintable()
    assert "\x1b" not in house.said()[0].text


@pytest.mark.parametrize(
    "fault", [answers(400, "AccessDeniedException"), answers(500, "InternalServerError"), times_out]
)
@pytest.mark.parametrize("text", ["list", "help", "whoami", "", "list state:running"])
@pytest.mark.parametrize("user_id", ["U0ADA", "U0DAVE", "U0GUEST"])
def test_D1_when_dynamodb_takes_no_writes_every_command_says_not_done(
    house: House, fault: Any, text: str, user_id: str
) -> None:
    with aws_fails("dynamodb.PutItem", fault):
        answer = house.say(text, user_id)
    assert answer.text.startswith("Not done: it could not be recorded.")
    assert "DescribeInstances" not in {call.action for call in house.aws.calls}
    assert house.rows() == []


@pytest.mark.parametrize("text", ["list", "help", "whoami"])
def test_D1_when_only_the_audit_takes_no_writes_nothing_is_shown(house: House, text: str) -> None:
    table = house.environment["AUDIT_TABLE_NAME"].encode()
    for user_id in ("U0ADA", "U0DAVE", "U0GUEST"):
        with aws_fails("dynamodb.PutItem", answers(400, "ThrottlingException"), when=lambda body: table in body):
            house.fresh()
            answer = house.say(text, user_id)
        assert answer.text.startswith("Not done: it could not be recorded.")
        assert house.rows() == []
