# ruff: noqa: N803 (the arguments have the names that boto3 gives them)
"""The reboot protocol as a small closed world: our own code in every order of its steps, and what must never be.

The desk, the gate, the records, the proposals, the locks, the audit, the role and the sweep are the product's own.
Under them are a DynamoDB in memory, an STS, an EC2 and a CloudTrail that know the few calls made of them, and a clock
that moves only when an actor moves it. Each call of AWS is a step, with four exceptions: reading who somebody is
(Slack, the link, Cognito) is one step, for only its last answer counts; so is reading the instance with its status
checks; Slack's answers are none, for nothing is decided by them; and the worker's rewriting of the card is left to the
sweep, which does the same with the same row. Each worker's audit clock is off by some microseconds, so that rows do not
push each other along: tests/services/test_audit.py has that.
"""

import json
import logging
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from bot.denials import IdentityUnavailableError
from bot.errors import ChatOpsError, InstancesUnavailableError
from bot.listeners.reboot_cards import RebootCards
from bot.listeners.sweep import RebootSweep
from bot.models import Actor as Asker
from bot.models import Instance, Origin, Role, Source
from bot.proposals import CLAIM_SECONDS, OVER, Facts, Person, Proposal, RebootPolicy, State, Strength
from bot.services.audit import Audit
from bot.services.channel_posts import Rewriting
from bot.services.cloudtrail import CloudTrail
from bot.services.gate import Gate
from bot.services.instance_locks import LOCK_SECONDS, InstanceLocks
from bot.services.proposals import Proposals
from bot.services.reboot_desk import CALL_SECONDS, CLAIM_WORTH_SECONDS, RebootDesk
from bot.services.reboot_records import RebootRecords
from bot.services.reboot_role import RebootRole
from bot.services.reboot_watching import RebootWatching
from bot.services.reboots import Reboots
from bot.wiring.aws import AwsClients
from tests.interleavings import DONE, Actor, Died, Explored, Explorer, Step
from tests.small_dynamodb import FAILED, LOST, Item, SmallDynamoDB

START = 1_800_000_000
CONFIRM_SECONDS = 300
CARD = ("C0OPS", "1.1")
REBOOT = "ec2.RebootInstances"
REFUSED, UNSENT = "refused", "unsent"
MOST_SWEEPS = 80
CONFIRMED, CANCELLED = "confirmed", "cancelled"
MOVES = {
    State.OPEN: {State.OPEN, State.CANCELLED, State.EXPIRED, State.CLAIMED},
    State.CLAIMED: {State.REBOOTING, State.FAILED, State.UNKNOWN},
    State.UNKNOWN: {State.UNKNOWN, State.REBOOTING, State.FAILED, State.NOT_OBSERVED},
    State.REBOOTING: {State.REBOOTING, State.INITIALIZING, State.BACK, State.QUIET, State.IMPAIRED, State.NOT_RUNNING},
}


def person(name: str, email: str | None = None) -> Person:
    return Person(f"sub-{name}", email or f"{name}@example.com", "T0", f"U0{name.upper()}")


ADA, BOB, CYD = person("ada"), person("bob"), person("cyd")
ADA_AGAIN = person("ada2", "Ada@example.com")  # the same human, under another account
ADA_UNPROVEN = person("ada3", "ada@example.com")  # and under one whose address nobody verified
RAY = person("ray")
PEOPLE = {one.slack_user_id: one for one in (ADA, BOB, CYD, ADA_AGAIN, ADA_UNPROVEN, RAY)}


def proposal(number: int = 1, strength: Strength = Strength.CLICK, by: Person = ADA, *, wish: bool = False) -> Proposal:
    """One for web-1."""
    return Proposal(
        action_id=f"{number:032x}",
        region="us-east-1",
        instance_id="i-1",
        name="web-1",
        protection=strength,
        strength=strength,
        requester=by,
        confirm_by=START + CONFIRM_SECONDS,
        facts=Facts("running", "m6i.large", "us-east-1a"),
        wanted_by=by if wish else None,
    )


@dataclass(frozen=True)
class Call:
    """One RebootInstances that reached EC2."""

    action_id: str
    user_id: str
    at: int
    refused: bool


