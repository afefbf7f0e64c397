"""Remembers where the next page of a listing begins, for whoever was shown the page before it, for an hour.

EC2's tokens are long and say nothing to us: a button, or a program's cursor, is the id of a bookmark, and nobody else's
opens.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bot.errors import PageGoneError, PageUnreadableError
from bot.models import Bookmark, Cursor, InstanceQuery, Origin, Source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 3600
_LISTING = "bookmark"


class Bookmarks:
    """Rows of the state table; `now` gives epoch seconds."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def keep(self, bookmark: Bookmark, holder: Origin) -> str | None:
        """The id of a new bookmark; None where it cannot be kept, and the listing goes without its next page."""
        return self.keep_text(_LISTING, json.dumps(asdict(bookmark)), holder)

    def open(self, bookmark_id: str, holder: Origin) -> Bookmark:
        """Raises PageGoneError for what has expired, never was or is somebody else's, and PageUnreadableError."""
        return _bookmark(json.loads(self.open_text(_LISTING, bookmark_id, holder)))

    def keep_text(self, kind: str, content: str, holder: Origin) -> str | None:
        """The id of a new bookmark of another kind of listing; None where it cannot be kept."""
        bookmark_id = secrets.token_urlsafe(18)
        item = {
            **_key(bookmark_id, kind),
            "holder": {"S": _holder(holder)},
            "content": {"S": content},
            "expiresAt": {"N": str(int(self._now()) + KEPT_SECONDS)},
        }
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError):
            return None
        return bookmark_id

    def open_text(self, kind: str, bookmark_id: str, holder: Origin) -> str:
        """What `keep_text` kept. Raises as `open` does."""
        try:
            key: Any = _key(bookmark_id, kind)
            row: Any = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        except (ClientError, BotoCoreError):
            raise PageUnreadableError from None
        if row.get("holder") != {"S": _holder(holder)} or int(row["expiresAt"]["N"]) <= self._now():
            raise PageGoneError
        return str(row["content"]["S"])


def _bookmark(content: dict[str, Any]) -> Bookmark:
    query = content["query"]
    return Bookmark(
        query=InstanceQuery(
            text=query["text"],
            states=tuple(query["states"]),
            tags=tuple((key, value) for key, value in query["tags"]),
            regions=tuple(query["regions"]),
            sort=query["sort"],
        ),
        cursors=tuple(Cursor(**cursor) for cursor in content["cursors"]),
        number=content["number"],
        before=content["before"],
    )


def _holder(origin: Origin) -> str:
    if origin.source is Source.REST:
        return f"rest#{origin.cognito_sub}"
    return f"{origin.slack_team_id}#{origin.slack_user_id}"


def _key(bookmark_id: str, kind: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"page#{bookmark_id}"}, "sk": {"S": kind}}
