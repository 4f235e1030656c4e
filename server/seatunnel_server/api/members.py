"""The members that a response may have: name on the wire, source of the value, encoding.

A response has a member only if its schema, with the contract's names, has a property with this name. The type of the
property decides the type of the JSON value. So if a release renames a member, or changes its type, its schemas change,
but not these tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, Final, TypeAlias

import orjson

from seatunnel_server.api.validation import SchemaCompiler
from seatunnel_server.engine.domain import (
    FLUSH_SIGNALS,
    Job,
    JobMetrics,
    JobPlan,
    JobStatus,
    LogFile,
    SinkTable,
    TableMetrics,
)
from seatunnel_server.engine.javatext import double_text
from seatunnel_server.engine.refusals import NullPointer
from seatunnel_server.errors import MemberUnknown


class Absence(Enum):
    """The value of a member that an object does not have."""

    ABSENT = "absent"


ABSENT: Final = Absence.ABSENT


@dataclass(frozen=True, slots=True)
class Nested:
    """A member that holds an object, or several: the source of the value, and its members. None becomes `{}`."""

    take: Callable[[Any], Any]
    members: Members
    undeclared: bool = False
    """Whether the member is sent if the response schema does not declare it, but allows further members."""


Members: TypeAlias = Mapping[str, Callable[[Any], Any] | Nested]
"""By name of a member: the function that takes the member's value from the value of the object."""


def itself(value: Any) -> Any:
    """Return the value."""
    return value


def always(value: Any) -> Callable[[Any], Any]:
    """Return a function that ignores its argument and returns `value`."""
    return lambda _: value


def never(*names: str) -> dict[str, Callable[[Any], Any]]:
    """Return members that a schema allows and that this engine never sends."""
    return dict.fromkeys(names, always(ABSENT))


