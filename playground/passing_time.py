"""Lets time pass for reboots and alerts, so that nobody waits ten minutes to see what is said after ten minutes.

No clock is touched: what the state table says of reboots, of their locks and of alerts happened that much earlier. It
refuses to touch anything else in it: what keeps functions out of each other's way stays as it is.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from playground.aftermath import Aftermath

_MOMENTS = ("confirmBy", "dueAt", "decidedAt", "rebootedAt", "watchedAt", "lockedUntil")
_WINDOW = ("startedAt", "lastAt")
_TOLD = (
    *("state_at", "opened_at", "resolved_at", "acknowledged_at", "silenced_until", "reminded_at", "check_at"),
    *("at", "told", "since", "until"),
)


class PassingTime:
    """`dynamodb` is a client of the local endpoint; `run_rates` is called when the time has passed."""

    def __init__(self, dynamodb: Any, state_table: str, aftermath: Aftermath, run_rates: Callable[[], None]) -> None:
        self._dynamodb = dynamodb
        self._table = state_table
        self._aftermath = aftermath
        self._run_rates = run_rates

    def later(self, seconds: int) -> None:
        """Raises FunctionError of what then ran."""
        self._aftermath.later(seconds)
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
            for row in page["Items"]:
                self._pass(row, seconds)
        self._run_rates()

    def _pass(self, row: Mapping[str, Any], seconds: int) -> None:
        kind, sort = row["pk"]["S"].partition("#")[0], row["sk"]["S"]
        if kind in ("action", "lock"):
            paths = [name for name in _MOMENTS if name in row]
            paths += [f"reboots[{number}]" for number in range(len(row.get("reboots", {}).get("L", ())))]
            self._move(row, paths, seconds)
        elif kind == "burst":
            self._move(row, [name for name in _WINDOW if name in row], seconds)
        elif (kind, sort.partition("#")[0]) == ("incident", "member"):
            self._move(row, ["openedAt"], seconds)
        elif (kind, sort) == ("incident", "incident"):
            self._retell(row, seconds)

    def _move(self, row: Mapping[str, Any], paths: list[str], seconds: int) -> None:
        """Each number is moved by DynamoDB itself: what a function writes meanwhile is moved too."""
        self._dynamodb.update_item(
            TableName=self._table,
            Key=_key(row),
            UpdateExpression="SET " + ", ".join(f"{path} = {path} - :seconds" for path in paths),
            ExpressionAttributeValues={":seconds": {"N": str(seconds)}},
        )

    def _retell(self, row: Mapping[str, Any], seconds: int) -> None:
        """An alert's story is one text: it is written as a function would, over the version that was read."""
        while row:
            content = _earlier(json.loads(row["content"]["S"]), seconds)
            content["version"] += 1
            changed = {**row, "version": {"N": str(content["version"])}, "content": {"S": json.dumps(content)}}
            if "dueAt" in row:
                changed["dueAt"] = {"N": f"{float(row['dueAt']['N']) - seconds:.3f}"}
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=changed,
                    ConditionExpression="version = :read",
                    ExpressionAttributeValues={":read": row["version"]},
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                found = self._dynamodb.get_item(TableName=self._table, Key=_key(row), ConsistentRead=True)
                row = found.get("Item", {})
            else:
                return


def _earlier(told: Any, seconds: int, name: str = "") -> Any:
    """With every moment in it that much earlier; 0 is none."""
    if isinstance(told, dict):
        return {key: _earlier(value, seconds, key) for key, value in told.items()}
    if isinstance(told, list):
        return [_earlier(value, seconds) for value in told]
    return told - seconds if name in _TOLD and isinstance(told, int | float) and told else told


def _key(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("pk", "sk")}
