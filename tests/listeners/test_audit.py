"""`/ec2 audit` through the doors: who sees what, page after page, one row, an export, a shift, a verification."""

import csv
import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.audit_rows import timestamp
from bot.digests import HOUR, Digest, Sealed, hour_of, newest_due, root_of, start_of
from bot.views.audit import OLDER, OPEN_ROW
from playground.schedule import event
from playground.slack.messages import Message
from tests.audit_tables import item
from tests.faults import answers, aws_fails
from tests.house import NOTARY, House

GONE = "That page is not there any more."
INSTANCE = "i-00000000000000abc"


def put(house: House, *items: dict[str, Any]) -> None:
    for row in items:
        house.client("dynamodb").put_item(TableName=house.environment["AUDIT_TABLE_NAME"], Item=row)


def sub_of(house: House, user_id: str) -> str:
    key = {"pk": {"S": f"slack#T0PLAYGND#{user_id}"}, "sk": {"S": "link"}}
    found = house.client("dynamodb").get_item(TableName=house.environment["STATE_TABLE_NAME"], Key=key)
    return str(found["Item"]["sub"]["S"])


def ago(**delta: float) -> datetime:
    return datetime.now(UTC) - timedelta(**delta)


def history(house: House, count: int, **changes: str) -> None:
    put(house, *(item(number, ago(minutes=number + 1), **changes) for number in range(count)))


def elements(message: Message) -> list[dict[str, Any]]:
    return [element for block in message.blocks for element in block.get("elements", [])]


def menu(message: Message) -> list[str]:
    return [
        option["value"] for one in elements(message) if one.get("action_id") == OPEN_ROW for option in one["options"]
    ]


def has_older(message: Message) -> bool:
    return any(one.get("action_id") == OLDER for one in elements(message))


def opened(house: House, message: Message, value: str, user_id: str = "U0ADA") -> str:
    """What the modal shows when somebody chooses that row, or sends that value."""
    action = {"type": "static_select", "action_id": OPEN_ROW, "block_id": "b", "selected_option": {"value": value}}
    sent = house.slack.click(user_id, message.channel_id, message.ts, action)
    assert sent is not None
    sent.join()
    house.work()
    return json.dumps(house.modal(user_id).blocks, ensure_ascii=False)


def test_an_admin_sees_what_everybody_did_newest_first(house: House) -> None:
    house.say("list", "U0CAROL")
    house.say("get bastion", "U0BOB")
    answer = house.say("audit")
    assert answer.text.startswith("Audit: 2 rows.")
    first, second = answer.text.splitlines()[1:]
    assert "bob@playground.example GET_INSTANCE i-" in first
    assert "carol@playground.example LIST_INSTANCES * succeeded" in second
    shown = json.dumps(answer.blocks)
    assert "<!date^" in shown
    assert "<#C0OPS>" in shown


def test_looking_at_the_audit_is_on_record_itself(house: House) -> None:
    house.say("audit action:GET_INSTANCE since:2h")
    (row,) = house.rows()
    assert (row["action"], row["resourceType"], row["resourceId"]) == ("VIEW_AUDIT", "AUDIT_LOG", "*")
    assert (row["details"]["action"], row["outcome"]) == ("GET_INSTANCE", "succeeded")
    assert row["details"]["since"]


def test_readonly_who_names_nobody_sees_what_they_did_themselves(house: House) -> None:
    house.say("list")
    house.say("whoami", "U0CAROL")
    answer = house.say("audit", "U0CAROL")
    assert answer.text.startswith("Audit of <@U0CAROL>: 1 row.")
    assert "VIEW_IDENTITY" in answer.text


@pytest.mark.parametrize(
    "text", ["audit <@U0ADA|ada>", "audit <@U0ADA>", "audit export @ada", "audit handover", "audit verify"]
)
def test_readonly_is_refused_what_others_did_and_that_is_on_record(house: House, text: str) -> None:
    answer = house.say(text, "U0CAROL")
    assert answer.text.startswith("That needs the role `admin`.")
    (row,) = house.rows()
    assert (row["action"], row["outcome"], row["details"]["reason"]) == ("ACCESS_DENIED", "denied", "role_insufficient")


