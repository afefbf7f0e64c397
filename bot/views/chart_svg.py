"""A chart as SVG text, to be made a picture of: panels below each other, each with its legend, scale and marks.

It draws gaps as gaps and nothing that is not in the chart, on a card of its own so that it reads on light and dark.
Names are anybody's text: escaped, and what no XML may hold becomes a box.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, log10

from bot.metric_series import Chart, Kind, Line, Point, Threshold, stretches
from bot.views import metric_words
from bot.views.chart_legend import LEFT, RIGHT, Entry, entries, strokes
from bot.views.text import cut, printable

WIDTH = 960
HEAD, FOOT, GAP = 72, 16, 36
ROW = 18  # of a legend
NOTE, MAX_NOTES = 16, 3  # rows of who rebooted
TALL, LOW, FLAT = 240, 150, 50  # of the one panel, of each of several, of what is 0 or 1
INK, SOFT, GRID, ALARM, REBOOT = "#1d2129", "#5b6470", "#e4e7eb", "#c62828", "#6a1b9a"
STEPS = (300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)
MAX_TICKS = 9


@dataclass(frozen=True)
class _Panel:
    """One plot: where it stands, from 0 to `high` in units of `size` (1 but for bytes a second).

    `above` is the room between legend and plot, where the first one says who rebooted.
    """

    title: str
    kind: Kind
    lines: tuple[Line, ...]
    top: float
    height: float
    high: float
    size: float
    unit: str
    legend: tuple[Entry, ...]
    above: float
    chart: Chart

    def x(self, moment: datetime) -> float:
        part = (moment - self.chart.start).total_seconds() / self.chart.range.seconds
        return LEFT + (RIGHT - LEFT) * min(max(part, 0), 1)

    def y(self, value: float) -> float:
        return self.top + self.height * (1 - min(value / self.size / self.high, 1))


def svg(chart: Chart) -> str:
    """The whole picture; 960 wide, as high as its panels need. Raises ValueError for a chart without lines."""
    panels = _panels(chart)
    if not panels:
        raise ValueError("nothing to draw")
    height = panels[-1].top + panels[-1].height + 34 + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" viewBox="0 0 {WIDTH} {height:g}" '
        'font-family="DejaVu Sans">',
        f'<rect x="1" y="1" width="{WIDTH - 2}" height="{height - 2:g}" rx="12" fill="#ffffff" stroke="#c9ced6"/>',
        _label(24, 32, cut(metric_words.title(chart), 74), size=18, bold=True),
        _label(24, 52, _subtitle(chart), colour=SOFT),
    ]
    for panel in panels:
        parts += _frame(panel)
        parts += _marks_below(panel)
        for line, colour, dash in strokes(panel.lines):
            parts += _drawn(line, panel, colour, dash)
        parts += _marks_above(panel)
        parts += _legend(panel)
    return "".join([*parts, "</svg>"])


def _panels(chart: Chart) -> list[_Panel]:
    grouped: dict[str, list[Line]] = {}
    for line in chart.lines:
        grouped.setdefault(_family(line), []).append(line)
    panels: list[_Panel] = []
    below = float(HEAD)
    for family, lines in grouped.items():
        kind = lines[0].metric.kind
        height = FLAT if kind is Kind.FAILED else TALL if len(grouped) == 1 else LOW
        highest = max(point.value / _per(line) for line in lines for point in (*line.points, *line.peaks))
        size, unit = metric_words.scale(highest) if kind is Kind.BYTES else (1.0, "%" if kind is Kind.PERCENT else "")
        limits = [threshold.value / _limit_per(threshold) for threshold in _thresholds(chart, lines)]
        near = [limit for limit in limits if limit <= max(3 * highest, 100 if kind is Kind.PERCENT else 0)]
        high = _ceiling(max([highest, *near]) / size, kind)
        title = f"{family}, {unit}/s" if kind is Kind.BYTES else family
        legend = entries(title, lines, chart)
        above = 0.0 if panels else NOTE * min(len(chart.marks.reboots), MAX_NOTES)
        top = below + 8 + ROW * (legend[-1].row + 1 if legend else 1) + above
        panels.append(_Panel(title, kind, tuple(lines), top, height, high, size, unit, legend, above, chart))
        below = top + height + GAP
    return panels


def _family(line: Line) -> str:
    match line.metric.kind:
        case Kind.PERCENT:
            return f"{line.metric.title}, %"
        case Kind.BYTES:
            return "Network" if line.metric.name.startswith("Network") else "Disk"
        case _:
            return "Status checks: 1 is failed"


def _per(line: Line) -> float:
    """Bytes come as a sum over the period and are drawn a second."""
    return line.period if line.metric.kind is Kind.BYTES else 1


def _limit_per(threshold: Threshold) -> float:
    return threshold.period if threshold.metric.kind is Kind.BYTES else 1


def _ceiling(highest: float, kind: Kind) -> float:
    if kind is Kind.FAILED:
        return 1.0
    if kind is Kind.PERCENT and highest > 40:
        return 100.0
    if highest <= 0:
        return 1.0
    power: float = 10.0 ** floor(log10(highest))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if highest <= step * power * 0.97 or step == 10)


def _subtitle(chart: Chart) -> str:
    edges = (chart.start, chart.end)
    first, last = (f"{moment.day} {moment.astimezone(UTC):%b %Y %H:%M}" for moment in edges)
    periods = sorted({line.period for line in chart.lines})
    each = " and ".join(metric_words.duration(period) for period in periods)
    return f"{first} to {last} UTC · a value every {each}"


def _frame(panel: _Panel) -> list[str]:
    parts: list[str] = []
    ticks = 1 if panel.kind is Kind.FAILED else 4
    for at in range(ticks + 1):
        value = panel.high * at / ticks
        y = panel.top + panel.height * (1 - at / ticks)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{SOFT if at == 0 else GRID}" stroke-width="1"/>')
        parts.append(_label(LEFT - 8, y + 4, f"{value:g}", anchor="end", colour=SOFT, size=12))
    step = next((step for step in STEPS if panel.chart.range.seconds / step <= MAX_TICKS), panel.chart.range.seconds)
    first = ceil(panel.chart.start.timestamp() / step) * step
    for seconds in range(first, int(panel.chart.end.timestamp()) + 1, step):
        moment = datetime.fromtimestamp(seconds, UTC)
        words = f"{moment:%H:%M}" if step < 86_400 and panel.chart.range.seconds <= 86_400 else _day(moment)
        x = panel.x(moment)
        base = panel.top + panel.height
        parts.append(f'<path d="M{x:.1f} {base:.1f}v5" stroke="{SOFT}"/>')
        parts.append(_label(min(x, RIGHT - 12), base + 19, words, anchor="middle", colour=SOFT, size=12))
    return parts


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def _marks_below(panel: _Panel) -> list[str]:
    """When alarms were open, shaded."""
    metrics = {(line.instance_id, line.metric) for line in panel.lines}
    parts: list[str] = []
    for period in panel.chart.marks.alarm_periods:
        if (period.instance_id, period.metric) in metrics:
            left, right = panel.x(period.start), panel.x(period.end)
            parts.append(
                f'<rect x="{left:.1f}" y="{panel.top:.1f}" width="{max(right - left, 2):.1f}" '
                f'height="{panel.height:.1f}" fill="{ALARM}" fill-opacity="0.12"/>'
            )
    return parts


def _drawn(line: Line, panel: _Panel, colour: str, dash: str) -> list[str]:
    per = _per(line)
    parts: list[str] = []
    if line.peaks and len(panel.lines) == 1:
        parts += [_band(line, run, panel, colour) for run in stretches(line.peaks, line.step) if len(run) > 1]
    for run in line.stretches:
        places = [(panel.x(point.at), panel.y(point.value / per)) for point in run]
        if len(places) == 1:
            parts.append(f'<circle cx="{places[0][0]:.1f}" cy="{places[0][1]:.1f}" r="2.5" fill="{colour}"/>')
            continue
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(
            f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"{dashes}/>'
        )
    return parts


def _band(line: Line, peaks: Sequence[Point], panel: _Panel, colour: str) -> str:
    """Between the average and the highest value of each period."""
    average = {point.at: point.value for point in line.points}
    pairs = [(point.at, point.value, average[point.at]) for point in peaks if point.at in average]
    above = [f"{panel.x(at):.1f} {panel.y(peak):.1f}" for at, peak, _ in pairs]
    below = [f"{panel.x(at):.1f} {panel.y(value):.1f}" for at, _, value in reversed(pairs)]
    return f'<path d="M{"L".join([*above, *below])}Z" fill="{colour}" fill-opacity="0.18"/>'


def _marks_above(panel: _Panel) -> list[str]:
    parts: list[str] = []
    for threshold in _thresholds(panel.chart, panel.lines):
        value = threshold.value / _limit_per(threshold)
        if value / panel.size > panel.high:
            continue
        y = panel.y(value)
        words = f"{cut(threshold.alarm, 50)}: {_limit(threshold)}"
        parts.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{ALARM}" stroke-width="1.5" stroke-dasharray="7 4"/>')
        base = y - 6 if y > panel.top + 16 else y + 16
        if _crowd(panel, base, RIGHT - 7.4 * len(words), RIGHT) <= _crowd(panel, base, LEFT, LEFT + 7.4 * len(words)):
            parts.append(_label(RIGHT - 4, base, words, anchor="end", colour=ALARM, size=12))
        else:
            parts.append(_label(LEFT + 4, base, words, colour=ALARM, size=12))
    names = {instance.instance_id: metric_words.name_of(instance) for instance in panel.chart.instances}
    shown = {line.instance_id for line in panel.lines}
    for at, reboot in enumerate(one for one in panel.chart.marks.reboots if one.instance_id in shown):
        x = panel.x(reboot.at)
        who = cut(reboot.who.partition("@")[0], 30)
        which = f"{cut(names[reboot.instance_id], 24)} " if len(panel.chart.instances) > 1 else ""
        rise = NOTE * (at % MAX_NOTES) + 6 if panel.above else 0
        start, length = panel.top - rise, panel.height + rise
        parts.append(f'<path d="M{x:.1f} {start:.1f}v{length:.1f}" stroke="{REBOOT}" stroke-width="1.5"/>')
        if panel.above:
            words = f"{which}rebooted by {who}"
            left = x + 7 + 7.4 * len(words) > RIGHT
            place = "end" if left else "start"
            parts.append(f'<circle cx="{x:.1f}" cy="{start:.1f}" r="3.5" fill="{REBOOT}"/>')
            parts.append(_label(x + (-7 if left else 7), start + 4, words, anchor=place, colour=REBOOT, size=12))
    return parts


def _crowd(panel: _Panel, base: float, left: float, right: float) -> int:
    """How many strokes cross the place where these words would stand."""
    crossing = 0
    for line in panel.lines:
        for run in line.stretches:
            places = [(panel.x(point.at), panel.y(point.value / _per(line))) for point in run]
            for (x, y), (_, after) in zip(places, places[1:] or places, strict=False):
                crossing += left <= x <= right and min(y, after) <= base + 4 and max(y, after) >= base - 14
    return crossing


def _limit(threshold: Threshold) -> str:
    if threshold.metric.kind is Kind.BYTES:
        return f"{metric_words.value_words(Kind.BYTES, threshold.value / threshold.period)}/s"
    return metric_words.value_words(threshold.metric.kind, threshold.value)


def _legend(panel: _Panel) -> list[str]:
    rows = panel.legend[-1].row if panel.legend else 0
    first = panel.top - 11 - ROW * rows - panel.above
    parts = [_label(LEFT, first, panel.title, bold=True)]
    for entry in panel.legend:
        y = first + ROW * entry.row
        if not entry.colour:
            parts.append(_label(entry.x, y, entry.words, colour=SOFT, size=12))
            continue
        parts.append(f'<rect x="{entry.x:.1f}" y="{y - 9:.1f}" width="10" height="10" rx="2" fill="{entry.colour}"/>')
        parts.append(_label(entry.x + 14, y, entry.words, size=12))
    return parts


def _thresholds(chart: Chart, lines: Sequence[Line]) -> list[Threshold]:
    """One line a value, however many alarms share it."""
    metrics = {(line.instance_id, line.metric) for line in lines}
    found = [one for one in chart.marks.thresholds if (one.instance_id, one.metric) in metrics]
    return list({(one.value, one.metric): one for one in reversed(found)}.values())[:4]


def _label(
    x: float, y: float, words: str, *, size: int = 13, colour: str = INK, anchor: str = "start", bold: bool = False
) -> str:
    # What stands among lines gets a rim of the ground's colour.
    rim = ' stroke="#ffffff" stroke-width="3" paint-order="stroke"' if colour in (ALARM, REBOOT) else ""
    weight = ' font-weight="bold"' if bold else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{rim}{weight}{place}>{_safe(words)}</text>'


def _safe(words: str) -> str:
    """XML's three characters escaped; noncharacters, which no XML may hold, become boxes."""
    kept = "".join("□" if ord(one) & 0xFFFE == 0xFFFE else one for one in printable(words))
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
