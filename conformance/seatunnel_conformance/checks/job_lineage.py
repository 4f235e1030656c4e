"""`GET /job-lineage/{jobId}`: the graph of a job, for catalogues of data."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import BEYOND_LONG, NEGATIVE_ID, stated
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/job-lineage/{jobId}"


@check("job-lineage.graph")
def graph(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A data catalogue shows data from a table that was not read, or misses one that was."""
    job = jobs.finished()
    found = stated(contract, "get_job_lineage", target.get(PATH, jobId=job.id))
    plan = target.get("/job-info/{jobId}", jobId=job.id).members["jobDag"]
    assert found["jobId"] == job.id
    vertices = {str(vertex["vertexId"]): vertex["type"].upper() for vertex in plan["vertexInfoMap"]}
    assert {node["id"]: node["kind"] for node in found["nodes"]} == vertices
    edges = {
        (int(pipeline), str(edge["inputVertexId"]), str(edge["targetVertexId"]))
        for pipeline, several in plan["pipelineEdges"].items()
        for edge in several
    }
    assert {(edge["pipelineId"], edge["sourceNodeId"], edge["targetNodeId"]) for edge in found["edges"]} == edges
    unknown = {node["id"] for node in found["nodes"] if node["datasetMetadata"] == "UNAVAILABLE"}
    assert unknown <= {warning.get("nodeId") for warning in found["warnings"]}


@check("job-lineage.refusals")
def refusals(target: Target, unused_id: str) -> None:
    """A data catalogue that can't tell a removed job from a wrong id asks for it again and again."""
    for asked, status, code in (
        ("abc", 400, "INVALID_JOB_ID"),
        (NEGATIVE_ID, 400, "INVALID_JOB_ID"),
        (BEYOND_LONG, 400, "INVALID_JOB_ID"),
        (unused_id, 404, "JOB_NOT_FOUND"),
    ):
        response = target.get(PATH, jobId=asked)
        assert response.status == status, response
        assert response.members["code"] == code, response
        assert isinstance(response.members["message"], str), response
