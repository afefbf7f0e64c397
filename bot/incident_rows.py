"""An incident as the text that a row holds, and back; the key of an alarm's rows.

It refuses nothing: what it reads, it wrote.
"""

import hashlib
import json
from dataclasses import asdict, fields
from typing import Any

from bot.alarm_events import AlarmState, Comparison
from bot.alarm_metrics import MetricSpec
from bot.incidents import Entry, Incident


def key_of(name: str) -> str:
    """Of `<region>/<alarm>`: names are long and hold any character."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:24]


def to_text(incident: Incident) -> str:
    return json.dumps(asdict(incident), separators=(",", ":"))


def from_text(text: str) -> Incident:
    content: dict[str, Any] = json.loads(text)
    known = {item.name for item in fields(Incident)}
    content = {name: value for name, value in content.items() if name in known}
    for name in ("instance_ids", "causes", "seen"):
        content[name] = tuple(content[name])
    content["state"] = AlarmState(content["state"])
    content["entries"] = tuple(Entry(**entry) for entry in content["entries"])
    content["metrics"] = tuple(
        MetricSpec(**{**spec, "dimensions": tuple((name, value) for name, value in spec["dimensions"])})
        for spec in content["metrics"]
    )
    content["comparison"] = Comparison(**content["comparison"]) if content["comparison"] else None
    return Incident(**content)
