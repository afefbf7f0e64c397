"""Days and times in a query string, as RFC 3339 writes them.

It refuses every other way to write a time, and one without its zone.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BeforeValidator, WithJsonSchema

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)
_SCHEMA = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}


def _moment(text: Any, *, end: bool) -> datetime | None:
    if text is None:
        return None
    if isinstance(text, str) and _DAY.fullmatch(text):
        day = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return _moved(day, timedelta(days=1)) if end else day
    if isinstance(text, str) and _TIME.fullmatch(text):
        return _moved(datetime.fromisoformat(text.upper()), timedelta(0))
    raise ValueError("must be a day (2026-11-01) or a time with its zone (2026-11-01T08:30:00Z)")


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return (moment + by).astimezone(UTC)
    except OverflowError:
        return (datetime.min if moment.year == 1 else datetime.max).replace(tzinfo=UTC)


Start = Annotated[
    datetime | None,
    BeforeValidator(lambda text: _moment(text, end=False)),
    WithJsonSchema(_SCHEMA),
    Query(description="Rows of that day or time and later; a day begins in UTC."),
]
End = Annotated[
    datetime | None,
    BeforeValidator(lambda text: _moment(text, end=True)),
    WithJsonSchema(_SCHEMA),
    Query(description="Rows before that time; a day is meant with all its hours."),
]