def test_readonly_sees_any_instances_history_by_name_and_by_id(house: House) -> None:
    house.say("get bastion")
    for text in ("audit bastion", f"audit {house.rows()[0]['resourceId']}", "audit @ada bastion"):
        answer = house.say(text, "U0CAROL")
        assert "ada@playground.example GET_INSTANCE" in answer.text
        assert "bastion" not in answer.text or "on `bastion` (i-" in answer.text


def test_a_machine_long_gone_has_a_history_by_its_id(house: House) -> None:
    history(house, 3, resourceId=INSTANCE)
    assert house.say(f"audit {INSTANCE}", "U0CAROL").text.startswith(f"Audit on `{INSTANCE}`: 3 rows.")


def test_a_name_of_several_or_none_is_answered_with_what_there_is(house: House) -> None:
    several = house.say("audit web-staging").text
    assert several.startswith("2 instances match `web-staging`.")
    assert "`web-staging-1`" in several
    assert "There is no instance `db-primray`." in house.say("audit db-primray").text
    assert [row["outcome"] for row in house.rows()] == ["failed", "failed"]


def test_a_person_is_asked_about_by_their_identity_linked_or_not(house: House) -> None:
    house.say("list", "U0CAROL")
    house.say("list", "U0DAVE")
    assert "LIST_INSTANCES" in house.say("audit @carol").text
    refused = house.say("audit @dave").text
    assert refused.startswith("Audit of <@U0DAVE>: 1 row.")
    assert "ACCESS_DENIED" in refused


def test_filters_are_those_of_the_command(house: House) -> None:
    for number, outcome in enumerate(("succeeded", "failed", "failed")):
        put(house, item(number, ago(hours=number), action="GET_INSTANCE", outcome=outcome))
    assert house.say("audit action:get_instance").text.startswith("Audit, GET_INSTANCE: 3 rows.")
    assert "2 rows" in house.say("audit outcome:failed").text.splitlines()[0]
    assert "1 row." in house.say("audit action:GET_INSTANCE outcome:failed since:90m").text
    assert "nothing found" in house.say("audit until:2026-01-01").text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "audit action:GET_INSTANCES",
            "Did you mean `action:GET_INSTANCE`?",
        ),
        ("audit outcome:refused", "is not a value of `outcome:`"),
        ("audit since:yesterday", "is not a value of `since:`"),
        ("audit since:2026-13-01", "is not a value of `since:`"),
        ("audit since:1h until:2h", "`since:` is not before `until:`"),
        ("audit @ada @bob", "one person at a time"),
        ("audit bob@playground.example", "choose the person from the list that opens at `@`"),
        ("audit export bob@playground.example", "nobody is found by an e-mail"),
        ("audit action:reboot", "Did you mean `action:REBOOT_INSTANCE`?"),
        ("audit @nobody", "choose the person from the list"),
        ("audit handover web-1", "takes `since:` alone"),
        ("audit verify since:30d", "`make verify` does all"),
    ],
)
def test_what_cannot_be_asked_is_said(house: House, text: str, words: str) -> None:
    assert words in house.say(text).text


def test_older_rows_come_in_the_same_message_until_there_are_none(house: House) -> None:
    history(house, 40)
    message = house.say("audit since:2h")
    seen = menu(message)
    assert len(seen) == 15
    summaries = [message.text.splitlines()[0]]
    for _ in range(2):
        (message,) = house.click(message, OLDER)
        summaries.append(message.text.splitlines()[0])
        assert summaries[-1].removesuffix(".") in json.dumps(message.blocks)
        seen += menu(message)
    assert not has_older(message)
    # A page's count is never to be taken for that of all rows.
    assert [summary.partition(">: ")[2] for summary in summaries] == [
        "the newest 15 rows.",
        "15 rows older than those before, page 2.",
        "the oldest 10 rows, page 3.",
    ]
    assert len(seen) == len(set(seen)) == 40
    assert [row["details"].get("page") for row in house.rows() if row["action"] == "VIEW_AUDIT"] == [None, 2, 3]


