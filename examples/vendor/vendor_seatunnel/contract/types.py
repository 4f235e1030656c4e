"""The schemas of the contract of 2.3.10. Generated: don't edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

JobId: TypeAlias = str
"""A job id, a signed 64-bit integer as a decimal string."""


RequestedJobId: TypeAlias = str
"""
A job id as a client may write it, with a sign and leading zeros, in ASCII digits or in digits of another
script; the pattern has some of these scripts. Ids outside the 64-bit range are refused.

"""


JobNumber: TypeAlias = int
"""
A job id as a JSON number. Ids that fit into 32 bits fail if they are sent as numbers. Generated ids are greater
than 2^53: use a JSON parser that keeps 64-bit integers.

"""


JobName: TypeAlias = str
"""The name of a job. Several jobs may have the same name."""


JobStatus: TypeAlias = Literal['INITIALIZING', 'CREATED', 'PENDING', 'SCHEDULED', 'RUNNING', 'FAILING', 'FAILED', 'DOING_SAVEPOINT', 'SAVEPOINT_DONE', 'CANCELING', 'CANCELED', 'FINISHED', 'UNKNOWABLE']
"""
The state of a job. A job waits (`CREATED`, `PENDING`, `SCHEDULED`), runs, and ends: in `FINISHED` without being
stopped, in `FAILED` through `FAILING`, in `CANCELED` through `CANCELING`, in `SAVEPOINT_DONE` through
`DOING_SAVEPOINT`.

"""


EndStatus: TypeAlias = Literal['FINISHED', 'CANCELED', 'FAILED', 'SAVEPOINT_DONE']
"""The state in which a job ended."""


Timestamp: TypeAlias = str
"""Date and time in the time zone of the server, with a precision of one second and without an offset."""


Count: TypeAlias = str
"""A count, as a decimal string."""


Rate: TypeAlias = str
"""
A number per second, in Java's format for a double: `33.333333333333336`, `1.2E-4`, or `NaN` for no rows in no
time.

"""


ByteSize: TypeAlias = str
"""A number of bytes, either plain or with one decimal and a binary unit."""


Percentage: TypeAlias = str
"""A percentage with two decimals, in the number format of the server's locale."""


Milliseconds: TypeAlias = str
"""A duration in whole milliseconds."""


LoadAverage: TypeAlias = str
"""The load average of the operating system, if it provides one."""


class Overview(TypedDict):
    """Counts of the cluster. Slots and workers are counted over the workers that match the tag filters."""

    projectVersion: str
    """The version of the engine."""
    gitCommitAbbrev: str
    """The abbreviated commit that the engine was built from."""
    totalSlot: str
    """Slots of the matching workers; when slots are dynamic, the slots that are assigned to jobs."""
    unassignedSlot: str
    """Free slots of the matching workers; `0` when slots are dynamic."""
    runningJobs: str
    """Jobs of the cluster that are not in the history yet."""
    finishedJobs: str
    """Jobs of the history that ended in state `FINISHED`."""
    failedJobs: str
    """Jobs of the history that ended in state `FAILED`."""
    cancelledJobs: str
    """Jobs of the history that ended in state `CANCELED`. The key is spelled with two l."""
    workers: str
    """Matching workers."""


class TagFilter(TypedDict):
    """Tags that a worker must carry to be counted, by name."""


MemberReading = TypedDict(
    'MemberReading',
    {
        'processors': Count,
        'physical.memory.total': ByteSize,
        'physical.memory.free': ByteSize,
        'swap.space.total': ByteSize,
        'swap.space.free': ByteSize,
        'heap.memory.used': ByteSize,
        'heap.memory.free': ByteSize,
        'heap.memory.total': ByteSize,
        'heap.memory.max': ByteSize,
        'heap.memory.used/total': Percentage,
        'heap.memory.used/max': Percentage,
        'minor.gc.count': Count,
        'minor.gc.time': Milliseconds,
        'major.gc.count': Count,
        'major.gc.time': Milliseconds,
        'load.process': Percentage,
        'load.system': Percentage,
        'load.systemAverage': LoadAverage,
        'thread.count': Count,
        'thread.peakCount': Count,
        'cluster.timeDiff': str,
        'event.q.size': Count,
        'executor.q.async.size': Count,
        'executor.q.client.size': Count,
        'executor.q.client.query.size': Count,
        'executor.q.client.blocking.size': Count,
        'executor.q.query.size': Count,
        'executor.q.scheduled.size': Count,
        'executor.q.io.size': Count,
        'executor.q.system.size': Count,
        'executor.q.operations.size': Count,
        'executor.q.priorityOperation.size': Count,
        'operations.completed.count': Count,
        'executor.q.mapLoad.size': Count,
        'executor.q.mapLoadAllKeys.size': Count,
        'executor.q.cluster.size': Count,
        'executor.q.response.size': Count,
        'operations.running.count': Count,
        'operations.pending.invocations.percentage': Percentage,
        'operations.pending.invocations.count': Count,
        'proxy.count': Count,
        'clientEndpoint.count': Count,
        'connection.active.count': Count,
        'client.connection.count': Count,
        'connection.count': Count,
        'isMaster': Literal['true', 'false'],
        'host': str,
        'port': str,
    },
)