@dataclass
class Town:
    """The world: tables, people, one instance and a clock, and the violations that it saw."""

    explorer: Explorer
    proposals: Sequence[Proposal]
    moving: frozenset[str] = frozenset()  # what some actor changes: `clock`, `people`, `instance`
    deadline: int | None = None  # when Lambda ends every worker
    clock: int = START
    roles: dict[str, Role] = field(default_factory=dict)
    name: str = "web-1"
    calls: list[Call] = field(default_factory=list)
    told: frozenset[tuple[str, str]] = frozenset()  # which proposals are confirmed and cancelled, as people were told
    hollow: dict[str, str] = field(default_factory=dict)
    taken_over: int = 0
    violations: list[str] = field(default_factory=list)
    issued: int = START
    trail: bool = False
    ids: int = 0

    def __post_init__(self) -> None:
        self.dynamodb: Any = SmallDynamoDB(self.step, self.replied, self.wrote, self.answered)
        self.roles = self.roles or {one.user_id: Role.ADMIN for one in PEOPLE.values()} | {RAY.user_id: Role.READONLY}

    def state(self) -> Hashable:
        facts = (self.roles, self.name, self.calls, sorted(self.told), self.hollow, self.taken_over)
        return (self.dynamodb.state(), self.clock, repr(facts))

    def step(self, step: Step) -> str:
        asked = self.clock
        way = self.explorer.step(step)
        self.issued = asked
        return way

    def own_step(self, name: str, *faults: str, until: str) -> str:
        """A step that only those notice who change `until`, or the clock, which is read right after."""
        return self.step(Step(name, faults, alone=not self.moving & {until, "clock"}))

    def replied(self, reply: Any) -> None:
        if self.explorer.current is not None:
            self.explorer.current.remember(repr(reply))

    def now(self) -> float:
        self.replied(self.clock)
        return self.clock

    def instance(self) -> Instance:
        tags = (("chatops:managed", "true"), ("chatops:protection", self.proposals[0].protection.value))
        kind = {"state": "running", "instance_type": "m6i.large", "zone": "us-east-1a", "region": "us-east-1"}
        whole: Any = {**kind, "private_ip": None, "launched": None, "tags": tags}
        return Instance("i-1", self.name, **whole, system_status="ok", instance_status="ok")

    def row(self, action_id: str) -> Item:
        row: Item = self.dynamodb.tables["state"][f"action#{action_id}", "proposal"]
        return row

    def rows(self, outcome: str) -> list[Item]:
        """Audit rows about reboots."""
        found = self.dynamodb.tables["audit"].values()
        return [row for row in found if row["action"]["S"] == "REBOOT_INSTANCE" and row["outcome"]["S"] == outcome]

    def must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.violations.append(otherwise)

    def wrote(self, table: str, before: Item | None, after: Item) -> None:
        """Every change of a row, as it is made."""
        if table == "audit":
            self.must(before is None, "an audit row was written over")
            if after["outcome"]["S"] == "attempted":
                self._attempted(after)
        elif before is not None and after["pk"]["S"].startswith("action#"):
            self._moved(before, after)
        elif before is not None and after["pk"]["S"].startswith("lock#"):
            self._locked(before, after)

    def _attempted(self, row: Item) -> None:
        """What the attempt rests on, if it is no longer so in the moment that it is on record."""
        action_id = row["details"]["M"]["proposal"]["S"]
        stored = Proposal.from_text(self.row(action_id)["proposal"]["S"])
        asked = [] if stored.is_wish else [stored.requester.user_id]
        for user_id in (row["userId"]["S"], *asked):
            if self.roles[user_id] is not Role.ADMIN:
                self.hollow[action_id] = f"{user_id} was no admin any more"
        if self.name != stored.name:
            self.hollow[action_id] = "the instance was another one"
        if stored.instance_id != row["resourceId"]["S"]:
            self.hollow[action_id] = "the proposal was another one"

    def _moved(self, before: Item, after: Item) -> None:
        old, new = State(before["phase"]["S"]), State(after["phase"]["S"])
        same = old is new and old in OVER
        self.must(same or new in MOVES.get(old, ()), f"{old} became {new}")
        confirm_by = int(before["confirmBy"]["N"])
        if old is State.OPEN and new is State.EXPIRED:
            self.must(self.clock >= confirm_by, "expired before its time")
        if old is State.OPEN and new is State.CLAIMED:
            self.must(int(after["decidedAt"]["N"]) < confirm_by, "confirmed after its time")
        if before["digest"] != after["digest"]:
            self.taken_over += 1
            self.must(self.issued < confirm_by, "taken over after its time")
            self.must(self.taken_over < 2, "a take-over was taken over")

    def _locked(self, before: Item, after: Item) -> None:
        if before["lockedBy"] == after["lockedBy"] and int(after["lockedUntil"]["N"]) <= self.clock:
            phase = State(self.row(after["lockedBy"]["S"])["phase"]["S"])
            self.must(phase in OVER, f"the lock of a reboot was let go while that was {phase}")

    def answered(self) -> None:
        """After each request: what must be true in the same moment."""
        audit, claims = {row["auditId"]["S"] for row in self.rows("attempted")}, 0
        for one in self.proposals:
            row = self.dynamodb.tables["state"].get((f"action#{one.action_id}", "proposal"), {})
            if "claimToken" in row:
                self.must(row["attemptId"]["S"] in audit, "claimed without an attempt on record")
                claims += 1
        self.must(len(audit) <= claims, "an attempt on record that claimed nothing")

    def reboots(self, action_id: str, user_id: str, instance_id: str, *, refused: bool) -> None:
        """RebootInstances has reached EC2."""
        row = self.row(action_id)
        stored = Proposal.from_text(row["proposal"]["S"])
        attempts = [
            one
            for one in self.rows("attempted")
            if one["details"]["M"]["proposal"]["S"] == action_id and one["userId"]["S"] == user_id
        ]
        self.must(bool(attempts), "a call without an attempt on record")
        self.must(row["phase"]["S"] == State.CLAIMED, f"a call for a proposal that was {row['phase']['S']}")
        self.must(action_id not in {call.action_id for call in self.calls}, "a second call for one proposal")
        done = [call for call in self.calls if not call.refused]
        recent = [call for call in done if call.at > self.clock - LOCK_SECONDS]
        self.must(not recent, "a second reboot of an instance while the first was under way")
        self.must(self.clock < stored.confirm_by + CLAIM_WORTH_SECONDS, "a call long after its time")
        left = CALL_SECONDS if self.deadline is None else self.deadline - self.clock
        self.must(left >= CALL_SECONDS, "a call whose answer its worker may not live to hear")
        self.must(action_id not in self.hollow, f"a call although {self.hollow.get(action_id)}")
        who = next(one for one in PEOPLE.values() if one.user_id == user_id)
        same = who.user_id == stored.requester.user_id
        human = same or (who.email or "").casefold() == (stored.requester.email or "").casefold()
        if stored.strength is Strength.APPROVAL:
            self.must(not human, "approved by whoever asked for it")
        else:
            self.must(same or stored.is_wish, "confirmed by somebody who did not ask for it")
        self.must(instance_id == "i-1", "a call for another instance")
        self.calls.append(Call(action_id, user_id, self.clock, refused))

    def end(self) -> None:
        """Everybody is done: the sweep goes on until nothing is due, whether CloudTrail tells all or nothing."""
        self._locks_of_the_failed()
        for trail in (True, False):
            after = replace(
                self,
                trail=trail,
                calls=list(self.calls),
                violations=[],
                hollow=dict(self.hollow),
            )
            after.dynamodb.restore(self.dynamodb)
            after.sweep_to_the_end()
            self.violations += [f"{one} (CloudTrail {'tells' if trail else 'is silent'})" for one in after.violations]

    def _locks_of_the_failed(self) -> None:
        locks = [row for (pk, _), row in self.dynamodb.tables["state"].items() if pk.startswith("lock#")]
        for lock in locks:
            row = self.row(lock["lockedBy"]["S"])
            ended = self.clock >= int(row["decidedAt"]["N"]) + LOCK_SECONDS
            # A worker that dies or is not answered leaves a lock behind, which then ends by itself.
            if row["phase"]["S"] == State.FAILED and not ended and not self.explorer.faults_met:
                self.must(int(lock["lockedUntil"]["N"]) <= self.clock, "a reboot that failed kept its lock")
                self.must(not lock["reboots"]["L"], "a reboot that failed was counted")

    def sweep_to_the_end(self) -> None:
        before = len(self.calls)
        sweep = Container(self, 1).sweep
        for _ in range(MOST_SWEEPS):
            due = [int(row["dueAt"]["N"]) for row in self.dynamodb.tables["state"].values() if "due" in row]
            if not due or self.violations:
                break
            self.clock = max(self.clock, *due)
            sweep.run()
        else:
            self.violations.append("the sweep comes to no end")
        self.answered()
        self.must(len(self.calls) == before, "the sweep called EC2")
        for one in self.proposals:
            self._ended(self.row(one.action_id))
        for (pk, _), row in self.dynamodb.tables["state"].items():
            if pk.startswith("lock#"):
                taken = int(self.row(row["lockedBy"]["S"])["decidedAt"]["N"])
                self.must(
                    int(row["lockedUntil"]["N"]) <= max(self.clock, taken + LOCK_SECONDS), "a lock that never ends"
                )

    def _ended(self, row: Item) -> None:
        action_id = row["pk"]["S"].partition("#")[2]
        phase = State(row["phase"]["S"])
        self.must(phase in OVER, f"it is {phase} for ever")
        called = [call for call in self.calls if call.action_id == action_id]
        if phase in (State.CANCELLED, State.EXPIRED):
            self.must(not called, f"a call for a proposal that was {phase}")
        for attempt in self.rows("attempted"):
            if attempt["details"]["M"]["proposal"]["S"] == action_id:
                self._closed(attempt["auditId"], [call for call in called if not call.refused])
        if (action_id, CONFIRMED) in self.told:
            self.must(len(called) == 1, "somebody was told of a reboot that was none")
        if (action_id, CANCELLED) in self.told:
            self.must(phase is State.CANCELLED, "somebody was told of a cancellation that was none")

    def _closed(self, attempt_id: Item, done: list[Call]) -> None:
        ends = [
            row["outcome"]["S"]
            for row in self.dynamodb.tables["audit"].values()
            if row["details"]["M"].get("attempt") == attempt_id
        ]
        self.must(bool(ends), "an attempt without an outcome")
        definite = [end for end in ends if end != "outcome_unknown"]
        self.must(len(definite) <= 1, f"an attempt with several ends: {ends}")
        self.must(not definite or ends[-1] == definite[0], f"an end that was known became unknown: {ends}")
        if definite:
            self.must((definite[0] == "succeeded") == bool(done), f"recorded as {definite[0]}, and it was not so")


