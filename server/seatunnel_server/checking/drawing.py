"""The plan of a job as text, as a Mermaid flowchart, and as an SVG picture with a frame for each pipeline."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from statistics import fmean
from typing import Final

from seatunnel_server.engine.domain import Edge, Vertex
from seatunnel_server.engine.memory.pipeline import ExecutableJob


def summary(job: ExecutableJob) -> str:
    """Return the mode of a job and its numbers of pipelines, vertices and slots as text."""
    pipelines, vertices = len(job.plan.edges), len(job.plan.vertices)
    return f"{job.mode.lower()} job, {_count(pipelines, 'pipeline')}, {_count(vertices, 'vertex', 'vertices')}, " + (
        _count(job.slots, "slot")
    )


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def plan_text(job: ExecutableJob) -> str:
    """Return the plan as text: for each vertex, a line with its number, name, tables, and the vertices it leads to."""
    lines = []
    for number, edges in job.plan.edges.items():
        lines.append(f"pipeline {number}\n")
        for vertex in vertices_of(job, number):
            following = ", ".join(str(edge.target_vertex_id) for edge in edges if edge.input_vertex_id == vertex.id)
            words = [
                f"{vertex.id} {short_name(vertex)}",
                ", ".join(vertex.table_paths),
                following and f"-> {following}",
            ]
            lines.append(f"  {'  '.join(filter(None, words))}\n")
    return "".join(lines)


def mermaid(job: ExecutableJob) -> str:
    """Return the plan as a flowchart in the language of Mermaid."""
    lines = ["flowchart LR\n"]
    for number, edges in job.plan.edges.items():
        lines.append(f'  subgraph p{number}["pipeline {number}"]\n')
        for vertex in vertices_of(job, number):
            label = "<br/>".join((short_name(vertex), *vertex.table_paths)).replace('"', "#quot;")
            lines.append(f'    v{vertex.id}["{label}"]\n')
        lines += [f"    v{edge.input_vertex_id} --> v{edge.target_vertex_id}\n" for edge in edges]
        lines.append("  end\n")
    return "".join(lines)


def vertices_of(job: ExecutableJob, pipeline: int) -> Iterator[Vertex]:
    """Yield the vertices of a pipeline, in the order of the plan."""
    ids = {end for edge in job.plan.edges[pipeline] for end in (edge.input_vertex_id, edge.target_vertex_id)}
    return (vertex for vertex in job.plan.vertices if vertex.id in ids)


def short_name(vertex: Vertex) -> str:
    """Return the name of a vertex without its pipeline: `Source[0]-FakeSource`."""
    return vertex.name.partition("[")[2].removesuffix("]")


_LINE: Final = 17
"""The height of a line of text, in pixels, like all lengths here."""
_PAD: Final = 12
_GAP: Final = 64
"""The width between columns, for edges."""
_HEAD: Final = 30
"""The height of a frame's title."""
_CHARACTER: Final = 8.4
"""The width of a bold character in a broad font; wide characters take twice as much."""
_LONGEST: Final = 44
"""The most characters of a line in a label."""
_TABLES: Final = 6
"""The most lines for the tables of a vertex."""

_STYLE: Final = """
svg { background: #fff; font: 13px system-ui, "Segoe UI", "Noto Sans", sans-serif }
text { fill: #1f2328 } .name { font-weight: 600 } .small { fill: #59636e; font-size: 12px }
.frame { fill: #f6f8fa; stroke: #d1d9e0 } .box { fill: #fff; stroke: #b7bfc8 }
.source { fill: #1f7a4d } .transform { fill: #8a5a00 } .sink { fill: #2563b8 }
.edge { fill: none; stroke: #59636e; stroke-width: 1.5 } .tip { fill: #59636e }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117 } text { fill: #e6edf3 } .small { fill: #9aa4af }
  .frame { fill: #151b23; stroke: #3d444d } .box { fill: #0d1117; stroke: #59636e }
  .source { fill: #56c98a } .transform { fill: #e0a83a } .sink { fill: #79b0f5 }
  .edge { stroke: #9aa4af } .tip { fill: #9aa4af }
}
"""