class NodeTags(TypedDict):
    """The tags of a node by name. Values are converted to strings, and a null to the empty string."""


class TagsUpdated(TypedDict):
    """Confirms that the tags are updated."""

    status: Literal['success']
    """The result."""
    message: Literal['update node tags done.']
    """The completed action."""


class UnknownJob(TypedDict):
    """The response for a job that the cluster doesn't know, or no longer knows."""

    jobId: JobId


EnvOptions: TypeAlias = dict[str, str]
"""The `env` of the job config, with each value as a string."""


IsStartWithSavePoint: TypeAlias = bool
"""Whether the job was started from a savepoint."""


ErrorMsg: TypeAlias = str | None
"""Why the job failed, often a Java stack trace; null if it didn't fail."""


class PluginJar(TypedDict):
    """A jar of a connector."""

    jarPath: str
    """The location of the jar on the server, as a file URL."""


class Vertex(TypedDict):
    """A step of the plan."""

    vertexId: int
    """The number of the step within the job."""
    type: Literal['source', 'transform', 'sink']
    """What the step does."""
    vertexName: str
    """The name that the engine gives the step. It contains the pipeline, the position and the plugin."""
    tablePaths: list[str]
    """The tables that the step reads or writes, if the step reports them."""


class Edge(TypedDict):
    """Rows flow from one vertex to another."""

    inputVertexId: str
    """The vertex that rows come from. It is a string, unlike the `vertexId` that it refers to."""
    targetVertexId: str
    """The vertex that rows go to. It is a string, unlike the `vertexId` that it refers to."""


CountByTable: TypeAlias = dict[str, Count]
"""A count for each table, by the path of the table."""


RateByTable: TypeAlias = dict[str, Rate]
"""A rate for each table, by the path of the table."""


Env = TypedDict(
    'Env',
    {
        'job.name': NotRequired[Any],
        'job.mode': NotRequired[str | int],
        'parallelism': NotRequired[float | str],
        'checkpoint.interval': NotRequired[Any],
        'shade.identifier': NotRequired[Any],
    },
)


PluginName: TypeAlias = str
"""The name of an installed connector or transform, in any letter case."""


TableName: TypeAlias = Any
"""
The name under which other plugins read the output of this plugin, a string. In a job of one source and one sink
the names connect nothing, and any value is accepted.

"""


TableNames: TypeAlias = Any
"""
The names of the outputs that the plugin reads, a list of strings, or one string. In a job of one source and one
sink the names connect nothing, and any value except an empty list is accepted.

"""


class JobSubmissions1(TypedDict):
    """Jobs, and items that are skipped."""


Skipped: TypeAlias = Any
"""Anything that is not an object. It is skipped."""


SubmissionParam: TypeAlias = str
"""The value of a parameter, never empty. A null counts as the string `null`."""


class SubmittedJob(TypedDict):
    """The response for an accepted job. Its id is a string."""

    jobId: JobId
    jobName: JobName


SubmittedJobs: TypeAlias = list[SubmittedJob]
"""The responses for the accepted jobs, in the order of the request."""


IsStopWithSavePoint: TypeAlias = Any
"""
Whether the job takes a savepoint before it ends. Only `true` counts as true, as a boolean or as a string in any
letter case; everything else counts as false.

"""


class StoppedJob(TypedDict):
    """The response to a stop. Its id is a string, as it was sent."""

    jobId: RequestedJobId


class StoppedJobByNumber(TypedDict):
    """The response to one of several stops."""

    jobId: JobNumber


class LogFile(TypedDict):
    """A log file and its link."""

    node: str
    """The node that has the file, as the address and port of its API."""
    logLink: str
    """The link to the file."""
    logName: str
    """The name of the file."""


LogPage: TypeAlias = str
"""An HTML page with a link for each log file."""


LogText: TypeAlias = str
"""The text of a log file."""


