# ruff: noqa: N803 (the arguments have the names that boto3 gives them)
"""DynamoDB in a dictionary, for explorations that make a hundred thousand of them: the calls that reboots use.

Each call is one step. What it does happens whole, as consistent reads, conditional writes and transactions of one
region do. A write may go wrong in three ways: it `failed` and did nothing, it was done and its reply `lost`, or it was
done and sent `again` by botocore, whose second reply is the one that arrives.
"""

import re
from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.interleavings import DONE, Step

Item = dict[str, Any]
FAILED, LOST, AGAIN = "failed", "lost", "again"
KEYS = {"state": ("pk", "sk"), "audit": ("userId", "timestamp")}
_TERM = re.compile(r"attribute_not_exists\((\w+)\)|(\w+) (=|<=|>) (:\w+)")
_ADDITION = re.compile(r"(\w+) \+ (:\w+)")


class SmallDynamoDB:
    """The tables `state` and `audit`. `step` is asked before each call, and `replied` told each reply.

    `wrote` is told each change: the table, the item before (None for a new one) and the item after; `written` is called
    after each write that was done.
    """

    def __init__(
        self,
        step: Callable[[Step], str],
        replied: Callable[[Any], None],
        wrote: Callable[[str, Item | None, Item], None],
        written: Callable[[], None],
    ) -> None:
        self._step = step
        self._replied = replied
        self._wrote = wrote
        self._written = written
        self.tables: dict[str, dict[tuple[str, str], Item]] = {name: {} for name in KEYS}
        self._texts: dict[tuple[str, str, str], str] = {}

    def state(self) -> frozenset[Any]:
        return frozenset(self._texts.items())

    def restore(self, other: "SmallDynamoDB") -> None:
        """Have what `other` has."""
        self.tables = {name: dict(items) for name, items in other.tables.items()}
        self._texts = dict(other._texts)

    def alter(self, item: Item, changes: Item) -> None:
        """A change that nobody is told of."""
        key = _key("state", item)
        after = self.tables["state"][key] = {**item, **changes}
        self._texts[("state", *key)] = repr(sorted(after.items()))

    def get_item(self, TableName: str, Key: Item, ConsistentRead: bool) -> Any:
        assert ConsistentRead
        self._may_fail(f"get {Key['pk']['S'].split('#')[0]}")
        item = self.tables[TableName].get(_key(TableName, Key))
        self._replied(item)
        return {} if item is None else {"Item": item}

    def query(
        self,
        TableName: str,
        IndexName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Item,
        Limit: int,
    ) -> Any:
        self._may_fail(f"query {IndexName}")
        found = [
            item
            for item in self.tables[TableName].values()
            if _holds(KeyConditionExpression, item, ExpressionAttributeValues)
        ]
        found.sort(key=lambda item: int(item["dueAt"]["N"]))
        self._replied(found)
        return {"Items": found[:Limit]}

    def put_item(self, **request: Any) -> Any:
        return self._write("put", request, lambda: self._put(request))

    def update_item(self, **request: Any) -> Any:
        return self._write("update", request, lambda: self._update(request))

    def transact_write_items(self, TransactItems: list[Any]) -> Any:
        parts = [(kind, request) for item in TransactItems for kind, request in item.items()]
        # botocore sends a transaction again with its token, so that the second reply is the first one's.
        way = self._step(Step(f"transact {_names(parts)}", (FAILED, LOST)))
        if way == FAILED:
            raise _refused("InternalServerError")
        held = [self._may(request) for _, request in parts]
        if not all(held):
            reasons = [{"Code": "None" if may else "ConditionalCheckFailed"} for may in held]
            self._replied(held)
            raise _refused("TransactionCanceledException", CancellationReasons=reasons)
        for kind, request in parts:
            if kind == "Put":
                self._put(request)
            else:
                self._update(request)
        self._written()
        if way == LOST:
            raise _lost()
        return {}

    def _write(self, verb: str, request: Item, run: Callable[[], Any]) -> Any:
        way = self._step(Step(f"{verb} {_names([(verb, request)])}", (FAILED, LOST, AGAIN)))
        if way == FAILED:
            raise _refused("InternalServerError")
        if way != DONE and self._may(request):
            run()
            self._written()
        if way == LOST:
            raise _lost()
        if not self._may(request):
            holder = self.tables[request["TableName"]].get(_key(request["TableName"], _named(request)), {})
            self._replied(holder)
            raise _refused("ConditionalCheckFailedException", Item=holder)
        answer = run()
        self._written()
        self._replied(answer)
        return answer

    def _may_fail(self, name: str) -> None:
        if self._step(Step(name, (FAILED,))) == FAILED:
            raise _refused("InternalServerError")

    def _may(self, request: Item) -> bool:
        condition = condition_of(request)
        if not condition:
            return True
        table = request["TableName"]
        item = self.tables[table].get(_key(table, _named(request)), {})
        return _holds(condition, item, request.get("ExpressionAttributeValues", {}))

    def _put(self, request: Item) -> Any:
        self._store(request["TableName"], dict(request["Item"]))
        return {}

    def _update(self, request: Item) -> Any:
        table, values = request["TableName"], request["ExpressionAttributeValues"]
        before = self.tables[table].get(_key(table, request["Key"]), {})
        item = {**before, **request["Key"]}
        assignments, _, removed = request["UpdateExpression"].removeprefix("SET ").partition(" REMOVE ")
        for assignment in assignments.split(", "):
            name, _, value = assignment.partition(" = ")
            addition = _ADDITION.fullmatch(value)
            if addition:
                sum_of = int(before[addition[1]]["N"]) + int(values[addition[2]]["N"])
                item[name] = {"N": str(sum_of)}
            else:
                item[name] = values[value]
        for name in removed.split(", ") if removed else ():
            item.pop(name, None)
        self._store(table, item)
        return {"Attributes": item}

    def _store(self, table: str, item: Item) -> None:
        key = _key(table, item)
        before = self.tables[table].get(key)
        self.tables[table][key] = item
        self._texts[(table, *key)] = repr(sorted(item.items()))
        self._wrote(table, before, item)


