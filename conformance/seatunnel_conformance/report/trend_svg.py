"""A trend as a picture: a row with counts and a bar for each run, and a curve for the figures of each check."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatunnel_conformance.report.html import environment, words
from seatunnel_conformance.report.trend import TrendRun, as_lines, figures_of
from seatunnel_conformance.report.verdicts import Column

_BAR: Final = 240
"""The width of the bar of a run with the most checks, in pixels."""
_LEAST: Final = 5
"""The least width of a part of a bar: a single failure has to be seen."""
_CURVE: Final = (640, 50)
"""Width and height of a curve."""
_TIME: Final = re.compile(r"(\d+(?:\.\d+)?) ms\b")


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of a run, and its place in the curve."""

    x: float
    y: float
    text: str


def as_svg(runs: Sequence[TrendRun]) -> str:
    """Return a picture of at least one run. It loads nothing, follows dark and light, and has the table as its text."""
    counts = [words(run.counts) for run in runs]
    total = words(sum((run.counts for run in runs), Counter[Column]()))
    most = max(sum(numbers.values()) for numbers in counts) or 1
    return (
        environment()
        .get_template("trend.svg")
        .render(
            runs=[(run, numbers, list(_parts(numbers, most))) for run, numbers in zip(runs, counts, strict=True)],
            words=list(total),
            curves=dict(_curves(runs)),
            text="\n".join(as_lines(runs)),
            bar=_BAR,
            height=_CURVE[1],
        )
    )


def _parts(counts: Mapping[str, int], most: int) -> Iterator[tuple[str, float, float]]:
    """Yield the parts of a bar: word, left, width. What passed or was skipped comes last, so that failures line up."""
    left = 0.0
    for word, number in sorted(counts.items(), key=lambda one: one[0] in {"pass", "skipped"}):
        if number:
            width = max(_LEAST, round(number / most * _BAR, 1))
            yield word, left, width
            left += width


def _curves(runs: Sequence[TrendRun]) -> Iterator[tuple[str, list[Point]]]:
    """Yield the checks that have times among their figures, each with its longest time and its points."""
    width, height = _CURVE
    step = width / max(1, len(runs) - 1)
    for check_id, figures in figures_of(runs).items():
        times = [(at, float(found[1]), text) for at, text in figures if (found := _TIME.search(text))]
        highest = max((time for _, time, _ in times), default=0) or 1
        points = [Point(at * step, height - time / highest * height, text) for at, time, text in times]
        if points:
            yield f"{check_id}, at most {highest:g} ms", points
