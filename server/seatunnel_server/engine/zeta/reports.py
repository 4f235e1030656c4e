"""Reads the responses of a cluster about its jobs, workers, queue, checkpoints and logs as values of `engine.domain`.

A missing member is derived from others. For example, the start time of a job without `startTime` is its create time.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from seatunnel_server.engine import domain
from seatunnel_server.engine.javatext import java_text
from seatunnel_server.engine.zeta.cluster import NodeResponse

_PIECE: Final = 16 * 1024


def decoded(answer: NodeResponse) -> str:
    """Return the body of a response as text, decoded with its charset, or as UTF-8 if that is missing or unknown."""
    charset = answer.content_type.lower().partition("charset=")[2].strip('" ') or "utf-8"
    try:
        return answer.body.decode(charset, "replace")
    except LookupError:
        return answer.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class WholeLog:
    """The text of a log that is completely in memory."""

    text: str

    async def pieces(self) -> AsyncIterator[str]:
        """Yield the text in pieces."""
        for at in range(0, len(self.text), _PIECE):
            yield self.text[at : at + _PIECE]


def overview_of(raw: Mapping[str, Any]) -> domain.Overview:
    """Read the counts. `dynamic_slots` is False, so that the presenter does not change the cluster's slot counts."""
    return domain.Overview(
        project_version=str(raw["projectVersion"]),
        git_commit=str(raw["gitCommitAbbrev"]),
        total_slots=int(raw["totalSlot"]),
        unassigned_slots=int(raw["unassignedSlot"]),
        workers=int(raw["workers"]),
        running_jobs=int(raw["runningJobs"]),
        finished_jobs=int(raw["finishedJobs"]),
        failed_jobs=int(raw["failedJobs"]),
        cancelled_jobs=int(raw["cancelledJobs"]),
        pending_jobs=int(raw.get("pendingJobs", 0)),
        dynamic_slots=False,
    )


def submitted_of(raw: Mapping[str, Any]) -> domain.Submitted:
    """Read the receipt of a submission."""
    return domain.Submitted(domain.JobId.parse(str(raw["jobId"])), str(raw["jobName"]))


def worker_of(raw: Mapping[str, Any]) -> domain.Worker:
    """Read a worker."""
    jobs = tuple(domain.JobId(int(number)) for number in raw["runningJobIds"])
    return domain.Worker(
        raw["address"], raw["tags"] or {}, int(raw["totalSlots"]), int(raw["freeSlots"]), raw["dynamicSlot"], jobs
    )


def queue_of(raw: Mapping[str, Any]) -> domain.Queue:
    """Read the queue of waiting jobs."""
    snapshot, summary = raw["clusterSnapshot"], raw["queueSummary"]
    jobs = tuple(map(_waiting, raw["pendingJobs"]))
    now = datetime.now()  # noqa: DTZ005 - only compared with other moments of this zone
    return domain.Queue(now, summary["scheduleStrategy"] == "WAIT", int(snapshot["freeSlots"]), jobs)


def _waiting(raw: Mapping[str, Any]) -> domain.WaitingJob:
    since = _moment(raw["enqueueTimestamp"])
    job = domain.Job(
        id=domain.JobId(int(raw["jobId"])),
        name=raw["jobName"],
        status=domain.JobStatus(raw["jobStatus"]),
        env_options={},
        create_time=since,
        plan=domain.JobPlan({}, ()),
        metrics=domain.JobMetrics(),
        version=0,
    )
    pipelines = {int(it["pipelineId"]): int(it["totalTaskGroups"]) for it in raw["pipelines"]}
    return domain.WaitingJob(job, since, _moment(raw["checkTime"]), int(raw["checkCount"]), pipelines)


def checkpoints_of(raw: Mapping[str, Any]) -> domain.JobCheckpoints | None:
    """Read the checkpoints of a job; None if the cluster has no record of them."""
    if "pipelines" not in raw:
        return None
    return domain.JobCheckpoints(
        domain.JobId.parse(str(raw["jobId"])), _moment(raw["updatedAt"]), tuple(map(_pipeline, raw["pipelines"]))
    )


def _pipeline(raw: Mapping[str, Any]) -> domain.PipelineCheckpoints:
    counts = raw["counts"]
    done = [it["checkpoint"] for it in raw["history"] if it["checkpoint"]["status"] == "COMPLETED"]
    return domain.PipelineCheckpoints(
        int(raw["pipelineId"]), int(counts["completed"]), int(counts["restored"]), tuple(map(_checkpoint, done))
    )


def _checkpoint(raw: Mapping[str, Any]) -> domain.Checkpoint:
    return domain.Checkpoint(
        int(raw["checkpointId"]), raw["checkpointType"], _moment(raw["triggerTimestamp"]), int(raw["stateSize"])
    )


def _moment(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000)  # noqa: DTZ006 - shown in the gateway's own zone


def threads_of(dump: Any, running: Any) -> Iterator[domain.NodeThread]:
    """Read the threads of a dump, each with the class loader of its name in the list of running threads."""
    loaders: dict[str, list[str]] = {}
    for it in running:
        loaders.setdefault(it["threadName"], []).append(it["classLoader"])
    for it in dump:
        name = it["threadName"]
        loader = loaders[name].pop(0) if loaders.get(name) else "null"
        yield domain.NodeThread(int(it["threadId"]), name, it["threadState"], it["stackTrace"], loader)


_TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_VERTEX: Final = re.compile(r"((?:Source|Sink|Transform)\[\d+\])\.(.*)", re.DOTALL)


