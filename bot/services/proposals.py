"""Proposals in the state table, each one row that only conditional writes move: two decisions never both count.

It decides nothing about who may; claiming is written together with the attempt, by `reboot_records`.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import CONDITION_FAILED, code_of
from bot.errors import NotRecordedError
from bot.proposals import ACTION_ID, CLAIM_SECONDS, OVER, Person, Proposal, Reboot, State
from bot.reboot_errors import ProposalClosedError, WrongCardError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 7 * 86_400
DUE = "reboot"  # the partition of what is due among all that the sweep does
DUE_INDEX = "due-index"
MOST_DUE = 100
PUT_OFF_SECONDS = 3600

_TEXTS = {
    "channel_id": "channelId",
    "ts": "ts",
    "thread_ts": "threadTs",
    "claim_token": "claimToken",
    "attempt_id": "attemptId",
    "outcome_id": "outcomeId",
    "note": "note",
    "reason": "reason",
    "told": "told",
}
_NUMBERS = {"decided_at": "decidedAt", "rebooted_at": "rebootedAt", "watched_at": "watchedAt", "ended_at": "endedAt"}

logger = logging.getLogger("ec2-chatops")


class Proposals:
    """Rows `action#<id>`; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def keep(self, proposal: Proposal) -> Reboot:
        """A new one, open. Raises NotRecordedError."""
        item = {
            **_key(proposal.action_id),
            "proposal": {"S": proposal.to_text()},
            "digest": {"S": proposal.digest},
            "phase": {"S": State.OPEN.value},
            "confirmBy": _number(proposal.confirm_by),
            "due": {"S": DUE},
            "dueAt": _number(proposal.confirm_by),
            "expiresAt": _number(int(self._now()) + KEPT_SECONDS),
        }
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item)  # the id is new and random
        except (ClientError, BotoCoreError) as error:
            raise NotRecordedError(type(error).__name__) from None
        return Reboot(proposal)

    def read(self, action_id: str) -> Reboot:
        """As it is now. Raises WrongCardError for an id that is none or has gone, and NotRecordedError."""
        if not ACTION_ID.fullmatch(action_id):
            raise WrongCardError("unknown_proposal")
        try:
            answer: Any = self._dynamodb.get_item(TableName=self._table, Key=_key(action_id), ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise NotRecordedError(type(error).__name__) from None
        item = answer.get("Item")
        if item is None or int(item["expiresAt"]["N"]) <= self._now():
            raise WrongCardError("unknown_proposal")
        return _reboot(item)

    def bind(self, reboot: Reboot, channel_id: str, ts: str, thread_ts: str | None = None) -> Reboot:
        """The card is that message, for good. Raises ProposalClosedError and NotRecordedError."""
        changes = {"channelId": {"S": channel_id}, "ts": {"S": ts}}
        if thread_ts is not None:
            changes["threadTs"] = {"S": thread_ts}
        return self._move(reboot, changes, "attribute_not_exists(ts)", phase=State.OPEN, ours=lambda now: now.ts == ts)

    def decide(self, reboot: Reboot, state: State, by: Person | None) -> Reboot:
        """CANCELLED or EXPIRED: it can never be confirmed. Raises ProposalClosedError and NotRecordedError."""
        now = int(self._now())
        changes = {"phase": {"S": state.value}, "decidedAt": _number(now), "dueAt": _number(now)}
        if by is not None:
            changes["decidedBy"] = _person(by)
        condition = "confirmBy <= :now" if state is State.EXPIRED else ""
        values = {":now": _number(now)} if condition else {}
        return self._move(
            reboot,
            changes,
            condition,
            values,
            phase=State.OPEN,
            ours=lambda it: it.state is state and it.decided_by == by,
        )

    def take_over(self, reboot: Reboot, proposal: Proposal) -> Reboot:
        """The same row, with an admin behind the proposal. Raises ProposalClosedError and NotRecordedError."""
        changes = {
            "proposal": {"S": proposal.to_text()},
            "digest": {"S": proposal.digest},
            "confirmBy": _number(proposal.confirm_by),
            "dueAt": _number(proposal.confirm_by),
        }
        values = {":now": _number(int(self._now()))}
        return self._move(
            reboot, changes, "confirmBy > :now", values, phase=State.OPEN, ours=lambda now: now.proposal == proposal
        )

    def move(self, before: Reboot, after: Reboot, due_in: float | None) -> Reboot:
        """What a look found; nothing is due any more without `due_in` (seconds).

        Raises ProposalClosedError where somebody else has moved it on, and NotRecordedError.
        """
        changes = {"phase": {"S": after.state.value}, "leftOk": {"BOOL": after.left_ok}, "note": {"S": after.note}}
        if after.ended_at is not None:
            changes["endedAt"] = _number(after.ended_at)
        if due_in is not None:
            changes["dueAt"] = _number(int(self._now() + due_in))
        wanted = replace(after, is_due=due_in is not None)
        return self._move(before, changes, ours=lambda now: now == wanted, done=due_in is None)

    def tell(self, reboot: Reboot) -> Reboot:
        """Those who wait were told of its state. Raises ProposalClosedError and NotRecordedError."""
        return self._move(reboot, {"told": {"S": reboot.state.value}}, ours=lambda now: now.told == reboot.state)

    def claim(self, reboot: Reboot, by: Person, reason: str, token: str, attempt_id: str) -> Any:
        """The change, for a transaction, that makes an open, unexpired and unaltered proposal this token's."""
        now = int(self._now())
        changes = {
            "phase": {"S": State.CLAIMED.value},
            "claimToken": {"S": token},
            "attemptId": {"S": attempt_id},
            "decidedBy": _person(by),
            "decidedAt": _number(now),
            "reason": {"S": reason},
            "dueAt": _number(now + CLAIM_SECONDS),
        }
        condition = "phase = :phase AND digest = :digest AND confirmBy > :now"
        values = {":phase": {"S": State.OPEN.value}, ":digest": {"S": reboot.proposal.digest}, ":now": _number(now)}
        return {"Update": self._update(reboot.action_id, changes, condition, values)}

    def close(
        self, reboot: Reboot, state: State, note: str, outcome_id: str, due_in: float, rebooted_at: int | None = None
    ) -> Any:
        """The change, for a transaction, that ends the claim, or what was unknown of it, once.

        `rebooted_at` (epoch seconds) is when the call was made, where that is only found out now.
        """
        now = int(self._now())
        changes = {
            "phase": {"S": state.value},
            "note": {"S": note},
            "outcomeId": {"S": outcome_id},
            "dueAt": _number(int(now + due_in)),
        }
        if state is State.REBOOTING and reboot.rebooted_at is None:
            changes["rebootedAt"] = _number(now if rebooted_at is None else rebooted_at)
            if rebooted_at is not None:
                changes["watchedAt"] = _number(now)
        if state in OVER:
            changes["endedAt"] = _number(now)
        condition = "phase = :phase AND claimToken = :token"
        values = {":phase": {"S": reboot.state.value}, ":token": {"S": reboot.claim_token or ""}}
        return {"Update": self._update(reboot.action_id, changes, condition, values)}

    def due(self) -> list[str]:
        """The ids of what is to be looked at by now, the longest due first. Raises NotRecordedError."""
        try:
            answer: Any = self._dynamodb.query(
                TableName=self._table,
                IndexName=DUE_INDEX,
                KeyConditionExpression="due = :due AND dueAt <= :now",
                ExpressionAttributeValues={":due": {"S": DUE}, ":now": _number(int(self._now()))},
                Limit=MOST_DUE,
            )
        except (ClientError, BotoCoreError) as error:
            raise NotRecordedError(type(error).__name__) from None
        return [item["pk"]["S"].partition("#")[2] for item in answer["Items"]]

    def put_off(self, action_id: str) -> None:
        """What cannot be read is looked at again in an hour: until then it stands in nobody's way."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(action_id),
                UpdateExpression="SET dueAt = :later",
                ConditionExpression="attribute_exists(due)",
                ExpressionAttributeValues={":later": _number(int(self._now()) + PUT_OFF_SECONDS)},
            )
        except (ClientError, BotoCoreError) as error:
            logger.warning("row not put off", extra={"action": action_id, "error": type(error).__name__})

    def _move(
        self,
        reboot: Reboot,
        changes: Mapping[str, Any],
        condition: str = "",
        values: Mapping[str, Any] | None = None,
        *,
        ours: Callable[[Reboot], bool],
        phase: State | None = None,
        done: bool = False,
    ) -> Reboot:
        """Change the row if it is still in that phase, or in the one it was read in.

        `ours` recognizes a change of ours whose reply was lost.
        """
        conditions = " AND ".join(part for part in ("phase = :phase AND digest = :digest", condition) if part)
        held = {
            ":phase": {"S": (phase or reboot.state).value},
            ":digest": {"S": reboot.proposal.digest},
            **(values or {}),
        }
        update = self._update(reboot.action_id, changes, conditions, held, done=done)
        try:
            answer: Any = self._dynamodb.update_item(**update, ReturnValues="ALL_NEW")
            return _reboot(answer["Attributes"])
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != CONDITION_FAILED:
                raise NotRecordedError(code_of(error)) from None
        current = self.read(reboot.action_id)
        if ours(current):
            return current
        raise ProposalClosedError.of(current)

    def _update(
        self,
        action_id: str,
        changes: Mapping[str, Any],
        condition: str,
        values: Mapping[str, Any],
        *,
        done: bool = False,
    ) -> Any:
        assigned = {f":new{number}": value for number, value in enumerate(changes.values())}
        assignments = ", ".join(f"{name} = :new{number}" for number, name in enumerate(changes))
        return {
            "TableName": self._table,
            "Key": _key(action_id),
            "UpdateExpression": f"SET {assignments}{' REMOVE due, dueAt' if done else ''}",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {**assigned, **values},
        }


def _key(action_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"action#{action_id}"}, "sk": {"S": "proposal"}}


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _person(person: Person) -> dict[str, str]:
    return {"S": json.dumps(asdict(person), sort_keys=True)}


def _reboot(item: Mapping[str, Any]) -> Reboot:
    """Raises WrongCardError for a row that is none of ours, or whose proposal its digest was not made of."""
    try:
        return _read(item)
    except (KeyError, TypeError, ValueError):  # another version's row, perhaps
        raise WrongCardError("unknown_proposal") from None


def _read(item: Mapping[str, Any]) -> Reboot:
    proposal = Proposal.from_text(item["proposal"]["S"])
    if item["digest"]["S"] != proposal.digest:
        raise WrongCardError("proposal_altered")
    texts: Any = {name: item[key]["S"] for name, key in _TEXTS.items() if key in item}
    numbers: Any = {name: int(item[key]["N"]) for name, key in _NUMBERS.items() if key in item}
    return Reboot(
        proposal=proposal,
        state=State(item["phase"]["S"]),
        decided_by=Person(**json.loads(item["decidedBy"]["S"])) if "decidedBy" in item else None,
        left_ok=bool(item.get("leftOk", {}).get("BOOL")),
        is_due="due" in item,
        **texts,
        **numbers,
    )
