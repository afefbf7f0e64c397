"""Keeps the first answer to a request for a day: sent again under its key, it does nothing and is answered the same.

It refuses to run a request again whose first run did not end with a known answer: nobody knows how far that came.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws_refusals import code_of, row_in_the_way
from bot.errors import NotRecordedError
from bot.idempotency import NOTHING_DONE, KeyedRequest, KeyInUseError, KeyReusedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 86_400
Answer = tuple[int, Mapping[str, Any]]


class FirstAnswers:
    """Rows of the state table; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def once(self, request: KeyedRequest, run: Callable[[], Answer]) -> Answer:
        """What `run` answers (status and body), or what it answered the first time.

        Raises KeyReusedError, KeyInUseError, NotRecordedError (nothing was done), and whatever `run` raises. After
        what says that nothing was done the key is free again; after everything else it is used up.
        """
        token = str(uuid4())
        first = self._claim(request, token)
        if first is not None:
            return _answer(first, request)
        try:
            status, body = run()
        except NOTHING_DONE:
            self._put({**self._item(request, token), "expiresAt": {"N": "0"}})
            raise
        self._put({**self._item(request, token), "status": {"N": str(status)}, "body": {"S": json.dumps(body)}})
        return status, body

    def _claim(self, request: KeyedRequest, token: str) -> Mapping[str, Any] | None:
        """None for whoever is the first; else the row of the first one."""
        item = self._item(request, token)
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR expiresAt <= :now",
                ExpressionAttributeValues={":now": {"N": str(int(self._now()))}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (ClientError, BotoCoreError) as error:
            holder = row_in_the_way(error)
            if holder is None:
                raise NotRecordedError(code_of(error)) from None
            return None if holder.get("token") == {"S": token} else holder
        return None

    def _put(self, item: dict[str, Any]) -> None:
        """What was done stays done: an answer that cannot be kept is only not repeated."""
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError):
            return

    def _item(self, request: KeyedRequest, token: str) -> dict[str, Any]:
        return {
            "pk": {"S": f"request#{request.row}"},
            "sk": {"S": "answer"},
            "fingerprint": {"S": request.fingerprint},
            "token": {"S": token},
            "expiresAt": {"N": str(int(self._now()) + KEPT_SECONDS)},
        }


def _answer(first: Mapping[str, Any], request: KeyedRequest) -> Answer:
    if first["fingerprint"] != {"S": request.fingerprint}:
        raise KeyReusedError
    if "status" not in first:
        raise KeyInUseError
    return int(first["status"]["N"]), json.loads(first["body"]["S"])