class Container:
    """One worker or sweep with memory of its own; its audit clock is `offset` milliseconds ahead."""

    def __init__(self, town: Town, offset: int) -> None:
        self.town = town

        def moment() -> datetime:
            return datetime.fromtimestamp(town.now(), UTC) + timedelta(milliseconds=offset)

        audit = Audit(town.dynamodb, "audit", 30, moment)
        instances: Any = _Instances(town)
        identity: Any = _People(town)
        locks = InstanceLocks(town.dynamodb, "state", town.now)
        self.proposals = Proposals(town.dynamodb, "state", town.now)
        self._policy = RebootPolicy(enabled=True, confirm_seconds=CONFIRM_SECONDS, protection=Strength.CLICK)
        sts: Any = _Sts(town)
        role = RebootRole(sts, "arn:aws:iam::123456789012:role/reboot", lambda _, given: _Ec2(town, given))

        def records_for(reboot: Any, reason: str) -> RebootRecords:
            return RebootRecords(audit, self.proposals, locks, town.now, reboot, reason)

        nothing: Any = None
        self.desk = RebootDesk(
            Gate(audit, identity),
            identity,
            self.proposals,
            Reboots(role, instances, replace(self._policy, protection=Strength.CLICK)),
            locks,
            nothing,
            nothing,
            records_for,
            self._policy,
            town.now,
        )
        trail: Any = _Trail(town)
        watching = RebootWatching(audit, self.proposals, locks, instances, CloudTrail(lambda _: trail), town.now)
        posts: Any = _Posts()
        self.sweep = RebootSweep(self.proposals, watching, RebootCards(posts, nothing, self.proposals, watching))


