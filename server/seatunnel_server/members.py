"""The members that an answer may have: what each is called on the wire, and where its value comes from.

A member is taken into an answer only if the response schema has a property of its name; the property's type decides
what kind of JSON value it becomes. So a release that renames or retypes a member changes a schema, never this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from seatunnel_server.engine.domain import JobMetrics, LogFile, TableMetrics
from seatunnel_server.engine.javatext import double_text

Members: TypeAlias = Mapping[str, Callable[[Any], Any]]

TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
"""How the engine writes times: the server's own time zone, no offset, no fraction."""


@dataclass(frozen=True, slots=True)
class Link:
    """A log file with the address that it can be read at."""

    file: LogFile
    address: str


OVERVIEW: Final[Members] = {
    "projectVersion": lambda it: it.project_version,
    "gitCommitAbbrev": lambda it: it.git_commit,
    "totalSlot": lambda it: it.total_slots,
    "unassignedSlot": lambda it: it.unassigned_slots,
    "works": lambda it: it.workers,
    "workers": lambda it: it.workers,
    "runningJobs": lambda it: it.running_jobs,
    "pendingJobs": lambda it: it.pending_jobs,
    "finishedJobs": lambda it: it.finished_jobs,
    "failedJobs": lambda it: it.failed_jobs,
    "cancelledJobs": lambda it: it.cancelled_jobs,
}
SUBMITTED: Final[Members] = {"jobId": lambda it: str(it.id), "jobName": lambda it: it.name}
ID_ONLY: Final[Members] = {"jobId": lambda it: it}
TAGS_UPDATED: Final[Members] = {"status": lambda _: "success", "message": lambda _: "update node tags done."}
LOG_LINK: Final[Members] = {
    "node": lambda it: it.file.node,
    "logLink": lambda it: it.address,
    "logName": lambda it: it.file.name,
}
JOB: Final[Members] = {
    "jobId": lambda it: str(it.id),
    "jobName": lambda it: it.name,
    "jobStatus": lambda it: it.status.value,
    "errorMsg": lambda it: it.error,
    "envOptions": lambda it: it.env_options,
    "createTime": lambda it: it.create_time.strftime(TIME_FORMAT),
    "startTime": lambda it: it.start_time.strftime(TIME_FORMAT) if it.start_time else "",
    "finishTime": lambda it: it.finish_time.strftime(TIME_FORMAT) if it.finish_time else "",
    "finishedTime": lambda it: it.finish_time.strftime(TIME_FORMAT) if it.finish_time else "",
    "jobDag": lambda it: it,
    "pluginJarsUrls": lambda it: it.jars,
    "isStartWithSavePoint": lambda it: it.started_from_savepoint,
    "metrics": lambda it: it.metrics,
}
JOB_DAG: Final[Members] = {
    "jobId": lambda it: str(it.id),
    "pipelineEdges": lambda it: {str(number): edges for number, edges in it.plan.edges.items()},
    "envOptions": lambda it: it.env_options,
    "vertexInfoMap": lambda it: it.plan.vertices,
}
EDGE: Final[Members] = {
    "inputVertexId": lambda it: it.input_vertex_id,
    "targetVertexId": lambda it: it.target_vertex_id,
}
VERTEX: Final[Members] = {
    "vertexId": lambda it: it.id,
    "type": lambda it: it.type,
    "vertexName": lambda it: it.name,
    "tablePaths": lambda it: it.table_paths,
}
JAR: Final[Members] = {"jarPath": lambda it: it}

_MEASURES: Final[Mapping[str, Callable[[TableMetrics], str]]] = {
    "Count": lambda it: str(it.count),
    "QPS": lambda it: double_text(it.qps),
    "Bytes": lambda it: str(it.bytes),
    "BytesPerSeconds": lambda it: double_text(it.bytes_per_second),
}
_SIDES: Final[Mapping[str, Callable[[JobMetrics], TableMetrics]]] = {
    "SourceReceived": lambda it: it.source,
    "SinkWrite": lambda it: it.sink,
}
_TABLES: Final[Mapping[str, Callable[[JobMetrics], Mapping[str, TableMetrics]]]] = {
    "TableSourceReceived": lambda it: it.source_tables,
    "TableSinkWrite": lambda it: it.sink_tables,
}


def _total(side: Callable[[JobMetrics], TableMetrics], measure: Callable[[TableMetrics], str]) -> Callable[[Any], str]:
    return lambda it: measure(side(it))


def _by_table(
    side: Callable[[JobMetrics], Mapping[str, TableMetrics]], measure: Callable[[TableMetrics], str]
) -> Callable[[Any], dict[str, str]]:
    return lambda it: {path: measure(metrics) for path, metrics in side(it).items()}


METRICS: Final[Members] = {
    f"{name}{unit}": _total(side, measure) for name, side in _SIDES.items() for unit, measure in _MEASURES.items()
} | {f"{name}{unit}": _by_table(side, measure) for name, side in _TABLES.items() for unit, measure in _MEASURES.items()}
"""The sixteen members of `metrics`: both sides, each in total and by table, four measures of each."""
METRICS_BY_SPELLING: Final[Members] = {
    spelling: value for name, value in METRICS.items() for spelling in (name, name[0].lower() + name[1:])
}
"""The same, also with a small first letter, as the page spells two of them."""

PARTS: Final[Mapping[str, Members]] = {
    "jobDag": JOB_DAG,
    "metrics": METRICS_BY_SPELLING,
    "pipelineEdges": EDGE,
    "vertexInfoMap": VERTEX,
    "pluginJarsUrls": JAR,
}
"""The members of the objects that lie inside others, by the name of the member that holds them."""
