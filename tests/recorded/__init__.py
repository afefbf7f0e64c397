"""Charts from recorded answers of CloudWatch and of the audit, and what is made of them, word for word.

`python -m tests.recorded` writes the expected files and the pictures in docs/ anew: look at both before you keep them.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.metric_series import RANGES, Chart
from bot.models import Instance
from bot.services.charts import Charts
from bot.services.metric_marks import MetricMarks
from bot.services.metrics import Metrics
from bot.views import chart_svg, metrics

FOLDER = Path(__file__).parent
DOCS = FOLDER.parent.parent / "docs"
CASES = ("incident", "network", "everything", "nothing")
PICTURES = {"incident": "chart-incident", "network": "chart-network", "everything": "chart-everything"}


class Recording:
    """Stands for a CloudWatch client and for DynamoDB's; `calls` are what was asked, in order."""

    def __init__(self, name: str) -> None:
        self.said = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"), object_hook=_with_times)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def get_paginator(self, operation: str) -> "Pages":
        return Pages(self, operation)

    def list_metrics(self, **asked: Any) -> Any:
        self.calls.append(("list_metrics", asked))
        return self.said["list_metrics"].get(asked["MetricName"], {"Metrics": []})

    def describe_alarm_history(self, **asked: Any) -> Any:
        self.calls.append(("describe_alarm_history", asked))
        return self.said["describe_alarm_history"]

    def query(self, **asked: Any) -> Any:
        self.calls.append(("query", asked))
        return self.said["query"]


class Pages:
    """A paginator over recorded pages."""

    def __init__(self, recording: Recording, operation: str) -> None:
        self._recording = recording
        self._operation = operation

    def paginate(self, **asked: Any) -> Iterator[Any]:
        self._recording.calls.append((self._operation, asked))
        yield from self._recording.said[self._operation]


def chart(name: str, recording: Recording | None = None) -> Chart:
    """The chart of a recorded case."""
    recorded: Any = recording or Recording(name)
    asked = recorded.said["asked"]
    now = datetime.fromisoformat(asked["now"])
    instances = [Instance(**{**one, "launched": datetime.fromisoformat(one["launched"])}) for one in asked["instances"]]
    marks = MetricMarks(lambda region: recorded, recorded, "audit", now.timestamp)
    service = Metrics(lambda region: recorded, marks, lambda: now, lambda: 0.0)
    return service.chart(instances, asked["group"], RANGES[asked["range"]])


def made_of(found: Chart) -> dict[str, str]:
    """File ending to content: all that people see of a chart."""
    message = metrics.message(found)
    made = {
        "blocks.json": json.dumps(message.blocks, indent=1, ensure_ascii=False) + "\n",
        "txt": f"{message.text}\n",
    }
    if found.lines:
        made["svg"] = chart_svg.svg(found).replace("><", ">\n<") + "\n"
    return made


def _with_times(found: dict[str, Any]) -> dict[str, Any]:
    if "Timestamps" in found:
        found["Timestamps"] = [datetime.fromisoformat(moment) for moment in found["Timestamps"]]
    for name in ("Timestamp", "StateTransitionedTimestamp"):
        if name in found:
            found[name] = datetime.fromisoformat(found[name]).astimezone(UTC)
    if "Values" in found:
        found["Values"] = [float(value) for value in found["Values"]]
    return found


def write() -> None:
    """What is expected, as it is now."""
    for name in CASES:
        found = chart(name)
        for ending, content in made_of(found).items():
            (FOLDER / f"{name}.{ending}").write_text(content, encoding="utf-8")
        if name in PICTURES:
            (DOCS / f"{PICTURES[name]}.png").write_bytes(Charts().png(chart_svg.svg(found)))
