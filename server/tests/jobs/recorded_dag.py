"""A planned job in the words of a recorded `jobDag`."""

from typing import Any


def edges_of(job: Any) -> dict[str, list[dict[str, str]]]:
    """Return the edges by pipeline, as `pipelineEdges` has them."""
    return {
        str(number): [
            {"inputVertexId": str(edge.input_vertex_id), "targetVertexId": str(edge.target_vertex_id)} for edge in edges
        ]
        for number, edges in job.plan.edges.items()
    }


def vertices_of(job: Any) -> list[dict[str, Any]]:
    """Return the vertices, as `vertexInfoMap` has them."""
    return [
        {"vertexId": each.id, "type": each.type, "vertexName": each.name, "tablePaths": list(each.table_paths)}
        for each in job.plan.vertices
    ]