class _People:
    def __init__(self, town: Town) -> None:
        self._town = town

    def actor_for(self, origin: Origin, *, live: bool) -> Asker:
        way = self._town.own_step("read a person", FAILED, until="people")
        one = PEOPLE[origin.slack_user_id]
        role = self._town.roles[one.user_id]
        self._town.replied(role)
        if way == FAILED:
            return Asker(one.user_id, one.email, None, origin, IdentityUnavailableError("cognito"))
        return Asker(one.user_id, one.email, role, origin, email_verified=one is not ADA_UNPROVEN)


class _Instances:
    def __init__(self, town: Town) -> None:
        self._town = town

    def one(self, region: str, instance_id: str) -> Instance:
        if self._town.own_step("read the instance", FAILED, until="instance") == FAILED:
            raise InstancesUnavailableError(region, "InternalError")
        instance = self._town.instance()
        self._town.replied(instance.name)
        return instance


class _Sts:
    def __init__(self, town: Town) -> None:
        self._town = town

    def assume_role(self, RoleSessionName: str, SourceIdentity: str, **_: Any) -> Any:
        if self._town.own_step("sts.AssumeRole", FAILED, until="clock") == FAILED:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole")
        who = json.dumps([RoleSessionName, SourceIdentity])
        return {"Credentials": {"AccessKeyId": who, "SecretAccessKey": "s", "SessionToken": "t"}}


