"""Lets time pass for reboots, so that nobody has to wait ten minutes to see what the product says after ten minutes.

No clock is touched: what the state table says of reboots and their locks happened that much earlier. It refuses to
touch anything else in it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from playground.aftermath import Aftermath

_MOMENTS = ("confirmBy", "dueAt", "decidedAt", "rebootedAt", "watchedAt", "lockedUntil")
_ROWS = ("action#", "lock#")


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
                if row["pk"]["S"].startswith(_ROWS):
                    self._move(row, seconds)
        self._run_rates()

    def _move(self, row: Mapping[str, Any], seconds: int) -> None:
        """Each number is moved by DynamoDB itself: what a function writes meanwhile is moved too."""
        paths = [name for name in _MOMENTS if name in row]
        paths += [f"reboots[{number}]" for number in range(len(row.get("reboots", {}).get("L", ())))]
        self._dynamodb.update_item(
            TableName=self._table,
            Key={name: row[name] for name in ("pk", "sk")},
            UpdateExpression="SET " + ", ".join(f"{path} = {path} - :seconds" for path in paths),
            ExpressionAttributeValues={":seconds": {"N": str(seconds)}},
        )
