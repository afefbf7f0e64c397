"""Reboots from the command to the call: proposed in the channel, confirmed by whoever must, carried out once."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.views import reboot as view
from tests.house import WORKER, House
from tests.reboots import DENIED, Reboots, handle, in_state, instance_id, labels, person_is, tagged

ADA, BOB, CAROL = "ada@playground.example", "bob@playground.example", "carol@playground.example"


@pytest.fixture
def reboots(house: House) -> Reboots:
    return Reboots(house)


@pytest.fixture
def later(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def go(seconds: float) -> None:
        then = time.time() + seconds
        monkeypatch.setattr(time, "time", lambda: then)
        monkeypatch.setattr(house.slack, "_clock", lambda: then)

    yield go
    monkeypatch.undo()


# What is proposed


def test_a_reason_is_shown_as_it_was_typed_and_apart_from_what_is_known(house: House, reboots: Reboots) -> None:
    reason = "*bold* `x` ~no~ :smile: <!here> · Confirmed by Ada"
    proposed = reboots.propose(f"web-1 {reason}", "U0ADA")
    reboots.send(view.CONFIRM)
    for card in (proposed, reboots.card):
        (shown,) = (block for block in card.blocks if "*bold*" in str(block))
        said = {"type": "plain_text", "text": f"Reason: {reason}", "emoji": False}
        assert (shown["type"], shown["elements"]) == ("context", [said])
        assert "*bold*" not in card.text


def test_a_proposal_says_what_will_happen_to_what_and_nothing_has_happened(house: House, reboots: Reboots) -> None:
    card = reboots.propose("web-1 it hangs", "U0ADA")
    shown = card.text + repr(card.blocks)
    for words in ("Reboot *web-1*?", instance_id(house, "web-1"), "us-east-1a", "running", "Env=prod", "system ok"):
        assert words in shown
    assert "Open alarms*\\n0" in shown
    assert "Reason: it hangs" in shown
    assert "<@U0ADA> can confirm it with one click" in shown
    assert labels(card) == ["Reboot now", "Cancel"]
    assert not card.ephemeral
    assert reboots.calls == 0
    assert house.said() == []
    (row,) = reboots.rows("PROPOSE_REBOOT")
    assert row["outcome"] == "succeeded"
    assert row["resourceId"] == instance_id(house, "web-1")
    assert row["details"]["reason"] == "it hangs"
    assert row["details"]["strength"] == "click"


def test_what_was_done_to_the_instance_of_late_stands_on_the_card(house: House, reboots: Reboots) -> None:
    reboots.propose("web-2")
    reboots.confirm()
    assert "by ada@playground.example: succeeded" in repr(reboots.propose("web-2").blocks)


def test_the_button_of_an_instances_card_proposes_the_same(house: House, reboots: Reboots) -> None:
    answer = house.say("get web-1")
    assert house.click(answer, view.PROPOSE) == []
    assert "Reboot *web-1*?" in reboots.card.text
    assert "Reboot…" not in repr(house.say("get data-etl-nightly").blocks)


def test_several_instances_of_a_name_are_answered_with_a_menu_and_no_card(house: House, reboots: Reboots) -> None:
    assert "2 instances match" in house.say("reboot web-staging").text
    assert "There is no instance" in house.say("reboot wbe-1").text
    assert "needs the name or the id" in house.say("reboot").text
    assert reboots.cards == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("data-etl-nightly", "`data-etl-nightly` is stopped, so it cannot be rebooted."),
        ("vpn-gateway", "`vpn-gateway` is not for EC2 Ops to reboot."),
    ],
)
def test_what_cannot_be_rebooted_is_not_proposed(house: House, reboots: Reboots, name: str, words: str) -> None:
    assert words in house.say(f"reboot {name}").text
    assert reboots.cards == []
    assert [row["outcome"] for row in reboots.rows("PROPOSE_REBOOT")] == ["failed"]


def test_the_kill_switch_stops_proposals_and_confirmations_and_says_so(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1")
    off = {"REBOOTS_ENABLED": "false"}
    reboots.send(view.CONFIRM)
    house.fresh_containers()
    house.invoke(WORKER, house.received(), off)
    assert "Reboots are switched off." in house.said()[-1].text
    assert reboots.outcomes == ["attempted", "failed"]
    assert "Reboots were switched off meanwhile." in reboots.card.text
    house.type("reboot web-2")
    house.invoke(WORKER, house.received(), off)
    assert "Reboots are switched off." in house.said()[-1].text
    assert len(reboots.cards) == 1
    assert reboots.calls == 0


def test_L3_a_channel_without_the_bot_gets_no_proposal_and_says_how_to_invite(house: House, reboots: Reboots) -> None:
    house.slack.fail_next("chat.postMessage", "not_in_channel")
    answer = house.say("reboot web-1")
    assert "nothing was proposed" in answer.text
    assert "/invite" in answer.text
    assert reboots.phase == "cancelled"


def test_L2_a_card_that_landed_without_an_answer_cannot_be_confirmed(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1")
    landed = handle(reboots.card)
    reboots.alter(ts={"S": "1.1"})  # as if Slack had never said where the card is
    assert "That button leads nowhere" in reboots.press(view.CONFIRM, value=landed)
    assert reboots.calls == 0


# Strength: click


def test_one_click_reboots_once_under_the_clickers_name(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1 it hangs")
    assert reboots.confirm() == ""
    assert reboots.calls == 1
    attempt, outcome = reboots.rows()
    assert (attempt["outcome"], outcome["outcome"]) == ("attempted", "succeeded")
    assert attempt["timestamp"] < outcome["timestamp"]
    assert outcome["details"]["attempt"] == attempt["auditId"]
    assert {row["userEmail"] for row in (attempt, outcome)} == {ADA}
    assert reboots.phase == "rebooting"
    card = reboots.card
    assert "*web-1* is rebooting: EC2 took the call of <@U0ADA>." in card.text
    assert labels(card) == []


def test_B1_a_double_click_reboots_once(house: House, reboots: Reboots) -> None:
    card = reboots.propose("web-1")
    reboots.send(view.CONFIRM, card=card)
    reboots.send(view.CONFIRM, card=card)
    house.work()
    assert "That is decided already." in house.said()[-1].text
    assert "Your click did nothing" in reboots.press(view.CONFIRM, card=card)
    assert reboots.calls == 1
    assert reboots.outcomes.count("attempted") == 1
    assert reboots.outcomes.count("succeeded") == 1


def test_Z2_a_click_that_the_queue_delivers_twice_reboots_once(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1")
    reboots.send(view.CONFIRM)
    event = house.received()
    for _ in range(3):
        assert house.invoke(WORKER, event) == {"batchItemFailures": []}
    assert reboots.calls == 1


def test_B3_somebody_elses_click_is_refused_and_recorded(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1", "U0ADA")
    assert "Only <@U0ADA> can do that" in reboots.confirm("U0BOB")
    (row,) = reboots.rows(DENIED)
    assert (row["userEmail"], row["details"]["reason"]) == (BOB, "not_requester")
    assert reboots.calls == 0
    assert reboots.phase == "open"


def test_a_person_without_the_role_cannot_confirm_even_a_wish(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1")
    assert "needs the role `admin`" in reboots.confirm("U0CAROL")
    assert "Slack knows you, EC2 Ops does not yet" in reboots.confirm("U0DAVE")
    assert "You are a guest" in reboots.confirm("U0GUEST")
    assert [row["details"]["reason"] for row in reboots.rows(DENIED)] == ["role_insufficient", "not_linked", "guest"]
    assert reboots.calls == 0


def test_B4_an_expired_proposal_reboots_nothing_though_its_row_is_there(
    house: House, reboots: Reboots, later: Any
) -> None:
    reboots.propose("web-1")
    later(301)
    assert "not confirmed in time" in reboots.confirm()
    assert reboots.calls == 0
    assert reboots.outcomes == ["failed"]
    assert reboots.rows()[0]["details"]["error"] == "ProposalClosedError"
    house.sweep()
    assert "was not confirmed in time" in reboots.card.text
    assert labels(reboots.card) == ["Propose a reboot again"]


def test_Z3_a_click_that_waited_past_the_five_minutes_reboots_nothing(
    house: House, reboots: Reboots, later: Any
) -> None:
    reboots.propose("web-1")
    reboots.send(view.CONFIRM)
    later(400)
    house.work()
    assert "not confirmed in time" in house.said()[-1].text
    assert reboots.calls == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda value: "",
        lambda value: value[:-1],
        lambda value: "0" * 32 + value[32:],
        lambda value: value.upper(),
        lambda value: value + "0",
        lambda value: f"us-east-1/{value}",
        lambda value: "../" + value,
        lambda value: "x" * 2000,
    ],
)
def test_B5_a_value_that_we_did_not_make_is_refused_and_recorded(house: House, reboots: Reboots, change: Any) -> None:
    card = reboots.propose("web-1")
    assert "That button leads nowhere" in reboots.press(view.CONFIRM, card=card, value=change(handle(card)) or "?")
    (row,) = reboots.rows(DENIED)
    assert row["details"]["reason"] == "unknown_proposal"
    assert reboots.calls == 0


def test_B5_another_proposals_value_is_refused_on_this_card(house: House, reboots: Reboots) -> None:
    first = reboots.propose("web-1")
    second = reboots.propose("web-2")
    assert "That button leads nowhere" in reboots.press(view.CONFIRM, card=first, value=handle(second))
    assert [row["details"]["reason"] for row in reboots.rows(DENIED)] == ["other_message"]
    assert reboots.calls == 0


def test_B6_what_is_rebooted_is_what_is_stored_whatever_the_message_says(house: House, reboots: Reboots) -> None:
    card = reboots.propose("web-1")
    swapped = [{"type": "section", "text": {"type": "mrkdwn", "text": "Reboot db-primary?"}}, *card.blocks[-1:]]
    house.slack.board.change(card, "Reboot db-primary?", swapped)
    reboots.confirm()
    assert {row["resourceId"] for row in reboots.rows()} == {instance_id(house, "web-1")}


def test_B7_the_button_works_in_its_own_message_alone(house: House, reboots: Reboots) -> None:
    card = reboots.propose("web-1")
    # A `ts` is unique in its channel alone.
    for channel, ts in (("C0OPS", None), ("C0ALERTS", None), ("C0ALERTS", card.ts)):
        forwarded = house.slack.board.post(channel, card.user_id, card.text, ts, blocks=card.blocks, app_id=card.app_id)
        assert "That button leads nowhere" in reboots.press(view.CONFIRM, card=forwarded)
    assert [row["details"]["reason"] for row in reboots.rows(DENIED)] == ["other_message"] * 3
    assert reboots.calls == 0
    reboots.confirm(card=card)
    assert reboots.calls == 1


@pytest.mark.parametrize(
    ("tags", "change"),
    [({"protection": "approval"}, "protection"), ({"Name": "web-one"}, "name"), ({"managed": "no"}, "not_managed")],
)
def test_B9_an_instance_with_other_tags_than_proposed_is_not_rebooted(
    house: House, reboots: Reboots, tags: dict[str, str], change: str
) -> None:
    reboots.propose("web-1")
    with tagged(house, "web-1", **tags) if "Name" not in tags else renamed(house, tags["Name"]):
        assert "the instance is not what it was" in reboots.confirm()
    assert reboots.outcomes == ["attempted", "failed"]
    assert reboots.rows()[-1]["details"]["reason"] == f"stale_target_{change}"
    assert reboots.calls == 0
    assert "*web-1* was not rebooted" in reboots.card.text


def renamed(house: House, name: str) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def change() -> Iterator[None]:
        identifier, ec2 = instance_id(house, "web-1"), house.client("ec2")
        ec2.create_tags(Resources=[identifier], Tags=[{"Key": "Name", "Value": name}])
        try:
            yield
        finally:
            ec2.create_tags(Resources=[identifier], Tags=[{"Key": "Name", "Value": "web-1"}])

    return change()


@pytest.mark.parametrize(("state", "code"), [("terminated", 48), ("stopped", 80), ("shutting-down", 32)])
def test_B9_an_instance_that_stopped_or_died_since_is_not_rebooted(
    house: House, reboots: Reboots, state: str, code: int
) -> None:
    reboots.propose("web-1")
    with in_state(house, "web-1", state, code):
        reboots.confirm()
    assert reboots.outcomes == ["attempted", "failed"]
    assert reboots.rows()[-1]["details"]["reason"] == "stale_target_state"
    assert reboots.calls == 0


def test_B10_the_second_of_two_proposals_for_one_instance_waits_for_the_first(house: House, reboots: Reboots) -> None:
    first = reboots.propose("web-1", "U0ADA")
    second = reboots.propose("web-1", "U0BOB")
    reboots.confirm("U0ADA", first)
    assert "Another reboot of this instance is under way." in reboots.confirm("U0BOB", second)
    assert reboots.calls == 1
    assert reboots.outcomes == ["attempted", "succeeded", "failed"]


def test_C1_somebody_demoted_after_proposing_is_refused(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1")
    with person_is(house, ADA, role="readonly"):
        assert "needs the role `admin`" in reboots.confirm()
    (row,) = reboots.rows(DENIED)
    assert row["details"]["reason"] == "role_insufficient"
    assert reboots.calls == 0


# Cancelling


@pytest.mark.parametrize("user_id", ["U0ADA", "U0BOB"])
def test_whoever_proposed_it_or_an_admin_cancels_it_for_good(house: House, reboots: Reboots, user_id: str) -> None:
    card = reboots.propose("web-1", "U0ADA")
    assert reboots.cancel(user_id) == ""
    assert f"The reboot of *web-1* was cancelled by <@{user_id}>." in reboots.card.text
    assert labels(reboots.card) == []
    assert f"It was cancelled by <@{user_id}>." in reboots.confirm("U0ADA", card)
    assert reboots.calls == 0
    assert [row["outcome"] for row in reboots.rows("CANCEL_REBOOT")] == ["succeeded"]
    told = ["<@U0ADA> <@U0BOB> :no_entry_sign: The reboot of *web-1* was cancelled by <@U0BOB>."]
    assert [news.partition("\n")[0] for news in reboots.news] == (told if user_id == "U0BOB" else [])
    house.sweep()
    assert len(reboots.news) == (user_id == "U0BOB"), "told once, and not of what one did oneself"


def test_somebody_else_without_the_role_cannot_cancel(house: House, reboots: Reboots) -> None:
    reboots.propose("web-1", "U0ADA")
    assert "for somebody else to decide" in reboots.cancel("U0CAROL")
    assert reboots.phase == "open"
    assert [row["details"]["reason"] for row in reboots.rows(DENIED)] == ["not_requester"]


def test_a_cancellation_after_the_confirmation_changes_nothing(house: House, reboots: Reboots) -> None:
    card = reboots.propose("web-1")
    reboots.confirm()
    assert "That is decided already." in reboots.cancel("U0BOB", card)
    assert reboots.phase == "rebooting"


# Strength: typed


def test_typing_the_name_and_a_reason_reboots(house: House, reboots: Reboots) -> None:
    card = reboots.propose("api-1")
    assert labels(card) == ["Confirm by typing…", "Cancel"]
    assert reboots.press(view.CONFIRM_TYPED) == ""
    form = house.modal()
    assert "Type its name: api-1" in repr(form.blocks)
    assert reboots.calls == 0
    assert "The reboot of api-1 was sent to EC2" in reboots.type_name("api-1", "out of memory")
    assert reboots.calls == 1
    assert {row["details"]["reason"] for row in reboots.rows()} == {"out of memory"}
    assert {row["channelId"] for row in reboots.rows()} == {"C0OPS"}, "a modal is nowhere, its card is"
    assert "Reason: out of memory" in repr(reboots.card.blocks)


def test_another_name_reboots_nothing_and_asks_again(house: House, reboots: Reboots) -> None:
    reboots.propose("api-1")
    reboots.press(view.CONFIRM_TYPED)
    shown = reboots.type_name("api-2", "out of memory")
    assert "`api-2` is not its name. Nothing was done." in shown
    assert "out of memory" in shown
    assert reboots.calls == 0
    reboots.type_name("api-1", "out of memory")
    assert reboots.calls == 1


def test_a_click_alone_does_not_confirm_what_must_be_typed(house: House, reboots: Reboots) -> None:
    card = reboots.propose("api-1")
    assert "That is not its name" in reboots.press(view.CONFIRM, card=card)
    assert reboots.calls == 0


def test_the_form_opens_only_for_whoever_may_fill_it(house: House, reboots: Reboots) -> None:
    card = reboots.propose("api-1", "U0ADA")
    reboots.press(view.CONFIRM_TYPED, "U0BOB")
    assert "for somebody else to decide" in repr(house.modal("U0BOB").blocks)
    reboots.press(view.CONFIRM_TYPED, "U0CAROL")
    assert "needs the role" in repr(house.modal("U0CAROL").blocks)
    reboots.cancel("U0ADA")
    reboots.press(view.CONFIRM_TYPED, "U0ADA", card)
    assert "It was cancelled" in repr(house.modal("U0ADA").blocks)


def test_B1_a_form_submitted_twice_reboots_once(house: House, reboots: Reboots) -> None:
    reboots.propose("api-1")
    reboots.press(view.CONFIRM_TYPED)
    form = house.modal()
    reboots.type_name("api-1")
    house.slack.views.update(house.modal(), form.definition)  # somebody goes back to the form
    assert "That is decided already" in reboots.type_name("api-1")
    assert reboots.calls == 1


# Strength: approval


def test_another_admin_approves_and_both_are_on_record(house: House, reboots: Reboots) -> None:
    card = reboots.propose("db-primary", "U0ADA")
    assert labels(card) == ["Approve and reboot", "Cancel"]
    assert "Another admin has to approve it, not <@U0ADA>." in repr(card.blocks)
    assert reboots.confirm("U0BOB") == ""
    assert reboots.calls == 1
    attempt = reboots.rows()[0]
    assert attempt["userEmail"] == BOB
    assert attempt["details"]["proposedBy"] == reboots.rows("PROPOSE_REBOOT")[0]["userId"]
    assert "Confirmed by <@U0BOB>" in repr(reboots.card.blocks)


def test_A1_nobody_approves_their_own_reboot(house: House, reboots: Reboots) -> None:
    reboots.propose("db-primary", "U0ADA")
    assert "It takes a second person." in reboots.confirm("U0ADA")
    (row,) = reboots.rows(DENIED)
    assert (row["userEmail"], row["details"]["reason"]) == (ADA, "self_approval")
    assert reboots.calls == 0
    assert reboots.phase == "open"


def test_A2_a_second_slack_user_of_the_same_account_is_the_same_person(house: House, reboots: Reboots) -> None:
    dynamodb, table = house.client("dynamodb"), house.environment["STATE_TABLE_NAME"]

    def link(user_id: str) -> dict[str, Any]:
        return {"pk": {"S": f"slack#T0PLAYGND#{user_id}"}, "sk": {"S": "link"}}

    of_ada = dynamodb.get_item(TableName=table, Key=link("U0ADA"))["Item"]
    of_bob = dynamodb.get_item(TableName=table, Key=link("U0BOB"))["Item"]
    reboots.propose("db-primary", "U0ADA")
    dynamodb.put_item(TableName=table, Item={**of_ada, **link("U0BOB")})
    try:
        assert "It takes a second person." in reboots.confirm("U0BOB")
    finally:
        dynamodb.put_item(TableName=table, Item=of_bob)
    assert reboots.calls == 0


def test_A3_a_second_account_with_the_same_e_mail_is_the_same_person(house: House, reboots: Reboots) -> None:
    reboots.propose("db-primary", "U0ADA")
    with person_is(house, BOB, email="Ada@Playground.example"):
        assert "It takes a second person." in reboots.confirm("U0BOB")
    assert [row["details"]["reason"] for row in reboots.rows(DENIED)] == ["self_approval"]
    assert reboots.calls == 0


@pytest.mark.parametrize("unproven", [ADA, BOB])
def test_A3_without_a_verified_e_mail_of_both_nobody_counts_as_a_second_person(
    house: House, reboots: Reboots, unproven: str
) -> None:
    with person_is(house, unproven, email_verified="false"):
        reboots.propose("db-primary", "U0ADA")
        assert "it cannot be told whether you are one" in reboots.confirm("U0BOB")
    assert [row["details"]["reason"] for row in reboots.rows(DENIED)] == ["email_not_verified"]
    assert reboots.calls == 0


def test_A5_somebody_without_the_role_does_not_approve_and_nobody_does_too_late(
    house: House, reboots: Reboots, later: Any
) -> None:
    reboots.propose("db-primary", "U0ADA")
    assert "needs the role `admin`" in reboots.confirm("U0CAROL")
    later(301)
    assert "not confirmed in time" in reboots.confirm("U0BOB")
    assert reboots.calls == 0


def test_A6_a_proposal_altered_after_its_card_was_shown_is_void(house: House, reboots: Reboots) -> None:
    reboots.propose("db-primary", "U0ADA")
    (row,) = reboots.stored()
    other = row["proposal"].replace(instance_id(house, "db-primary"), instance_id(house, "web-1"))
    reboots.alter(proposal={"S": other})
    assert "That button leads nowhere" in reboots.confirm("U0BOB")
    assert reboots.calls == 0


def test_A6_a_proposal_changed_whole_is_not_what_was_clicked(house: House, reboots: Reboots) -> None:
    from bot.proposals import Proposal

    reboots.propose("db-primary", "U0ADA")
    (row,) = reboots.stored()
    text = row["proposal"].replace(instance_id(house, "db-primary"), instance_id(house, "web-1"))
    other = Proposal.from_text(text)
    reboots.alter(proposal={"S": other.to_text()}, digest={"S": other.digest})
    assert "has changed since that card was shown" in reboots.confirm("U0BOB")
    assert reboots.calls == 0
    assert reboots.outcomes == ["failed"]


def test_C3_an_approver_demoted_meanwhile_approves_nothing(house: House, reboots: Reboots) -> None:
    reboots.propose("db-primary", "U0ADA")
    reboots.send(view.CONFIRM, "U0BOB")
    with person_is(house, BOB, role="readonly"):
        house.work()
    assert reboots.calls == 0
    assert [row["details"]["reason"] for row in reboots.rows(DENIED)] == ["role_insufficient"]


@pytest.mark.parametrize(
    ("change", "reason"), [({"role": "readonly"}, "role_insufficient"), ({"enabled": False}, "account_disabled")]
)
def test_C3_what_somebody_proposed_who_may_no_longer_is_not_carried_out(
    house: House, reboots: Reboots, change: dict[str, Any], reason: str
) -> None:
    reboots.propose("db-primary", "U0ADA")
    with person_is(house, ADA, **change):
        assert "may no longer ask for it" in reboots.confirm("U0BOB")
    assert reboots.outcomes == ["attempted", "failed"]
    assert reboots.rows()[-1]["details"]["reason"] == f"requester_{reason}"
    assert reboots.calls == 0


# Requests of people without the role


def test_a_refusal_offers_to_ask_an_admin_and_the_admin_confirms_as_themselves(house: House, reboots: Reboots) -> None:
    refusal = house.say("reboot web-1 it hangs", "U0CAROL")
    assert "needs the role `admin`" in refusal.text
    assert [block["type"] for block in refusal.blocks] == ["section", "section", "actions", "context"]
    (asked,) = house.click(refusal, view.REQUEST)
    assert "You asked to reboot *web-1*: the request is in this channel." in asked.text
    assert (asked.ts, labels(asked)) == (refusal.ts, []), "no button stays that would ask once more"
    card = reboots.card
    assert "<@U0CAROL> asks to reboot *web-1*." in card.text
    assert "<@U0CAROL> has no role for that. Any admin can confirm it, as themselves." in repr(card.blocks)
    assert "Reason: it hangs" in repr(card.blocks)
    assert reboots.calls == 0
    reboots.confirm("U0BOB")
    assert reboots.calls == 1
    attempt = reboots.rows()[0]
    assert attempt["userEmail"] == BOB
    assert attempt["details"]["requestedBy"] == reboots.rows("PROPOSE_REBOOT")[0]["userId"]
    assert [row["details"]["reason"] for row in reboots.rows(DENIED)] == ["role_insufficient"]


def test_who_waits_for_somebody_else_is_told_that_nobody_came(house: House, reboots: Reboots, later: Any) -> None:
    wish(house, "web-1")
    reboots.propose("db-primary", "U0ADA")
    reboots.propose("web-2 it is hers to confirm", "U0ADA")
    later(301)
    for _ in range(2):
        house.sweep()
    told = sorted(news.partition("\n")[0] for news in reboots.news)
    assert told == [
        "<@U0ADA> :hourglass: The reboot of *db-primary* was not confirmed in time.",
        "<@U0CAROL> :hourglass: The reboot of *web-1* was not confirmed in time.",
    ]


def test_what_came_to_nothing_is_proposed_again_with_its_reason(house: House, reboots: Reboots, later: Any) -> None:
    card = reboots.propose("web-1 it hangs", "U0ADA")
    later(301)
    house.sweep()
    (again,) = [one for block in reboots.card.blocks for one in block.get("elements", []) if "action_id" in one]
    assert again["text"]["text"] == "Propose a reboot again"
    assert reboots.press(view.PROPOSE, card=card, value=again["value"]) == ""
    assert len(reboots.cards) == 2
    assert "Reason: it hangs" in repr(reboots.card.blocks)


def wish(house: House, name: str) -> None:
    house.click(house.say(f"reboot {name} it hangs", "U0CAROL"), view.REQUEST)


def test_whoever_asked_may_take_the_request_back_and_cannot_confirm_it(house: House, reboots: Reboots) -> None:
    wish(house, "web-1")
    assert "needs the role `admin`" in reboots.confirm("U0CAROL")
    assert reboots.cancel("U0CAROL") == ""
    assert reboots.phase == "cancelled"
    assert reboots.calls == 0


def test_a_request_for_a_typed_instance_is_typed_by_the_admin(house: House, reboots: Reboots) -> None:
    wish(house, "api-1")
    reboots.press(view.CONFIRM_TYPED, "U0BOB")
    reboots.type_name("api-1", "Carol is right", "U0BOB")
    assert reboots.calls == 1
    assert reboots.rows()[0]["userEmail"] == BOB


def test_a_request_where_two_admins_are_needed_takes_two_admins(house: House, reboots: Reboots) -> None:
    wish(house, "db-primary")
    stale = reboots.card
    assert labels(stale) == ["Propose it as mine", "Cancel"]
    assert reboots.confirm("U0BOB") == ""
    assert reboots.calls == 0
    assert labels(reboots.card) == ["Approve and reboot", "Cancel"]
    assert "has changed since that card was shown" in reboots.confirm("U0ADA", stale)
    assert "It takes a second person." in reboots.confirm("U0BOB")
    reboots.confirm("U0ADA")
    assert reboots.calls == 1
    assert "Wanted by <@U0CAROL> · Proposed by <@U0BOB> · Confirmed by <@U0ADA>" in repr(reboots.card.blocks)


def test_somebody_promoted_after_asking_is_no_second_person(house: House, reboots: Reboots) -> None:
    wish(house, "db-primary")
    reboots.confirm("U0BOB")
    with person_is(house, CAROL, role="admin"):
        assert "It takes a second person." in reboots.confirm("U0CAROL")
    assert reboots.calls == 0


def test_what_somebody_else_must_decide_is_not_proposed_where_nobody_else_sees_it(
    house: House, reboots: Reboots
) -> None:
    carols, adas = (house.slack.open_direct_message(user_id)[0].channel_id for user_id in ("U0CAROL", "U0ADA"))
    refusal = house.say("reboot web-1", "U0CAROL", carols)
    assert "type `/ec2 reboot` in a channel" in repr(refusal.blocks)
    assert labels(refusal) == []
    shown = house.say("get web-1", "U0CAROL", carols)
    (refused,) = house.click(shown, view.REQUEST)
    for said in (refused, house.say("reboot db-primary", "U0ADA", adas)):
        assert "That cannot be proposed in a direct message." in said.text
        assert "Type `/ec2 reboot` in a channel" in said.text
    assert reboots.stored() == []
    assert {row["outcome"] for row in reboots.rows("PROPOSE_REBOOT")} == {"failed"}


def test_a_stranger_is_offered_nothing(house: House, reboots: Reboots) -> None:
    answer = house.say("reboot web-1", "U0DAVE")
    assert view.REQUEST not in repr(answer.blocks)
    assert reboots.cards == []


# The budget


def test_two_reboots_make_the_third_one_an_approval(house: House, reboots: Reboots, later: Any) -> None:
    reboot_twice(house, reboots, later)
    card = reboots.propose("web-1")
    assert labels(card) == ["Approve and reboot", "Cancel"]
    assert "It was rebooted twice within 30 minutes, so a second person has to agree." in repr(card.blocks)
    assert "It takes a second person." in reboots.confirm("U0ADA")
    reboots.confirm("U0BOB")
    assert reboots.calls == 3
    later(31 * 60)
    assert labels(reboots.propose("web-1")) == ["Reboot now", "Cancel"]


def test_a_proposal_made_before_the_budget_was_used_up_is_refused_after_it(
    house: House, reboots: Reboots, later: Any
) -> None:
    early = reboots.propose("web-1", "U0BOB")
    reboot_twice(house, reboots, later)
    assert "One more needs a second person" in reboots.confirm("U0BOB", early)
    assert reboots.calls == 2


def reboot_twice(house: House, reboots: Reboots, later: Any) -> None:
    """Within the five minutes of a proposal: each is back before the next one."""
    for _ in range(2):
        card = reboots.propose("web-1", "U0ADA")
        reboots.confirm("U0ADA", card)
        (lock,) = reboots.stored("lock#")
        house.client("dynamodb").update_item(
            TableName=house.environment["STATE_TABLE_NAME"],
            Key={"pk": {"S": lock["pk"]}, "sk": {"S": "lock"}},
            UpdateExpression="SET lockedUntil = :now",
            ExpressionAttributeValues={":now": {"N": "0"}},
        )


def test_a_reboot_that_ec2_refused_is_not_counted_and_holds_no_lock(house: House, reboots: Reboots) -> None:
    for _ in range(3):
        reboots.propose("web-1")
        with in_state(house, "web-1", "stopped", 80):
            reboots.confirm()
    assert reboots.news == [], "whoever confirmed it was answered"
    assert labels(reboots.propose("web-1")) == ["Reboot now", "Cancel"]
    (lock,) = reboots.stored("lock#")
    assert lock["reboots"] == []


def test_who_waits_with_whoever_approved_it_is_told_that_it_failed(house: House, reboots: Reboots) -> None:
    reboots.propose("db-primary")
    with in_state(house, "db-primary", "stopped", 80):
        reboots.confirm("U0BOB")
    (news,) = reboots.news
    assert news.startswith("<@U0ADA> <@U0BOB> :x: *db-primary* was not rebooted.")