class _Ec2:
    """Sends as often as the product's own client would."""

    def __init__(self, town: Town, credentials: Mapping[str, str]) -> None:
        self._town = town
        self._action_id, self._user_id = json.loads(credentials["aws_access_key_id"])

    def reboot_instances(self, InstanceIds: list[str]) -> Any:
        for left in reversed(range(attempts())):
            way = self._town.step(Step(REBOOT, (REFUSED, FAILED, UNSENT, LOST)))
            if way in (DONE, LOST, REFUSED):
                self._town.reboots(self._action_id, self._user_id, InstanceIds[0], refused=way == REFUSED)
            if way == DONE:
                return {}
            if way == REFUSED:
                raise _error("UnauthorizedOperation", 403)
            if left == 0:
                if way == FAILED:
                    raise _error("InternalError", 500)
                raise (ReadTimeoutError if way == LOST else ConnectTimeoutError)(endpoint_url="ec2")
        raise AssertionError


@cache
def _configured_attempts() -> int:
    credentials = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "aws_session_token": "t"}
    client = AwsClients("us-east-1", "http://127.0.0.1:1").once("us-east-1", credentials)
    return int(client.meta.config.retries["total_max_attempts"])


def attempts() -> int:
    """How often the wiring lets EC2's client send one call."""
    return _configured_attempts()


def _error(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "RebootInstances")


class _Trail:
    def __init__(self, town: Town) -> None:
        self._town = town

    def lookup_events(self, LookupAttributes: list[Mapping[str, str]], StartTime: datetime) -> Any:
        self._town.step(Step("cloudtrail.LookupEvents"))
        wanted = LookupAttributes[0]["AttributeValue"]
        calls = [call for call in self._town.calls if call.action_id == wanted] if self._town.trail else []
        events = [
            {"eventName": "RebootInstances", **({"errorCode": "Client.Unauthorized"} if call.refused else {})}
            for call in calls
        ]
        self._town.replied(events)
        return {"Events": [{"CloudTrailEvent": json.dumps(event)} for event in events]}


class _Posts:
    def rewrite(self, channel_id: str, ts: str, message: Any) -> Rewriting:
        return Rewriting(done=True)

    def post(self, channel_id: str, message: Any, thread_ts: str | None = None) -> str:
        return "2.2"


Cast = Callable[[Town, int], Actor]  # the number is the actor's own


def confirms(who: Person, number: int = 1, *, again: bool = True) -> Cast:
    """Their click on Confirm; where the worker dies the message is received once more."""

    def act(town: Town, desk: RebootDesk, asker: Asker, reboot: Any) -> None:
        desk.confirm(asker, reboot, deadline=town.deadline)

    return _click(CONFIRMED, who, number, act, again)


def cancels(who: Person, number: int = 1) -> Cast:
    return _click(CANCELLED, who, number, lambda town, desk, asker, reboot: desk.cancel(asker, reboot), False)


Act = Callable[[Town, RebootDesk, Asker, Any], Any]


def _click(deed: str, who: Person, number: int, act: Act, again: bool) -> Cast:
    def cast(town: Town, place: int) -> Actor:
        shown = next(one for one in town.proposals if one.action_id == f"{number:032x}")

        def body(actor: Actor) -> None:
            container = Container(town, 10 * place + actor.lives)
            origin = Origin(Source.SLACK, f"{actor.name}-{actor.lives}", who.slack_team_id, who.slack_user_id, CARD[0])
            asker = Asker(who.user_id, who.email, Role.ADMIN, origin, email_verified=who is not ADA_UNPROVEN)
            try:
                act(town, container.desk, asker, container.desk.open(asker, shown.handle, CARD))
            except ChatOpsError:
                return
            if not (shown.is_wish and shown.strength is Strength.APPROVAL):  # that one is only taken over
                town.told |= {(shown.action_id, deed)}

        return Actor(f"{who.slack_user_id} {deed} {number} ({place})", body, again=again)

    return cast


def sweeps() -> Cast:
    def cast(town: Town, place: int) -> Actor:
        def body(actor: Actor) -> None:
            town.step(Step("a minute is over"))
            with suppress(ChatOpsError):  # what a sweep could not read is due at the next one
                Container(town, 10 * place).sweep.run()

        return Actor(f"sweep ({place})", body)

    return cast


