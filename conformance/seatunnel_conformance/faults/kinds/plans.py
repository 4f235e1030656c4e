"""Faults of the plan and the counters of every job, and of `/running-job/{jobId}` compared with `/job-info/{jobId}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from seatunnel_conformance.faults.changes import *
from seatunnel_conformance.observe.forms import counters as counters_of

_READ, _WRITTEN = "sourcereceivedcount", "sinkwritecount"
_DETAILS: Final = "get_job_info"
_OLDER: Final = "get_running_job"


def _is_counted(it: ProxiedExchange, job: doc.Job) -> bool:
    """Return whether a job has ended and its response has counters."""
    return doc.is_ended(it, job) and bool(counters_of(job["metrics"]))


def _with_first_tables(found: Any) -> Any:
    first: list[str] = next((vertex["tablePaths"] for vertex in found if vertex["type"] == "sink"), [])
    return [{**vertex, "tablePaths": first} if vertex["type"] == "sink" else vertex for vertex in found]


def _by_table(count: Callable[[int], int], ending: str) -> Edit:
    """Change the counters by table whose names end with `ending`, in any letter case."""

    def edit(metrics: Any) -> Any:
        return {
            name: values(lambda text: str(count(int(text))))(found)
            if re.fullmatch(f"(?i)table.*{ending}", name)
            else found
            for name, found in metrics.items()
        }

    return at("metrics", edit)


def _rows_of_one_task(it: ProxiedExchange, tasks: dict[str, int]) -> ProxiedExchange:
    asked = it.request_json
    if it.is_for("submit_job") and isinstance(asked, dict):
        tasks |= {job_id: int(asked["env"].get("parallelism", 1)) for job_id in doc.submitted_ids(it)}
    return shown(lambda job: counters(lambda rows: rows // max(1, tasks.get(job["jobId"], 1)), _WRITTEN)(job))(it)


def _another_name(it: ProxiedExchange, others: dict[str, doc.Job]) -> ProxiedExchange:
    job: Mapping[str, Any] = it.document
    if it.is_for(_DETAILS):
        others[job["jobId"]] = job
        return it
    names = [other["jobName"] for other_id, other in others.items() if other_id != job["jobId"]]
    return it.with_json({**job, "jobName": names[-1] if names else f"{job['jobName']}-2"})


FAULTS: Final = (
    row("sink-is-missing-in-the-plan", "The plan of a job has no vertices for its sinks.",
        "job-info.vertices job-info.edges", shown(vertices(keep(lambda vertex: vertex["type"] != "sink")))),
    row("vertices-share-a-number", "All vertices of a plan have the number 1.", "job-info.vertices",
        shown(vertices(each(put(vertexId=1))))),
    row("every-vertex-is-a-source", "All vertices of a plan have the type `source`.", "job-info.vertices",
        shown(vertices(each(put(type="source"))))),
    row("vertices-have-no-names", "All vertices of a plan have an empty name.",
        "job-info.vertices job-info.vertex-names", shown(vertices(each(put(vertexName=""))))),
    row("vertices-have-no-tables", "The vertices of a plan have no tables.", "job-info.vertices",
        shown(vertices(each(put(tablePaths=[]))))),
    row("vertex-names-have-no-plugin", "The name of a vertex is cut off before the name of the plugin.",
        "job-info.vertex-names", shown(vertices(each(at("vertexName", lambda name: name.partition("-")[0]))))),
    row("sinks-share-a-table", "All sinks of a plan have the tables of the first sink.", "job-info.vertices",
        shown(vertices(_with_first_tables))),
    row("positions-in-names-are-zero", "The names of all vertices have the position 0.", "job-info.vertex-names",
        shown(vertices(each(at("vertexName", lambda name: re.sub(r"\[\d+\]", "[0]", name)))))),
    row("edges-lead-nowhere", "The edges of a plan lead to a vertex that is not in the plan.", "job-info.edges",
        shown(pipelines(values(each(put(targetVertexId="99")))))),
    row("edges-lead-back", "The edges of a plan lead from a vertex to the same vertex.", "job-info.edges",
        shown(pipelines(values(each(lambda edge: {**edge, "targetVertexId": edge["inputVertexId"]}))))),
    row("plan-has-no-edges", "Plans have no edges.", "job-info.edges job-info.pipelines",
        shown(pipelines(lambda _: {}))),
    row("pipelines-are-joined", "All edges of a plan are in its first pipeline.", "job-info.pipelines",
        shown(pipelines(lambda found: {"1": [edge for edges in found.values() for edge in edges]}))),
    row("pipelines-are-numbered-from-zero", "The pipelines of a plan are numbered from 0 instead of 1.",
        "job-info.pipelines submit-job.table-options",
        shown(pipelines(lambda found: {str(int(name) - 1): edges for name, edges in found.items()}))),
    row("read-count-is-off-by-one", "The counters of read rows of an ended job are one too low.", "job-info.counts",
        shown(counters(lambda count: count - 1, _READ), _is_counted), on=_DETAILS),
    row("written-count-is-zero", "The counters of written rows of an ended job are zero.", "job-info.counts",
        shown(counters(lambda _: 0, _WRITTEN), _is_counted), on=_DETAILS),
    row("rows-are-those-of-one-task", "The counters of written rows of a parallel job are those of one of its tasks.",
        "job-info.counts", _rows_of_one_task),
    row("older-path-counts-otherwise",
        "At `/running-job/{jobId}`, the row counters of an ended job are twice as high as its rows.",
        "running-job.all-counters",
        shown(lambda job: _by_table(lambda count: 2 * count, "count")(counters(lambda count: 2 * count, "count")(job)),
              _is_counted), on=_OLDER),
    row("tables-do-not-add-up",
        "At `/running-job/{jobId}`, the byte counters by table are zero, so they don't add up to the total.",
        "running-job.tables-add-up", shown(_by_table(lambda _: 0, "bytes")), on=_OLDER),
    row("rows-of-tables-are-off-by-one", "At `/running-job/{jobId}`, the row counters by table are one too high.",
        "running-job.tables-add-up", shown(_by_table(lambda count: count + 1, "count")), on=_OLDER),
    row("older-path-shows-another-job", "At `/running-job/{jobId}`, a job has the name of another job.",
        "running-job.same-job", _another_name, when=doc.shows_a_job),
    row("older-path-has-another-time",
        "At `/running-job/{jobId}`, a job has another create time than at `/job-info/{jobId}`.", "running-job.same-job",
        shown(put(createTime=doc.SOME_TIME)), on=_OLDER),
    row("older-path-forgets-ended-jobs", "At `/running-job/{jobId}`, ended jobs are unknown.",
        "running-job.ended-too running-job.same-job", doc.as_unknown, on=_OLDER, when=doc.shows_ended_job),
    row("older-path-shows-ended-as-running", "At `/running-job/{jobId}`, every job has the state `RUNNING`.",
        "running-job.ended-too", shown(put(jobStatus="RUNNING")), on=_OLDER),
)  # fmt: skip