class Error(TypedDict):
    """An error. It does not repeat the status code of the response."""

    status: Literal['fail']
    """Always the same value."""
    message: str
    """
    A message of the API, or Java's message about the failure, which may be a stack trace or null. A message
    that quotes a configuration can cut the quote within a character: it then ends with the first UTF-16 unit of
    a character outside the basic plane, as three bytes that are not valid UTF-8.

    """


ContainerPage: TypeAlias = str
"""An error of the servlet container as an HTML page."""


class ContainerError(TypedDict):
    """An error of the servlet container as JSON. Here the status is a string."""

    servlet: NotRequired[str]
    """The servlet that the path is mapped to; absent outside the context path."""
    message: str
    """The reason of the status."""
    url: str
    """The requested path."""
    status: str
    """The status code of the response."""


ContainerText: TypeAlias = str
"""An error of the servlet container as lines of plain text."""


class DumpedThread(TypedDict):
    """A thread at the moment of the dump."""

    threadName: str
    """The name of the thread."""
    threadId: int
    """The number of the thread, one of the few JSON numbers of this API."""
    threadState: Literal['NEW', 'RUNNABLE', 'BLOCKED', 'WAITING', 'TIMED_WAITING', 'TERMINATED']
    """The state of the thread, as Java names it."""
    stackTrace: str
    """The frames of the stack, one per line; empty for a thread without a stack."""


class RunningThread(TypedDict):
    """A thread and its class loader."""

    threadName: str
    """The name of the thread."""
    classLoader: str
    """The class loader of the thread as a string; `null` if it has none."""


LogNames: TypeAlias = list[str] | None
"""The names of log files."""


HoconConfig: TypeAlias = str
"""
A job config in HOCON. Plugins are blocks with the name of the plugin; a key with dots is one key; includes
and substitutions are not supported.

"""


class UploadedConfig(TypedDict):
    """A form with the file and the query parameters. Further fields are ignored."""

    config_file: bytes
    """The job config, with a file name."""
    jobId: NotRequired[str]
    """The id for the job."""
    jobName: NotRequired[str]
    """The name for the job."""
    isStartWithSavePoint: NotRequired[str]
    """Whether the job starts from a savepoint."""


PrometheusText: TypeAlias = str
"""Samples in the text format of Prometheus, without an end mark."""


OpenMetricsText: TypeAlias = str
"""Samples in the text format of OpenMetrics."""


Credential: TypeAlias = str | list[str]
"""One or several credentials. Any other type is answered with a server error."""


MemberReadings: TypeAlias = list[MemberReading]
"""One entry for each member of the cluster."""


PluginJars: TypeAlias = list[PluginJar]
"""The jars of the connectors that the job uses."""


class JobDag(TypedDict):
    """The physical plan of a job; it is the same while the job runs and afterwards."""

    jobId: JobId
    vertexInfoMap: list[Vertex]
    """The steps of the plan. Despite its name, it is a list."""
    pipelineEdges: dict[str, list[Edge]]
    """The flow of rows, by pipeline number."""
    envOptions: EnvOptions


class JobMetrics(TypedDict):
    """All counters of a job, in total and by table. Every key is present from the start."""

    SourceReceivedCount: Count
    SourceReceivedQPS: Rate
    SourceReceivedBytes: Count
    SourceReceivedBytesPerSeconds: Rate
    SinkWriteCount: Count
    SinkWriteQPS: Rate
    SinkWriteBytes: Count
    SinkWriteBytesPerSeconds: Rate
    TableSourceReceivedCount: CountByTable
    TableSourceReceivedBytes: CountByTable
    TableSourceReceivedBytesPerSeconds: RateByTable
    TableSourceReceivedQPS: RateByTable
    TableSinkWriteCount: CountByTable
    TableSinkWriteQPS: RateByTable
    TableSinkWriteBytes: CountByTable
    TableSinkWriteBytesPerSeconds: RateByTable


class SourcePlugin(TypedDict):
    """A source, with the options of its connector."""

    plugin_name: PluginName
    result_table_name: NotRequired[TableName]
    plugin_output: NotRequired[TableName]


class TransformPlugin(TypedDict):
    """A transform, with its options."""

    plugin_name: PluginName
    source_table_name: NotRequired[TableNames]
    result_table_name: NotRequired[TableName]
    plugin_output: NotRequired[TableName]
    plugin_input: NotRequired[TableNames]


class SinkPlugin(TypedDict):
    """A sink, with the options of its connector."""

    plugin_name: PluginName
    source_table_name: NotRequired[TableNames]
    plugin_input: NotRequired[TableNames]