def passes(*seconds: int) -> Cast:
    """Time, in such leaps."""

    def cast(town: Town, place: int) -> Actor:
        def body(actor: Actor) -> None:
            for leap in seconds:
                town.step(Step(f"{leap} s pass"))
                town.clock += leap

        return Actor("clock", body, mortal=False)

    return cast


def demoted(who: Person) -> Cast:
    """They lose their role."""

    def change(town: Town) -> None:
        town.roles = {**town.roles, who.user_id: Role.READONLY}

    return _event("people", change)


def renamed() -> Cast:
    """The instance gets another name."""

    def change(town: Town) -> None:
        town.name = "db-1"

    return _event("instance", change)


def altered() -> Cast:
    """Somebody with a right to the state table puts another instance in an open proposal's place."""

    def change(town: Town) -> None:
        row = town.row(town.proposals[0].action_id)
        if row["phase"]["S"] == State.OPEN:
            other = replace(town.proposals[0], instance_id="i-2", name="db-1")
            town.dynamodb.alter(row, {"proposal": {"S": other.to_text()}, "digest": {"S": other.digest}})

    return _event("table", change)


def _event(what: str, change: Callable[[Town], None]) -> Cast:
    def cast(town: Town, place: int) -> Actor:
        def body(actor: Actor) -> None:
            town.step(Step(f"the {what} changes"))
            change(town)

        return Actor(what, body, mortal=False)

    return cast


@dataclass(frozen=True)
class Scenario:
    """Who does what with which proposals. `moving` is what events change while they run, `deadline` (epoch seconds)
    when Lambda ends the workers.

    `left_behind` is a step before which a worker has died, long enough ago for the sweep.
    """

    cast: tuple[Cast, ...]
    proposals: tuple[Proposal, ...] = (proposal(),)
    moving: frozenset[str] = frozenset()
    deadline: int | None = None
    left_behind: str | None = None


def _leave_behind(town: Town, point: str) -> None:
    def step(step: Step) -> str:
        if step.name == point:
            raise Died
        return DONE

    one, origin = town.proposals[0], Origin(Source.SLACK, "dead", ADA.slack_team_id, ADA.slack_user_id, CARD[0])
    desk = Container(town, 500).desk
    with mock.patch.object(town.explorer, "step", step), suppress(Died):
        asker = Asker(ADA.user_id, ADA.email, Role.ADMIN, origin, email_verified=True)
        desk.confirm(asker, desk.open(asker, one.handle, CARD))
    town.clock += CLAIM_SECONDS


def token(identifier: Callable[[], str]) -> str:
    """What a claim is known by: no two are the same."""
    return identifier()


_TO_TEXT, _FROM_TEXT = cache(Proposal.to_text), cache(Proposal.from_text)


def explore(scenario: Scenario, faults: int = 1) -> Explored:
    """Every order of its steps, with so many faults at any of them."""

    def stage(explorer: Explorer) -> tuple[Town, list[Actor]]:
        town = Town(explorer, scenario.proposals, scenario.moving, scenario.deadline)
        towns[:] = [town]
        proposals = Container(town, 0).proposals
        for one in scenario.proposals:
            proposals.bind(proposals.keep(one), *CARD)
        if scenario.left_behind:
            _leave_behind(town, scenario.left_behind)
        return town, [cast(town, place) for place, cast in enumerate(scenario.cast)]

    towns: list[Town] = []
    explorer = Explorer(stage, faults, _holds_back)

    def claim_token() -> str:
        return token(identifier)

    def identifier() -> str:
        actor = explorer.current
        owner: Any = actor or towns[0]
        owner.ids += 1
        return f"{actor.name}/{actor.lives}/{actor.ids}" if actor else f"system/{owner.ids}"

    with ExitStack() as patches:
        for patch in (
            _silent(),
            mock.patch("bot.models.uuid4", identifier),
            mock.patch("bot.services.reboot_records.uuid4", claim_token),
            # Half of the time would go into writing and reading the same few proposals.
            mock.patch.object(Proposal, "to_text", _TO_TEXT),
            mock.patch.object(Proposal, "from_text", _FROM_TEXT),
        ):
            patches.enter_context(patch)
        return explorer.explore()


def _holds_back(actor: Actor, waiting: Mapping[str, str]) -> bool:
    """The claim's age is read right before the call, which no clock can come between: its client gives up in time."""
    return actor.name == "clock" and REBOOT in waiting.values()


@contextmanager
def _silent() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
