"""Drawings for the site: SVG in the colours of the page, and a terminal as HTML."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from markupsafe import Markup
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from seatunnel_conformance.report.terminal import show
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.pages.matrix import MatrixRow
from seatunnel_docs.rendering import drawing
from seatunnel_docs.results import PublishedResult

_STEP: Final = 3
"""The width of a clause in the small matrix. All lengths are in pixels."""

_LINE: Final = 15
"""The height of a row."""

_MARGIN: Final = 172
"""The width of the names at the left of the rows."""


def small_matrix(known: Knowledge, rows: Sequence[MatrixRow]) -> Markup:
    """Return a small picture of the table of clauses: a line for each release and run, a stroke for each clause."""
    names = [*known.releases, *(result.about["title"] for result in known.results)]
    gap = len(known.releases)
    tops = [at * _LINE + (8 if at >= gap else 0) for at in range(len(names))]
    strokes = [_strokes((row.cells[at].word for row in rows), top + 7) for at, top in enumerate(tops)]
    label = f"{len(rows)} clauses in {gap} releases and {len(known.results)} runs"
    width, height = _MARGIN + _STEP * len(rows), _LINE * len(names) + 8
    lines = list(zip(names, tops, strokes, strict=True))
    return drawing("small-matrix", label, width, height, lines=lines, margin=_MARGIN)


def _strokes(words: Iterable[str], y: int) -> Mapping[str, str]:
    """Return the SVG path of each word in a line. Neighbouring cells with the same word are one stroke."""
    strokes, left = defaultdict[str, str](str), _MARGIN
    for word, same in groupby(words):
        width = _STEP * len(list(same))
        strokes[word] += f"M{left} {y}h{width}"
        left += width
    return strokes


def endpoints(known: Knowledge) -> Markup:
    """Return a drawing with a line for each operation, and in it a dot for each release that has the operation."""
    operations, left, column = known.operations(), 330, 34
    label = f"The releases that have each of {len(operations)} operations"
    width, height = left + column * len(known.releases) + 60, 150 + 20 * len(operations)
    values = {"operations": operations, "releases": known.releases, "left": left, "column": column}
    return drawing("endpoints", label, width, height, role="group", **values)


_ENDS: Final = re.compile(r"`(\w+)`(?:\s+through\s+`(\w+)`| without)")
"""An end state in the description of `JobStatus`, and the state before it."""


def job_states(known: Knowledge) -> Markup:
    """Return the states of a job, from the description of `JobStatus`, and the endpoints that show them."""
    status = list(known.contracts.values())[-1].document["components"]["schemas"]["JobStatus"]
    ends = _ENDS.findall(status["description"])
    waiting = [state for state in ("CREATED", "PENDING", "SCHEDULED") if state in status["enum"]]
    label = "States of a job: " + "; ".join(
        f"RUNNING to {before + ' to ' if before else ''}{end}" for end, before in ends
    )
    return drawing("states", label, 770, 356, waiting=waiting, ends=ends)


_DARK: Final = TerminalTheme(
    (22, 25, 29),
    (232, 234, 237),
    [
        (70, 76, 84),
        (255, 147, 142),
        (98, 207, 130),
        (230, 184, 74),
        (140, 194, 255),
        (199, 168, 245),
        (110, 210, 220),
        (232, 234, 237),
    ],
)
"""Background, foreground, and the colours black, red, green, yellow, blue, magenta, cyan and white."""


def terminal(result: PublishedResult) -> Markup:
    """Return the terminal output of `conform` for a published run, as HTML."""
    console = Console(
        record=True, file=io.StringIO(), force_terminal=True, width=80, highlight=False, legacy_windows=False
    )
    show(result.report, console)
    text = console.export_html(theme=_DARK, inline_styles=True, code_format="{code}")
    return Markup(re.sub(r"; text-decoration-color: #\w+", "", text))  # noqa: S704 - rich has escaped it
