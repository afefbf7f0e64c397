"""The small words in which Block Kit's limits are written down: each is a check of one JSON value.

They repair nothing: a check only yields sentences, in Slack's wording and with Slack's JSON pointer.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from math import isfinite
from typing import Any

Check = Callable[[Any, str], Iterator[str]]


def problem(sentence: str, path: str) -> str:
    return f"{sentence} [json-pointer:{path}]"


def string(most: int | None = None, least: int = 1) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must be a string", path)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", path)
        elif most is not None and len(value) > most:
            yield problem(f"must be less than {most + 1} characters", path)

    return check


def web_address(most: int) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        yield from string(most)(value, path)
        if isinstance(value, str) and not value.startswith(("https://", "http://", "mailto:", "slack://")):
            yield problem("invalid_url", path)

    return check


def calendar_date(value: Any, path: str) -> Iterator[str]:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        yield problem("must be a date in the format YYYY-MM-DD", path)


def boolean(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield problem("must be a boolean", path)


def number(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        yield problem("must be a number", path)


def positive(value: Any, path: str) -> Iterator[str]:
    wrong = list(number(value, path))
    yield from wrong
    if not wrong and value <= 0:
        yield problem("must be more than 0", path)


def whole(least: int, most: int | None = None) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield problem("must be an integer", path)
        elif value < least:
            yield problem(f"must be at least {least}", path)
        elif most is not None and value > most:
            yield problem(f"must be at most {most}", path)

    return check


def one_of(*values: str) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if value not in values:
            yield problem(f"must be one of {', '.join(values)}", path)

    return check


def null_or(inner: Check) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if value is not None:
            yield from inner(value, path)

    return check


def listing(item: Check, least: int = 1, most: int | None = None) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must be an array", path)
            return
        if len(value) < least:
            yield problem(f"no fewer than {least} items allowed", path)
        if most is not None and len(value) > most:
            yield problem(f"no more than {most} items allowed", path)
            return
        for index, element in enumerate(value):
            yield from item(element, f"{path}/{index}")

    return check


def shape(
    required: Mapping[str, Check] | None = None,
    optional: Mapping[str, Check] | None = None,
    exactly_one: tuple[str, ...] = (),
    at_least_one: tuple[str, ...] = (),
) -> Check:
    """An object with these fields and no others; `type` is always allowed, whoever got here has read it."""
    needed = dict(required or {})
    known = {**needed, **(optional or {})}

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must provide an object", path)
            return
        for name in needed:
            if name not in value:
                yield problem(f"missing required field: {name}", path)
        present = [name for name in exactly_one or at_least_one if name in value]
        if (exactly_one and len(present) != 1) or (at_least_one and not present):
            wanted = " or ".join(f"`{name}`" for name in exactly_one or at_least_one)
            yield problem(f"must define either {wanted}", path)
        for name, field in value.items():
            if name in known:
                yield from known[name](field, f"{path}/{name}")
            elif name != "type":
                yield problem(f"invalid additional property: {name}", path)

    return check


def by_type(shapes: Mapping[str, Check], what: str = "type") -> Check:
    """An object whose `type` picks one of `shapes`."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must provide an object", path)
        elif "type" not in value:
            yield problem("missing required field: type", path)
        elif not isinstance(value["type"], str) or value["type"] not in shapes:
            yield problem(f"unsupported {what}: {value['type']}", f"{path}/type")
        else:
            yield from shapes[value["type"]](value, path)

    return check


def text_object(most: int, *kinds: str) -> Check:
    """A text object of at most `most` characters; `kinds` are `plain_text`, `mrkdwn` or both."""
    shapes = {
        "plain_text": shape({"text": string(most)}, {"emoji": boolean}),
        "mrkdwn": shape({"text": string(most)}, {"verbatim": boolean}),
    }
    return by_type({kind: shapes[kind] for kind in kinds})
