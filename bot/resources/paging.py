"""`cursor`: where the next page begins, for whoever was given it, with the same query; it says nothing by itself."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from bot.errors import NotRecordedError

Cursor = Annotated[
    str | None, Query(pattern="^[A-Za-z0-9_-]{1,128}$", description="Of the page before, with the same query.")
]


def kept(cursor: str | None) -> str:
    """The next page's. Raises NotRecordedError where it could not be kept: without one, this page would be the last."""
    if cursor is None:
        raise NotRecordedError("cursor")
    return cursor