def milliseconds(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
"""How the engine writes times: the server's own time zone, no offset, no fraction."""


@dataclass(frozen=True, slots=True)
class LogLink:
    """A log file with the address that it can be read at."""

    file: LogFile
    address: str


OVERVIEW: Final[Members] = {
    "projectVersion": lambda it: it.project_version,
    "gitCommitAbbrev": lambda it: it.git_commit,
    "totalSlot": lambda it: it.total_slots,
    "unassignedSlot": lambda it: it.unassigned_slots,
    "workers": lambda it: it.workers,
    "runningJobs": lambda it: it.running_jobs,
    "pendingJobs": lambda it: it.pending_jobs,
    "finishedJobs": lambda it: it.finished_jobs,
    "failedJobs": lambda it: it.failed_jobs,
    "cancelledJobs": lambda it: it.cancelled_jobs,
}
SUBMITTED: Final[Members] = {"jobId": lambda it: str(it.id), "jobName": lambda it: it.name}
ID_ONLY: Final[Members] = {"jobId": lambda it: it, "found": lambda _: False}
TAGS_UPDATED: Final[Members] = {"status": lambda _: "success", "message": lambda _: "update node tags done."}
THREAD: Final[Members] = {
    "threadName": lambda it: it.name,
    "threadId": lambda it: it.number,
    "threadState": lambda it: it.state,
    "stackTrace": lambda it: it.stack,
    "classLoader": lambda it: it.class_loader,
}
LOG_LINK: Final[Members] = {
    "node": lambda it: it.file.node,
    "logLink": lambda it: it.address,
    "logName": lambda it: it.file.name,
}


def _env_options(it: Job) -> Mapping[str, str | None]:
    """Return the options of `env`. Raises `NullPointer` for a null, as the engine does when it writes the value."""
    if None in it.env_options.values():
        raise NullPointer("Object.toString()", 'the return value of "java.util.Map$Entry.getValue()"')
    return it.env_options


def _moment(time: datetime | None) -> str | None:
    return time.strftime(TIME_FORMAT) if time else None


def _state_times(it: Job) -> dict[str, int]:
    """Return the times at which a job reached its states, in milliseconds since 1970."""
    return {str(state): milliseconds(time) for state, time in it.state_times.items()}


def _pipeline_times(it: Job) -> dict[str, int]:
    """Return the times at which the pipelines of a job reached their states: without PENDING, and with DEPLOYING."""
    times = {state: time for state, time in _state_times(it).items() if state != "PENDING"}
    return times | ({"DEPLOYING": times["SCHEDULED"]} if "SCHEDULED" in times else {})


_PIPELINE_STATES: Final = {JobStatus.PENDING: "CREATED", JobStatus.DOING_SAVEPOINT: "RUNNING"}
_PIPELINE_DIAGNOSTICS: Final[Members] = {
    "pipelineId": lambda it: it[0],
    "pipelineStatus": lambda it: _PIPELINE_STATES.get(it[1].status, it[1].status.value),
    "restoreCount": always(0),
    "maxRestoreCount": always(3),
    "stateTimestamps": lambda it: _pipeline_times(it[1]),
}
_DIAGNOSTICS: Final[Members] = {
    "jobId": lambda it: str(it.id),
    "generatedAt": lambda it: milliseconds(it.read_at),
    "stateTimestamps": _state_times,
    # The master no longer coordinates the pipelines of a job that has ended.
    "pipelines": Nested(
        lambda it: [] if it.status.is_end else [(number, it) for number in it.plan.edges], _PIPELINE_DIAGNOSTICS
    ),
    "totalPipelineRestoreCount": always(0),
}
_EDGE: Final[Members] = {
    "inputVertexId": lambda it: it.input_vertex_id,
    "targetVertexId": lambda it: it.target_vertex_id,
}
_VERTEX: Final[Members] = {
    "vertexId": lambda it: it.id,
    "type": lambda it: it.type,
    "vertexName": lambda it: it.name,
    "tablePaths": lambda it: it.table_paths,
}
_JAR: Final[Members] = {"jarPath": lambda it: it}
_JOB_DAG: Final[Members] = {
    "jobId": lambda it: str(it.id),
    "pipelineEdges": Nested(lambda it: {str(number): edges for number, edges in it.plan.edges.items()}, _EDGE),
    "envOptions": _env_options,
    "vertexInfoMap": Nested(lambda it: it.plan.vertices, _VERTEX),
}

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
_LATER_SIDES: Final[Mapping[str, Callable[[JobMetrics], TableMetrics]]] = {"SinkCommitted": lambda it: it.committed}
_LATER_TABLES: Final[Mapping[str, Callable[[JobMetrics], Mapping[str, TableMetrics]]]] = {
    "TableSinkCommitted": lambda it: it.committed_tables
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


def _counters(
    sides: Mapping[str, Callable[[JobMetrics], TableMetrics]],
    tables: Mapping[str, Callable[[JobMetrics], Mapping[str, TableMetrics]]],
) -> dict[str, Callable[[Any], Any]]:
    totals = {f"{name}{unit}": _total(side, take) for name, side in sides.items() for unit, take in _MEASURES.items()}
    return totals | {
        f"{name}{unit}": _by_table(side, take) for name, side in tables.items() for unit, take in _MEASURES.items()
    }


def _flush_signals() -> dict[str, Callable[[Any], Any]]:
    """Return the counters of flush signals: each in total, and by vertex once tasks have reported it."""

    def members(name: str) -> dict[str, Callable[[Any], Any]]:
        text: Callable[[float], str] = double_text if name.endswith("QPS") else lambda it: str(int(it))

        def by_vertex(it: JobMetrics) -> Any:
            values = it.flush_signals.get(name)
            return {vertex: text(value) for vertex, value in values.items()} if values else ABSENT

        return {
            f"FlushSignal{name}": lambda it: text(sum(it.flush_signals.get(name, {}).values(), 0.0)),
            f"FlushSignal{name}PerVertex": by_vertex,
        }

    return {key: take for name in FLUSH_SIGNALS for key, take in members(name).items()}


METRICS: Final = _counters(_SIDES, _TABLES)
"""The sixteen members of `metrics`: four measures of sources and of sinks, in total and by table."""
_METRICS_BY_SPELLING: Final[Members] = {
    spelling: value for name, value in METRICS.items() for spelling in (name, name[0].lower() + name[1:])
} | {"IntermediateQueueSize": lambda _: "0", **_counters(_LATER_SIDES, _LATER_TABLES), **_flush_signals()}
"""All counters: METRICS, each also with a small first letter (the documentation page has two such), and those of
later releases."""

JOB: Final[Members] = {
    "jobId": lambda it: str(it.id),
    "jobName": lambda it: it.name,
    "jobStatus": lambda it: it.status.value,
    "errorMsg": lambda it: it.error,
    "envOptions": _env_options,
    "createTime": lambda it: _moment(it.create_time),
    "startTime": lambda it: _moment(it.start_time),
    "diagnostics": Nested(itself, _DIAGNOSTICS),
    "finishTime": lambda it: _moment(it.finish_time),
    "jobDag": Nested(itself, _JOB_DAG),
    "pluginJarsUrls": Nested(lambda it: it.jars, _JAR),
    "isStartWithSavePoint": lambda it: it.started_from_savepoint,
    "metrics": Nested(lambda it: it.metrics, _METRICS_BY_SPELLING),
}


Encoder: TypeAlias = Callable[[Any], Any]


def compile_encoder(schema: Mapping[str, Any], members: Members, where: str, schemas: SchemaCompiler) -> Encoder:
    """Return the encoder of a value as the JSON value that `schema` declares.

    `members` belong to the first object schema below arrays and maps. If the schema allows several forms, the encoder
    has the members of all, and leaves out those whose value is `ABSENT`. Raises `MemberUnknown` if `members` lack a
    property of the schema.
    """
    schema = schemas.resolved(schema)
    if properties := schemas.properties_of_all(schema):
        return _object(properties, members, where, schemas)
    if schema.get("type") == "array":
        return _list(compile_encoder(schema.get("items", {}), members, where, schemas))
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return _map(compile_encoder(values if isinstance(values, Mapping) else {}, members, where, schemas))
    if schema.get("type") == "string" and not schema.get("nullable"):
        return lambda value: _text(value) or ""
    return _SCALARS.get(schema.get("type", ""), itself)


def _object(properties: Mapping[str, Any], members: Members, where: str, schemas: SchemaCompiler) -> Encoder:
    fields: list[tuple[str, Callable[[Any], Any], Encoder]] = []
    for name, schema in properties.items():
        if name not in members:
            raise MemberUnknown(where, name)
        member = members[name]
        nested = member if isinstance(member, Nested) else Nested(member, {})
        fields.append((name, nested.take, compile_encoder(schema, nested.members, f"{where}.{name}", schemas)))
    fields += [
        (name, member.take, _list(_object(properties, member.members, where, schemas)))
        for name, member in members.items()
        if isinstance(member, Nested) and member.undeclared
    ]

    def encoded(it: Any) -> dict[str, Any]:
        if it is None:
            return {}
        return {name: encode(value) for name, take, encode in fields if (value := take(it)) is not ABSENT}

    return encoded


def _list(encode: Encoder) -> Encoder:
    # `envOptions` of a job's plan is a map: the page declares a list, and shows an empty one.
    # The value is None only if the array is nullable.
    return lambda value: (
        None if value is None else [] if isinstance(value, Mapping) else [encode(item) for item in value]
    )


def _map(encode: Encoder) -> Encoder:
    return lambda value: {key: encode(item) for key, item in value.items()}


def keyed_by_vertex(encode: Encoder) -> Encoder:
    """Return an encoder of jobs: keys of counters by table have the vertex, as `Source[0].fake`."""

    def encoded(job: Job) -> Any:
        sources = _source_vertices(job.plan)
        metrics = replace(
            job.metrics,
            source_tables={_named(sources.get(table), table): it for table, it in job.metrics.source_tables.items()},
            sink_vertices=_with_vertex(job.metrics.sink_vertices),
            committed_vertices=_with_vertex(job.metrics.committed_vertices),
        )
        return encode(replace(job, metrics=metrics))

    return encoded


def _source_vertices(plan: JobPlan) -> dict[str, str]:
    """Return the label of each table's source; of several sources, that of the first."""
    found: dict[str, str] = {}
    for vertex in plan.vertices:
        if vertex.type == "source" and vertex.label:
            for table in vertex.table_paths:
                found.setdefault(table, vertex.label)
    return found


def _named(vertex: str | None, table: str) -> str:
    return table if vertex is None else f"{vertex}.{table}"


def _with_vertex(counters: Mapping[SinkTable, TableMetrics]) -> dict[SinkTable, TableMetrics]:
    return {key._replace(table=_named(*key)): counted for key, counted in counters.items()}


def _text(value: Any) -> str | None:
    if isinstance(value, JobMetrics):
        return orjson.dumps({name: take(value) for name, take in METRICS.items()}).decode()
    if value is None or isinstance(value, str):
        return value
    return str(value)


_SCALARS: Final[Mapping[str, Encoder]] = {"string": _text, "integer": int, "number": float, "boolean": bool}