def test_nobody_turns_the_pages_of_somebody_else(house: House) -> None:
    history(house, 20)
    message = house.say("audit")
    (older,) = [one for one in elements(message) if one.get("action_id") == OLDER]
    put(house, *(item(n, ago(minutes=n), userId=sub_of(house, "U0CAROL")) for n in range(20)))
    theirs = house.say("audit", "U0CAROL")
    (shown,) = house.click(theirs, OLDER, older["value"])
    assert GONE in shown.text


def test_a_page_is_refused_to_somebody_who_is_no_admin_any_more(house: House) -> None:
    history(house, 20)
    message = house.say("audit", "U0BOB")
    pool = {"UserPoolId": house.environment["COGNITO_USER_POOL_ID"], "Username": "bob@playground.example"}
    cognito = house.client("cognito-idp")
    cognito.admin_update_user_attributes(**pool, UserAttributes=[{"Name": "custom:role", "Value": "readonly"}])
    house.fresh_containers()
    try:
        (shown,) = house.click(message, OLDER)
    finally:
        cognito.admin_update_user_attributes(**pool, UserAttributes=[{"Name": "custom:role", "Value": "admin"}])
        house.fresh_containers()
    assert "needs the role `admin`" in shown.text


def test_a_search_that_is_given_up_says_how_far_it_came_and_goes_on(house: House) -> None:
    put(house, item(3, ago(days=100), keep=timedelta(days=200)))
    message = house.say("audit since:200d")
    assert "Searched back to <!date^" in json.dumps(message.blocks)
    assert message.text.endswith(">: nothing found yet.")
    for _ in range(4):
        (message,) = house.click(message, OLDER)
        if menu(message):
            return
    raise AssertionError("the row was never found")


def test_a_row_opens_with_all_it_says_in_a_modal(house: House) -> None:
    house.say("list state:running", "U0CAROL")
    message = house.say("audit")
    shown = opened(house, message, menu(message)[0])
    for said in ("carol@playground.example", "`LIST_INSTANCES`", "running", "<@U0CAROL>", house.rows()[0]["auditId"]):
        assert said in shown
    assert house.modal().definition["title"]["text"] == "Audit row"
    assert house.rows()[-1]["resourceId"] == f"row:{house.rows()[0]['auditId']}"


def test_readonly_opens_their_own_rows_and_an_instances_and_no_others(house: House) -> None:
    house.say("list")
    house.say("get bastion")
    mine = house.say("whoami", "U0CAROL")
    message = house.say("audit", "U0CAROL")
    ada, bastion, own = (f"{row['userId']} {row['timestamp']}" for row in house.rows()[:3])
    assert "VIEW_IDENTITY" in opened(house, message, own, "U0CAROL")
    assert "GET_INSTANCE" in opened(house, message, bastion, "U0CAROL")
    refused = opened(house, message, ada, "U0CAROL")
    assert "needs the role" in refused
    assert "LIST_INSTANCES" not in refused
    assert mine


@pytest.mark.parametrize("value", ["", "x", "a b", "<!channel> 2026", "x" * 150, "sub 2026-11-22T12:00:00.000000Z"])
def test_N3_a_value_that_names_no_row_opens_nothing(house: House, value: str) -> None:
    history(house, 1)
    assert GONE in opened(house, house.say("audit"), value)


def test_N1_what_rows_say_pings_nobody_and_formats_nothing(house: House) -> None:
    evil = "<!channel> *x* <https://evil|here> `y`"
    put(
        house,
        item(
            1,
            ago(minutes=1),
            userEmail=evil,
            resourceId=evil,
            userAgent=evil,
            channelId=evil,
            source=evil,
            outcome=evil,
        ),
    )
    message = house.say("audit")
    modal = opened(house, message, menu(message)[0])
    formatted = [block for block in message.blocks if block["type"] != "actions"]  # a menu's text is literal
    for shown in (message.text, json.dumps(formatted), modal):
        assert "<!channel>" not in shown
        assert "<https" not in shown


