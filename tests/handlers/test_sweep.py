"""The sweep: reboots followed until the machine is back, and everything that was left half done."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse

from bot.services.instance_locks import LOCK_SECONDS
from bot.services.proposals import Proposals
from playground.slack.messages import Message
from tests.faults import Fault, answers, aws_fails, loses_the_reply, times_out
from tests.house import SWEEP, House
from tests.reboots import Reboots, in_state, instance_id, labels


@pytest.fixture
def reboots(house: House) -> Reboots:
    return Reboots(house)


class Clock:
    """The time, which goes on only when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, house: House) -> None:
        self.now = time.time()
        monkeypatch.setattr(time, "time", lambda: self.now)
        monkeypatch.setattr(house.slack, "_clock", lambda: self.now)

    def go(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(house: House, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, house)


def checks(system: str, instance: str) -> Fault:
    """EC2 says that of the status checks of every instance it is asked for."""

    def fault(request: AWSRequest) -> AWSResponse:
        body = request.body if isinstance(request.body, str) else (request.body or b"").decode()
        identifier = body.split("InstanceId.1=")[1].split("&")[0]
        item = (
            f"<item><instanceId>{identifier}</instanceId><instanceState><code>16</code><name>running</name></instanceState>"
            f"<systemStatus><status>{system}</status></systemStatus>"
            f"<instanceStatus><status>{instance}</status></instanceStatus></item>"
        )
        answer = "DescribeInstanceStatusResponse"
        xml = f"<{answer}><instanceStatusSet>{item}</instanceStatusSet></{answer}>"
        return AWSResponse(request.url, 200, {}, Body(xml.encode()))

    return fault


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def sweep_seeing(house: House, system: str, instance: str) -> None:
    house.fresh_containers()
    with aws_fails("ec2.DescribeInstanceStatus", checks(system, instance)):
        house.sweep()
    house.fresh_containers()


def rebooted(reboots: Reboots, name: str = "web-1") -> Message:
    reboots.propose(name)
    reboots.confirm()
    return reboots.card


# A machine that comes back


def test_the_card_follows_the_machine_until_both_checks_are_passed(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    rebooted(reboots)
    clock.go(60)
    sweep_seeing(house, "ok", "initializing")
    assert "its checks are not passed yet" in reboots.card.text
    assert "EC2 says: system ok, instance initializing." in reboots.card.text
    clock.go(132)
    sweep_seeing(house, "ok", "ok")
    assert "*web-1* is back: 2/2 checks passed after 3 min 12 s." in reboots.card.text
    assert reboots.phase == "back"
    (news,) = reboots.news
    assert news.startswith("<@U0ADA>")
    assert "is back" in news
    assert "due" not in reboots.stored()[0]


def test_what_is_over_is_said_once_and_not_looked_at_again(house: House, reboots: Reboots, clock: Clock) -> None:
    rebooted(reboots)
    for seconds, check in ((60, "initializing"), (60, "ok"), (60, "ok"), (60, "impaired")):
        clock.go(seconds)
        sweep_seeing(house, "ok", check)
    assert "is back" in reboots.card.text
    assert len(reboots.news) == 1


def test_checks_that_never_leave_ok_are_said_to_be_no_proof(house: House, reboots: Reboots, clock: Clock) -> None:
    rebooted(reboots)
    clock.go(60)
    house.sweep()
    assert "so far they are as before" in reboots.card.text
    clock.go(250)
    house.sweep()
    assert "was told to reboot, and its checks never left `ok`" in reboots.card.text
    assert "only the machine's own uptime could prove it" in reboots.card.text
    assert labels(reboots.card) == ["Show the instance"]


def test_a_machine_that_stays_impaired_is_given_back_to_people_after_ten_minutes(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    rebooted(reboots)
    for _ in range(9):
        clock.go(60)
        sweep_seeing(house, "ok", "impaired")
    assert reboots.phase == "initializing"
    clock.go(60)
    sweep_seeing(house, "ok", "impaired")
    assert "*web-1* is still impaired, 10 min 0 s after the reboot." in reboots.card.text
    assert labels(reboots.card) == ["Propose a reboot again", "Show the instance"]
    assert len(reboots.news) == 1


def test_a_machine_that_stops_instead_is_said_to_have_stopped(house: House, reboots: Reboots, clock: Clock) -> None:
    rebooted(reboots)
    clock.go(60)
    with in_state(house, "web-1", "stopped", 80):
        house.sweep()
    assert "*web-1* is not running any more." in reboots.card.text
    assert "EC2 says: stopped." in reboots.card.text


def test_an_ec2_that_says_nothing_is_asked_again_and_given_up_after_ten_minutes(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    rebooted(reboots)
    for minute in range(1, 11):
        clock.go(60)
        house.fresh_containers()
        with aws_fails("ec2.DescribeInstances", answers(503, "RequestLimitExceeded")):
            house.sweep()
        assert reboots.phase == ("rebooting" if minute < 10 else "impaired")
    house.fresh_containers()
    assert "could not be observed: EC2 did not say how it is, 10 min 0 s after the reboot." in reboots.card.text
    assert "impaired" not in reboots.card.text
    assert labels(reboots.card) == ["Show the instance"]


def test_a_new_container_goes_on_where_the_last_one_stopped(house: House, reboots: Reboots, clock: Clock) -> None:
    rebooted(reboots)
    clock.go(60)
    sweep_seeing(house, "initializing", "initializing")
    house.fresh_containers()
    clock.go(60)
    sweep_seeing(house, "ok", "ok")
    assert reboots.phase == "back"


def test_the_lock_ends_with_the_watch(house: House, reboots: Reboots, clock: Clock) -> None:
    rebooted(reboots)
    clock.go(60)
    sweep_seeing(house, "ok", "initializing")
    clock.go(60)
    sweep_seeing(house, "ok", "ok")
    rebooted(reboots)
    assert reboots.calls == 2


# What was left half done


def test_a_claim_whose_worker_died_is_closed_as_unknown_and_never_repeated(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    unclosed(house, reboots)
    assert (reboots.phase, reboots.outcomes) == ("claimed", ["attempted"])
    clock.go(60)
    house.sweep()
    assert reboots.outcomes == ["attempted"], "the worker may still be at it"
    clock.go(61)
    house.sweep()
    assert reboots.outcomes == ["attempted", "outcome_unknown"]
    assert "It is not known whether *web-1* was rebooted." in reboots.card.text
    attempt, outcome = reboots.rows()
    assert outcome["userId"] == "system:sweep"
    assert outcome["source"] == "system"
    assert outcome["details"]["attempt"] == attempt["auditId"]
    assert reboots.calls == 1
    for _ in range(2):
        clock.go(301)
        house.sweep()
    (news,) = reboots.news
    assert news.startswith("<@U0ADA> ")
    assert "It is not known whether *web-1* was rebooted." in news


def unclosed(house: House, reboots: Reboots) -> None:
    """A reboot whose outcome could not be written."""
    reboots.propose("web-1")
    house.fresh_containers()
    with aws_fails("dynamodb.TransactWriteItems", answers(400, "ThrottlingException"), when=ends):
        reboots.confirm()
    house.fresh_containers()


def ends(body: bytes) -> bool:
    return b"outcomeId" in body


def test_D3_an_outcome_that_cannot_be_written_is_told_and_reconciled(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    reboots.propose("web-1")
    house.fresh_containers()
    with aws_fails("dynamodb.TransactWriteItems", answers(400, "ThrottlingException"), when=ends):
        assert "Done, but its outcome could not be recorded." in reboots.confirm()
    house.fresh_containers()
    clock.go(121)
    house.sweep()
    clock.go(61)
    trail(house, reboots, [event(house, reboots)])
    assert reboots.outcomes == ["attempted", "outcome_unknown", "succeeded"]
    assert reboots.rows()[-1]["details"]["evidence"] == "CloudTrail"
    assert reboots.phase == "rebooting"
    assert reboots.calls == 1


def event(house: House, reboots: Reboots, **changes: Any) -> dict[str, Any]:
    (row,) = reboots.stored()
    return {
        "eventName": "RebootInstances",
        "userIdentity": {"principalId": f"AROAX:{row['pk'].removeprefix('action#')}"},
        "requestParameters": {"instancesSet": {"items": [{"instanceId": instance_id(house, "web-1")}]}},
        **changes,
    }


def trail(house: House, reboots: Reboots, events: list[dict[str, Any]]) -> list[str]:
    """A sweep while CloudTrail holds these events; what it was asked."""
    body = json.dumps(
        {"Events": [{"EventName": one["eventName"], "CloudTrailEvent": json.dumps(one)} for one in events]}
    )

    def fault(request: AWSRequest) -> AWSResponse:
        return AWSResponse(request.url, 200, {}, Body(body.encode()))

    house.fresh_containers()
    with aws_fails("cloudtrail.LookupEvents", fault) as asked:
        house.sweep()
    house.fresh_containers()
    return asked


def unknown(house: House, reboots: Reboots, clock: Clock) -> str:
    """A reboot whose reply was lost; when EC2 was called, as CloudTrail writes it."""
    reboots.propose("web-1")
    house.fresh_containers()
    with aws_fails("ec2.RebootInstances", loses_the_reply, when=lambda body: b"DryRun" not in body):
        assert "It is not known whether that happened." in reboots.confirm()
    house.fresh_containers()
    assert reboots.phase == "unknown"
    called = datetime.fromtimestamp(int(clock.now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    clock.go(11)
    return called


def test_a_lost_call_is_looked_up_by_the_name_of_its_session(house: House, reboots: Reboots, clock: Clock) -> None:
    unknown(house, reboots, clock)
    (asked,) = trail(house, reboots, [event(house, reboots)])
    action_id = reboots.stored()[0]["pk"].removeprefix("action#")
    assert json.loads(asked)["LookupAttributes"] == [{"AttributeKey": "Username", "AttributeValue": action_id}]
    assert reboots.outcomes == ["attempted", "outcome_unknown", "succeeded"]
    assert "*web-1* is rebooting" in reboots.card.text


def test_a_lost_call_counts_from_when_ec2_was_called_and_is_watched_from_when_it_was_found(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    called = unknown(house, reboots, clock)
    clock.go(601)
    trail(house, reboots, [event(house, reboots, eventTime=called)])
    clock.go(60)
    sweep_seeing(house, "ok", "impaired")
    assert reboots.phase == "initializing", "it is ten minutes since the call, and one since anybody looked"
    clock.go(60)
    sweep_seeing(house, "ok", "ok")
    assert "*web-1* is back: 2/2 checks passed after 12 min 12 s." in reboots.card.text


def test_checks_that_were_not_looked_at_in_time_are_not_said_to_have_stayed_ok(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    called = unknown(house, reboots, clock)
    clock.go(601)
    trail(house, reboots, [event(house, reboots, eventTime=called)])
    clock.go(301)
    house.sweep()
    assert reboots.phase == "quiet"
    assert "its checks were `ok` whenever it was looked at" in reboots.card.text
    assert "CloudTrail showed the call 10 min 12 s later" in reboots.card.text
    assert "never left" not in reboots.card.text


def test_a_lost_call_that_ec2_had_refused_failed_is_told_once_and_not_counted(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    unknown(house, reboots, clock)
    clock.go(LOCK_SECONDS)
    trail(house, reboots, [event(house, reboots, errorCode="Client.UnauthorizedOperation")])
    assert reboots.outcomes == ["attempted", "outcome_unknown", "failed"]
    assert "*web-1* was not rebooted." in reboots.card.text
    clock.go(301)
    house.sweep()
    (news,) = reboots.news
    assert news.startswith("<@U0ADA> :x: *web-1* was not rebooted.\nEC2 did not allow it to the reboot role.")
    assert reboots.stored("lock#")[0]["reboots"] == []


@pytest.mark.parametrize(
    "seen",
    [
        [],
        [{"eventName": "AssumeRole"}],
        [
            {
                "eventName": "RebootInstances",
                "requestParameters": {"dryRun": True},
                "errorCode": "Client.DryRunOperation",
            }
        ],
    ],
)
def test_a_call_that_cloudtrail_never_shows_is_said_to_be_unknown_for_good(
    house: House, reboots: Reboots, clock: Clock, seen: list[dict[str, Any]], log: Any
) -> None:
    unknown(house, reboots, clock)
    for _ in range(11):
        assert trail(house, reboots, seen) != []
        clock.go(301)
    assert reboots.outcomes == ["attempted", "outcome_unknown"]
    clock.go(301)
    trail(house, reboots, seen)
    assert reboots.outcomes == ["attempted", "outcome_unknown", "outcome_unknown"]
    assert "No sign that *web-1* was rebooted." in reboots.card.text
    assert ["not known" in reboots.news[0], "No sign" in reboots.news[1]] == [True, True]
    assert len(reboots.news) == 2
    assert '"reboot not observed"' in log()
    clock.go(3600)
    assert trail(house, reboots, seen) == []
    assert reboots.calls == 1


@pytest.mark.parametrize(
    "fault", [answers(400, "AccessDeniedException"), answers(400, "ThrottlingException"), times_out]
)
def test_a_cloudtrail_that_does_not_answer_is_asked_again(
    house: House, reboots: Reboots, clock: Clock, fault: Fault
) -> None:
    unknown(house, reboots, clock)
    house.fresh_containers()
    with aws_fails("cloudtrail.LookupEvents", fault):
        house.sweep()
    assert reboots.phase == "unknown"
    clock.go(301)
    trail(house, reboots, [event(house, reboots)])
    assert reboots.phase == "rebooting"


def test_a_lock_that_nobody_lets_go_ends_by_itself(house: House, reboots: Reboots, clock: Clock) -> None:
    unknown(house, reboots, clock)
    reboots.propose("web-1")
    assert "Another reboot of this instance is under way" in reboots.confirm()
    clock.go(LOCK_SECONDS)
    reboots.propose("web-1")
    assert reboots.confirm() == ""
    assert reboots.calls == 2


# A Slack that does not take it


def test_L1_a_card_that_slack_puts_off_is_rewritten_later_and_once(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    rebooted(reboots)
    clock.go(60)
    sweep_seeing(house, "ok", "initializing")
    clock.go(60)
    house.slack.fail_next("chat.update", 429, 30)
    sweep_seeing(house, "ok", "ok")
    assert "not passed yet" in reboots.card.text
    assert reboots.news == []
    clock.go(20)
    house.sweep()
    assert reboots.news == []
    clock.go(10)
    house.sweep()
    assert "is back: 2/2 checks passed after 2 min 0 s" in reboots.card.text
    assert len(reboots.news) == 1


def test_L1_news_that_slack_puts_off_come_later_and_once(house: House, reboots: Reboots, clock: Clock) -> None:
    rebooted(reboots)
    clock.go(310)
    house.slack.fail_next("chat.postMessage", 429, 30)
    house.sweep()
    assert reboots.news == []
    for _ in range(3):
        clock.go(31)
        house.sweep()
    assert len(reboots.news) == 1


def test_L2_news_that_landed_without_an_answer_are_not_said_again(house: House, reboots: Reboots, clock: Clock) -> None:
    rebooted(reboots)
    clock.go(310)
    house.slack.fail_next("chat.postMessage", 500)
    house.sweep()
    clock.go(120)
    house.sweep()
    assert reboots.news == []
    assert "never left `ok`" in reboots.card.text


def test_a_worker_that_cannot_show_its_card_leaves_that_to_the_sweep(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    card = reboots.propose("web-1")
    house.slack.fail_next("chat.update", 500)
    reboots.confirm()
    assert labels(reboots.card) == labels(card)
    clock.go(61)
    house.sweep()
    assert labels(reboots.card) == []


@pytest.mark.parametrize("word", ["message_not_found", "is_archived", "channel_not_found"])
def test_L3_whoever_asked_is_told_directly_when_the_card_is_gone(
    house: House, reboots: Reboots, clock: Clock, word: str
) -> None:
    rebooted(reboots)
    clock.go(310)
    house.slack.fail_next("chat.update", word)
    house.sweep()
    (told,) = [message for message in house.slack.board.all() if message.channel_id.startswith("D")][-1:]
    assert "was told to reboot" in told.text
    assert reboots.outcomes == ["attempted", "succeeded"]
    assert "due" not in reboots.stored()[0]


def test_L3_what_is_unknown_is_told_directly_once_when_the_card_is_gone(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    unknown(house, reboots, clock)
    before = len(direct(house))
    for _ in range(3):
        house.slack.fail_next("chat.update", "message_not_found")
        house.sweep()
        clock.go(301)
    (told,) = direct(house)[before:]
    assert "It is not known whether *web-1* was rebooted." in told.text


def test_L3_a_card_that_slack_refuses_for_a_day_is_given_up_and_its_people_are_told(
    house: House, reboots: Reboots, clock: Clock, log: Any
) -> None:
    rebooted(reboots)
    before = len(direct(house))
    for seconds in (310, 86_000, 500):
        assert "due" in reboots.stored()[0]
        clock.go(seconds)
        house.slack.fail_next("chat.update", "restricted_action")
        house.sweep()
    assert "due" not in reboots.stored()[0]
    assert '"card given up"' in log()
    (told,) = direct(house)[before:]
    assert "was told to reboot" in told.text


def direct(house: House) -> list[Message]:
    """What was said in direct messages."""
    return [message for message in house.slack.board.all() if message.channel_id.startswith("D")]


def test_L3_a_revoked_token_keeps_the_outcome_until_there_is_another(
    house: House, reboots: Reboots, clock: Clock
) -> None:
    rebooted(reboots)
    clock.go(310)
    house.slack.fail_next("chat.update", "token_revoked")
    house.sweep()
    assert reboots.outcomes == ["attempted", "succeeded"]
    assert "due" in reboots.stored()[0]
    clock.go(60)
    house.sweep()
    assert "never left `ok`" in reboots.card.text


# The sweep itself


def test_a_proposal_that_fails_keeps_no_other_from_its_turn(house: House, reboots: Reboots, clock: Clock) -> None:
    reboots.propose("web-1")
    reboots.alter(digest={"S": "0" * 64})
    reboots.propose("web-2")
    clock.go(301)
    house.sweep()
    assert "was not confirmed in time" in reboots.card.text


def test_a_table_that_does_not_answer_fails_the_sweep_aloud(house: House, reboots: Reboots, log: Any) -> None:
    with aws_fails("dynamodb.Query", answers(400, "ThrottlingException")):
        house.fresh_containers()
        with pytest.raises(Exception, match="Throttling"):
            house.sweep()
    assert '"sweep failed"' in log()
    house.fresh_containers()


def test_two_sweeps_at_once_say_it_once_in_the_audit(house: House, reboots: Reboots, clock: Clock) -> None:
    unclosed(house, reboots)
    clock.go(121)
    house.sweep()
    house.fresh_containers()
    house.invoke(SWEEP, {})
    assert reboots.outcomes == ["attempted", "outcome_unknown"]


def test_D3_a_claim_that_was_made_after_the_sweep_looked_is_left_to_its_worker(
    house: House, reboots: Reboots, monkeypatch: pytest.MonkeyPatch
) -> None:
    reboots.propose("web-1")
    (row,) = reboots.stored()
    monkeypatch.setattr(Proposals, "due", lambda self: [row["pk"].partition("#")[2]])
    phases: list[str] = []

    def sweep_before_the_call(body: bytes) -> bool:
        house.sweep()
        phases.append(reboots.phase)
        return False

    house.fresh_containers()
    with aws_fails("ec2.RebootInstances", times_out, when=sweep_before_the_call):
        reboots.confirm()
    house.fresh_containers()
    assert phases == ["claimed"]
    assert reboots.outcomes == ["attempted", "succeeded"]
