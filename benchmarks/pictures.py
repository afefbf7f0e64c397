"""`make bench`: the picture of a chart beside the same one by matplotlib's Figure and Agg, in the same rounds.

Each render is the first of a fresh process, then warm ones; CPU time, because the machine is shared. It refuses to make
matplotlib a dependency of development: without requirements-bench.txt our own figures are shown and nothing is judged.
"""

import argparse
import io
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
OURS, THEIRS = "ours", "matplotlib"
LINES, POINTS, WARM = 3, 288, 10
PIXELS = (960, 404)
DPI = 100  # 9.6 inches wide, so that their text is as large as ours
LOADED = (
    "bot.metric_series",
    "bot.views.metrics",
    "dateutil.parser",
    "urllib.request",
)  # by the worker, before any picture
END = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
START = END - timedelta(days=1)


@dataclass(frozen=True)
class Figures:
    """Of one process: CPU milliseconds of the first picture with all that it imports and of a warm one, megabytes
    added at the peak, kilobytes of PNG."""

    first: float
    warm: float
    added_mb: float
    kilobytes: float


@dataclass(frozen=True)
class Goal:
    """`figure` of ours, as a ratio to theirs, must not be above `limit` in the median."""

    text: str
    figure: str
    limit: float


GOALS = (
    Goal("first picture with its imports, CPU, x matplotlib", "first", 0.15),
    Goal("warm picture, CPU, x matplotlib", "warm", 0.85),
    Goal("memory added at the peak, x matplotlib", "added_mb", 0.12),
    Goal("bytes, x matplotlib", "kilobytes", 0.70),
)


def values(number: int) -> list[float]:
    """A day of one machine, every five minutes, the same in each process."""
    return [
        30 + 18 * number + 12 * math.sin(at / 40 + number) + (at * 7919 * (number + 3) % 97) / 16
        for at in range(POINTS)
    ]


def ours() -> Callable[[], bytes]:
    from bot.metric_series import CPU, RANGES, AlarmPeriod, Chart, Line, Marks, Point, Reboot, Threshold
    from bot.models import Instance

    machines = [
        Instance(f"i-{at:017x}", f"web-{at}", "running", "t3", "us-east-1a", "us-east-1", None, None)
        for at in range(LINES)
    ]
    moments = [START + timedelta(minutes=5 * at) for at in range(POINTS)]
    lines = tuple(
        Line(one.instance_id, CPU, 300, tuple(map(Point, moments, values(at)))) for at, one in enumerate(machines)
    )
    first = machines[0].instance_id
    marks = Marks(
        (Threshold("web-0-cpu-high", first, CPU, 80, True, 300),),
        (AlarmPeriod("web-0-cpu-high", first, CPU, moments[200], moments[215]),),
        (Reboot(first, moments[215], "bob@example.com"),),
    )
    chart = Chart(tuple(machines), "cpu", RANGES["24h"], START, END, lines, marks=marks)

    def draw() -> bytes:
        from bot.services.charts import Charts
        from bot.views import chart_svg

        return Charts().png(chart_svg.svg(chart))

    return draw


def matplotlib() -> Callable[[], bytes]:
    moments = [START + timedelta(minutes=5 * at) for at in range(POINTS)]

    drawn = [values(number) for number in range(LINES)]

    def draw() -> bytes:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.dates import DateFormatter
        from matplotlib.figure import Figure

        figure = Figure(figsize=(PIXELS[0] / DPI, PIXELS[1] / DPI), dpi=DPI)
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for number in range(LINES):
            axes.plot(moments, drawn[number], label=f"web-{number}")
        axes.axhline(80, linestyle="--", color="tab:red")
        axes.text(moments[-1], 81, "web-0-cpu-high: 80 %", ha="right", color="tab:red")
        axes.axvspan(moments[200], moments[215], alpha=0.12, color="tab:red")
        axes.axvline(moments[215], color="purple")
        axes.text(moments[216], 95, "rebooted by bob", color="purple")
        axes.set_ylim(0, 100)
        axes.set_title("web-0, web-1, web-2: CPU, last 24 hours", loc="left")
        axes.grid(axis="y", alpha=0.4)
        axes.legend(loc="upper left", ncols=LINES)
        axes.xaxis.set_major_formatter(DateFormatter("%H:%M"))
        written = io.BytesIO()
        figure.savefig(written, format="png")
        return written.getvalue()

    return draw


def child(name: str) -> Figures:
    """In a process of its own, where the data to draw is there already, and nothing that draws."""
    for module in LOADED:
        import_module(module)
    render = {OURS: ours, THEIRS: matplotlib}[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    png = render()
    first = time.process_time() - started
    warm: list[float] = []
    for _ in range(WARM):
        started = time.process_time()
        render()
        warm.append(time.process_time() - started)
    added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert png.startswith(b"\x89PNG")
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == PIXELS
    return Figures(first * 1000, median(warm) * 1000, added / 1024, len(png) / 1000)


def measure(name: str) -> Figures:
    command = [sys.executable, "-m", "benchmarks.pictures", "--child", name]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return Figures(**json.loads(said))


def run(names: Sequence[str], rounds: int) -> list[dict[str, Figures]]:
    """They take turns, there and back; a round before writes bytecode and font caches."""
    measured: list[dict[str, Figures]] = []
    for number in range(rounds + 1):
        one = {name: measure(name) for name in names[:: 1 if number % 2 else -1]}
        measured += [one] if number else []
        print(f"\rround {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return measured


def table(rounds: Sequence[dict[str, Figures]]) -> str:
    """Medians."""
    head = f"| picture {PIXELS[0]} x {PIXELS[1]}, {LINES} x {POINTS} points | first CPU ms | warm CPU ms | MB | kB |"
    lines = [head, "| --- " + "| ---: " * 4 + "|"]
    for name in rounds[0]:
        cells = [median(getattr(one[name], figure.figure) for one in rounds) for figure in GOALS]
        lines.append(f"| {name} | " + " | ".join(f"{cell:.3g}" for cell in cells) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--child", choices=(OURS, THEIRS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        figures: Any = child(arguments.child)
        print(json.dumps(vars(figures)))
        return 0
    judged = find_spec("matplotlib") is not None
    rounds = run((OURS, THEIRS) if judged else (OURS,), arguments.rounds)
    print(table(rounds), end="\n\n")
    missed = 0
    for goal in GOALS:
        if not judged:
            print(f"not judged {goal.text}: install requirements-bench.txt (goal <= {goal.limit})")
            continue
        ratio = median(getattr(one[OURS], goal.figure) / getattr(one[THEIRS], goal.figure) for one in rounds)
        missed += ratio > goal.limit
        print(f"{'met' if ratio <= goal.limit else 'MISSED':10} {goal.text}: {ratio:.3g} (goal <= {goal.limit})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
