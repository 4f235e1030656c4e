"""The plan of a job: its pipelines and vertices, as text and as a Mermaid diagram."""

from __future__ import annotations

from collections.abc import Iterator

from seatunnel_server.engine.domain import Vertex
from seatunnel_server.engine.memory.pipeline import ExecutableJob


def summary(job: ExecutableJob) -> str:
    """Return what a job is, in a few words."""
    pipelines, vertices = len(job.plan.edges), len(job.plan.vertices)
    return f"{job.mode.lower()} job, {_count(pipelines, 'pipeline')}, {_count(vertices, 'vertex', 'vertices')}, " + (
        _count(job.slots, "slot")
    )


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def plan_text(job: ExecutableJob) -> str:
    """Return the plan, a line for each vertex: its number, its name, its tables, and the vertices that follow."""
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