@dataclass(frozen=True, slots=True)
class _Place:
    """The rectangle of a vertex."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def svg(job: ExecutableJob) -> str:
    """Return the plan as an SVG document, with the same plan as its text alternative."""
    frames, top, width = list[str](), float(_PAD), 0.0
    for number, edges in job.plan.edges.items():
        drawn, right, height = _pipeline(number, list(vertices_of(job, number)), edges, top)
        frames.append(drawn)
        width, top = max(width, right), top + height + _PAD
    body = "".join(frames).replace('width="full"', f'width="{width - _PAD:g}"')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="plan tables" '
        f'width="{width + _PAD:g}" height="{top:g}" viewBox="0 0 {width + _PAD:g} {top:g}">\n'
        f'<title id="plan">{_text(f"Plan of a {summary(job)}")}</title>\n'
        f'<desc id="tables">{_text(plan_text(job))}</desc>\n<style>{_STYLE}</style>\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>\n{body}</svg>\n'
    )


def _pipeline(number: int, vertices: Sequence[Vertex], edges: Sequence[Edge], top: float) -> tuple[str, float, float]:
    """Draw a pipeline. Return the drawing, the right end of its frame, and its height."""
    places, right, height = _placed(_columns(vertices, edges), top + _HEAD)
    parts = [f'<rect class="frame" x="{_PAD}" y="{top:g}" width="full" height="{height + _HEAD:g}" rx="8"/>\n']
    parts += [f'<text class="small" x="{2 * _PAD}" y="{top + 20:g}">pipeline {number}</text>\n']
    parts += [_edge(places[edge.input_vertex_id], places[edge.target_vertex_id]) for edge in edges]
    parts += [_box(vertex, places[vertex.id]) for vertex in vertices]
    return "".join(parts), right, height + _HEAD


def _columns(vertices: Sequence[Vertex], edges: Sequence[Edge]) -> list[list[Vertex]]:
    """Return the vertices by column. A vertex is to the right of its inputs, and sorted like them, so few edges cross.

    Pipelines have no cycles, so one pass for each vertex finds all columns.
    """
    column, before = dict.fromkeys((vertex.id for vertex in vertices), 0), defaultdict[int, list[int]](list)
    for edge in edges:
        before[edge.target_vertex_id].append(edge.input_vertex_id)
    for _ in vertices:
        for target, inputs in before.items():
            column[target] = max(column[each] + 1 for each in inputs)
    columns: list[list[Vertex]] = [[] for _ in range(max(column.values(), default=0) + 1)]
    for vertex in vertices:
        columns[column[vertex.id]].append(vertex)
    at: dict[int, float] = {}
    for found in columns:
        found.sort(key=lambda vertex: fmean(at[each] for each in before[vertex.id]) if before[vertex.id] else 0)
        at |= {vertex.id: float(place) for place, vertex in enumerate(found)}
    return columns


def _placed(columns: Sequence[Sequence[Vertex]], top: float) -> tuple[dict[int, _Place], float, float]:
    """Return the rectangles of vertices, and their frame's right end and height without the title."""
    heights = [sum(_height(vertex) + _PAD for vertex in column) for column in columns]
    places, left = dict[int, _Place](), 2.0 * _PAD
    for column, height in zip(columns, heights, strict=True):
        width = max(map(_width, column))
        below = top + (max(heights) - height) / 2
        for vertex in column:
            places[vertex.id] = _Place(left, below, width, _height(vertex))
            below += _height(vertex) + _PAD
        left += width + _GAP
    return places, left - _GAP + 2 * _PAD, max(heights)


def _labels(vertex: Vertex) -> list[str]:
    """Return the lines of a vertex's label: its name, and its tables."""
    tables = vertex.table_paths
    more = [f"and {len(tables) - _TABLES + 1} more tables"] if len(tables) > _TABLES else []
    return [_short(each) for each in (short_name(vertex), *(tables[: _TABLES - 1] if more else tables), *more)]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _height(vertex: Vertex) -> float:
    return _LINE * len(_labels(vertex)) + _PAD


def _width(vertex: Vertex) -> float:
    wide = (sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text) for text in _labels(vertex))
    return round(max(wide) * _CHARACTER) + 2.5 * _PAD


def _box(vertex: Vertex, place: _Place) -> str:
    texts = "".join(
        f'<text class="{"small" if at else "name"}" x="{place.left + 1.5 * _PAD:g}" '
        f'y="{place.top + _PAD / 2 + _LINE * (at + 0.75):g}">{_text(label)}</text>\n'
        for at, label in enumerate(_labels(vertex))
    )
    sides = f'x="{place.left:g}" y="{place.top:g}" height="{place.height:g}"'
    return (
        f'<rect class="box" {sides} width="{place.width:g}" rx="3"/>'
        f'<rect class="{vertex.type.lower()}" {sides} width="5" rx="2"/>\n{texts}'
    )


def _edge(start: _Place, end: _Place) -> str:
    right = start.left + start.width
    half = (right + end.left) / 2
    path = f"M{right:g} {start.middle:g}C{half:g} {start.middle:g} {half:g} {end.middle:g} {end.left:g} {end.middle:g}"
    return f'<path class="edge" marker-end="url(#tip)" d="{path}"/>\n'


def _text(text: str) -> str:
    return escape(text, quote=False)
