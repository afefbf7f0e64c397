"""How settings are read: each field of a settings class says by which variable, and as what.

    jobs_queue_url: str = text(JOBS_QUEUE_URL)

It refuses to start half-configured: one error names everything that is missing or malformed, and never a value.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from bot.errors import ConfigurationError
from bot.settings import AWS_ENDPOINT_URL, AWS_REGION, REGIONS, SLACK_SECRET_ARN, Setting

Parse = Callable[[str], Any]
_READ = "read"
_REGION = r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}"
_ADDRESS = re.compile(r"(https://[A-Za-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


class Reader:
    """Notes what is missing or malformed and goes on: what it answers then is of no use, and `finish` raises."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._missing: set[str] = set()
        self._malformed: set[str] = set()

    def optional(self, setting: Setting, parse: Parse = str, unset: Any = None) -> Any:
        value = self._environ.get(setting.name, "").strip()
        return self._parsed(setting, value, parse) if value else unset

    def text(self, setting: Setting, parse: Parse = str) -> Any:
        value = self._environ.get(setting.name, "").strip() or setting.default
        if value is None:
            self._missing.add(setting.name)
            return ""
        return self._parsed(setting, value, parse)

    def region(self) -> Any:
        return self.optional(AWS_REGION) or self._environ.get("AWS_DEFAULT_REGION") or self.text(AWS_REGION)

    def secret(self, local: Setting) -> Any:
        value = self.optional(local)
        if value is None and self.optional(SLACK_SECRET_ARN) is None:
            self._missing.add(f"{SLACK_SECRET_ARN.name} (or {local.name})")
        return value

    def finish(self) -> None:
        """Raises ConfigurationError if anything was missing or malformed."""
        if self._missing or self._malformed:
            raise ConfigurationError(sorted(self._missing), sorted(self._malformed))

    def _parsed(self, setting: Setting, value: str, parse: Parse) -> Any:
        try:
            return parse(value)
        except ValueError:
            self._malformed.add(setting.name)
            return None


def read_by(read: Callable[[Reader], Any], shown: bool = True) -> Any:
    """A field of a settings class, of what `read` makes of the environment."""
    return field(metadata={_READ: read}, repr=shown)


def text(setting: Setting, parse: Parse = str) -> Any:
    """What must be set, unless it has a default. `parse` raises ValueError for what is no such thing."""
    return read_by(lambda reader: reader.text(setting, parse))


def optional(setting: Setting, parse: Parse = str, unset: Any = None) -> Any:
    """What need not be set: `unset` then."""
    return read_by(lambda reader: reader.optional(setting, parse, unset))


def secret(local: Setting) -> Any:
    """The local value if it is set; else the ARN must be. It never shows."""
    return read_by(lambda reader: reader.secret(local), shown=False)


def regions() -> Any:
    """Those to look at: without any the function's own."""
    return read_by(lambda reader: reader.optional(REGIONS, _region_names) or (reader.region(),))


def number(value: str) -> int:
    return int(_matched(r"[1-9][0-9]{0,4}", value))


def minutes(value: str) -> float:
    """In seconds."""
    return 60.0 * number(value)


def hours(value: str) -> float:
    """In seconds."""
    return 3600.0 * number(value)


def flag(value: str) -> bool:
    return bool(_matched("true|false", value) == "true")


def role_arn(value: str) -> str:
    return _matched(r"arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+", value)


def pool_id(value: str) -> str:
    return _matched(_REGION + r"_[0-9A-Za-z]{1,46}", value)


def address(value: str) -> str:
    """A web address without its last slash; a bare host is one too. Only this machine is reached without TLS."""
    whole = value.rstrip("/")
    return _matched(_ADDRESS, whole if "://" in whole else f"https://{whole}")


def listed(value: str) -> tuple[str, ...]:
    """What stands between commas, each once."""
    return tuple(dict.fromkeys(entry.strip() for entry in value.split(",") if entry.strip()))


def _region_names(value: str) -> tuple[str, ...]:
    names = tuple(_matched(_REGION, name) for name in listed(value))
    if not names:
        raise ValueError("no region")
    return names


def _matched(pattern: str | re.Pattern[str], value: str) -> str:
    if not re.fullmatch(pattern, value):
        raise ValueError("no such thing")
    return value


@dataclass(frozen=True)
class FunctionSettings:
    """What every function is told."""

    region: str = read_by(Reader.region)
    endpoint_url: str | None = optional(AWS_ENDPOINT_URL)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Raises ConfigurationError naming all that is missing or malformed."""
        reader = Reader(environ)
        values = {each.name: each.metadata[_READ](reader) for each in fields(cls)}
        reader.finish()
        return cls(**values)
