"""Jobs as a cluster reports them, read into the engine's vocabulary.

A member with several names in releases is read under each; a missing one is derived from others: the
start of a job without `startTime` is its creation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from seatunnel_server.engine.domain import (
    Edge,
    Job,
    JobId,
    JobMetrics,
    JobPlan,
    JobStatus,
    SinkTable,
    TableMetrics,
    Vertex,
)
from seatunnel_server.engine.javatext import java_text

_TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_VERTEX: Final = re.compile(r"((?:Source|Sink|Transform)\[\d+\])\.(.*)", re.DOTALL)
_SINK: Final = re.compile(r"Sink\[\d+\]")


def job_of(raw: Mapping[str, Any], *, archived: bool, vertex_in_keys: bool) -> Job:
    """Read a job.

    With `vertex_in_keys`, counters by table are named `Source[0].fake`. Raises the exceptions of malformed JSON.

    Its version is the hash of what was read, so that two equal reports are the same version.
    """
    dag: Mapping[str, Any] = raw.get("jobDag") or {}
    env = raw.get("envOptions", dag.get("envOptions")) or {}
    created = _time(raw["createTime"])
    if created is None:
        raise ValueError("a job without a time of creation")
    plan = _plan(dag)
    return Job(
        id=JobId.parse(str(raw["jobId"])),
        name=str(raw["jobName"]),
        status=JobStatus(raw["jobStatus"]),
        env_options={name: _text(value) for name, value in env.items()} if isinstance(env, dict) else {},
        create_time=created,
        plan=plan,
        metrics=_metrics(raw.get("metrics"), plan, vertex_in_keys=vertex_in_keys),
        version=hash(orjson.dumps(raw)),
        start_time=_time(raw.get("startTime", raw["createTime"])),
        finish_time=_time(raw.get("finishTime", raw.get("finishedTime"))),
        error=_text(raw.get("errorMsg")),
        jars=tuple(it["jarPath"] if isinstance(it, dict) else it for it in raw.get("pluginJarsUrls") or ()),
        started_from_savepoint=bool(raw.get("isStartWithSavePoint")),
        archived=archived,
    )


def _text(value: Any) -> str | None:
    return None if value is None else java_text(value)


def _time(text: str | None) -> datetime | None:
    return datetime.strptime(text, _TIME_FORMAT) if text else None  # noqa: DTZ007 - the cluster's zone, not on the wire


def _plan(dag: Mapping[str, Any]) -> JobPlan:
    edges = {
        int(number): tuple(Edge(int(it["inputVertexId"]), int(it["targetVertexId"])) for it in each)
        for number, each in (dag.get("pipelineEdges") or {}).items()
    }
    vertices = tuple(
        Vertex(int(it["vertexId"]), it["type"], it["vertexName"], tuple(it.get("tablePaths") or ()))
        for it in dag.get("vertexInfoMap") or ()
    )
    return JobPlan(edges, vertices)


def _metrics(raw: Any, plan: JobPlan, *, vertex_in_keys: bool) -> JobMetrics:
    """Read counters: an object, or its JSON as text; a total that is missing counts as 0."""
    found = orjson.loads(raw) if isinstance(raw, str) and raw else raw or {}
    counters = {name[:1].upper() + name[1:]: value for name, value in found.items()}
    sources: dict[str, TableMetrics] = {}
    for key, counted in _tables(counters, "TableSourceReceived").items():
        table = _split(key)[1] if vertex_in_keys else key
        sources[table] = sources.get(table, TableMetrics()) + counted

    def sinks(side: str) -> dict[SinkTable, TableMetrics]:
        tables = _tables(counters, side).items()
        return {SinkTable(*(_split(key) if vertex_in_keys else (_sink_of(plan, key), key))): it for key, it in tables}

    return JobMetrics(
        source=_total(counters, "SourceReceived"),
        sink=_total(counters, "SinkWrite"),
        source_tables=sources,
        sink_vertices=sinks("TableSinkWrite"),
        committed=_total(counters, "SinkCommitted"),
        committed_vertices=sinks("TableSinkCommitted"),
    )


def _split(key: str) -> tuple[str, str]:
    """Return the vertex and the table of a key; the first sink for a key without a vertex."""
    found = _VERTEX.fullmatch(key)
    return (found[1], found[2]) if found else ("Sink[0]", key)


def _sink_of(plan: JobPlan, table: str) -> str:
    """Return the first sink of a table."""
    for vertex in plan.vertices:
        name = _SINK.search(vertex.name)
        if name is not None and table in vertex.table_paths:
            return name[0]
    return "Sink[0]"


def _total(counters: Mapping[str, Any], side: str) -> TableMetrics:
    return _measures(lambda unit: counters.get(f"{side}{unit}"))


def _tables(counters: Mapping[str, Any], side: str) -> dict[str, TableMetrics]:
    def of(table: str) -> TableMetrics:
        return _measures(lambda unit: (counters.get(f"{side}{unit}") or {}).get(table))

    return {table: of(table) for table in counters.get(f"{side}Count") or {}}


def _measures(take: Any) -> TableMetrics:
    count, size = int(take("Count") or 0), int(take("Bytes") or 0)
    return TableMetrics(count, size, float(take("QPS") or 0), float(take("BytesPerSeconds") or 0))
