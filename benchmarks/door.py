"""`make bench`: the first and the following acknowledgements of our front door beside other bots.

Each number that is compared comes from the same round as what it is compared with; wall times of different runs are
not comparable. Exits with 1 when a goal is missed.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles

from benchmarks.runtime_api import LambdaRuntime
from benchmarks.sqs_stub import AwsStub
from benchmarks.variants import (
    ALTERNATIVES,
    BOLT,
    DOOR,
    NAIVE,
    SIGNING_SECRET,
    VARIANTS,
    Variant,
    signed_command,
)

WARM_ACKS = 30


@dataclass(frozen=True)
class Measurement:
    """One fresh process: its first acknowledgement, from exec on, and the next thirty."""

    cold_cpu_ms: float
    cold_wall_ms: float
    warm_p50_ms: float
    warm_p99_ms: float
    warm_cpu_ms: float
    rss_mb: float
    cold_calls: int
    warm_calls: float
    warm_connections: int


Round = dict[str, Measurement]


@dataclass(frozen=True)
class Goal:
    """`figure` of one round must not be above `limit`, in the median; an exact one is `limit` in every round.

    A goal that is not `judged` is shown and fails nothing.
    """

    text: str
    figure: Callable[[Round], float]
    limit: float
    exact: bool = False
    judged: bool = True

    def judge(self, rounds: Sequence[Round]) -> tuple[float, bool]:
        """The figure, and whether it meets the goal."""
        figures = [self.figure(measured) for measured in rounds]
        if self.exact:
            wrong = [figure for figure in figures if figure != self.limit]
            return (wrong or figures)[0], not wrong
        return median(figures), median(figures) <= self.limit


def _ratio(name: str, to: Variant) -> Callable[[Round], float]:
    return lambda measured: getattr(measured[DOOR.name], name) / getattr(measured[to.name], name)


# (e) is the tutorials' bot, and most of its cold start is matplotlib, which we do not install.
_MATPLOTLIB = find_spec("matplotlib") is not None

GOALS = (
    Goal("cold acknowledgement, CPU, x (c)", _ratio("cold_cpu_ms", BOLT), 0.45),
    Goal(
        "cold acknowledgement, wall, x (e)" + ("" if _MATPLOTLIB else " without the matplotlib it is set for"),
        _ratio("cold_wall_ms", NAIVE),
        0.15,
        judged=_MATPLOTLIB,
    ),
    Goal("warm acknowledgement, median, x (c)", _ratio("warm_p50_ms", BOLT), 4),
    Goal("peak memory, x (c)", _ratio("rss_mb", BOLT), 0.65),
    Goal(
        f"connections for {WARM_ACKS} warm acks", lambda measured: measured[DOOR.name].warm_connections, 1, exact=True
    ),
    Goal("AWS calls before a warm ack", lambda one: one[DOOR.name].warm_calls, 1, exact=True),
)


def measure(variant: Variant, stub: AwsStub) -> Measurement:
    """Raises RuntimeError for anything but an acknowledgement."""
    stub.clear()
    with LambdaRuntime(variant.handler, variant.process_environment(stub)) as runtime:
        cold = runtime.invoke(signed_command())
        cold_calls = len(stub.calls)
        stub.clear()
        warm = [runtime.invoke(signed_command()) for _ in range(WARM_ACKS)]
        for answer in (cold, *warm):
            if answer.result["statusCode"] != 200:
                raise RuntimeError(f"{variant.name}: {answer.result} {runtime.stdout[-3:]}")
        walls = [answer.wall_ms for answer in warm]
        return Measurement(
            cold_cpu_ms=cold.cpu_ms,
            cold_wall_ms=cold.since_start_ms,
            warm_p50_ms=median(walls),
            warm_p99_ms=quantiles(walls, n=100, method="inclusive")[98],
            warm_cpu_ms=(warm[-1].cpu_ms - cold.cpu_ms) / WARM_ACKS,
            rss_mb=runtime.max_rss_mb,
            cold_calls=cold_calls,
            warm_calls=len(stub.calls) / WARM_ACKS,
            warm_connections=len({call.connection for call in stub.calls}),
        )


def run(variants: Sequence[Variant], rounds: int) -> list[Round]:
    """Variants take turns, there and back, so that what slows the machine slows them alike.

    One round before writes the bytecode.
    """
    measured: list[Round] = []
    with AwsStub({"SLACK_SIGNING_SECRET": SIGNING_SECRET}) as stub:
        for number in range(rounds + 1):
            one = {variant.name: measure(variant, stub) for variant in variants[:: 1 if number % 2 else -1]}
            if number:
                measured.append({variant.name: one[variant.name] for variant in variants})
            print(f"\rround {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return measured


def table(rounds: Sequence[Round]) -> str:
    """Medians, and in brackets the medians of same-round ratios to (c)."""
    lines = [
        "| variant | cold CPU ms (x c) | cold wall ms (x c) | warm p50 ms (x c) | p99 | warm CPU ms | RSS MB (x c) "
        "| calls cold, warm | connections, warm |",
        "| --- " + "| ---: " * 8 + "|",
    ]
    for name in rounds[0]:
        cells = [name]
        for figure in ("cold_cpu_ms", "cold_wall_ms", "warm_p50_ms", "warm_p99_ms", "warm_cpu_ms", "rss_mb"):
            value = _median(rounds, name, figure)
            ratio = median(getattr(one[name], figure) / getattr(one[BOLT.name], figure) for one in rounds)
            compared = figure not in ("warm_p99_ms", "warm_cpu_ms")
            cells.append(f"{value:.{_digits(figure)}f}" + (f" ({ratio:.2f})" if compared else ""))
        cells.append(f"{_median(rounds, name, 'cold_calls'):.0f}, {_median(rounds, name, 'warm_calls'):g}")
        cells.append(f"{_median(rounds, name, 'warm_connections'):.0f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _median(rounds: Sequence[Round], name: str, figure: str) -> float:
    return float(median(getattr(one[name], figure) for one in rounds))


def _digits(figure: str) -> int:
    return 2 if figure.startswith("warm") else 0 if figure.startswith("cold") else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.door", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--alternatives", action="store_true", help="measure the roads not taken as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every figure of every round")
    arguments = parser.parse_args()
    rounds = run(VARIANTS + (ALTERNATIVES if arguments.alternatives else ()), arguments.rounds)
    print(table(rounds), end="\n\n")
    missed = 0
    for goal in GOALS:
        figure, met = goal.judge(rounds)
        missed += goal.judged and not met
        verdict = "not judged" if not goal.judged else "met" if met else "MISSED"
        sign = "=" if goal.exact else "<="
        print(f"{verdict:10} {goal.text}: {figure:.3g} (goal {sign} {goal.limit})")
    if arguments.json:
        arguments.json.write_text(json.dumps([{name: asdict(one[name]) for name in one} for one in rounds], indent=1))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
