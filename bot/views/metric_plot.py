"""A chart as Slack's own block, `data_visualization`: at most 12 series of 20 points, made fewer honestly.

A point is the highest value of its time for percentages and checks, and the sum for bytes; the caption says so. Slack
wants a value for each point of each series, so a gap is left out of the axis, never drawn as nought.
https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.metric_series import Chart, Kind, Line
from bot.models import Block
from bot.views.metric_words import duration, name_of, scale
from bot.views.text import cut, printable

MAX_CHARTS = 2
MAX_SERIES = 12
MAX_POINTS = 20
MAX_LABEL = 20
MAX_TITLE = 50
_LOOKALIKES = str.maketrans({"<": "‹", ">": "›", "&": "+"})  # what reads a label as markup is not known
_KINDS = {Kind.PERCENT: "line", Kind.BYTES: "bar", Kind.FAILED: "bar"}
_UNITS = {Kind.PERCENT: "%", Kind.FAILED: "1 is failed"}


@dataclass(frozen=True)
class Plot:
    """A block with the caption that says what its points are."""

    block: Block
    caption: str


def plots(chart: Chart) -> list[Plot]:
    """At most two, the first of percentages where there are any; none where there is no data."""
    kinds = [kind for kind in Kind if any(line.metric.kind is kind for line in chart.lines)]
    return [_plot(chart, kind) for kind in kinds[:MAX_CHARTS]]


def labels_of(chart: Chart, lines: Sequence[Line]) -> list[str]:
    """A literal name for each line, unlike every other and at most 20 characters long."""
    several = len({line.instance_id for line in lines}) > 1
    alike = len({line.metric for line in lines}) == 1
    names = {instance.instance_id: name_of(instance) for instance in chart.instances}
    labels: list[str] = []
    for line in lines:
        title = "" if alike else line.metric.short or line.metric.title
        what = " ".join(part for part in (title, line.detail) if part)
        who = names[line.instance_id] if several or not what else ""
        labels.append(_unlike(_joined(literal(who), literal(what)), labels))
    return labels


def literal(text: str) -> str:
    """Text for a place where it is not known what would be read as markup."""
    return printable(text).translate(_LOOKALIKES)


def _plot(chart: Chart, kind: Kind) -> Plot:
    lines = [line for line in chart.lines if line.metric.kind is kind][:MAX_SERIES]
    buckets = [_buckets(line, chart) for line in lines]
    kept, times = _complete(buckets)
    size, unit = scale(max((value for values in buckets for value in values.values()), default=0))
    factor = size if kind is Kind.BYTES else 1.0
    labels = labels_of(chart, lines)
    categories = [_category(moment, chart) for moment in times]
    series = [
        {
            "name": labels[at],
            "data": [
                {"label": label, "value": round(buckets[at][moment] / factor, 2)}
                for label, moment in zip(categories, times, strict=True)
            ],
        }
        for at in kept
    ]
    plotted = {"type": _KINDS[kind], "series": series, "axis_config": {"categories": categories, "x_label": "UTC"}}
    named = f"{_what(lines)}, {unit if kind is Kind.BYTES else _UNITS[kind]}"
    block = {"type": "data_visualization", "title": cut(named, MAX_TITLE), "chart": plotted}
    left = [labels[at] for at in range(len(lines)) if at not in kept]
    return Plot(block, _caption(chart, kind, left, len(times) < _spanned(times, chart)))


def _what(lines: Sequence[Line]) -> str:
    titles = list(dict.fromkeys(line.metric.title for line in lines))
    return literal(", ".join(titles[:3]))


def _caption(chart: Chart, kind: Kind, left: Sequence[str], gaps: bool) -> str:
    each = duration(chart.range.bucket)
    how = f"the sum of {each}" if kind is Kind.BYTES else f"the highest value in {each}"
    said = f"Each point is {how}."
    if gaps:
        said += " Where a time is missing there is no data."
    if left:
        said += f" Too few data to draw: {', '.join(left)}."
    return said


def _buckets(line: Line, chart: Chart) -> dict[datetime, float]:
    found: dict[datetime, float] = {}
    for point in line.peaks or line.points:
        seconds = int(point.at.timestamp())
        moment = datetime.fromtimestamp(seconds - seconds % chart.range.bucket, UTC)
        before = found.get(moment)
        together = sum if line.metric.kind is Kind.BYTES else max
        found[moment] = point.value if before is None else together((before, point.value))
    return found


def _complete(buckets: Sequence[dict[datetime, float]]) -> tuple[list[int], list[datetime]]:
    """Series and times of which each series has each time: what has least of the times goes, then what times lack.

    A series goes when it lacks more than half of what the others have.
    """
    kept = list(range(len(buckets)))
    while True:
        times = sorted({moment for at in kept for moment in buckets[at]})
        poorest = min(kept, key=lambda at: len(buckets[at]))
        if len(kept) == 1 or 2 * len(buckets[poorest]) >= len(times):
            break
        kept.remove(poorest)
    whole = [moment for moment in times if all(moment in buckets[at] for at in kept)]
    if not whole:
        richest = max(kept, key=lambda at: len(buckets[at]))
        kept, whole = [richest], sorted(buckets[richest])
    return kept, whole[-MAX_POINTS:]


def _spanned(times: Sequence[datetime], chart: Chart) -> int:
    return int((times[-1] - times[0]).total_seconds()) // chart.range.bucket + 1


def _category(moment: datetime, chart: Chart) -> str:
    return f"{moment:%H:%M}" if chart.range.seconds < 86_400 else f"{moment.day} {moment:%b %H:%M}"


def _joined(who: str, what: str) -> str:
    if not who or not what:
        return cut(who or what, MAX_LABEL)
    what = cut(what, 12)
    return f"{cut(who, MAX_LABEL - 1 - len(what))} {what}"


def _unlike(label: str, others: Iterable[str]) -> str:
    taken, number, found = set(others), 1, label
    while found in taken or not found.strip():
        number += 1
        found = f"{cut(label, MAX_LABEL - 4)} {number}"
    return found