def test_an_audit_that_does_not_answer_is_said_and_the_failed_look_is_on_record(house: House) -> None:
    house.type("audit")
    house.fresh_containers()
    with aws_fails("dynamodb.Query", answers(400, "AccessDeniedException")):
        house.work()
    assert house.said()[-1].text.startswith("The audit could not be read.")
    assert house.rows()[-1]["details"]["code"] == "AccessDeniedException"
    house.fresh_containers()


def files_of(house: House) -> list[dict[str, Any]]:
    """What the app has sent to one person alone."""
    house_said = [message for message in house.slack.board.all() if message.ts > house._since and message.files]
    return [file for message in house_said for file in message.files if message.channel_id.startswith("D")]


def exported(house: House) -> list[dict[str, str]]:
    deadline = time.monotonic() + 5
    while not files_of(house):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    stored = house.slack.files.find(files_of(house)[-1]["id"])
    assert stored is not None
    assert stored.content is not None
    return list(csv.DictReader(io.StringIO(stored.content.decode())))


def test_N5_an_export_is_a_file_for_one_person_whose_cells_are_no_formulas(house: House) -> None:
    for number, start in enumerate(("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "ok")):
        put(house, item(number, ago(minutes=number + 1), resourceId=f"{start}x", userAgent=start))
    answer = house.say("audit export since:1h")
    assert answer.text == "The export has 8 rows and is in your direct messages with EC2 Ops."
    rows = exported(house)
    assert len(rows) == 8
    assert [row["user_agent"][0] for row in rows] == ["'"] * 7 + ["o"]
    assert [row["resource_id"][0] for row in rows] == ["'"] * 7 + ["o"]
    assert [(row["action"], row["outcome"]) for row in house.rows()][-1] == ("EXPORT_AUDIT", "succeeded")


def test_an_export_of_ones_own_rows_needs_no_admin(house: House) -> None:
    house.say("list", "U0CAROL")
    house.say("list", "U0BOB")
    assert "1 row " in house.say("audit export", "U0CAROL").text
    assert [row["action"] for row in exported(house)] == ["LIST_INSTANCES"]


def test_an_export_is_bounded_and_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.listeners.audit_reports.MAX_EXPORTED", 10)
    history(house, 30)
    assert "These are the newest" in house.say("audit export").text
    assert [row["audit_id"] for row in exported(house)] == [f"audit-{number}" for number in range(10)]


@pytest.mark.parametrize("method", ["conversations.open", "files.getUploadURLExternal", "files.completeUploadExternal"])
def test_L4_an_export_that_slack_does_not_take_is_said(house: House, method: str) -> None:
    history(house, 1)
    house.slack.fail_next(method, "internal_error")
    answer = house.say("audit export")
    assert answer.text.startswith("The file could not be sent to you.")
    assert files_of(house) == []


def test_a_handover_tells_what_was_done_refused_and_rebooted(house: House) -> None:
    attempt = item(1, ago(minutes=50), action="REBOOT_INSTANCE", outcome="attempted", resourceId=INSTANCE)
    done = item(1, ago(minutes=49), action="REBOOT_INSTANCE", outcome="succeeded", resourceId=INSTANCE, auditId="done")
    attempt["details"] = {"M": {"name": {"S": "web-1"}, "reason": {"S": "*it hangs*"}, "requestedBy": {"S": "sub-4"}}}
    done["details"] = {"M": {"attempt": attempt["auditId"]}}
    again = item(1, ago(minutes=20), action="REBOOT_INSTANCE", outcome="attempted", resourceId=INSTANCE, auditId="open")
    put(house, attempt, done, again, item(4, ago(minutes=5), action="SILENCE_ALERT"), item(5, ago(hours=9)))
    house.say("list", "U0DAVE")
    answer = house.say("audit handover")
    assert "2 reboots, 1 other change, 1 refusal, 0 alarms not over." in answer.text
    shown = json.dumps(answer.blocks)
    assert ", and again at <!date^" in shown
    assert f"`web-1` `{INSTANCE}` by *person1@playground.example*" in shown
    assert "asked by *person4@playground.example*" in shown
    assert "because `*it hangs*`" in shown
    assert "SILENCE_ALERT" in shown
    assert "LIST_INSTANCES (not_linked), 1 ×" in json.dumps(answer.blocks, ensure_ascii=False)


def test_whose_link_has_ended_is_still_found_by_what_they_did(house: House) -> None:
    house.say("get web-1", "U0CAROL")
    table, dynamodb = house.environment["STATE_TABLE_NAME"], house.client("dynamodb")
    key = {"pk": {"S": "slack#T0PLAYGND#U0CAROL"}, "sk": {"S": "link"}}
    link = dynamodb.get_item(TableName=table, Key=key)["Item"]
    dynamodb.delete_item(TableName=table, Key=key)
    house.fresh_containers()
    try:
        house.say("list", "U0CAROL")
        answer = house.say("audit <@U0CAROL>")
        denied = house.say("audit <@U0CAROL> outcome:denied")
    finally:
        dynamodb.put_item(TableName=table, Item=link)
    assert "Audit of <@U0CAROL>: 2 rows" in answer.text
    assert "carol@playground.example GET_INSTANCE" in answer.text
    assert "ACCESS_DENIED" in answer.text
    assert "1 row" in denied.text


def test_refusals_say_where_those_are_that_nobody_asked_for(house: House) -> None:
    forged = {**item(1, ago(minutes=5), action="ALARM_REFUSED", outcome="denied"), "userId": {"S": "system:alarms"}}
    put(house, forged)
    answer = house.say("audit outcome:denied")
    assert "action:ALARM_REFUSED" in json.dumps(answer.blocks)
    assert "1 row" in house.say("audit action:ALARM_REFUSED outcome:denied").text
    assert "have an action of their own" not in json.dumps(house.say("audit").blocks)


def alarm(number: int, at: datetime, name: str, effect: str, **details: Any) -> dict[str, Any]:
    row = item(number, at, action="ALARM_STATE_CHANGE", outcome="succeeded", resourceId=name, resourceType="ALARM")
    row |= {"userId": {"S": "system:alarms"}, "auditId": {"S": f"alarm-{number}"}}
    row["details"] = {"M": {"effect": {"S": effect}, **details}}
    return {key: value for key, value in row.items() if key not in ("userEmail", "slackUserId")}


def test_a_handover_names_the_alarms_that_are_not_over_and_drowns_nothing_in_the_others(house: House) -> None:
    storm = [
        alarm(number, ago(minutes=200, seconds=number), f"storm-{number}", "came_and_went") for number in range(40)
    ]
    gone = [alarm(60, ago(minutes=40), "deleted-1", "opened"), alarm(61, ago(minutes=35), "deleted-1", "deleted")]
    open_now = alarm(50, ago(minutes=30), "disk-full", "opened")
    reminded = {**item(51, ago(minutes=10), action="ALERT_REMINDER"), "userId": {"S": "system:sweep"}}
    put(house, *storm, *gone, open_now, reminded, item(4, ago(minutes=5), action="SILENCE_ALERT", outcome="succeeded"))
    answer = house.say("audit handover")
    assert "0 reboots, 1 other change, 0 refusals, 1 alarm not over." in answer.text
    shown = json.dumps(answer.blocks)
    assert "`disk-full`" in shown
    assert "42 alarms went off." in shown
    assert "deleted-1" not in shown
    assert "storm-" not in shown
    assert "system:" not in shown


def test_a_handover_tells_a_reboot_that_the_sweep_closed_once_with_whoever_did_it_and_whether_it_helped(
    house: House,
) -> None:
    begun = item(1, ago(minutes=50), action="REBOOT_INSTANCE", outcome="attempted", resourceId=INSTANCE)
    ends = [
        item(number, ago(minutes=minutes), action="REBOOT_INSTANCE", outcome=outcome, resourceId=INSTANCE)
        | {"details": {"M": {"attempt": begun["auditId"]}}, "userId": {"S": who}, "userEmail": {"S": who}}
        for number, minutes, outcome, who in ((2, 49, "outcome_unknown", "ada"), (3, 40, "succeeded", "system:sweep"))
    ]
    helped = {"M": {"what": {"S": "rebooted"}, "on": {"S": INSTANCE}}}
    put(house, begun, *ends, alarm(4, ago(minutes=39), "cpu-high", "resolved", helped=helped))
    answer = house.say("audit handover")
    assert "1 reboot, 0 other changes" in answer.text
    shown = json.dumps(answer.blocks, ensure_ascii=False)
    assert "by *person1@playground.example*: 🟢 succeeded, and `cpu-high` was over after it" in shown
    assert "again at" not in shown
    assert "system:sweep" not in shown


def test_a_quiet_shift_is_said_to_be_quiet(house: House) -> None:
    assert "nothing was done and nothing was refused" in house.say("audit handover since:15m").text


@pytest.fixture
def sealed(house: House) -> Iterator[list[dict[str, Any]]]:
    """Twelve rows of the newest hour that can be sealed, and its digest after that of an hour before."""
    s3, bucket = house.client("s3"), house.environment["DIGEST_BUCKET_NAME"]

    def forget() -> None:
        for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=entry["Key"])

    forget()
    start = start_of(newest_due(datetime.now(UTC)))
    rows = [item(number, start + timedelta(minutes=number)) for number in range(12)]
    put(house, *rows)
    assert house.invoke(NOTARY, event("us-east-1", 0)) == {"sealed": 1}
    yield rows
    forget()


def test_a_verification_says_that_all_is_as_it_was_sealed(house: House, sealed: list[dict[str, Any]]) -> None:
    answer = house.say("audit verify")
    assert answer.text.startswith("The audit is as it was sealed: 12 rows in 1 sealed hour,")
    assert house.rows()[-1]["action"] == "VERIFY_AUDIT"


def test_D7_a_verification_names_the_rows_that_were_touched(house: House, sealed: list[dict[str, Any]]) -> None:
    put(house, {**sealed[3], "outcome": {"S": "denied"}})
    table, key = house.environment["AUDIT_TABLE_NAME"], {name: sealed[5][name] for name in ("userId", "timestamp")}
    house.client("dynamodb").delete_item(TableName=table, Key=key)
    answer = house.say("audit verify since:8h")
    assert "NOT as it was sealed: 2 findings" in answer.text
    shown = json.dumps(answer.blocks)
    assert "*edited*  row `audit-3`" in shown
    assert "*deleted*  row `audit-5`" in shown


def test_D7_a_row_touched_in_an_hour_that_is_not_sealed_is_never_called_as_it_was_sealed(
    house: House, sealed: list[dict[str, Any]]
) -> None:
    found = {
        "kind": "edited",
        "hour": hour_of(datetime.now(UTC)),
        "user_id": "sub-1",
        "timestamp": timestamp(datetime.now(UTC)),
        "audit_id": "audit-now",
        "seen_at": "2026-11-22T12:00:00+00:00",
    }
    key = f"findings/{found['hour']}/1.json"
    house.client("s3").put_object(
        Bucket=house.environment["DIGEST_BUCKET_NAME"], Key=key, Body=json.dumps(found).encode()
    )
    assert "NOT as it was sealed: 1 finding" in house.say("audit verify").text
    answer = house.say("audit verify since:1m")
    assert answer.text.startswith("The audit was changed before it was sealed: 1 finding")
    assert "*edited*  row `audit-now`" in json.dumps(answer.blocks)


def test_before_anything_is_sealed_a_verification_says_so(house: House, sealed: list[dict[str, Any]]) -> None:
    s3, bucket = house.client("s3"), house.environment["DIGEST_BUCKET_NAME"]
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])
    assert "No hour of the audit is sealed yet" in house.say("audit verify").text


def test_digests_that_cannot_be_read_are_said(house: House, sealed: list[dict[str, Any]]) -> None:
    house.type("audit verify")
    house.fresh_containers()
    with aws_fails("s3.GetObject", answers(403, "AccessDenied")):
        house.work()
    house.fresh_containers()
    assert "The audit could not be read." in house.said()[-1].text


def test_the_digest_of_an_empty_hour_is_the_beginning_of_a_chain() -> None:
    digest = Digest(hour_of(datetime.now(UTC) - HOUR), timestamp(datetime.now(UTC)), 0, root_of(()), None)
    assert Sealed.from_json(Sealed(digest, b"s", ()).to_json()).is_whole