def job_of(raw: Mapping[str, Any], *, archived: bool, vertex_in_keys: bool) -> domain.Job:
    """Read a job. Its version is a hash of `raw`, so that equal responses have the same version.

    With `vertex_in_keys`, the keys of counters by table have the form `Source[0].fake`. Raises `ValueError` and the
    exceptions of reading a member that is missing or has another type.
    """
    dag: Mapping[str, Any] = raw.get("jobDag") or {}
    env = raw.get("envOptions", dag.get("envOptions")) or {}
    created = _time(raw["createTime"])
    if created is None:
        raise ValueError("a job without a time of creation")
    plan = _plan(dag)
    return domain.Job(
        id=domain.JobId.parse(str(raw["jobId"])),
        name=str(raw["jobName"]),
        status=domain.JobStatus(raw["jobStatus"]),
        env_options={name: _text(value) for name, value in env.items()} if isinstance(env, dict) else {},
        create_time=created,
        plan=plan,
        metrics=_metrics(raw.get("metrics"), plan, vertex_in_keys=vertex_in_keys),
        version=hash(orjson.dumps(raw)),
        start_time=_time(raw.get("startTime", raw["createTime"])),
        finish_time=_time(raw.get("finishTime")),
        error=_text(raw.get("errorMsg")),
        jars=tuple(it["jarPath"] if isinstance(it, dict) else it for it in raw.get("pluginJarsUrls") or ()),
        started_from_savepoint=bool(raw.get("isStartWithSavePoint")),
        archived=archived,
        state_times=_state_times(raw),
    )


def _state_times(raw: Mapping[str, Any]) -> dict[str, datetime]:
    """Read the times at which a job reached its states; without diagnostics, those of CREATED and SCHEDULED."""
    times = raw.get("diagnostics", {}).get("stateTimestamps")
    if times is not None:
        return {state: _moment(number) for state, number in times.items()}
    known = {"CREATED": _time(raw["createTime"]), "SCHEDULED": _time(raw.get("startTime"))}
    return {state: time for state, time in known.items() if time is not None}


def _text(value: Any) -> str | None:
    return None if value is None else java_text(value)


def _time(text: str | None) -> datetime | None:
    return datetime.strptime(text, _TIME_FORMAT) if text else None  # noqa: DTZ007 - the cluster's zone, not on the wire


def _plan(dag: Mapping[str, Any]) -> domain.JobPlan:
    edges = {
        int(number): tuple(domain.Edge(int(it["inputVertexId"]), int(it["targetVertexId"])) for it in each)
        for number, each in (dag.get("pipelineEdges") or {}).items()
    }
    vertices = tuple(
        domain.Vertex(int(it["vertexId"]), it["type"], it["vertexName"], tuple(it.get("tablePaths") or ()))
        for it in dag.get("vertexInfoMap") or ()
    )
    return domain.JobPlan(edges, vertices)


def _metrics(raw: Any, plan: domain.JobPlan, *, vertex_in_keys: bool) -> domain.JobMetrics:
    """Read counters, an object or its JSON as a string; a missing total is 0."""
    found = orjson.loads(raw) if isinstance(raw, str) and raw else raw or {}
    counters = {name[:1].upper() + name[1:]: value for name, value in found.items()}
    sources: dict[str, domain.TableMetrics] = {}
    for key, counted in _tables(counters, "TableSourceReceived").items():
        table = _split(key)[1] if vertex_in_keys else key
        sources[table] = sources.get(table, domain.TableMetrics()) + counted

    def sinks(side: str) -> dict[domain.SinkTable, domain.TableMetrics]:
        tables = _tables(counters, side).items()
        return {
            domain.SinkTable(*(_split(key) if vertex_in_keys else (_sink_of(plan, key), key))): it for key, it in tables
        }

    return domain.JobMetrics(
        source=_total(counters, "SourceReceived"),
        sink=_total(counters, "SinkWrite"),
        source_tables=sources,
        sink_vertices=sinks("TableSinkWrite"),
        committed=_total(counters, "SinkCommitted"),
        committed_vertices=sinks("TableSinkCommitted"),
        flush_signals={
            name: {vertex: float(value) for vertex, value in values.items()}
            for name in domain.FLUSH_SIGNALS
            if (values := counters.get(f"FlushSignal{name}PerVertex"))
        },
    )


def _split(key: str) -> tuple[str, str]:
    """Return the vertex and the table in a key; for a key without a vertex, `Sink[0]`."""
    found = _VERTEX.fullmatch(key)
    return (found[1], found[2]) if found else ("Sink[0]", key)


def _sink_of(plan: domain.JobPlan, table: str) -> str:
    """Return the label of the first sink of a table; `Sink[0]` if the plan has none."""
    for vertex in plan.vertices:
        if vertex.type == "sink" and vertex.label and table in vertex.table_paths:
            return vertex.label
    return "Sink[0]"


def _total(counters: Mapping[str, Any], side: str) -> domain.TableMetrics:
    return _measures(lambda unit: counters.get(f"{side}{unit}"))


def _tables(counters: Mapping[str, Any], side: str) -> dict[str, domain.TableMetrics]:
    def of(table: str) -> domain.TableMetrics:
        return _measures(lambda unit: (counters.get(f"{side}{unit}") or {}).get(table))

    return {table: of(table) for table in counters.get(f"{side}Count") or {}}


def _measures(take: Any) -> domain.TableMetrics:
    count, size = int(take("Count") or 0), int(take("Bytes") or 0)
    return domain.TableMetrics(count, size, float(take("QPS") or 0), float(take("BytesPerSeconds") or 0))
