"""A chart in words, as somebody reads it on a lock screen or hears it: now, average, peak, and for how long too high.

Pure: what it says follows from the points alone. Names and mount points are anybody's text; `plain` lines hold them
as they are, for whoever escapes or draws them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.metric_series import MAX_INSTANCES, TITLES, Chart, Kind, Line, Point, Threshold, stretches
from bot.models import Instance
from bot.views.text import cut

USUAL_LIMIT = 80.0  # percent: what is said where no alarm says anything better
MAX_NAME = 60
SCALES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def title(chart: Chart) -> str:
    """Which machines, which metrics, how far back; in literal text."""
    names = [name_of(instance) for instance in chart.instances]
    who = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{who}: {TITLES[chart.group]}, {chart.range.words}"


def lines(chart: Chart) -> list[str]:
    """One literal line for each line of the chart, then what is missing, reboots and what could not be asked."""
    several = len(chart.instances) > 1
    names = {instance.instance_id: name_of(instance) for instance in chart.instances}
    said: list[str] = []
    for line in chart.lines:
        said.append((f"{names[line.instance_id]}: " if several else "") + line_words(line, chart))
    for missing in chart.missing:
        who = f"{names[missing.instance_id]}: " if several else ""
        said.append(f"{who}{missing.title}: no data; {missing.reason}")
    for reboot in chart.marks.reboots:
        who = f"{names[reboot.instance_id]} was rebooted" if several else "Rebooted"
        said.append(f"{who} at {clock(reboot.at, chart)} by {cut(reboot.who, MAX_NAME)}")
    return said + notes(chart)


def notes(chart: Chart) -> list[str]:
    """What is not in the chart although it was asked for."""
    said = [f"{failure.region} did not answer ({failure.aws_code})" for failure in chart.failures]
    if chart.unshown:
        said.append(f"{chart.unshown} more instances match and are not shown: a chart takes {MAX_INSTANCES}")
    if chart.left_out:
        said.append(f"{chart.left_out} more lines are left out: ask for fewer instances, or for one metric")
    if chart.marks.unread:
        said.append(f"Not shown, because it could not be read: {', '.join(chart.marks.unread)}")
    return said


def line_words(line: Line, chart: Chart) -> str:
    """One line of the chart: `CPU 23 % now, 18 % average, 97 % at 14:05; above 80 % for 22 min`."""
    name = line.metric.title + (f" {cut(line.detail, MAX_NAME)}" if line.detail else "")
    if line.metric.kind is Kind.FAILED:
        return f"{name}: {_failed(line, chart)}"
    last, peak = line.points[-1], max(line.peaks or line.points, key=lambda point: point.value)
    average = sum(point.value for point in line.points) / len(line.points)
    words = (
        f"{name} {_value(line, last.value)} {_when(line, last, chart)}, {_value(line, average)} average, "
        f"{_value(line, peak.value)} at {clock(peak.at, chart)}"
    )
    return words + _beyond(line, chart)


def value_words(kind: Kind, value: float) -> str:
    """A value with its unit, in as many digits as can be read at a glance."""
    if kind is Kind.FAILED:
        return f"{value:g}"
    if kind is Kind.PERCENT:
        return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"
    size, unit = scale(value)
    amount = value / size
    return f"{amount:.0f} {unit}" if amount >= 10 or size == 1 else f"{amount:.1f} {unit}"


def scale(value: float) -> tuple[float, str]:
    """The decimal unit of bytes in which `value` is at least 1."""
    return next(((size, unit) for size, unit in SCALES if abs(value) >= size), (1.0, "B"))


def name_of(instance: Instance) -> str:
    """The name, or the id of what has none; literal and not too long."""
    return cut(instance.name, MAX_NAME) or instance.instance_id


def clock(moment: datetime, chart: Chart) -> str:
    """The time of day in UTC, with the day where the range is longer than one."""
    moment = moment.astimezone(UTC)
    return f"{moment:%H:%M}" if chart.range.seconds <= 86_400 else f"{moment.day} {moment:%b %H:%M}"


def duration(seconds: float) -> str:
    """`22 min`, `3 h 5 min`, `2 d 4 h`."""
    minutes = round(seconds / 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join([part for part in parts if part][:2]) or "0 min"


def limit_of(line: Line, thresholds: Sequence[Threshold]) -> Threshold | None:
    """The tightest threshold of an alarm on this line, or None."""
    about = (line.instance_id, line.metric, line.detail)
    own = [one for one in thresholds if (one.instance_id, one.metric, one.detail) == about]
    return min(own, key=lambda one: one.value) if own else None


def _value(line: Line, value: float) -> str:
    if line.metric.kind is Kind.BYTES:
        return f"{value_words(Kind.BYTES, value / line.period)}/s"
    return value_words(line.metric.kind, value)


def _when(line: Line, last: Point, chart: Chart) -> str:
    late = (chart.end - last.at).total_seconds()
    return "now" if line.period <= 300 and late <= 3 * line.step else f"at {clock(last.at, chart)}"


def _beyond(line: Line, chart: Chart) -> str:
    threshold = limit_of(line, chart.marks.thresholds)
    if threshold is None and line.metric.kind is not Kind.PERCENT:
        return ""
    limit, above = (threshold.value, threshold.above) if threshold else (USUAL_LIMIT, True)
    if threshold and line.metric.kind is Kind.BYTES:
        limit *= line.period / threshold.period
    beyond = [point for point in line.points if (point.value > limit if above else point.value < limit)]
    side = "above" if above else "below"
    if not beyond:
        briefly = above and any(peak.value > limit for peak in line.peaks)
        return f"; {side} {_value(line, limit)} at times" if briefly else ""
    return f"; {side} {_value(line, limit)} for {duration(len(beyond) * line.step)}"


def _failed(line: Line, chart: Chart) -> str:
    failed = [point for point in line.points if point.value > 0]
    if not failed:
        return "passed all the time"
    runs = stretches(failed, line.step)
    most = "at most " if line.period > 300 else ""
    words = f"failed for {most}{duration(len(failed) * line.step)}, first at {clock(failed[0].at, chart)}"
    return f"{words}, failing now" if runs[-1][-1] == line.points[-1] else f"{words}, passing now"