def condition_of(request: Item) -> str:
    """What is asked for; here is where a test takes a part of it away."""
    condition: str = request.get("ConditionExpression", "")
    return condition


def _key(table: str, item: Item) -> tuple[str, str]:
    first, second = KEYS[table]
    return item[first]["S"], item[second]["S"]


def _named(request: Item) -> Item:
    named: Item = request.get("Key") or request["Item"]
    return named


def _names(parts: list[tuple[str, Item]]) -> str:
    """What is written: `action`, `lock`, or an audit row by its outcome."""
    items = [_named(request) for _, request in parts]
    return "+".join(item["pk"]["S"].split("#")[0] if "pk" in item else item["outcome"]["S"] for item in items)


def _holds(condition: str, item: Item, values: Item) -> bool:
    return bool(eval(_compiled(condition), {"there": item.__contains__, "compare": _compare(item, values)}))


@cache
def _compiled(condition: str) -> CodeType:
    """Python that says the same; a condition of another form is a mistake here."""

    def term(match: re.Match[str]) -> str:
        absent, name, operator, value = match.groups()
        return f"(not there({absent!r}))" if absent else f"compare({name!r}, {operator!r}, {value!r})"

    terms = _TERM.sub(term, condition)
    return compile(terms.replace(" AND ", " and ").replace(" OR ", " or "), condition, "eval")


def _compare(item: Item, values: Item) -> Callable[[str, str, str], bool]:
    def compare(name: str, operator: str, value: str) -> bool:
        if name not in item:
            return False
        ((kind, mine),), ((other_kind, theirs),) = item[name].items(), values[value].items()
        if kind != other_kind:
            return False
        if operator == "=":
            return bool(mine == theirs)
        return int(mine) <= int(theirs) if operator == "<=" else int(mine) > int(theirs)

    return compare


def _refused(code: str, **facts: Any) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}, **facts}
    return ClientError(response, "DynamoDB")


def _lost() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="dynamodb")
