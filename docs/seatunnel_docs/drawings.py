"""Pictures of the contract and of the evidence, drawn at build as SVG that follows the colours of the page."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from seatunnel_conformance.report.terminal import show
from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.pages.matrix import MatrixRow
from seatunnel_docs.results import PublishedResult
from seatunnel_openapi import Operation

_STEP: Final = 3
"""The width of a clause in the small matrix."""
_LINE: Final = 15
"""The height of a row."""
_MARGIN: Final = 172
"""The width of the names of rows."""


def small_matrix(known: Knowledge, rows: Sequence[MatrixRow]) -> Markup:
    """Return the table of releases and clauses in small: a line for each column, a stroke for each clause."""
    names = [*known.releases, *(result.about["title"] for result in known.results)]
    lines = [[row.cells[at].word for row in rows] for at in range(len(names))]
    gap = len(known.releases)
    body = "".join(
        _line(name, words, at * _LINE + (8 if at >= gap else 0))
        for at, (name, words) in enumerate(zip(names, lines, strict=True))
    )
    width, height = _MARGIN + _STEP * len(rows), _LINE * len(names) + 8
    label = f"{len(rows)} clauses in {len(known.releases)} releases and {len(known.results)} runs"
    return _svg(width, height, label, body, "small-matrix")


def _line(name: str, words: Iterable[str], top: int) -> str:
    """Draw one line: a path for each word, a stroke of it for equal neighbours."""
    strokes, left = defaultdict[str, str](str), _MARGIN
    for word, same in groupby(words):
        width = _STEP * len(list(same))
        strokes[word] += f"M{left} {top + 7}h{width}"
        left += width
    paths = (f'<path class="{word}" d="{lines}"/>' for word, lines in strokes.items() if " " not in word)
    return f'<text x="{_MARGIN - 8}" y="{top + 11}" text-anchor="end">{escape(name)}</text>{"".join(paths)}'


def endpoints(known: Knowledge) -> Markup:
    """Return a drawing of the endpoints: a line for each operation, a dot for each release that has it."""
    operations = known.operations()
    left, column = 330, 34
    head = "".join(
        f'<text transform="translate({left + at * column + 12} 128) rotate(-50)">{escape(release)}</text>'
        for at, release in enumerate(known.releases)
    )
    body = "".join(
        _endpoint(known, list(versions), at, left, column) for at, versions in enumerate(operations.values())
    )
    names = "".join(
        f'<a href="../operations/{name}.html"><text x="0" y="{150 + at * 20}">{escape(_title(versions))}</text></a>'
        for at, (name, versions) in enumerate(operations.items())
    )
    label = f"The releases that have each of {len(operations)} operations"
    width, height = left + column * len(known.releases) + 60, 150 + 20 * len(operations)
    return _svg(width, height, label, head + names + body, "endpoints")


def _title(versions: Mapping[str, Operation]) -> str:
    newest = list(versions.values())[-1]
    return f"{newest.method} {newest.path}"


def _endpoint(known: Knowledge, present: Sequence[str], at: int, left: int, column: int) -> str:
    line = 146 + at * 20
    marks = []
    for place, release in enumerate(known.releases):
        x = left + place * column + 8
        marks.append(
            f'<circle class="there" cx="{x}" cy="{line}" r="6"><title>{escape(release)}</title></circle>'
            if release in present
            else f'<circle class="absent" cx="{x}" cy="{line}" r="2"/>'
        )
    return "".join(marks)


_BOX: Final = 140
"""The width of a state."""

_ENDS: Final = re.compile(r"`(\w+)`(?:\s+through\s+`(\w+)`| without)")
"""An end state in the description of `JobStatus`, and the state before it."""


def job_states(known: Knowledge) -> Markup:
    """Return the states of a job, from the description of `JobStatus`, and the endpoints that show them."""
    status = list(known.contracts.values())[-1].document["components"]["schemas"]["JobStatus"]
    ends = [(end, before) for end, before in _ENDS.findall(status["description"])]
    waiting = [state for state in ("CREATED", "PENDING", "SCHEDULED") if state in status["enum"]]
    parts = [_state(20, 82 + 56 * at, state) for at, state in enumerate(waiting)]
    parts += [_state(200, 138, "RUNNING"), _arrow(170, 152, 196, 152)]
    parts += ['<rect class="group" x="10" y="50" width="160" height="188" rx="8"/>']
    parts += ['<text x="90" y="68" text-anchor="middle">waits, in any order</text>']
    for at, (end, before) in enumerate(ends):
        parts += _end(46 + 62 * at, end, before)
    parts += [_brace(20, 510, "GET /running-jobs · /job-info in the running form")]
    parts += [_brace(600, 140, "GET /finished-jobs/{state}", "/job-info in the finished form")]
    label = "States of a job: " + "; ".join(
        f"RUNNING to {before + ' to ' if before else ''}{end}" for end, before in ends
    )
    return _svg(770, 356, label, _HEAD + "".join(parts), "states")


_HEAD: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z"/></marker></defs>'
)


def _end(top: int, end: str, before: str) -> Iterator[str]:
    """Draw the way from `RUNNING` to an end state, past the state before it or straight."""
    yield _state(600, top, end)
    if not before:
        yield f'<path class="arrow" marker-end="url(#tip)" d="M270 138V{top + 14}H596"/>'
        return
    yield _arrow(340, 152, 386, top + 14)
    yield _state(390, top, before)
    yield _arrow(530, top + 14, 596, top + 14)


def _state(left: int, top: int, name: str) -> str:
    return (
        f'<rect class="state" x="{left}" y="{top}" width="{_BOX}" height="28" rx="5"/>'
        f'<text x="{left + _BOX / 2}" y="{top + 19}" text-anchor="middle">{name}</text>'
    )


def _brace(left: int, width: int, *texts: str) -> str:
    lines = "".join(
        f'<text x="{left + width / 2}" y="{328 + 18 * at}" text-anchor="middle">{escape(text)}</text>'
        for at, text in enumerate(texts)
    )
    return f'<path class="brace" d="M{left} 300v8h{width}v-8"/>{lines}'


def _arrow(left: int, top: int, right: int, bottom: int) -> str:
    return f'<path class="arrow" marker-end="url(#tip)" d="M{left} {top}L{right} {bottom}"/>'


def _svg(width: int, height: int, label: str, body: str, name: str) -> Markup:
    role = "group" if "<a " in body else "img"
    return Markup(  # noqa: S704 - texts are escaped where they are drawn
        f'<svg class="drawing {name}" role="{role}" aria-label="{escape(label)}" viewBox="0 0 {width} {height}" '
        f'style="max-width:{width}px">{body}</svg>'
    )


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
"""The colours of the terminal, readable on a dark ground: black, red, green, yellow, blue, magenta, cyan, white."""


def terminal(result: PublishedResult) -> Markup:
    """Return the terminal output for a published run as HTML."""
    console = Console(
        record=True, file=io.StringIO(), force_terminal=True, width=80, highlight=False, legacy_windows=False
    )
    show(result.report, console)
    text = console.export_html(theme=_DARK, inline_styles=True, code_format="{code}")
    return Markup(re.sub(r"; text-decoration-color: #\w+", "", text))  # noqa: S704 - rich has escaped it