class SubmissionParams(TypedDict):
    """
    The query parameters of `/submit-job`, as strings. The values are joined into a query and parsed from it, so
    `&`, `=`, `+`, `%` and a trailing slash change the value that is read.

    """

    jobId: NotRequired[SubmissionParam]
    jobName: NotRequired[SubmissionParam]
    isStartWithSavePoint: NotRequired[SubmissionParam]


class Stop(TypedDict):
    """The job to stop. Further members are ignored."""

    jobId: int | RequestedJobId
    """The id of the job, as a number or as a string."""
    isStopWithSavePoint: NotRequired[IsStopWithSavePoint]


class StopByNumber(TypedDict):
    """One of several jobs to stop. Further members are ignored."""

    jobId: JobNumber
    isStopWithSavePoint: NotRequired[IsStopWithSavePoint]


StoppedJobs: TypeAlias = list[StoppedJobByNumber]
"""The responses to the stops, in the order of the request."""


class PluginWithCredentials(TypedDict):
    """
    A source or sink. The values of the keys below, and of those that `shade.options` names, are encrypted; a null
    is left unchanged.

    """

    username: NotRequired[Credential]
    password: NotRequired[Credential]
    auth: NotRequired[Credential]
    token: NotRequired[Credential]
    access_key: NotRequired[Credential]
    secret_key: NotRequired[Credential]


LogFiles: TypeAlias = list[LogFile]
"""Log files, by name. The links lead to their content."""


class FinishedJob(TypedDict):
    """A job of the history."""

    jobId: JobId
    jobName: JobName
    jobStatus: EndStatus
    errorMsg: ErrorMsg
    createTime: Timestamp
    finishTime: Timestamp
    jobDag: JobDag
    pluginJarsUrls: list[PluginJar]
    """Always empty, whichever jars the job used."""
    metrics: JobMetrics


FinishedJobs: TypeAlias = list[FinishedJob]
"""Jobs of the history."""


ThreadDump: TypeAlias = list[DumpedThread]
"""The threads of a node."""


RunningThreads: TypeAlias = list[RunningThread]
"""The threads of a node, sorted by name."""


class RunningJob(TypedDict):
    """
    A job that is not in the history yet. For a moment, this can also be a job that has reached its end state.

    """

    jobId: JobId
    jobName: JobName
    jobStatus: JobStatus
    envOptions: EnvOptions
    createTime: Timestamp
    jobDag: JobDag
    pluginJarsUrls: PluginJars
    isStartWithSavePoint: IsStartWithSavePoint
    metrics: JobMetrics


class JobConfig(TypedDict):
    """
    A job: options, sources, transforms and sinks. Keys are flat, so `job.mode` is one key. An empty key, or one
    with a reserved character of the config language, is refused at any depth. Further members are ignored.

    """

    env: Env
    source: list[SourcePlugin]
    """The sources of the rows."""
    transform: NotRequired[list[TransformPlugin]]
    """The transforms that the rows pass through."""
    sink: list[SinkPlugin]
    """The destinations of the rows."""


class JobSubmission(TypedDict):
    """A job with the parameters of its submission, at least one."""

    env: Env
    source: list[SourcePlugin]
    """The sources of the rows."""
    transform: NotRequired[list[TransformPlugin]]
    """The transforms that the rows pass through."""
    sink: list[SinkPlugin]
    """The destinations of the rows."""
    params: SubmissionParams


Stops: TypeAlias = list[StopByNumber]
"""The jobs to stop."""


class ConfigWithCredentials(TypedDict):
    """
    A job config with credentials in its sources and sinks. Plugins aren't validated further: they need no name, and
    further members are kept.

    """

    env: NotRequired[dict[str, Any]]
    """The options of the job, among them `shade.identifier`."""
    source: list[PluginWithCredentials]
    """The sources."""
    sink: list[PluginWithCredentials]
    """The sinks."""


RunningJobs: TypeAlias = list[RunningJob]
"""Jobs that are not in the history yet."""


JobInfo: TypeAlias = RunningJob | FinishedJob | UnknownJob
"""A job in one of its three forms."""


JobSubmissionOrSkipped: TypeAlias = JobSubmission | Skipped
"""A job, or anything else that is not an object."""


JobSubmissions: TypeAlias = list[JobSubmissionOrSkipped] | JobSubmissions1 | dict[str, JobSubmissionOrSkipped] | dict[str, Any]
"""
The list of jobs to submit. Items that are not objects are skipped. A body without jobs is not an error. The
members of an object are used like the items of a list.

"""


JobSubmissionsOfAnyKind: TypeAlias = list[JobSubmissionOrSkipped] | dict[str, JobSubmissionOrSkipped] | Any
"""A list of jobs, an object of jobs, or neither."""
