"""Which line of a picture looks how, and the legend that says so, laid out in rows.

It draws nothing: `chart_svg` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.metric_series import Chart, Line
from bot.views.metric_plot import labels_of
from bot.views.metric_words import name_of
from bot.views.text import cut

LEFT, RIGHT = 74, 936
COLOURS = (
    "#1f6fc4", "#c8561b", "#1a8262", "#a8336f", "#6b4fbb", "#0d7f92",
    "#8b6c00", "#b3261e", "#4a6b1d", "#5c5470", "#2f5597", "#94542f",
)  # fmt: skip
DASHES = ("", "7 3", "2 3", "9 3 2 3", "1 6")
MANNERS = ("line", "dashes", "dots", "dash and dot", "far dots")


@dataclass(frozen=True)
class Entry:
    """A line of the legend: what a colour is, or, without one, what is to be known besides; `row` counts from 0."""

    words: str
    colour: str
    x: float
    row: int


def strokes(lines: Sequence[Line]) -> list[tuple[Line, str, str]]:
    """Line, colour, dashes: where several machines show several metrics, a machine is a colour, a metric a dash."""
    machines = list(dict.fromkeys(line.instance_id for line in lines))
    sorts = list(dict.fromkeys((line.metric, line.detail) for line in lines))
    if len(machines) == 1 or len(sorts) == 1:
        return [(line, COLOURS[at % len(COLOURS)], "") for at, line in enumerate(lines)]
    return [
        (
            line,
            COLOURS[machines.index(line.instance_id) % len(COLOURS)],
            DASHES[sorts.index((line.metric, line.detail)) % len(DASHES)],
        )
        for line in lines
    ]


def entries(title: str, lines: Sequence[Line], chart: Chart) -> tuple[Entry, ...]:
    """The legend, laid out beside the title and in as many rows below as it takes."""
    drawn = strokes(lines)
    if any(dash for _, _, dash in drawn):
        names = {instance.instance_id: name_of(instance) for instance in chart.instances}
        colours = {line.instance_id: colour for line, colour, _ in drawn}
        said = [(cut(names[one], 28), colour) for one, colour in colours.items()]
        sorts = {(line.metric, line.detail): line for line in lines}.values()
        shown = [f"{MANNERS[at % len(MANNERS)]}: {_sort(line)}" for at, line in enumerate(sorts)]
        said.append((" · ".join(shown), ""))
    elif len(lines) == 1 and lines[0].peaks:
        said = [("line: average · shade: up to the highest", "")]
    else:
        said = [(words, colour) for words, (_, colour, _) in zip(labels_of(chart, lines), drawn, strict=True)]
    laid: list[Entry] = []
    x, row = LEFT + 24 + 8.6 * len(title), 0
    for words, colour in said:
        width = 26 + 7.4 * len(words)
        if x + width > RIGHT and x > LEFT:
            x, row = float(LEFT), row + 1
        laid.append(Entry(words, colour, x, row))
        x += width
    return tuple(laid)


def _sort(line: Line) -> str:
    return " ".join(part for part in (line.metric.short or line.metric.title, cut(line.detail, 20)) if part)
